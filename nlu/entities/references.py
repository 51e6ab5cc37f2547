"""Ticket numbers and the numbers of official letters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nlu.entities.span import entity
from nlu.ordinary import is_ordinary
from nlu.types import EntityKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlu.types import Entity

_TICKET = re.compile(r"(?<![\w-])([A-Za-z]{2,6})[- ]?(20\d{2})[- ](\d{3,8})(?![\w-])", re.ASCII)
_LETTER = re.compile(
    r"(?<![\w/])(?:(?!no[.-])[A-Za-z]{1,4}[-.])?\d{1,6}"
    r"(?:(?:/| / )[A-Za-z0-9.\-]{1,20}){2,7}(?<![.\-])(?![\w/])",
    re.ASCII | re.IGNORECASE,
)
_OFFICE = re.compile(r"/ ?[A-Za-z]")
_DATE = re.compile(r"\d{1,2}/[A-Za-z]{3,9}/(?:20)?\d\d\Z", re.ASCII)
_SHORT_TICKET = 6


def tickets(text: str) -> Iterator[Entity]:
    """Find "ITB-2026-000123", also in lower case; the value is as on the ticket."""
    if "20" not in text:
        return
    for match in _TICKET.finditer(text):
        prefix, year, serial = match.groups()
        if "-" not in match.group() and is_ordinary(prefix.lower()):
            continue  # "kode 2051 1629"
        value = f"{prefix.upper()}-{year}-{serial.zfill(_SHORT_TICKET)}"
        yield entity(EntityKind.TICKET_NUMBER, match, value)


def letters(text: str) -> Iterator[Entity]:
    """Find "102/IT1.B01/TU.02/2023": a number, then offices with letters in them."""
    if "/" not in text:
        return
    for match in _LETTER.finditer(text):
        written = match.group()
        if _OFFICE.search(written) and not _DATE.match(written):
            yield entity(EntityKind.LETTER_NUMBER, match, written.replace(" ", ""))
