"""Which language a message is written in, by the words and word endings of our own sentences."""

from __future__ import annotations

import re
from collections import Counter
from math import log
from typing import TYPE_CHECKING

from nlu.tables import words
from nlu.types import Language

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_WORD = re.compile(r"[a-z]{1,20}(?:'[a-z]{1,3})?")
_AROUND = ".,;:!?()[]\"'`*-\u2026"
_WORDS_LOOKED_AT = 60
_SHARED = words("""
user username userid pass password passwd pwd pw pin login logout email reset sso otp redacted
""")
"""Words of both languages, and what stands for a password: they tell nothing."""
_DECIDED = 1.2
"""Log odds from which on a message is of one language (3.3 to 1)."""
_SMOOTHING = 0.5
_EDGE = 3
_EDGE_WEIGHT = 0.3


def _tokens(text: str) -> list[str]:
    found = [word.strip(_AROUND) for word in text[:2_000].lower().split()]
    telling = [word for word in found if _WORD.fullmatch(word) and word not in _SHARED]
    return telling[:_WORDS_LOOKED_AT]


def learn(texts: Iterable[tuple[str, Language]]) -> dict[str, float]:
    """Return the log odds of Indonesian against English for words and word edges."""
    seen: dict[Language, Counter[str]] = {language: Counter() for language in Language}
    for text, language in texts:
        for token in _tokens(text):
            seen[language].update({token: 1, **dict.fromkeys(_edges(token), 1)})
    totals = {language: sum(counts.values()) or 1 for language, counts in seen.items()}
    indonesian, english = seen[Language.ID], seen[Language.EN]
    return {
        token: round(
            log((indonesian[token] + _SMOOTHING) / totals[Language.ID])
            - log((english[token] + _SMOOTHING) / totals[Language.EN]),
            3,
        )
        for token in sorted(indonesian.keys() | english.keys())
    }


def _edges(token: str) -> tuple[str, ...]:
    return (f"^{token[:_EDGE]}", f"{token[-_EDGE:]}$")


def language_of(text: str, odds: Mapping[str, float]) -> Language | None:
    """Return the language of `text`, or None when its words do not tell."""
    score = 0.0
    for token in _tokens(text):
        known = odds.get(token)
        if known is None:
            start, end = _edges(token)
            known = _EDGE_WEIGHT * (odds.get(start, 0.0) + odds.get(end, 0.0))
        score += known
    if abs(score) < _DECIDED:
        return None
    return Language.ID if score > 0 else Language.EN
