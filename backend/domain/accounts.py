"""Accounts as the procedure knows them (ITB II.B.3-8): types, validity, status."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum


class AccountType(StrEnum):
    """Who may have an account (ITB II.B.4)."""

    STUDENT = "student"
    LECTURER = "lecturer"
    STAFF = "staff"
    KJP = "kjp"
    OUTSOURCED = "outsourced"
    THIRD_PARTY = "third_party"
    GUEST = "guest"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Account:
    """One account of the directory. Holds personal data: never log it whole."""

    id: str
    username: str
    account_type: AccountType
    display_name: str
    student_number: str | None = None
    employee_number: str | None = None
    institutional_email: str | None = None
    recovery_email: str | None = None
    recovery_email_changed_at: datetime | None = None
    unit: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    enabled: bool = True
    locked: bool = False
    privileged: bool = False
    must_change: bool = False
    password_changed_at: datetime | None = None
    password_version: int = 0
    """Rises with every change: a code or link made for an older password is dead."""
    frozen_until: datetime | None = None
    """Recovery is frozen ("it wasn't me", security.md 10)."""


class Status(StrEnum):
    """How an account stands. The first that holds, in this order, is what its owner is told."""

    DISABLED = "disabled"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    LOCKED = "locked"
    ACTIVE = "active"


def status_of(account: Account, now: datetime) -> Status:
    """Return how `account` stands at `now`. `valid_until` is the first instant too late."""
    if not account.enabled:
        return Status.DISABLED
    if account.valid_from is not None and now < account.valid_from:
        return Status.NOT_YET_VALID
    if account.valid_until is not None and now >= account.valid_until:
        return Status.EXPIRED
    return Status.LOCKED if account.locked else Status.ACTIVE


def is_usable(account: Account, now: datetime) -> bool:
    """Tell whether self-service may act on the account: a lockout is no obstacle, an end is."""
    return status_of(account, now) in {Status.ACTIVE, Status.LOCKED}


def is_frozen(account: Account, now: datetime) -> bool:
    """Tell whether its owner said "it wasn't me" and recovery rests (security.md 10)."""
    return account.frozen_until is not None and now < account.frozen_until


def first_instant(day: date, zone: tzinfo) -> datetime:
    """Return the instant `day` begins in `zone`, in UTC: what `valid_from` a date means."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def end_instant(day: date, zone: tzinfo) -> datetime:
    """Return the instant after `day` in `zone`, in UTC: an account still works on its last day."""
    return first_instant(day + timedelta(days=1), zone)


def last_day(valid_until: datetime, zone: tzinfo) -> date:
    """Return the last day in `zone` on which an account that ends at `valid_until` works."""
    return (valid_until - timedelta(microseconds=1)).astimezone(zone).date()


MAX_LOGIN = 254
"""Characters: the longest address (RFC 5321 §4.5.3.1.3); nothing longer is looked up."""


def normalise_login(key: str) -> str | None:
    """Return the form in which a typed login is compared, or None when it can be nobody's.

    Trimmed, NFC, case folded; never a pattern. Control characters are refused here because
    PostgreSQL cannot store NUL and no login contains one.
    """
    folded = unicodedata.normalize("NFC", key.strip()).casefold()
    if not folded or len(folded) > MAX_LOGIN or not folded.isprintable():
        return None
    return folded
