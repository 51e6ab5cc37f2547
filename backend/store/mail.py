"""Tables of the mail outbox: what waits to be sent, and whether the mail server is away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - dataclass annotations stay readable at run time
from typing import TYPE_CHECKING

import sqlalchemy as sa

from backend.store.database import BigId, Instant, metadata

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.store.database import Database

mail_outbox = sa.Table(
    "mail_outbox",
    metadata,
    sa.Column("id", BigId, primary_key=True, autoincrement=True),
    sa.Column("op", sa.String(200), nullable=False),
    sa.Column("template", sa.String(50), nullable=False),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("priority", sa.SmallInteger, nullable=False),
    # Recipient and context; NULL once the row is closed.
    sa.Column("sealed", sa.Text, nullable=True),
    sa.Column("conversation", sa.String(200), nullable=True),
    # What MailDelayed is said once for: the digest of the challenge, or of the operation.
    sa.Column("thread", sa.String(64), nullable=False),
    sa.Column("delay_told_at", Instant, nullable=True),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    # A code or a link: over without anybody missing it.
    sa.Column("ends_by_itself", sa.Boolean, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    # NULL: closed, nothing left to do.
    sa.Column("next_at", Instant, nullable=True),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("closed_at", Instant, nullable=True),
    sa.UniqueConstraint("op", "template"),
)

_open = mail_outbox.c.next_at.is_not(None)
sa.Index(
    "ix_mail_outbox_due",
    mail_outbox.c.priority,
    mail_outbox.c.next_at,
    mail_outbox.c.id,
    sqlite_where=_open,
    postgresql_where=_open,
)
sa.Index(
    "ix_mail_outbox_expiry",
    mail_outbox.c.expires_at,
    sqlite_where=_open,
    postgresql_where=_open,
)
_ORDER = (mail_outbox.c.priority, mail_outbox.c.next_at, mail_outbox.c.id)
sa.Index("ix_mail_outbox_thread", mail_outbox.c.thread)
sa.Index("ix_mail_outbox_closed", mail_outbox.c.priority, mail_outbox.c.closed_at)

mail_outage = sa.Table(
    "mail_outage",
    metadata,
    sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("since", Instant, nullable=True),
)
"""One row (id 1): since when every process found the mail server away; NULL when it is there."""

_SENDING = "sending"
_WAITING = "waiting"
SWEEP = 500
"""Rows one transaction closes or tells of at most; the next sweep takes more."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row this process may try to send now, and nobody else until its lease ends."""

    id: int
    op: str
    template: str
    language: str
    priority: int
    sealed: str
    attempts: int
    """How often it was tried, this time included."""
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Overdue:
    """An open row whose time is over."""

    id: int
    template: str
    ends_by_itself: bool


@dataclass(frozen=True, slots=True)
class Late:
    """A conversation whose mail waits for a server that is away."""

    id: int
    conversation: str
    thread: str


async def add(db: Database, tx: AsyncConnection, row: Mapping[str, object]) -> bool:
    """Add a row; False when this operation queued this template before."""
    statement = db.insert(mail_outbox).values(attempts=0, state=_WAITING, **row)
    added = statement.on_conflict_do_nothing(index_elements=["op", "template"])
    return (await tx.execute(added.returning(mail_outbox.c.id))).first() is not None


async def first_due(tx: AsyncConnection, now: datetime) -> int | None:
    """Return the priority of the row that is next, None when nothing is due."""
    due = sa.select(mail_outbox.c.priority).where(mail_outbox.c.next_at <= now)
    return await tx.scalar(due.order_by(*_ORDER).limit(1))


async def closed_since(tx: AsyncConnection, priority: int, since: datetime) -> int:
    """Count the rows of a priority that ended after `since`."""
    rows = mail_outbox.c
    counted = sa.select(sa.func.count()).where(rows.priority == priority, rows.closed_at > since)
    return await tx.scalar(counted) or 0


async def claim(
    tx: AsyncConnection, now: datetime, *, lowest: int, until: datetime
) -> Claimed | None:
    """Take the most urgent due row of priority `lowest` or better, charging an attempt.

    Nobody else sees it before `until`: a process that dies meanwhile loses nothing.
    """
    rows = mail_outbox.c
    pick = (
        sa.select(rows.id)
        .where(rows.next_at <= now, rows.priority <= lowest)
        .order_by(*_ORDER)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    statement = (
        mail_outbox.update()
        .where(rows.id == pick.scalar_subquery())
        .values(next_at=until, attempts=rows.attempts + 1, state=_SENDING)
        .returning(*(rows[name] for name in Claimed.__slots__))
    )
    row = (await tx.execute(statement)).first()
    return Claimed(*row) if row is not None else None


async def close(tx: AsyncConnection, row_ids: Sequence[int], state: str, now: datetime) -> None:
    """End rows: what they would have said, and to whom, is wiped."""
    await tx.execute(
        mail_outbox.update()
        .where(mail_outbox.c.id.in_(row_ids))
        .values(state=state, closed_at=now, next_at=None, sealed=None, conversation=None)
    )


async def postpone(tx: AsyncConnection, row_id: int, next_at: datetime) -> None:
    """Give a row back to be tried again, unless it was closed meanwhile."""
    rows = mail_outbox.c
    await tx.execute(
        mail_outbox.update()
        .where(rows.id == row_id, rows.next_at.is_not(None))
        .values(state=_WAITING, next_at=next_at)
    )


async def adopt(tx: AsyncConnection, now: datetime, *, max_attempts: int) -> None:
    """Make due at once what a dead process was sending. Only where no other process can be."""
    rows = mail_outbox.c
    await tx.execute(
        mail_outbox.update()
        .where(rows.next_at.is_not(None), rows.state == _SENDING, rows.attempts <= max_attempts)
        .values(state=_WAITING, next_at=now)
    )


async def overdue(tx: AsyncConnection, now: datetime) -> list[Overdue]:
    """Return the open rows whose time is over, at most `SWEEP`; locked where others could too."""
    rows = mail_outbox.c
    found = await tx.execute(
        sa.select(rows.id, rows.template, rows.ends_by_itself)
        .where(rows.next_at.is_not(None), rows.expires_at <= now)
        .limit(SWEEP)
        .with_for_update(skip_locked=True)
    )
    return [Overdue(row.id, row.template, row.ends_by_itself) for row in found]


async def purge(tx: AsyncConnection, before: datetime, priorities: Sequence[int]) -> int:
    """Delete rows of these priorities that ended before an instant."""
    rows = mail_outbox.c
    old = mail_outbox.delete().where(rows.priority.in_(priorities), rows.closed_at < before)
    return (await tx.execute(old)).rowcount


async def outage_since(tx: AsyncConnection) -> datetime | None:
    """Return since when the mail server is away."""
    return await tx.scalar(sa.select(mail_outage.c.since).where(mail_outage.c.id == 1))


async def begin_outage(db: Database, tx: AsyncConnection, now: datetime) -> datetime:
    """Note that the server is away, and return since when: another may have seen it first."""
    statement = db.insert(mail_outage).values(id=1, since=now)
    first = sa.func.coalesce(mail_outage.c.since, statement.excluded.since)
    await tx.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"since": first}))
    return await outage_since(tx) or now


async def end_outage(tx: AsyncConnection) -> None:
    """Write down that the server is back."""
    await tx.execute(mail_outage.update().values(since=None))


async def take_late(
    tx: AsyncConnection, now: datetime, *, since: datetime, lowest: int
) -> list[Late]:
    """Return each thread of untried rows not told of this outage yet, and mark it told.

    Only rows that were never tried count: a row for an account that does not exist is either
    untried or over, so the two kinds look alike.
    """
    await tx.execute(sa.select(mail_outage.c.since).with_for_update())  # one process at a time
    rows = mail_outbox.c
    told = mail_outbox.alias()
    waiting = await tx.execute(
        sa.select(rows.id, rows.conversation, rows.thread)
        .where(rows.next_at <= now, rows.priority <= lowest, rows.attempts == 0)
        .where(rows.conversation.is_not(None))
        .where(sa.or_(rows.delay_told_at.is_(None), rows.delay_told_at < since))
        .where(~sa.exists().where(told.c.thread == rows.thread, told.c.delay_told_at >= since))
        .order_by(*_ORDER)
        .limit(SWEEP)
    )
    late = {row.thread: Late(row.id, row.conversation, row.thread) for row in waiting}
    await tx.execute(
        mail_outbox.update()
        .where(rows.id.in_([one.id for one in late.values()]))
        .values(delay_told_at=now)
    )
    return list(late.values())
