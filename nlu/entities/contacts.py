"""E-mail addresses, links, phone numbers."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from nlu.entities.span import entity
from nlu.types import EntityKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlu.types import Entity

_EMAIL = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9](?:[\w.+-]{0,62}[\w+-])?@"
    r"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,4}\.[A-Za-z]{2,24}(?![\w@-])",
    re.ASCII,
)
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_PHONE = re.compile(
    r"(?<![\w@/.+-])(?:\+\d|\(\+?\d{2,4}\)|0\d|62[ -]?\d)(?:[ ().-]{0,2}\d){7,13}(?![\w/@-])",
    re.ASCII,
)
_FEWEST_DIGITS = 9


def emails(text: str) -> Iterator[Entity]:
    """Find e-mail addresses; the value is in lower case."""
    if "@" in text:
        for match in _EMAIL.finditer(text):
            yield entity(EntityKind.EMAIL, match, match.group().lower())


def links(text: str) -> Iterator[tuple[int, int]]:
    """Find links: places where digits and names mean nothing."""
    if "/" in text or "." in text:
        for match in _LINK.finditer(text):
            yield match.span()


def phones(text: str) -> Iterator[Entity]:
    """Find phone numbers that exist in Indonesia's or the named country's plan (E.164)."""
    for match in _PHONE.finditer(text):
        written = match.group()
        if sum(char.isdigit() for char in written) >= _FEWEST_DIGITS:
            value = _e164(written)
            if value is not None:
                yield entity(EntityKind.PHONE, match, value)


def _e164(written: str) -> str | None:
    library = _library()
    try:
        number = library.parse(_international(written), "ID")
    except library.NumberParseException:
        return None
    if not library.is_valid_number(number):
        return None
    return str(library.format_number(number, library.PhoneNumberFormat.E164))


def _international(written: str) -> str:
    # "62812…" without the plus is how numbers stand in chats.
    return f"+{written}" if written.startswith("62") else written


@cache
def _library() -> Any:  # noqa: ANN401 - a module
    import phonenumbers  # noqa: PLC0415 - 40 ms that most messages never need

    return phonenumbers
