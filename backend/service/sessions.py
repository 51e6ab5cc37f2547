"""Ending the sessions of an account whose password was changed, until the directory did it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
import structlog

from backend.service.password_types import ChangeRules
from backend.service.ports import DirectoryError, OutcomeUnknown
from backend.store.accounts import session_revocations

if TYPE_CHECKING:
    from datetime import datetime

    from backend.service.ports import Directory
    from backend.store.database import Database
    from ops.clock import Clock

log = structlog.get_logger(__name__)

LONGEST_DELAY = timedelta(hours=1)


class Sessions:
    """Works through the queue `session_revocations`. Ending sessions twice does no harm."""

    def __init__(
        self,
        db: Database,
        directory: Directory,
        clock: Clock,
        rules: ChangeRules = ChangeRules(),  # noqa: B008 - frozen
    ) -> None:
        self._db = db
        self._directory = directory
        self._clock = clock
        self._rules = rules

    async def revoke_due(self) -> None:
        """End the sessions that are due; what the directory cannot do now is tried again later."""
        due = sa.select(session_revocations)
        due = due.where(session_revocations.c.due_at <= self._clock.now())
        async with self._db.read() as tx:
            rows = (await tx.execute(due.order_by(session_revocations.c.due_at).limit(100))).all()
        for row in rows:
            await self._revoke(row)

    async def _revoke(self, row: sa.Row[Any]) -> None:
        next_try: datetime | None = None
        try:
            await self._directory.revoke_sessions(row.account_id)
        except DirectoryError as error:
            next_try = self._next_try(row.tries, error)
            log.warning("sessions_not_revoked", error=type(error).__name__, tries=row.tries + 1)
        change = sa.update(session_revocations).where(session_revocations.c.op_id == row.op_id)
        async with self._db.begin() as tx:
            await tx.execute(change.values(tries=row.tries + 1, due_at=next_try))

    def _next_try(self, tries: int, error: DirectoryError) -> datetime | None:
        again = error.retryable or isinstance(error, OutcomeUnknown)
        if not again or tries + 1 >= self._rules.revoke_tries:
            return None
        delay = min(self._rules.revoke_delay * 2**tries, LONGEST_DELAY)
        return self._clock.now() + delay
