"""Tickets, their messages, clocks and the handoff from the bot; numbers; holidays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - dataclass annotations stay readable at run time
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from backend.domain.tickets import ACTIVE, Status
from backend.store.database import BigId, Instant, metadata
from backend.store.verification import proven_identities

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.store.database import Database

TICKETS = sa.Table(
    "tickets",
    metadata,
    sa.Column("id", BigId, primary_key=True, autoincrement=True),
    sa.Column("number", sa.String(30), nullable=False, unique=True),
    sa.Column("category", sa.String(20), nullable=False),
    # Tells cases of one category apart: the letter number of a guest request, else empty.
    sa.Column("topic", sa.String(200), nullable=False, default=""),
    sa.Column("priority", sa.String(10), nullable=False),
    sa.Column("service_class", sa.String(20), nullable=False),
    sa.Column("status", sa.String(10), nullable=False),
    sa.Column("channel", sa.String(200), nullable=False),
    sa.Column("person", sa.String(200), nullable=False, index=True),
    # `Vault.index` of the person: what proven identities are kept under.
    sa.Column("person_index", sa.String(64), nullable=False),
    sa.Column("conversation", sa.String(200), nullable=False),
    sa.Column("account_id", sa.String(200)),
    sa.Column("claimed_login", sa.String(500)),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("assignee", sa.String(200)),
    # A human holds the conversation: between TicketClaimed and its end.
    sa.Column("held", sa.Boolean, nullable=False, default=False),
    sa.Column("human_replied", sa.Boolean, nullable=False, default=False),
    sa.Column("version", sa.Integer, nullable=False, default=1),
    sa.Column("last_seq", sa.Integer, nullable=False, default=0),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("resolved_at", Instant),
    sa.Column("ended_at", Instant, index=True),
    sa.Column("resolution", sa.String(200)),
    sa.Column("linked_to", sa.String(30)),
    sa.Column("merged_into", sa.String(30)),
    sa.Index("ix_tickets_chat", "channel", "person_index"),
    sa.Index("ix_tickets_account", "account_id", "id"),
    sa.Index("ix_tickets_status", "status", "id"),
    sa.Index("ix_tickets_category", "category", "status", "id"),
    sa.Index("ix_tickets_resolved", "status", "resolved_at"),
)

_is_active = TICKETS.c.status.in_([status.value for status in ACTIVE])


def _only_open_one(name: str, whose: sa.ColumnElement[bool], *columns: sa.Column[Any]) -> None:
    """Let one person have one open ticket of a category (and topic)."""
    kind = (TICKETS.c.category, TICKETS.c.topic)
    condition = _is_active & whose
    sa.Index(
        name, *columns, *kind, unique=True, sqlite_where=condition, postgresql_where=condition
    )


_unproven = TICKETS.c.account_id.is_(None)
_only_open_one("uq_tickets_chat", _unproven, TICKETS.c.channel, TICKETS.c.person_index)
_only_open_one("uq_tickets_proven", ~_unproven, TICKETS.c.account_id)

MESSAGES = sa.Table(
    "ticket_messages",
    metadata,
    sa.Column("ticket_id", BigId, sa.ForeignKey("tickets.id"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("author", sa.String(10), nullable=False),
    sa.Column("agent", sa.String(200)),
    sa.Column("public", sa.Boolean, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
)

HANDOFF = sa.Table(
    "ticket_handoff",
    metadata,
    sa.Column("ticket_id", BigId, sa.ForeignKey("tickets.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("author", sa.String(10), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
)

CONVERSATIONS = sa.Table(
    "ticket_conversations",
    metadata,
    sa.Column("ticket_id", BigId, sa.ForeignKey("tickets.id"), primary_key=True),
    sa.Column("conversation", sa.String(200), primary_key=True),
    comment="Where the requester may go on with a ticket; answers go to the latest one.",
)

CLOCKS = sa.Table(
    "ticket_clocks",
    metadata,
    sa.Column("id", BigId, primary_key=True, autoincrement=True),
    sa.Column("ticket_id", BigId, sa.ForeignKey("tickets.id"), nullable=False, index=True),
    sa.Column("kind", sa.String(20), nullable=False),
    # The policy as it was when the clock started.
    sa.Column("clause", sa.String(30), nullable=False),
    sa.Column("target_ms", sa.BigInteger, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("paused_ms", sa.BigInteger, nullable=False, default=0),
    sa.Column("paused_at", Instant),
    sa.Column("stopped_at", Instant),
    sa.Column("warned", sa.SmallInteger, nullable=False, default=0),
    # When the next warning comes due; NULL: never.
    sa.Column("look_at", Instant, index=True),
)

COUNTERS = sa.Table(
    "ticket_counters",
    metadata,
    sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("last", sa.Integer, nullable=False),
)

HOLIDAYS = sa.Table(
    "holidays",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
)


@dataclass(frozen=True, slots=True)
class Ticket:
    """One row of `tickets`, in the order of its columns."""

    id: int
    number: str
    category: str
    topic: str
    priority: str
    service_class: str
    status: Status
    channel: str
    person: str
    person_index: str
    conversation: str
    account_id: str | None
    claimed_login: str | None
    language: str
    summary: str
    assignee: str | None
    held: bool
    human_replied: bool
    version: int
    last_seq: int
    opened_at: datetime
    resolved_at: datetime | None
    ended_at: datetime | None
    resolution: str | None
    linked_to: str | None
    merged_into: str | None


def ticket_of(row: sa.Row[*tuple[Any, ...]]) -> Ticket:
    """Return a row as what it is."""
    values: dict[str, Any] = dict(zip(TICKETS.c.keys(), row, strict=True))
    values["status"] = Status(values["status"])
    return Ticket(**values)


async def next_count(db: Database, tx: AsyncConnection, year: int) -> int:
    """Return the next number of the year. Holds the year's row until the commit.

    Taken before the ticket is inserted, so two openings never wait for each other in a circle.
    """
    first = db.insert(COUNTERS).values(year=year, last=1)
    bump = first.on_conflict_do_update(
        index_elements=[COUNTERS.c.year], set_={"last": COUNTERS.c.last + 1}
    )
    return (await tx.execute(bump.returning(COUNTERS.c.last))).scalar_one()


async def insert(db: Database, tx: AsyncConnection, values: dict[str, Any]) -> Ticket | None:
    """Insert a ticket and return it; None when the person has an open one of this kind."""
    statement = db.insert(TICKETS).values(values).on_conflict_do_nothing().returning(TICKETS)
    row = (await tx.execute(statement)).first()
    return ticket_of(row) if row else None


async def get(tx: AsyncConnection, number: str, *, lock: bool = False) -> Ticket | None:
    """Return the ticket with this number; `lock` holds it until the commit."""
    query = sa.select(TICKETS).where(TICKETS.c.number == number)
    row = (await tx.execute(query.with_for_update() if lock else query)).first()
    return ticket_of(row) if row else None


async def find_active(
    tx: AsyncConnection,
    *,
    channel: str,
    person_index: str,
    account_id: str | None,
    category: str,
    topic: str,
) -> Ticket | None:
    """Return the open ticket of this person, known by the chat or by the proven account."""
    by_chat = (TICKETS.c.channel == channel) & (TICKETS.c.person_index == person_index)
    owners = [by_chat]
    if account_id is not None:
        # One chat may have proven two accounts: their cases are kept apart.
        owners = [TICKETS.c.account_id == account_id, by_chat & _unproven]
    kind = _is_active & (TICKETS.c.category == category) & (TICKETS.c.topic == topic)
    for owner in owners:
        query = sa.select(TICKETS).where(owner & kind).order_by(TICKETS.c.id.desc()).limit(1)
        row = (await tx.execute(query.with_for_update())).first()
        if row:
            return ticket_of(row)
    return None


async def update(tx: AsyncConnection, ticket: Ticket, **values: object) -> Ticket | None:
    """Change a ticket that is still as it was read; None when someone was faster."""
    statement = (
        sa.update(TICKETS)
        .where(TICKETS.c.id == ticket.id, TICKETS.c.version == ticket.version)
        .values(version=ticket.version + 1, **values)
        .returning(TICKETS)
    )
    row = (await tx.execute(statement)).first()
    return ticket_of(row) if row else None


async def of_account(tx: AsyncConnection, account_id: str, limit: int) -> list[Ticket]:
    """Return the newest tickets of an account and of the chats that proved it.

    A ticket that one of these chats opened for another proven account is not among them.
    """
    proven = sa.select(proven_identities.c.channel, proven_identities.c.identity).where(
        proven_identities.c.account == account_id
    )
    by_chat = TICKETS.c.account_id.is_(None) & sa.tuple_(
        TICKETS.c.channel, TICKETS.c.person_index
    ).in_(proven)
    rows: dict[int, Ticket] = {}
    for condition in (TICKETS.c.account_id == account_id, by_chat):
        query = sa.select(TICKETS).where(condition).order_by(TICKETS.c.id.desc()).limit(limit)
        found = (await tx.execute(query)).all()
        rows |= {ticket.id: ticket for ticket in map(ticket_of, found)}
    return sorted(rows.values(), key=lambda ticket: ticket.id, reverse=True)[:limit]


async def page(
    tx: AsyncConnection,
    *,
    statuses: Collection[str],
    category: str | None,
    before: str | None,
    limit: int,
) -> list[Ticket]:
    """Return tickets for a list, newest first, older than the one numbered `before`."""
    query = sa.select(TICKETS).order_by(TICKETS.c.id.desc()).limit(limit)
    if statuses:
        query = query.where(TICKETS.c.status.in_(statuses))
    if category:
        query = query.where(TICKETS.c.category == category)
    if before:
        edge = sa.select(TICKETS.c.id).where(TICKETS.c.number == before).scalar_subquery()
        query = query.where(TICKETS.c.id < edge)
    return [ticket_of(row) for row in (await tx.execute(query)).all()]


async def add_conversation(
    db: Database, tx: AsyncConnection, ticket_id: int, conversation: str
) -> None:
    """Let the requester go on with a ticket in this conversation."""
    row = {"ticket_id": ticket_id, "conversation": conversation}
    await tx.execute(db.insert(CONVERSATIONS).values(row).on_conflict_do_nothing())


async def belongs_to(tx: AsyncConnection, ticket_id: int, conversation: str) -> bool:
    """Tell whether the requester may go on with a ticket in this conversation."""
    query = sa.select(CONVERSATIONS.c.ticket_id).where(
        CONVERSATIONS.c.ticket_id == ticket_id, CONVERSATIONS.c.conversation == conversation
    )
    return (await tx.execute(query)).first() is not None


async def share_conversations(db: Database, tx: AsyncConnection, source: int, to: int) -> None:
    """Let whoever may go on with ticket `source` go on with ticket `to`."""
    query = sa.select(CONVERSATIONS.c.conversation).where(CONVERSATIONS.c.ticket_id == source)
    for conversation in (await tx.execute(query)).scalars().all():
        await add_conversation(db, tx, to, conversation)


async def messages(tx: AsyncConnection, ticket_id: int) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return the messages of a ticket in order."""
    query = sa.select(MESSAGES).where(MESSAGES.c.ticket_id == ticket_id).order_by(MESSAGES.c.seq)
    return (await tx.execute(query)).all()


async def has_said(tx: AsyncConnection, ticket_id: int, text: str) -> bool:
    """Tell whether the requester has sent exactly this before: a call that was repeated."""
    query = sa.select(MESSAGES.c.seq).where(
        MESSAGES.c.ticket_id == ticket_id, MESSAGES.c.author == "user", MESSAGES.c.text == text
    )
    return (await tx.execute(query.limit(1))).first() is not None


async def newer(tx: AsyncConnection, ticket_id: int, seq: int) -> bool:
    """Tell whether the requester has written after message `seq`."""
    query = sa.select(MESSAGES.c.seq).where(
        MESSAGES.c.ticket_id == ticket_id, MESSAGES.c.author == "user", MESSAGES.c.seq > seq
    )
    return (await tx.execute(query.limit(1))).first() is not None


async def last_reply(tx: AsyncConnection, ticket_id: int) -> str | None:
    """Return the newest public message that is not the requester's."""
    query = (
        sa.select(MESSAGES.c.text)
        .where(MESSAGES.c.ticket_id == ticket_id, MESSAGES.c.public, MESSAGES.c.author != "user")
        .order_by(MESSAGES.c.seq.desc())
        .limit(1)
    )
    return (await tx.execute(query)).scalar()


async def handoff(tx: AsyncConnection, ticket_id: int) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return the lines of the conversation that led to a ticket."""
    query = sa.select(HANDOFF).where(HANDOFF.c.ticket_id == ticket_id)
    return (await tx.execute(query.order_by(HANDOFF.c.position))).all()


async def active_numbers(tx: AsyncConnection, conversation: str) -> Sequence[str]:
    """Return the numbers of a conversation's tickets that somebody must still work on."""
    query = (
        sa.select(TICKETS.c.number)
        .join(CONVERSATIONS, CONVERSATIONS.c.ticket_id == TICKETS.c.id)
        .where(CONVERSATIONS.c.conversation == conversation, _is_active)
        .order_by(TICKETS.c.id)
    )
    return (await tx.execute(query)).scalars().all()


async def extend_handoff(
    tx: AsyncConnection, ticket_id: int, lines: Sequence[tuple[str, str, datetime]]
) -> None:
    """Add the lines (author, text, instant) that are newer than what is there.

    What was written while a human answered is among the ticket's messages.
    """
    known = sa.select(sa.func.max(HANDOFF.c.position), sa.func.max(HANDOFF.c.at))
    position, newest = (await tx.execute(known.where(HANDOFF.c.ticket_id == ticket_id))).one()
    said = [row for row in await messages(tx, ticket_id) if row.public]
    newest = max((at for at in (newest, *(row.at for row in said)) if at), default=None)
    texts = {(row.author, row.text) for row in said}
    fresh = [line for line in lines if newest is None or line[2] > newest]
    fresh = [line for line in fresh if line[:2] not in texts]
    start = 0 if position is None else position + 1
    rows = [
        {"ticket_id": ticket_id, "position": start + i, "author": who, "text": text, "at": at}
        for i, (who, text, at) in enumerate(fresh)
    ]
    if rows:
        await tx.execute(sa.insert(HANDOFF), rows)
