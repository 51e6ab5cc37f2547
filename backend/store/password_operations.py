"""The record of password changes: which are under way, how the others ended."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime  # noqa: TC003 - dataclass annotations stay readable at run time
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from backend.store.accounts import password_operations, session_revocations

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.store.database import Database


class OperationState(StrEnum):
    """How a change stands. `started` and `unknown` are undecided."""

    STARTED = "started"
    UNKNOWN = "unknown"
    APPLIED = "applied"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Operation:
    """One change of one password. Never the password."""

    op_id: str
    account_id: str
    link_id: str | None
    reasons: str
    before_version: int
    fingerprint: str | None
    conversation: str | None
    language: str
    started_at: datetime
    state: OperationState = OperationState.STARTED


_columns = [password_operations.c[name] for name in Operation.__dataclass_fields__]
"""In the order of the fields: `state` is the last."""
_undecided = password_operations.c.decided_at.is_(None)


def _operation(row: sa.Row[Any]) -> Operation:
    *values, state = row
    return Operation(*values, state=OperationState(state))


async def find(tx: AsyncConnection, op_id: str) -> Operation | None:
    """Return the change with this key."""
    query = sa.select(*_columns).where(password_operations.c.op_id == op_id)
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else _operation(row)


async def begin(db: Database, tx: AsyncConnection, operation: Operation) -> bool:
    """Store a change that is about to be sent; False while another of the account is undecided.

    False as well when the key was used before: `find` tells the two apart.
    """
    insert = db.insert(password_operations).values(asdict(operation)).on_conflict_do_nothing()
    return (await tx.execute(insert)).rowcount == 1


async def decide(
    tx: AsyncConnection, op_id: str, state: OperationState, now: datetime, reasons: str = ""
) -> bool:
    """End a change; False when it has ended already: whoever gets True tells the world."""
    change = sa.update(password_operations).where(password_operations.c.op_id == op_id, _undecided)
    change = change.values(state=state.value, reasons=reasons, decided_at=now)
    return (await tx.execute(change)).rowcount == 1


async def doubt(tx: AsyncConnection, op_id: str) -> bool:
    """Note that a change's answer was lost; False when that was known or the change has ended."""
    change = sa.update(password_operations).where(
        password_operations.c.op_id == op_id,
        password_operations.c.state == OperationState.STARTED.value,
    )
    change = change.values(state=OperationState.UNKNOWN.value)
    return (await tx.execute(change)).rowcount == 1


async def purge(tx: AsyncConnection, before: datetime) -> None:
    """Forget the changes decided, and the sessions ended, before this instant."""
    sessions = session_revocations.c
    old = sa.and_(sessions.queued_at < before, sessions.due_at.is_(None))
    await tx.execute(sa.delete(session_revocations).where(old))
    gone = password_operations.c.decided_at < before
    await tx.execute(sa.delete(password_operations).where(gone))


async def undecided_since(tx: AsyncConnection, before: datetime) -> list[Operation]:
    """Return the undecided changes that were started before this instant, oldest first."""
    query = sa.select(*_columns).where(_undecided, password_operations.c.started_at <= before)
    rows = await tx.execute(query.order_by(password_operations.c.started_at))
    return [_operation(row) for row in rows]
