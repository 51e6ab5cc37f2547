"""All entities of a message, each place once (but for the two readings of eight digits)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import decimal

from nlu.entities.codes import spelled_codes
from nlu.entities.contacts import emails, links, phones
from nlu.entities.dates import dates
from nlu.entities.logins import TYPE_HINTS, account_types, logins
from nlu.entities.numbers import counts, digit_runs
from nlu.entities.numerals import DIGITS
from nlu.entities.people import find_people
from nlu.entities.references import letters, tickets
from nlu.entities.span import Claims, words_of
from nlu.entities.units import HINTS as UNIT_HINTS
from nlu.entities.units import units

if TYPE_CHECKING:
    from datetime import date

    from nlu.types import Entity, Person


_DIGIT = re.compile(r"[0-9]")
_FEWEST_DIGITS = 4
"""Shorter numbers are counts, or days of a date."""
_PLAIN = re.compile(r"(?![0-9])\d|[\u00a0\u2007\u202f]")


@dataclass(frozen=True, slots=True)
class Found:
    """Entities in the order of their places, and the rows of a pasted list."""

    entities: tuple[Entity, ...] = ()
    people: tuple[Person, ...] = ()


def extract(text: str, today: date) -> Found:
    """Return everything found in `text`; relative dates are resolved against `today`.

    The more telling reading of a place wins: an address before a login, a letter number before
    the date at its end. Addresses inside a row of a list belong to that person only.
    """
    text = text if text.isascii() else _PLAIN.sub(_plainly, text)
    claims = Claims()
    rows = find_people(text)
    claims.add(row.entity() for row in rows)
    for row in rows:
        claims.block(row.end, row.line_end)
    for start, end in links(text):
        claims.block(start, end)
    claims.add(emails(text))
    claims.add(logins(text))  # "tamu.maya" is no guest
    words = words_of(text)
    if not words.isdisjoint(UNIT_HINTS):
        claims.add(units(text))
    if not words.isdisjoint(TYPE_HINTS):
        claims.add(account_types(text))
    if not words.isdisjoint(DIGITS):
        claims.add(spelled_codes(text))
    digits = len(_DIGIT.findall(text))
    if digits:
        claims.add(tickets(text))
        claims.add(letters(text))
    if digits >= _FEWEST_DIGITS:
        claims.add(phones(text))
        claims.add(digit_runs(text))
    claims.add(dates(text, today, words, digits=digits > 0))
    claims.add(counts(text))
    ordered = sorted(claims.entities, key=lambda each: (each.start, each.kind.value))
    return Found(tuple(ordered), tuple(row.person for row in rows))


def _plainly(match: re.Match[str]) -> str:
    # Digits of another script and blanks that do not break: one character stays one.
    char = match.group()
    return " " if char.isspace() else str(decimal(char))
