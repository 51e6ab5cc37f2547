"""What follows from a change, in the one transaction that decides it (security.md 10).

Locks are taken in the order operation, grants, link, everywhere: nobody waits for each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from backend.domain.links import LinkEnd
from backend.domain.masking import mask_username
from backend.service.ports import Capability
from backend.store import links as link_rows
from backend.store import password_operations as operations
from backend.store.accounts import session_revocations
from backend.store.password_operations import OperationState
from backend_client import wire

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.domain.accounts import Account
    from backend.service.audit import Audit
    from backend.service.feed import Feed
    from backend.service.grants import Grants
    from backend.service.history import History
    from backend.service.password_notices import Notices
    from backend.store.database import Database
    from backend.store.password_operations import Operation
    from ops.clock import Clock

NOT_APPLIED = "not_applied"
"""The reason of a change that never arrived in the directory."""


class Settlement:
    """Decides operations; each is decided once, and only then is anybody told."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        audit: Audit,
        feed: Feed,
        grants: Grants,
        history: History,
        notices: Notices,
        capabilities: Capability,
    ) -> None:
        self._db = db
        self._clock = clock
        self._audit = audit
        self._feed = feed
        self._grants = grants
        self._history = history
        self._notices = notices
        self._revokes_sessions = Capability.REVOKE_SESSIONS in capabilities

    async def applied(self, operation: Operation, account: Account) -> None:
        """Commit `applied`: history, dead grants and links, sessions, notices, feed, audit."""
        now = self._clock.now()
        async with self._db.begin() as tx:
            if not await operations.decide(tx, operation.op_id, OperationState.APPLIED, now):
                return
            if operation.fingerprint is not None:
                await self._history.remember(tx, account.id, operation.fingerprint)
            await self._grants.revoke_for_account(tx, account.id)
            await self._end_link(tx, operation)
            await self._queue_revocation(tx, operation)
            language = operation.language
            await self._notices.changed(tx, operation.op_id, account, language=language, at=now)
            await self._tell(tx, operation, account, wire.ChangeState.APPLIED)
            await self._record(tx, "password_changed", operation)

    async def refused(self, operation: Operation, reasons: str) -> None:
        """Commit that the directory did not take the password; the page says so itself."""
        await self._refuse(operation, reasons, None)

    async def lost(self, operation: Operation, account: Account | None) -> None:
        """Commit that a change never arrived, and tell the conversation that was kept waiting."""
        await self._refuse(operation, NOT_APPLIED, account)

    async def doubted(self, operation: Operation, account: Account) -> None:
        """Commit that nobody knows yet. Never `applied` on doubt (security.md 11)."""
        async with self._db.begin() as tx:
            if await operations.doubt(tx, operation.op_id):
                await self._tell(tx, operation, account, wire.ChangeState.UNKNOWN)
                await self._record(tx, "password_change_uncertain", operation)

    async def _refuse(self, operation: Operation, reasons: str, told: Account | None) -> None:
        state, now = OperationState.REFUSED, self._clock.now()
        async with self._db.begin() as tx:
            if not await operations.decide(tx, operation.op_id, state, now, reasons):
                return
            if told is not None:
                await self._tell(tx, operation, told, wire.ChangeState.REFUSED)
            await self._record(tx, "password_change_refused", operation, reasons)

    async def _end_link(self, tx: AsyncConnection, operation: Operation) -> None:
        """End the link that was used; a newer one ends because the password is another one."""
        now = self._clock.now()
        if operation.link_id is not None:
            await link_rows.end_live(
                tx, operation.account_id, LinkEnd.USED, now, only=operation.link_id
            )
        await link_rows.end_live(tx, operation.account_id, LinkEnd.ACCOUNT_CHANGED, now)

    async def _queue_revocation(self, tx: AsyncConnection, operation: Operation) -> None:
        """Leave it to a job to end sessions; there is nothing to do where there are none."""
        now = self._clock.now()
        await tx.execute(
            sa.insert(session_revocations).values(
                op_id=operation.op_id,
                account_id=operation.account_id,
                queued_at=now,
                due_at=now if self._revokes_sessions else None,
            )
        )

    async def _tell(
        self,
        tx: AsyncConnection,
        operation: Operation,
        account: Account,
        state: wire.ChangeState,
    ) -> None:
        if operation.conversation is not None:
            await self._feed.publish(
                tx,
                wire.PasswordChanged,
                operation.conversation,
                account=mask_username(account.username),
                state=state,
            )

    async def _record(
        self, tx: AsyncConnection, event: str, operation: Operation, reasons: str | None = None
    ) -> None:
        await self._audit.record(
            tx,
            event,
            actor=f"account:{operation.account_id}",
            subject=f"account:{operation.account_id}",
            detail={"operation": operation.op_id, "reasons": reasons},
        )
