"""Tables of caps, of failures in a row and of the breaker, and what counts on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from backend.domain.codes import Hit
from backend.store.database import BigId, Instant, metadata
from backend.store.outdated import Outdated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.store.database import Database

NOBODY = "~"
"""How the stand-in for an account that does not exist begins."""

recovery_standing = sa.Table(
    "recovery_standing",
    metadata,
    sa.Column("account", sa.String(200), primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("off_at", Instant),
    sa.Column("touched_at", Instant, nullable=False, index=True),
)
"""Failures in a row, and since when recovery by chat is off (N 3.2.2)."""

limit_locks = sa.Table(
    "limit_locks",
    metadata,
    sa.Column("key", sa.String(100), primary_key=True),
    sa.Column("touched_at", Instant, nullable=False, index=True),
)
"""Whoever counts a cap holds its row: two counts of one cap never run side by side."""

limit_hits = sa.Table(
    "limit_hits",
    metadata,
    sa.Column("id", BigId, primary_key=True, autoincrement=True),
    sa.Column("key", sa.String(100), nullable=False),
    sa.Column("member", sa.String(64), nullable=False),
    sa.Column("at", Instant, nullable=False, index=True),
    sa.Index("ix_limit_hits_key", "key", "at"),
)

breaker_minutes = sa.Table(
    "breaker_minutes",
    metadata,
    sa.Column("minute", Instant, primary_key=True),
    sa.Column("checks", sa.Integer, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
)

breaker_pauses = sa.Table(
    "breaker_pauses",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("until", Instant, nullable=False),
)
"""One row, id 1: until when recovery is paused for everybody (security.md 6)."""


# -- caps -----------------------------------------------------------------------------------
async def hold(db: Database, tx: AsyncConnection, keys: Sequence[str], now: datetime) -> None:
    """Hold the caps `keys` until the transaction ends; in one order, so nobody waits in a ring."""
    rows = [{"key": key, "touched_at": now} for key in sorted(set(keys))]
    statement = db.insert(limit_locks).values(rows)
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[limit_locks.c.key], set_={"touched_at": now}
        )
    )


async def hits(
    tx: AsyncConnection, keys: Sequence[str], since: datetime
) -> Mapping[str, Sequence[Hit]]:
    """Return what counts towards each of `keys` and happened after `since`."""
    found: dict[str, list[Hit]] = {key: [] for key in keys}
    statement = sa.select(limit_hits.c.key, limit_hits.c.at, limit_hits.c.member).where(
        limit_hits.c.key.in_(keys), limit_hits.c.at > since
    )
    for key, at, member in await tx.execute(statement):
        found[key].append(Hit(at, member))
    return found


async def add_hits(tx: AsyncConnection, entries: Sequence[tuple[str, str]], now: datetime) -> None:
    """Count one more `(key, member)` each."""
    rows = [{"key": key, "member": member, "at": now} for key, member in entries]
    await tx.execute(sa.insert(limit_hits), rows)


# -- standing of an account's recovery ------------------------------------------------------
async def standing(tx: AsyncConnection, account: str) -> tuple[int, datetime | None]:
    """Return the failures in a row and since when recovery by chat is off."""
    statement = sa.select(recovery_standing.c.failures, recovery_standing.c.off_at).where(
        recovery_standing.c.account == account
    )
    row = (await tx.execute(statement)).one_or_none()
    return (0, None) if row is None else (row.failures, row.off_at)


async def write_standing(
    db: Database,
    tx: AsyncConnection,
    account: str,
    *,
    failures: int,
    off_at: datetime | None,
    now: datetime,
) -> None:
    """Write what `standing` returns; the caller holds the account's cap."""
    values = {"failures": failures, "off_at": off_at, "touched_at": now}
    statement = db.insert(recovery_standing).values(account=account, **values)
    await tx.execute(
        statement.on_conflict_do_update(index_elements=[recovery_standing.c.account], set_=values)
    )


# -- the breaker ----------------------------------------------------------------------------
async def paused_until(tx: AsyncConnection) -> datetime | None:
    """Return when the last pause ends or ended; None when there never was one."""
    return (await tx.execute(sa.select(breaker_pauses.c.until))).scalar_one_or_none()


async def pause(db: Database, tx: AsyncConnection, until: datetime) -> None:
    """Pause recovery for everybody."""
    statement = db.insert(breaker_pauses).values(id=1, until=until)
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[breaker_pauses.c.id], set_={"until": until}
        )
    )


async def count_check(db: Database, tx: AsyncConnection, now: datetime, *, failed: bool) -> None:
    """Count one code that was looked at, in its minute."""
    statement = db.insert(breaker_minutes).values(
        minute=_minute(now), checks=1, failures=int(failed)
    )
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[breaker_minutes.c.minute],
            set_={
                "checks": breaker_minutes.c.checks + 1,
                "failures": breaker_minutes.c.failures + int(failed),
            },
        )
    )


async def checks_since(tx: AsyncConnection, since: datetime) -> tuple[int, int]:
    """Return the codes looked at, and the wrong ones among them, from the minute of `since` on."""
    statement = sa.select(
        sa.func.coalesce(sa.func.sum(breaker_minutes.c.checks), 0),
        sa.func.coalesce(sa.func.sum(breaker_minutes.c.failures), 0),
    ).where(breaker_minutes.c.minute >= _minute(since))
    checks, failures = (await tx.execute(statement)).one()
    return checks, failures


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def outdated(before: datetime) -> tuple[Outdated, ...]:
    """Return what happened before `before`; an account's standing stays, a nobody's does not."""
    return (
        Outdated(limit_hits.c.id, limit_hits.c.at < before),
        Outdated(limit_locks.c.key, limit_locks.c.touched_at < before),
        Outdated(breaker_minutes.c.minute, breaker_minutes.c.minute < before),
        Outdated(
            recovery_standing.c.account,
            (recovery_standing.c.touched_at < before)
            & recovery_standing.c.account.startswith(NOBODY),
        ),
    )
