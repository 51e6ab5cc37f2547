"""Deleting what is out of date, a little at a time, so that no writer waits long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class Outdated:
    """Rows that no rule looks at any more, by (the first column of) their key."""

    key: sa.Column[Any]
    condition: sa.ColumnElement[bool]


async def delete_some(tx: AsyncConnection, rows: Outdated, limit: int) -> int:
    """Delete the rows of at most `limit` keys and return how many rows that were.

    Rows somebody holds are in use and left: waiting for them could end in a ring.
    """
    some = sa.select(rows.key).where(rows.condition).limit(limit)
    # A statement of its own: as a subquery PostgreSQL may evaluate it more than once.
    keys = (await tx.execute(some.with_for_update(skip_locked=True))).scalars().all()
    statement = sa.delete(rows.key.table).where(rows.key.in_(keys), rows.condition)
    return (await tx.execute(statement)).rowcount
