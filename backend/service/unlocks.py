"""Unlocking an account with a grant (security.md 7, 10-11): done, refused, or honestly unknown.

The grant is spent and an operation noted in one transaction, then the directory is asked. Whoever
repeats the call with the same grant finds the operation: a decided one is told again, an undecided
one is taken up where it stood. Lifting a lockout twice does no harm (`Directory.unlock`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog
from prometheus_client import Counter

from backend.domain.accounts import is_frozen, is_usable
from backend.domain.codes import storable
from backend.service.errors import GrantInvalid, HumanNeeded
from backend.service.ports import (
    AccountNotFound,
    Capability,
    DirectoryError,
    ManagedElsewhere,
    NotPermitted,
    OutcomeUnknown,
)
from backend.service.subjects import busy
from backend.store import verification as store
from backend_client import wire

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.domain.accounts import Account
    from backend.service.audit import Audit
    from backend.service.grants import Grants
    from backend.service.ports import Directory
    from backend.service.vault import Vault
    from backend.store.database import Database
    from ops.clock import Clock

PENDING: Final = "pending"
_DECIDED: Final = frozenset({wire.ChangeState.APPLIED, wire.ChangeState.REFUSED})
_REFUSALS: Final[dict[type[DirectoryError], str]] = {
    AccountNotFound: "account_not_found",
    NotPermitted: "not_permitted",
    ManagedElsewhere: "managed_elsewhere",
}
_APPLIED: Final = wire.ChangeResult(wire.ChangeState.APPLIED)
_UNKNOWN: Final = wire.ChangeResult(wire.ChangeState.UNKNOWN)

UNLOCKS = Counter("helpdesk_unlocks_total", "Unlocks by how they ended.", ["state"])

_log = structlog.get_logger(__name__)


class Unlocks:
    """Lifts lockouts."""

    def __init__(
        self,
        *,
        db: Database,
        directory: Directory,
        vault: Vault,
        grants: Grants,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._db = db
        self._directory = directory
        self._vault = vault
        self._grants = grants
        self._audit = audit
        self._clock = clock

    async def unlock(self, request: wire.Unlock) -> wire.ChangeResult:
        """Spend the grant and lift the lockout; `applied` only when that is certain.

        Raises GrantInvalid, HumanNeeded, and BackendBusy when the directory is away: nothing was
        changed then and the same call may be repeated.
        """
        if not storable(request.conversation):
            raise GrantInvalid
        operation = await self._find(request)
        if operation is None:
            operation = await self._begin(request)
        elif operation.state not in _DECIDED:
            await self._account(operation.account)
        if operation.state in _DECIDED:
            return wire.ChangeResult(wire.ChangeState(operation.state), operation.reason)
        if operation.state == wire.ChangeState.UNKNOWN:
            result = await self._read_back(operation.account)
        else:
            result = await self._ask(operation.account)
        await self._decide(operation, result)
        return result

    async def _find(self, request: wire.Unlock) -> store.UnlockOperation | None:
        digest = self._vault.digest(request.grant)
        async with self._db.read() as tx:
            return await store.find_unlock(tx, digest, request.conversation)

    async def _begin(self, request: wire.Unlock) -> store.UnlockOperation:
        try:
            return await self._spend(request)
        except GrantInvalid:
            # The same call at the same moment was faster: share its operation.
            operation = await self._find(request)
            if operation is None:
                raise
            return operation

    async def _spend(self, request: wire.Unlock) -> store.UnlockOperation:
        unlock, conversation = wire.Purpose.UNLOCK_ACCOUNT, request.conversation
        async with self._db.read() as tx:
            grant = await self._grants.peek(tx, request.grant, conversation, {unlock})
        account = await self._account(grant.account_id)
        if account.password_version != grant.password_version:
            raise GrantInvalid
        operation = store.UnlockOperation(
            grant.digest, account.id, conversation, PENDING, None, self._clock.now()
        )
        async with self._db.begin() as tx:
            await self._grants.consume(tx, request.grant, conversation, unlock)
            await store.add_unlock(tx, operation)
            await self._record(tx, "unlock.started", operation)
        return operation

    async def _account(self, account_id: str) -> Account:
        """Return an account that self-service may unlock. Raises HumanNeeded, BackendBusy."""
        now = self._clock.now()
        try:
            account = await self._directory.get(account_id)
        except tuple(_REFUSALS):
            raise HumanNeeded from None
        except DirectoryError as error:
            raise busy(error) from None
        if account.privileged or is_frozen(account, now) or not is_usable(account, now):
            raise HumanNeeded
        return account

    async def _ask(self, account_id: str) -> wire.ChangeResult:
        try:
            await self._directory.unlock(account_id)
        except OutcomeUnknown:
            if Capability.LOCK_STATE not in self._directory.capabilities:
                return _UNKNOWN
        except tuple(_REFUSALS) as error:
            return wire.ChangeResult(wire.ChangeState.REFUSED, _REFUSALS[type(error)])
        except DirectoryError as error:
            raise busy(error) from None
        else:
            if Capability.LOCK_STATE not in self._directory.capabilities:
                return _APPLIED  # confirmed by the directory, and it shows no more than that
        return await self._read_back(account_id)

    async def _read_back(self, account_id: str) -> wire.ChangeResult:
        if Capability.LOCK_STATE not in self._directory.capabilities:
            return _UNKNOWN
        try:
            account = await self._directory.get(account_id)
        except DirectoryError as error:
            _log.warning("unlock_not_read_back", reason=type(error).__name__)
            return _UNKNOWN
        return _UNKNOWN if account.locked else _APPLIED

    async def _decide(self, operation: store.UnlockOperation, result: wire.ChangeResult) -> None:
        async with self._db.begin() as tx:
            decides = await store.decide_unlock(
                tx, operation.grant_digest, result.state, result.reason
            )
            if decides:
                await self._record(tx, f"unlock.{result.state.value}", operation)
        if decides:
            UNLOCKS.labels(result.state.value).inc()

    async def _record(
        self, tx: AsyncConnection, event: str, operation: store.UnlockOperation
    ) -> None:
        await self._audit.record(
            tx,
            event,
            actor=f"conversation:{self._vault.index(operation.conversation)[:16]}",
            subject=operation.account,
        )
