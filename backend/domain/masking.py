"""Personal data as it may stand in a chat: enough to recognise, too little to learn from.

The number of stars is fixed, so that a mask does not tell how long the hidden part is.
"""

from __future__ import annotations

STARS = "***"


def mask_email(address: str | None) -> str:
    """Hide the name of an address, keep its domain: `budi@example.net` -> `b***@example.net`."""
    if not address:
        return ""
    name, at, domain = address.rpartition("@")
    if not at:
        return STARS
    return f"{_start(name, 1)}@{domain}"


def mask_username(username: str) -> str:
    """Keep the start of every part: `budi.santoso` -> `bu***.sa***`."""
    return ".".join(_start(part, 2) for part in username.split("."))


def mask_name(name: str) -> str:
    """Keep the first letter of every word: `Budi Santoso` -> `B*** S***`."""
    return " ".join(_start(word, 1) for word in name.split())


def _start(word: str, kept: int) -> str:
    # A word is never shown whole: of one as short as what is kept, one character less.
    return word[: min(kept, max(len(word) - 1, 0))] + STARS
