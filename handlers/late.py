"""Codes nobody waits for any more: used already, cancelled, or set aside (security.md 4).

Eight digits may be a student number as well. A code that is taken for one is said aloud and kept,
so for some time after a challenge what was asked for decides.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from handlers.reading import only_digits
from nlu.types import EntityKind

if TYPE_CHECKING:
    from nlu.types import Understanding

SECONDS: Final = 900
"""A code is good for ten minutes, and its mail may be late."""
_STUDENT: Final = re.compile(r"[1239]\d\d[0-2]\d{4}")
"""Programme, year, number: one code in eight looks like that."""


def is_code(meaning: Understanding, length: int, *, asked: bool) -> bool:
    """Tell whether the message is a code of `length` digits.

    `asked`: a login is expected, so that what looks like a student number is one.
    """
    code = meaning.first(EntityKind.CODE)
    if code is not None and code != meaning.first(EntityKind.STUDENT_NUMBER):
        return len(code) == length
    digits = re.sub(r"\D", "", meaning.text)
    if not only_digits(meaning) or len(digits) != length:
        return False
    return not asked or _STUDENT.fullmatch(digits) is None
