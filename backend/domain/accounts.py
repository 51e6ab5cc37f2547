"""Accounts as the procedure knows them (ITB II.B.3-8): types, validity, status."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - dataclass annotations stay readable at run time
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
