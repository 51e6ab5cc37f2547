"""How the clocks of tickets are kept, and the holidays they know of."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from backend.domain.sla import Clock, ClockKind
from backend.store.tickets import CLOCKS, HOLIDAYS

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_MS = timedelta(milliseconds=1)
Kept = dict[int, Clock]
"""Clocks by the id of their row, oldest first."""


async def add(tx: AsyncConnection, ticket_id: int, clock: Clock, look_at: datetime | None) -> None:
    """Keep a new clock."""
    await tx.execute(sa.insert(CLOCKS).values(ticket_id=ticket_id, **_columns(clock, look_at)))


async def save(tx: AsyncConnection, clock_id: int, clock: Clock, look_at: datetime | None) -> None:
    """Keep a changed clock."""
    change = sa.update(CLOCKS).where(CLOCKS.c.id == clock_id).values(**_columns(clock, look_at))
    await tx.execute(change)


async def of_ticket(tx: AsyncConnection, ticket_id: int, *, lock: bool = False) -> Kept:
    """Return a ticket's clocks; `lock` holds them until the commit (always in this order)."""
    query = sa.select(CLOCKS).where(CLOCKS.c.ticket_id == ticket_id).order_by(CLOCKS.c.id)
    rows = (await tx.execute(query.with_for_update() if lock else query)).all()
    return {row[0]: _clock(row) for row in rows}


async def due_instants(
    tx: AsyncConnection, ticket_ids: list[int]
) -> dict[tuple[int, str], datetime]:
    """Return the due instants of many tickets' running clocks, by ticket and kind."""
    query = sa.select(CLOCKS.c.ticket_id, CLOCKS.c.kind, CLOCKS.c.due_at).where(
        CLOCKS.c.ticket_id.in_(ticket_ids), CLOCKS.c.stopped_at.is_(None)
    )
    return {(row[0], row[1]): row[2] for row in (await tx.execute(query)).all()}


async def ids_to_look_at(tx: AsyncConnection, now: datetime, limit: int) -> list[int]:
    """Return the clocks whose next warning is due."""
    query = sa.select(CLOCKS.c.id).where(CLOCKS.c.look_at <= now).order_by(CLOCKS.c.look_at)
    return list((await tx.execute(query.limit(limit))).scalars())


async def running_after(tx: AsyncConnection, clock_id: int, limit: int) -> Kept:
    """Return and hold the next unstopped clocks, in the order of their rows."""
    query = sa.select(CLOCKS).where(CLOCKS.c.stopped_at.is_(None), CLOCKS.c.id > clock_id)
    rows = (await tx.execute(query.order_by(CLOCKS.c.id).limit(limit).with_for_update())).all()
    return {row[0]: _clock(row) for row in rows}


async def take(tx: AsyncConnection, clock_id: int) -> tuple[int, Clock] | None:
    """Hold one clock and return it with its ticket's id."""
    query = sa.select(CLOCKS).where(CLOCKS.c.id == clock_id).with_for_update()
    row = (await tx.execute(query)).first()
    return (row[1], _clock(row)) if row else None


async def holidays(tx: AsyncConnection) -> frozenset[date]:
    """Return the holidays that were entered."""
    return frozenset((await tx.execute(sa.select(HOLIDAYS.c.day))).scalars())


def _columns(clock: Clock, look_at: datetime | None) -> dict[str, Any]:
    return {
        "kind": clock.kind.value,
        "clause": clock.clause,
        "target_ms": clock.target // _MS,
        "started_at": clock.started_at,
        "due_at": clock.due_at,
        "paused_ms": clock.paused // _MS,
        "paused_at": clock.paused_at,
        "stopped_at": clock.stopped_at,
        "warned": clock.warned,
        "look_at": look_at,
    }


def _clock(row: sa.Row[*tuple[Any, ...]]) -> Clock:
    return Clock(
        kind=ClockKind(row.kind),
        clause=row.clause,
        target=row.target_ms * _MS,
        started_at=row.started_at,
        due_at=row.due_at,
        paused=row.paused_ms * _MS,
        paused_at=row.paused_at,
        stopped_at=row.stopped_at,
        warned=row.warned,
    )
