"""One-time codes spelled out, and codes made unreadable for others.

People read a code aloud: "satu dua tiga …", "double five", "one two 34". The finder wants a whole
code; the mask takes whatever could be a part of one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nlu.entities.numerals import DIGITS
from nlu.entities.span import entity
from nlu.types import EntityKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlu.types import Entity

_TIMES = {"double": 2, "dobel": 2, "dabel": 2, "ganda": 2, "triple": 3, "tripel": 3}
_WORD = "(?:(?:{times})\\s)?(?:{words})".format(
    times="|".join(_TIMES), words="|".join(sorted(DIGITS, key=len, reverse=True))
)
_ITEM = rf"(?:{_WORD}|\d{{1,4}})"
_SPELLED = re.compile(
    rf"(?<!\w){_ITEM}(?:[\s,.\-\u2013]{{1,3}}{_ITEM}){{2,11}}(?!\w)", re.IGNORECASE
)
_PART = re.compile(r"[a-z]+|\d+", re.IGNORECASE)
_LENGTHS = range(6, 11)
_MIXED_LENGTHS = (6, 8)
_FEWEST_WORDS = 2
_FEWEST_WORDS_MIXED = 3

_HIDDEN = re.compile(
    r"\d(?:[\s.,\-\u2013\u2014_*]{0,3}\d){4,}"
    rf"|(?<!\w){_ITEM}(?:[\s.,\-\u2013\u2014_*]{{1,3}}{_ITEM}){{3,}}(?!\w)",
    re.IGNORECASE,
)


def spelled_codes(text: str) -> Iterator[Entity]:
    """Find a code spelled out: "satu dua tiga empat lima enam tujuh delapan"."""
    for match in _SPELLED.finditer(text):
        parts = _PART.findall(match.group())
        digits = _digits(parts)
        spelled = sum(part.isalpha() for part in parts)
        if all(len(part) == 1 or part.isalpha() for part in parts):
            is_code = spelled >= _FEWEST_WORDS and len(digits) in _LENGTHS
        else:  # "dua akun 2026" must not become one
            is_code = spelled >= _FEWEST_WORDS_MIXED and len(digits) in _MIXED_LENGTHS
        if is_code:
            yield entity(EntityKind.CODE, match, digits)


def _digits(parts: list[str]) -> str:
    digits = ""
    times = 1
    for part in parts:
        word = part.lower()
        if word in _TIMES:
            times = _TIMES[word]
        else:
            digits += DIGITS.get(word, word) * times
            times = 1
    return digits


def hide_codes(text: str, mask: str) -> str:
    """Return `text` with every run that could be a code, in digits or words, replaced."""
    return _HIDDEN.sub(mask, text)
