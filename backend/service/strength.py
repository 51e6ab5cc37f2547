"""zxcvbn, as the password policy asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zxcvbn_rs_py import zxcvbn

if TYPE_CHECKING:
    from collections.abc import Sequence


def zxcvbn_score(password: str, known_words: Sequence[str]) -> int:
    """Return zxcvbn's score 0-4; 5 ms for the 64 characters the policy lets through."""
    return int(zxcvbn(password, list(known_words)).score)
