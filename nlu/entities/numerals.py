"""Numbers written with words, in both languages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_INDONESIAN = "nol satu dua tiga empat lima enam tujuh delapan sembilan"
_ENGLISH = "zero one two three four five six seven eight nine"
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_UNITS_ID, _UNITS_EN = _INDONESIAN.split(), _ENGLISH.split()
_TEENS_EN, _TENS_EN = _TEENS.split(), _TENS.split()

_VALUES: dict[str, int] = {
    **{word: value for value, word in enumerate(_UNITS_ID)},
    **{word: value for value, word in enumerate([*_UNITS_EN, *_TEENS_EN])},
    **{word: value * 10 for value, word in enumerate(_TENS_EN, start=2)},
    "sepuluh": 10,
    "sebelas": 11,
    "seratus": 100,
    "seorang": 1,
    "a": 1,
}
_TIMES = {"puluh": 10, "ratus": 100, "hundred": 100}
_TEEN = "belas"


def _any(words: Sequence[str]) -> str:
    return "|".join(words)


_ID, _EN = _any(_UNITS_ID[1:]), _any(_UNITS_EN[1:])
_SMALL_ID = (
    rf"(?:{_ID})\spuluh(?:\s(?:{_ID})\b)?|(?:{_ID})\sbelas|sepuluh|sebelas|{_any(_UNITS_ID)}"
)
_SMALL_EN = rf"(?:{_any(_TENS_EN)})(?:[\s-](?:{_EN})\b)?|{_any(_TEENS_EN)}|{_any(_UNITS_EN)}"
NUMERAL = (
    rf"(?:seratus|(?:{_ID})\sratus)(?:\s(?:{_SMALL_ID})\b)?|{_SMALL_ID}|seorang"
    rf"|(?:a|{_EN})\shundred(?:\s(?:and\s)?(?:{_SMALL_EN})\b)?|{_SMALL_EN}"
)
"""A regular expression for numbers below a thousand: "dua puluh lima", "a hundred and two"."""

DIGITS: dict[str, str] = {
    **{word: str(value) for value, word in enumerate(_UNITS_ID)},
    **{word: str(value) for value, word in enumerate(_UNITS_EN)},
    "kosong": "0",
    "oh": "0",
    "o": "0",
    "nul": "0",
    "pat": "4",
    "lapan": "8",
}
"""Words for one digit, as people spell out a code."""


def number(text: str) -> int | None:
    """Return the value of "5", "lima" or "dua puluh lima"."""
    if text.isdecimal():
        return int(text)
    total = last = 0
    for word in re.split(r"[\s-]+", text.lower()):
        if word in _TIMES:
            last *= _TIMES[word]
        elif word == _TEEN:
            last += 10
        elif word in _VALUES:
            total, last = total + last, _VALUES[word]
        elif word != "and":
            return None
    return total + last
