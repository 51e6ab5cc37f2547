"""What the pages say, in both languages, and which of them a browser asks for."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import msgspec

LANGUAGES: Final = ("id", "en")
_FOLDER: Final = Path(__file__).parent / "texts"

Texts = dict[str, str]


@cache
def texts() -> dict[str, Texts]:
    """Return every sentence by language and key."""
    return {
        language: msgspec.json.decode((_FOLDER / f"{language}.json").read_bytes(), type=Texts)
        for language in LANGUAGES
    }


def preferred(accept_language: str) -> str:
    """Return the better liked of our languages (RFC 9110 §12.5.4), Indonesian in doubt."""
    liked = {"id": 0.0, "en": 0.0}
    for item in accept_language[:500].split(","):
        tag, _, parameters = item.partition(";")
        language = tag.strip().lower().partition("-")[0]
        language = "id" if language == "in" else language  # the code of old Android versions
        if language in liked:
            liked[language] = max(liked[language], _quality(parameters))
    return "en" if liked["en"] > liked["id"] else "id"


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        quality = float(value)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0
