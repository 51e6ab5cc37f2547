"""Account lists as the units send them: CSV text in, good rows and named faults out.

A good row says how an account should be; a field left empty leaves what is known as it is. There
is no column for passwords and never will be. A row is one line: an unclosed quote spoils its own
line only, not the rest of the file.
"""

from __future__ import annotations

import csv
import re
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from backend.domain.accounts import AccountType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class Column(StrEnum):
    """The columns of the file, by their header."""

    USERNAME = "username"
    TYPE = "type"
    NAME = "name"
    STUDENT_NUMBER = "student_number"
    EMPLOYEE_NUMBER = "employee_number"
    INSTITUTIONAL_EMAIL = "institutional_email"
    RECOVERY_EMAIL = "recovery_email"
    UNIT = "unit"
    VALID_FROM = "valid_from"
    VALID_UNTIL = "valid_until"
    PRIVILEGED = "privileged"


REQUIRED = (Column.USERNAME, Column.TYPE, Column.NAME)
ALIASES = {"nim": Column.STUDENT_NUMBER, "nip": Column.EMPLOYEE_NUMBER}
MAX_NAME = 200
"""Characters of a name or unit."""


class Fault(StrEnum):
    """What is wrong with a row."""

    UNREADABLE = "unreadable"
    CELLS = "wrong_number_of_cells"
    MISSING_USERNAME = "missing_username"
    MALFORMED_USERNAME = "malformed_username"
    FOREIGN_NUMBER = "username_is_another_number"
    UNKNOWN_TYPE = "unknown_type"
    MISSING_NAME = "missing_name"
    TOO_LONG = "too_long"
    MALFORMED_TEXT = "control_characters"
    MALFORMED_STUDENT_NUMBER = "malformed_student_number"
    MALFORMED_EMPLOYEE_NUMBER = "malformed_employee_number"
    MALFORMED_EMAIL = "malformed_email"
    MALFORMED_DATE = "malformed_date"
    MALFORMED_YES_NO = "malformed_yes_no"
    ENDS_BEFORE_START = "valid_until_before_valid_from"
    DUPLICATE_USERNAME = "duplicate_username"
    DUPLICATE_NUMBER = "duplicate_number"


class AccountRow(Struct, frozen=True, forbid_unknown_fields=True):
    """One account of a list; None leaves what is known as it is."""

    line: int
    username: str
    account_type: AccountType
    display_name: str
    student_number: str | None = None
    employee_number: str | None = None
    institutional_email: str | None = None
    recovery_email: str | None = None
    unit: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    """The last day the account works."""
    privileged: bool | None = None


class BadRow(Struct, frozen=True):
    """A row that was left out: where and why, without its content (it is personal data)."""

    line: int
    fault: Fault


class BadHeader(Exception):
    """The first line lacks a column, repeats one, or has one that does not exist."""

    def __init__(self, columns: Iterable[str]) -> None:
        self.columns = tuple(columns)
        super().__init__(", ".join(self.columns))


def parse_csv(lines: Iterable[str]) -> Iterator[AccountRow | BadRow]:
    """Yield every row of a CSV file (header first; comma or semicolon), good or bad.

    The second row with a username or number seen before is bad. Blank lines are skipped.
    Raises BadHeader.
    """
    source = iter(lines)
    first = next(source, "").removeprefix("\ufeff")
    delimiter = ";" if first.count(";") > first.count(",") else ","
    columns = _header(_cells(first, delimiter) or [])
    seen = Seen()
    for number, line in enumerate(source, 2):
        if line.strip():
            yield seen.check(_read(columns, _cells(line, delimiter), number))


def _cells(line: str, delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        return None


def _header(cells: list[str]) -> list[Column]:
    names = [cell.strip().casefold().replace(" ", "_") for cell in cells]
    unknown = [name for name in names if name not in ALIASES and name not in set(Column)]
    columns = [ALIASES.get(name) or Column(name) for name in names if name not in unknown]
    missing = [column for column in REQUIRED if column not in columns]
    repeated = {column for column in columns if columns.count(column) > 1}
    if unknown or missing or repeated:
        raise BadHeader([*unknown, *missing, *sorted(repeated)])
    return columns


class Seen:
    """Remembers usernames and numbers, so that the second row with one of them is found."""

    def __init__(self) -> None:
        self._usernames: set[str] = set()
        self._numbers: set[tuple[Column, str]] = set()

    def check(self, row: AccountRow | BadRow) -> AccountRow | BadRow:
        """Return `row`, or a BadRow in its place."""
        if isinstance(row, BadRow):
            return row
        if row.username in self._usernames:
            return BadRow(row.line, Fault.DUPLICATE_USERNAME)
        numbers = numbers_of(row)
        if self._numbers & numbers:
            return BadRow(row.line, Fault.DUPLICATE_NUMBER)
        self._usernames.add(row.username)
        self._numbers |= numbers
        return row


def numbers_of(row: AccountRow) -> set[tuple[Column, str]]:
    """Return the student and employee number of a row, those it has."""
    numbers = (
        (Column.STUDENT_NUMBER, row.student_number),
        (Column.EMPLOYEE_NUMBER, row.employee_number),
    )
    return {(column, number) for column, number in numbers if number}


def _read(columns: list[Column], cells: list[str] | None, line: int) -> AccountRow | BadRow:
    if cells is None:
        return BadRow(line, Fault.UNREADABLE)
    if len(cells) != len(columns):
        return BadRow(line, Fault.CELLS)
    values = {c: cell.strip() for c, cell in zip(columns, cells, strict=True) if cell.strip()}
    try:
        row = _row(values, line)
    except _Faulty as faulty:
        return BadRow(line, faulty.fault)
    fault = fault_of(row)
    return row if fault is None else BadRow(line, fault)


class _Faulty(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


def _row(values: Mapping[Column, str], line: int) -> AccountRow:
    return AccountRow(
        line=line,
        username=values.get(Column.USERNAME, "").lower(),
        account_type=_account_type(values.get(Column.TYPE, "")),
        display_name=values.get(Column.NAME, ""),
        student_number=values.get(Column.STUDENT_NUMBER),
        employee_number=_digits(values.get(Column.EMPLOYEE_NUMBER)),
        institutional_email=_lower(values.get(Column.INSTITUTIONAL_EMAIL)),
        recovery_email=values.get(Column.RECOVERY_EMAIL),
        unit=values.get(Column.UNIT),
        valid_from=_date(values.get(Column.VALID_FROM)),
        valid_until=_date(values.get(Column.VALID_UNTIL)),
        privileged=_yes_no(values.get(Column.PRIVILEGED)),
    )


def _account_type(cell: str) -> AccountType:
    try:
        return AccountType(cell.lower().replace(" ", "_"))
    except ValueError:
        raise _Faulty(Fault.UNKNOWN_TYPE) from None


def _digits(cell: str | None) -> str | None:
    # A NIP is often written in groups: 19850312 201012 2 001.
    return cell and cell.replace(" ", "")


def _lower(cell: str | None) -> str | None:
    return cell and cell.lower()


def _date(cell: str | None) -> date | None:
    if cell is None:
        return None
    try:
        return date.fromisoformat(cell)
    except ValueError:
        raise _Faulty(Fault.MALFORMED_DATE) from None


_YES_NO = {
    **dict.fromkeys(("yes", "true", "1", "ya"), True),
    **dict.fromkeys(("no", "false", "0", "tidak"), False),
}


def _yes_no(cell: str | None) -> bool | None:
    if cell is None:
        return None
    try:
        return _YES_NO[cell.lower()]
    except KeyError:
        raise _Faulty(Fault.MALFORMED_YES_NO) from None


_USERNAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?", re.ASCII)
_STUDENT_NUMBER = re.compile(r"[0-9]{8}", re.ASCII)
_EMPLOYEE_NUMBER = re.compile(r"[0-9]{18}|[0-9]{9}", re.ASCII)
_EMAIL = re.compile(
    r"(?!.{255})[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}",
    re.ASCII,
)


def is_email(address: str) -> bool:
    """Tell whether `address` is a plain ASCII mail address (a dot-atom at a domain)."""
    return _EMAIL.fullmatch(address) is not None


def fault_of(row: AccountRow) -> Fault | None:
    """Return the first thing wrong with a row taken by itself.

    Student numbers have 8 digits, employee numbers 18 (NIP) or 9 (nopeg). A username of digits
    must be a number of the same account: otherwise a login could mean two people.
    """
    return next((fault for fault, is_there in _faults(row) if is_there), None)


def _faults(row: AccountRow) -> Iterator[tuple[Fault, bool]]:
    yield Fault.MISSING_USERNAME, not row.username
    yield Fault.MALFORMED_USERNAME, not _USERNAME.fullmatch(row.username)
    yield Fault.MISSING_NAME, not row.display_name.strip()
    texts = (row.display_name, row.unit or "")
    yield Fault.TOO_LONG, max(map(len, texts)) > MAX_NAME
    yield Fault.MALFORMED_TEXT, not all(text.isprintable() for text in texts)
    yield Fault.MALFORMED_STUDENT_NUMBER, not _fits(_STUDENT_NUMBER, row.student_number)
    yield Fault.MALFORMED_EMPLOYEE_NUMBER, not _fits(_EMPLOYEE_NUMBER, row.employee_number)
    own = {number for _, number in numbers_of(row)}
    yield Fault.FOREIGN_NUMBER, row.username.isdigit() and row.username not in own
    emails = (row.institutional_email, row.recovery_email)
    yield Fault.MALFORMED_EMAIL, not all(_fits(_EMAIL, email) for email in emails)
    begins, ends = row.valid_from, row.valid_until
    yield Fault.ENDS_BEFORE_START, bool(begins and ends and ends < begins)


def _fits(pattern: re.Pattern[str], value: str | None) -> bool:
    return value is None or pattern.fullmatch(value) is not None
