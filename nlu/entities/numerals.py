"""Numbers written with words, in both languages."""

from __future__ import annotations

_INDONESIAN = "nol satu dua tiga empat lima enam tujuh delapan sembilan sepuluh sebelas"
_ENGLISH = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen twenty
"""
_UNITS_ID = _INDONESIAN.split()
_UNITS_EN = _ENGLISH.split()
NUMERALS: dict[str, int] = {
    **{word: value for value, word in enumerate(_UNITS_ID)},
    **{f"{word} belas": value + 10 for value, word in enumerate(_UNITS_ID[:10]) if value > 1},
    **{f"{word} puluh": value * 10 for value, word in enumerate(_UNITS_ID[:10]) if value > 1},
    **{word: value for value, word in enumerate(_UNITS_EN)},
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "seorang": 1,
}
"""Words for numbers up to ninety, by tens from twenty on."""

DIGITS: dict[str, str] = {
    **{word: str(value) for value, word in enumerate(_UNITS_ID[:10])},
    **{word: str(value) for value, word in enumerate(_UNITS_EN[:10])},
    "kosong": "0",
    "oh": "0",
    "o": "0",
    "nul": "0",
    "pat": "4",
    "lapan": "8",
}
"""Words for one digit, as people spell out a code."""

NUMERAL = "|".join(sorted(NUMERALS, key=len, reverse=True))
"""A regular expression for any of `NUMERALS`."""


def number(text: str) -> int | None:
    """Return the value of "5", "lima" or "dua puluh"."""
    return int(text) if text.isdecimal() else NUMERALS.get(" ".join(text.lower().split()))
