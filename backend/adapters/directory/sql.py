"""The embedded default's directory: accounts in the backend's own database."""

from __future__ import annotations

import uuid
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import exc

from backend.domain.accounts import Account, AccountType, normalise_login
from backend.domain.password_policy import MAX_LENGTH, charset_rules
from backend.service import kdf
from backend.service.addresses import seal_address, unseal_address
from backend.service.ports import (
    AccountExists,
    AccountNotFound,
    AmbiguousAccount,
    Capability,
    NewGuest,
    NotPermitted,
    OutcomeUnknown,
    PasswordRejected,
    Unavailable,
    Why,
)
from backend.store.accounts import accounts, recovery_freezes

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping
    from datetime import datetime

    from pydantic import SecretStr
    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.service.vault import Vault
    from backend.store.database import Database
    from ops.clock import Clock

TRIES_BEFORE_LOCK = 5
"""Wrong passwords in a row after which the account is locked."""
MIN_LENGTH = 10
"""What this directory enforces by itself, whatever the service already checked (ITB II.B.6a)."""

_account_columns = (accounts, recovery_freezes.c.frozen_until)
_with_freezes = accounts.outerjoin(
    recovery_freezes, accounts.c.id == recovery_freezes.c.account_id
)


class SqlDirectory:
    """A `Directory` over the tables of `backend.store.accounts`.

    Password history and ended sessions are the service's business: this directory has neither.
    """

    capabilities = Capability.NATIVE_EXPIRY | Capability.LOCK_STATE | Capability.VERIFY

    def __init__(self, db: Database, vault: Vault, clock: Clock) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock

    async def find(self, key: str) -> Account | None:
        """Look a login up; a guest's only address, the recovery address, is one as well.

        Nobody else is found by the recovery address: it receives the codes, so whoever holds it
        must still know which account it belongs to (docs/decisions/0021).
        """
        login = normalise_login(key)
        if login is None:
            return None
        guest = accounts.c.account_type == AccountType.GUEST
        query = sa.select(*_account_columns).select_from(_with_freezes)
        query = query.where(
            sa.or_(
                accounts.c.username == login,
                accounts.c.student_number == login,
                accounts.c.employee_number == login,
                accounts.c.institutional_email == login,
                (accounts.c.recovery_index == self._vault.index(login)) & guest,
            )
        ).limit(2)
        async with _reading(), self._db.read() as tx:
            rows = (await tx.execute(query)).all()
        if len(rows) > 1:
            raise AmbiguousAccount
        return self._account(rows[0]) if rows else None

    async def get(self, account_id: str) -> Account:
        """Read one account by its primary key."""
        query = sa.select(*_account_columns).select_from(_with_freezes)
        async with _reading(), self._db.read() as tx:
            row = (await tx.execute(query.where(accounts.c.id == account_id))).one_or_none()
        if row is None:
            raise AccountNotFound
        return self._account(row)

    async def set_password(
        self, account_id: str, new: SecretStr, *, must_change: bool = False, unlock: bool = True
    ) -> None:
        """Hash outside of any transaction, then replace in one statement."""
        _check_locally(new.get_secret_value())
        hashed = await kdf.hash_password(new)
        values: dict[str, Any] = {
            "password_hash": hashed,
            "must_change": must_change,
            "password_changed_at": self._clock.now(),
            "password_version": accounts.c.password_version + 1,
            "failed_tries": 0,
        }
        if unlock:
            values["locked"] = False
        await self._change(account_id, values)

    async def verify_password(self, account_id: str, candidate: SecretStr) -> bool | None:
        """Count wrong passwords and lock after five of them; a locked account says nothing."""
        query = sa.select(accounts.c.password_hash, accounts.c.locked)
        async with _reading(), self._db.read() as tx:
            row = (await tx.execute(query.where(accounts.c.id == account_id))).one_or_none()
        if row is None:
            raise AccountNotFound
        if row.locked:
            return None
        right = bool(row.password_hash) and await kdf.matches(row.password_hash, candidate)
        if not right:
            await self._count_failure(account_id)
        return right

    async def unlock(self, account_id: str) -> None:
        """Lift the lockout and forget the wrong passwords."""
        await self._change(account_id, {"locked": False, "failed_tries": 0})

    async def set_enabled(self, account_id: str, *, enabled: bool) -> None:
        """Switch the account on or off."""
        await self._change(account_id, {"enabled": enabled})

    async def set_expiry(self, account_id: str, at: datetime | None) -> None:
        """Move the end of the account's validity."""
        await self._change(account_id, {"valid_until": at})

    async def create_guest(self, guest: NewGuest) -> Account:
        """Insert a guest who has to set a password before anything else."""
        account_id = uuid.uuid4().hex
        now = self._clock.now()
        row = {
            "id": account_id,
            "username": normalise_login(guest.username),
            "account_type": AccountType.GUEST,
            "display_name": guest.display_name,
            "unit": guest.sponsor,
            "institution": guest.institution,
            "valid_from": guest.valid_from,
            "valid_until": guest.valid_until,
            "must_change": True,
            "created_at": now,
            "updated_at": now,
            **seal_address(self._vault, account_id, guest.recovery_email),
        }
        try:
            async with _writing(), self._db.begin() as tx:
                await tx.execute(sa.insert(accounts).values(row))
        except exc.IntegrityError:
            raise AccountExists from None
        return await self.get(account_id)

    async def revoke_sessions(self, account_id: str) -> None:
        """Do nothing: there are no sessions here, and `capabilities` says so."""
        await self.get(account_id)

    async def close(self) -> None:
        """Do nothing: the database belongs to whoever made it."""

    async def _change(self, account_id: str, values: Mapping[str, object]) -> None:
        change = sa.update(accounts).where(accounts.c.id == account_id, ~accounts.c.privileged)
        async with _writing(), self._db.begin() as tx:
            done = await tx.execute(change.values(**values, updated_at=self._clock.now()))
            if done.rowcount == 0:
                await _explain_refusal(tx, account_id)

    async def _count_failure(self, account_id: str) -> None:
        tries = accounts.c.failed_tries + 1
        count = sa.update(accounts).where(accounts.c.id == account_id)
        async with _writing(), self._db.begin() as tx:
            await tx.execute(count.values(failed_tries=tries, locked=tries >= TRIES_BEFORE_LOCK))

    def _account(self, row: sa.Row[Any]) -> Account:
        return Account(
            id=row.id,
            username=row.username,
            account_type=AccountType(row.account_type),
            display_name=row.display_name,
            student_number=row.student_number,
            employee_number=row.employee_number,
            institutional_email=row.institutional_email,
            recovery_email=unseal_address(self._vault, row.id, row.recovery_email),
            recovery_email_changed_at=row.recovery_email_changed_at,
            unit=row.unit,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            enabled=row.enabled,
            locked=row.locked,
            privileged=row.privileged,
            must_change=row.must_change,
            password_changed_at=row.password_changed_at,
            password_version=row.password_version,
            frozen_until=row.frozen_until,
        )


def _check_locally(password: str) -> None:
    why: set[Why] = set()
    if charset_rules(password):
        why.add(Why.CHARSET)
    if len(password) < MIN_LENGTH:
        why.add(Why.TOO_SHORT)
    if len(password) > MAX_LENGTH:
        why.add(Why.UNSPECIFIED)
    if why:
        raise PasswordRejected(*why)


async def _explain_refusal(tx: AsyncConnection, account_id: str) -> None:
    known = await tx.scalar(sa.select(accounts.c.id).where(accounts.c.id == account_id))
    raise AccountNotFound if known is None else NotPermitted


def _is_lost(error: exc.DBAPIError) -> bool:
    """Tell a database that is away (SQLSTATE classes 08, 53, 57) from a mistake of ours."""
    state = str(getattr(error.orig, "sqlstate", None) or "")
    lost = isinstance(error, exc.OperationalError | exc.InterfaceError)
    return lost or error.connection_invalidated or state[:2] in {"08", "53", "57"}


@asynccontextmanager
async def _reading() -> AsyncGenerator[None]:
    try:
        yield
    except (OSError, exc.TimeoutError):
        raise Unavailable from None
    except exc.DBAPIError as error:
        if not _is_lost(error):
            raise
        raise Unavailable from None


@asynccontextmanager
async def _writing() -> AsyncGenerator[None]:
    """Say honestly that a lost connection may have lost the answer, not the write."""
    try:
        yield
    except exc.TimeoutError:
        raise Unavailable from None  # no connection was free: nothing was sent
    except OSError:
        raise OutcomeUnknown from None
    except exc.DBAPIError as error:
        if not _is_lost(error):
            raise
        raise OutcomeUnknown from None
