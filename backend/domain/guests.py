"""Guest accounts: what a request must be, names, validity, the days on which something happens.

A unit vouches for its guests by letter; the accounts live until its date (ITB, last letters).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from base64 import b32encode
from collections import Counter
from collections.abc import Sequence  # noqa: TC003 - signatures stay readable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum

from backend.domain.accounts import end_instant

WARNING_DAYS = (3, 1)
"""Days before the end on which a guest is warned (security.md 12), longest first."""
LONGEST_USERNAME = 20
_PREFIX = "guest-"
_MARK = 4
"""Letters that tell two guests of one name apart."""
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+")


@dataclass(frozen=True, slots=True)
class GuestRules:
    """What the institution allows."""

    max_days: int = 180
    """Longest life of a guest account."""
    per_day: int = 300
    """Accounts made a day at most (ITB a.3)."""


class GuestProblem(StrEnum):
    """Why a guest request cannot be filed or approved."""

    NO_PEOPLE = "guest_no_people"
    NAME_MISSING = "guest_name_missing"
    EMAIL_MISSING = "guest_email_missing"
    EMAIL_INVALID = "guest_email_invalid"
    DUPLICATE = "guest_duplicate"
    END_IN_PAST = "guest_end_in_past"
    END_TOO_FAR = "guest_end_too_far"
    LETTER_IN_FUTURE = "guest_letter_in_future"


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem; `row` counts the people from 1."""

    problem: GuestProblem
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Guest:
    """One person of a request."""

    name: str
    institution: str
    email: str


def check_request(
    people: Sequence[Guest],
    *,
    letter_date: date,
    active_until: date,
    today: date,
    rules: GuestRules,
) -> tuple[Finding, ...]:
    """Return everything that is wrong with a request, dates first, then row by row."""
    findings = [*_check_dates(letter_date, active_until, today, rules)]
    if not people:
        findings.append(Finding(GuestProblem.NO_PEOPLE))
    for row, person in enumerate(people, 1):
        findings += [Finding(problem, row) for problem in _check_person(person)]
    return (*findings, *_find_duplicates(people))


def check_end(active_until: date, today: date, rules: GuestRules) -> Finding | None:
    """Return what is wrong with the last day of a request, if anything."""
    if active_until < today:
        return Finding(GuestProblem.END_IN_PAST)
    if active_until > today + timedelta(days=rules.max_days):
        return Finding(GuestProblem.END_TOO_FAR)
    return None


def _check_dates(
    letter_date: date, active_until: date, today: date, rules: GuestRules
) -> tuple[Finding, ...]:
    end = check_end(active_until, today, rules)
    ends = (end,) if end else ()
    return (*ends, Finding(GuestProblem.LETTER_IN_FUTURE)) if letter_date > today else ends


def _check_person(person: Guest) -> tuple[GuestProblem, ...]:
    problems: tuple[GuestProblem, ...] = ()
    if not any(character.isalpha() for character in person.name):
        problems += (GuestProblem.NAME_MISSING,)
    email = person.email.strip()
    if not email:
        return (*problems, GuestProblem.EMAIL_MISSING)
    return problems if _EMAIL.fullmatch(email) else (*problems, GuestProblem.EMAIL_INVALID)


def _find_duplicates(people: Sequence[Guest]) -> tuple[Finding, ...]:
    """Find the second and later rows of one address, or of one name at one institution."""
    emails: Counter[str] = Counter()
    names: Counter[tuple[str, str]] = Counter()
    findings: list[Finding] = []
    for row, person in enumerate(people, 1):
        email = _folded(person.email)
        name = (_folded(person.name), _folded(person.institution))
        if (email and emails[email]) or (name[0] and names[name]):
            findings.append(Finding(GuestProblem.DUPLICATE, row))
        emails[email] += 1
        names[name] += 1
    return tuple(findings)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def topic_of(letter_number: str) -> str:
    """Return the form in which two letter numbers are compared."""
    return _folded(letter_number)


def username_for(name: str, *, request: str, email: str, attempt: int = 0) -> str:
    """Return a readable username: ASCII, at most 20 characters, the same at every retry.

    The first attempt is the name itself (`guest-ulfa-pratiwi`); where that is taken, or the name
    has no Latin letters, a mark derived from the request and the person follows.
    """
    slug = _slug(name)
    if attempt == 0 and slug:
        return _cut(_PREFIX + slug, LONGEST_USERNAME)
    seed = f"{request}\n{_folded(email)}\n{attempt}".encode()
    mark = b32encode(hashlib.sha256(seed).digest())[:_MARK].decode().lower()
    start = _cut(_PREFIX + slug, LONGEST_USERNAME - _MARK - 1)
    return f"{start}-{mark}"


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z]+", plain.replace("'", "")))


def _cut(text: str, length: int) -> str:
    return text[:length].rstrip("-")


def valid_until(active_until: date, now: datetime, rules: GuestRules, zone: tzinfo) -> datetime:
    """Return the first instant too late: the sponsor's date, or the policy's end if sooner."""
    today = now.astimezone(zone).date()
    last_day = min(active_until, today + timedelta(days=rules.max_days))
    return end_instant(last_day, zone)


def warning_due(until: datetime, now: datetime, warned: int | None) -> int | None:
    """Return the days of the warning to send now, or None. `warned`: the last one sent.

    Of several that are due (nothing ran for days) only the latest is worth sending.
    """
    if now >= until:
        return None
    due = [days for days in WARNING_DAYS if now >= until - timedelta(days=days)]
    if not due or (warned is not None and due[-1] >= warned):
        return None
    return due[-1]


def already_past(until: datetime, now: datetime) -> int | None:
    """Return the warning that came due before the account existed: it is not sent any more."""
    past = [days for days in WARNING_DAYS if now >= until - timedelta(days=days)]
    return past[-1] if past else None


def next_action(until: datetime, warned: int | None) -> datetime:
    """Return when something is to be done next for an account: a warning, or its end."""
    for days in WARNING_DAYS:
        if warned is None or days < warned:
            return until - timedelta(days=days)
    return until


def next_try(attempts: int, now: datetime) -> datetime:
    """Return when to try again after `attempts` failures in a row: 30 s, doubling up to 1 h."""
    return now + min(timedelta(seconds=30) * 2 ** min(max(attempts - 1, 0), 7), timedelta(hours=1))
