"""Accounts as their owners and the helpdesk see them, and lists of accounts taken in."""

from __future__ import annotations

import uuid
from itertools import islice
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog
from msgspec import Struct
from sqlalchemy import exc

from backend.domain.accounts import end_instant, first_instant, last_day, status_of
from backend.domain.accounts_csv import (
    AccountRow,
    BadRow,
    Column,
    Fault,
    Seen,
    fault_of,
    numbers_of,
)
from backend.domain.masking import mask_email
from backend.service.addresses import seal_address
from backend.service.errors import BackendBusy, NotFound, StateConflict
from backend.service.ports import AmbiguousAccount, DirectoryError
from backend.store.accounts import accounts
from backend_client import wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime, tzinfo

    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.domain.accounts import Account
    from backend.service.ports import Directory
    from backend.service.vault import Vault
    from backend.store.database import Database
    from ops.clock import Clock

BATCH = 1_000
"""Rows a transaction: a kill loses at most one batch, and importing again mends it."""
LOCAL = ZoneInfo("Asia/Jakarta")

log = structlog.get_logger(__name__)


class ImportReport(Struct, frozen=True):
    """What became of a list of accounts."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    bad: tuple[BadRow, ...] = ()
    """The rows left out, by line."""

    def plus(self, other: ImportReport) -> ImportReport:
        """Return both reports as one."""
        return ImportReport(
            self.added + other.added,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            (*self.bad, *other.bad),
        )


def account_view(account: Account, now: datetime, zone: tzinfo = LOCAL) -> wire.AccountView:
    """Return what the owner may see after a right code; the recovery address is masked."""
    ends = account.valid_until
    return wire.AccountView(
        username=account.username,
        account_type=account.account_type.value,
        status=wire.AccountStatus(status_of(account, now).value),
        recovery_email=mask_email(account.recovery_email),
        valid_until=ends and last_day(ends, zone),
        password_changed_at=account.password_changed_at,
        must_change=account.must_change,
    )


class Accounts:
    """Looks accounts up for the helpdesk and takes lists of accounts into the SQL directory."""

    def __init__(
        self,
        db: Database,
        directory: Directory,
        vault: Vault,
        clock: Clock,
        zone: tzinfo = LOCAL,
    ) -> None:
        self._db = db
        self._directory = directory
        self._vault = vault
        self._clock = clock
        self._zone = zone

    async def view(self, key: str) -> wire.AccountView:
        """Return an account as an agent may see it. Raises NotFound, StateConflict, BackendBusy.

        StateConflict: more than one account answers to `key`.
        """
        try:
            account = await self._directory.find(key)
        except AmbiguousAccount:
            raise StateConflict("more than one account answers to this key") from None
        except DirectoryError:
            raise BackendBusy from None
        if account is None:
            raise NotFound
        return account_view(account, self._clock.now(), self._zone)

    async def import_accounts(
        self,
        rows: Iterable[AccountRow | BadRow],
        progress: Callable[[int], None] | None = None,
    ) -> ImportReport:
        """Take a whole list in, batch by batch; `progress` is told the rows done so far."""
        report = ImportReport()
        source = iter(rows)
        done = 0
        while batch := list(islice(source, BATCH)):
            report = report.plus(await self.upsert(batch))
            done += len(batch)
            if progress is not None:
                progress(done)
        return report

    async def upsert(self, rows: Sequence[AccountRow | BadRow]) -> ImportReport:
        """Add the accounts that are new, update those that differ, in one transaction.

        Rows are checked again here, because they may come from another process. Bad ones are
        reported and left out. Raises StateConflict when others keep changing the same accounts.
        """
        seen = Seen()
        checked = [seen.check(_checked(row)) for row in rows]
        bad = tuple(row for row in checked if isinstance(row, BadRow))
        good = [row for row in checked if isinstance(row, AccountRow)]
        report = ImportReport(bad=bad).plus(await self._write_again(good))
        log.debug("accounts_imported", added=report.added, updated=report.updated, bad=len(bad))
        return report

    async def _write_again(self, rows: Sequence[AccountRow]) -> ImportReport:
        for _ in range(3):
            try:
                async with self._db.begin() as tx:
                    return await self._write(tx, rows)
            except exc.IntegrityError:
                continue  # someone took a username or number between our look and our write
        raise StateConflict("the accounts are being changed by someone else")

    async def _write(self, tx: AsyncConnection, rows: Sequence[AccountRow]) -> ImportReport:
        known = await _known(tx, rows)
        owners = await _number_owners(tx, rows)
        added: list[dict[str, Any]] = []
        updated: list[dict[str, Any]] = []
        bad: list[BadRow] = []
        for row in rows:
            if any(owners.get(number, row.username) != row.username for number in numbers_of(row)):
                bad.append(BadRow(row.line, Fault.DUPLICATE_NUMBER))
            elif row.username not in known:
                added.append(self._new(row))
            elif changes := self._changes(row, known[row.username]):
                updated.append(changes)
        if added:
            await tx.execute(sa.insert(accounts), added)
        await _update(tx, updated)
        unchanged = len(rows) - len(added) - len(updated) - len(bad)
        return ImportReport(len(added), len(updated), unchanged, tuple(bad))

    def _new(self, row: AccountRow) -> dict[str, Any]:
        account_id = uuid.uuid4().hex
        now = self._clock.now()
        return {
            "id": account_id,
            "username": row.username,
            **self._columns(row),
            "privileged": bool(row.privileged),
            **seal_address(self._vault, account_id, row.recovery_email),
            "created_at": now,
            "updated_at": now,
        }

    def _columns(self, row: AccountRow) -> dict[str, Any]:
        begins, ends = row.valid_from, row.valid_until
        return {
            "account_type": row.account_type.value,
            "display_name": row.display_name.strip(),
            "student_number": row.student_number,
            "employee_number": row.employee_number,
            "institutional_email": row.institutional_email and row.institutional_email.lower(),
            "unit": row.unit,
            "valid_from": begins and first_instant(begins, self._zone),
            "valid_until": ends and end_instant(ends, self._zone),
            "privileged": row.privileged,
        }

    def _changes(self, row: AccountRow, old: sa.Row[Any]) -> dict[str, Any]:
        """Return what differs; a new recovery address starts the wait of security.md 3."""
        now = self._clock.now()
        changes = {
            name: value
            for name, value in self._columns(row).items()
            if value is not None and value != getattr(old, name)
        }
        address = row.recovery_email
        if address is not None and self._vault.index(address) != old.recovery_index:
            changes |= seal_address(self._vault, old.id, address)
            changes["recovery_email_changed_at"] = now
        return changes and {"id": old.id, **changes, "updated_at": now}


def _checked(row: AccountRow | BadRow) -> AccountRow | BadRow:
    if isinstance(row, BadRow):
        return row
    fault = fault_of(row)
    return row if fault is None else BadRow(row.line, fault)


async def _known(tx: AsyncConnection, rows: Sequence[AccountRow]) -> Mapping[str, sa.Row[Any]]:
    usernames = [row.username for row in rows]
    query = sa.select(accounts).where(accounts.c.username.in_(usernames)).with_for_update()
    return {row.username: row for row in await tx.execute(query)}


async def _number_owners(
    tx: AsyncConnection, rows: Sequence[AccountRow]
) -> Mapping[tuple[Column, str], str]:
    """Return which username has each of the rows' student and employee numbers."""
    wanted = {number for row in rows for number in numbers_of(row)}
    owners: dict[tuple[Column, str], str] = {}
    for column in (Column.STUDENT_NUMBER, Column.EMPLOYEE_NUMBER):
        key = accounts.c[column.value]
        numbers = [number for of, number in wanted if of is column]
        query = sa.select(key, accounts.c.username).where(key.in_(numbers))
        owners |= {(column, number): name for number, name in await tx.execute(query)}
    return owners


async def _update(tx: AsyncConnection, changes: Sequence[dict[str, Any]]) -> None:
    """Write the changes, those of the same columns with one statement."""
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for change in changes:
        alike.setdefault(tuple(change), []).append(change)
    for columns, group in alike.items():
        values: dict[str, sa.BindParameter[Any]] = {
            name: sa.bindparam(f"new_{name}") for name in columns if name != "id"
        }
        statement = sa.update(accounts).where(accounts.c.id == sa.bindparam("new_id"))
        named = [{f"new_{name}": value for name, value in row.items()} for row in group]
        await tx.execute(statement.values(values), named)
