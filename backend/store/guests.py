"""Guest requests, their people, and how many accounts were made on which day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime  # noqa: TC003 - dataclass annotations stay readable
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from backend.store.database import BigId, Instant, metadata

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.store.database import Database

REQUESTS = sa.Table(
    "guest_requests",
    metadata,
    sa.Column("ticket_id", BigId, sa.ForeignKey("tickets.id"), primary_key=True),
    sa.Column("unit", sa.String(200), nullable=False),
    sa.Column("letter_number", sa.String(200), nullable=False),
    sa.Column("letter_date", sa.Date, nullable=False),
    sa.Column("purpose", sa.String(200), nullable=False),
    sa.Column("active_until", sa.Date, nullable=False),
    # Name and phone of the unit's contact, sealed.
    sa.Column("contact", sa.Text, nullable=False),
    sa.Column("approved", sa.Boolean),
    sa.Column("decided_by", sa.String(200)),
    sa.Column("decided_at", Instant),
    sa.Column("reason", sa.Text),
)

GUESTS = sa.Table(
    "guests",
    metadata,
    sa.Column("id", BigId, primary_key=True, autoincrement=True),
    sa.Column("ticket_id", BigId, sa.ForeignKey("tickets.id"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("institution", sa.String(200), nullable=False),
    # The address, sealed.
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    # Reserved before the account is made: a retry finds its own account by it.
    sa.Column("username", sa.String(20), unique=True),
    sa.Column("name_tries", sa.Integer, nullable=False, default=0),
    sa.Column("account_id", sa.String(200)),
    sa.Column("valid_from", Instant),
    sa.Column("valid_until", Instant),
    sa.Column("warned", sa.SmallInteger),
    sa.Column("failures", sa.Integer, nullable=False, default=0),
    # When something is to be done; NULL: nothing any more, or nobody has decided yet.
    sa.Column("next_at", Instant),
    sa.UniqueConstraint("ticket_id", "position"),
    sa.Index("ix_guests_next", "state", "next_at", "id"),
)

DOCUMENTS = sa.Table(
    "guest_documents",
    metadata,
    sa.Column("ticket_id", BigId, sa.ForeignKey("tickets.id"), primary_key=True),
    # Of the content, which is in the folder of documents.
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("position", sa.SmallInteger, nullable=False),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("mime", sa.String(50), nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
)

QUOTA = sa.Table(
    "guest_quota",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("used", sa.Integer, nullable=False),
)


class State(StrEnum):
    """How far the account of one guest is."""

    REQUESTED = "requested"
    REFUSED = "refused"
    APPROVED = "approved"
    CREATING = "creating"
    ACTIVE = "active"
    ENDED = "ended"
    FAILED = "failed"


_MADE = (State.ACTIVE.value, State.ENDED.value)


@dataclass(frozen=True, slots=True)
class Guest:
    """One row of `guests`, in the order of its columns; `email` is sealed."""

    id: int
    ticket_id: int
    position: int
    name: str
    institution: str
    email: str
    state: str
    username: str | None
    name_tries: int
    account_id: str | None
    valid_from: datetime | None
    valid_until: datetime | None
    warned: int | None
    failures: int
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Request:
    """One row of `guest_requests`, in the order of its columns; `contact` is sealed."""

    ticket_id: int
    unit: str
    letter_number: str
    letter_date: date
    purpose: str
    active_until: date
    contact: str
    approved: bool | None
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Document:
    """What one row of `guest_documents` says of a file."""

    sha256: str
    name: str
    mime: str
    size: int


async def request_of(tx: AsyncConnection, ticket_id: int) -> Request | None:
    """Return the guest request a ticket carries."""
    query = sa.select(REQUESTS).where(REQUESTS.c.ticket_id == ticket_id)
    row = (await tx.execute(query)).first()
    return Request(*row) if row else None


async def people_of(tx: AsyncConnection, ticket_id: int) -> list[Guest]:
    """Return the people of a request in order."""
    query = sa.select(GUESTS).where(GUESTS.c.ticket_id == ticket_id).order_by(GUESTS.c.position)
    return [Guest(*row) for row in (await tx.execute(query)).all()]


async def add_documents(db: Database, tx: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Note the documents of a request; one that is there already is not noted again."""
    if rows:
        await tx.execute(db.insert(DOCUMENTS).on_conflict_do_nothing(), rows)


async def documents_of(tx: AsyncConnection, ticket_id: int) -> list[Document]:
    """Return a request's documents in order."""
    columns = (DOCUMENTS.c.sha256, DOCUMENTS.c.name, DOCUMENTS.c.mime, DOCUMENTS.c.size)
    query = sa.select(*columns).where(DOCUMENTS.c.ticket_id == ticket_id)
    ordered = query.order_by(DOCUMENTS.c.position, DOCUMENTS.c.sha256)
    return [Document(*row) for row in (await tx.execute(ordered)).all()]


async def documents_named(tx: AsyncConnection) -> set[str]:
    """Return the SHA-256 of every document that some request names."""
    return set((await tx.execute(sa.select(DOCUMENTS.c.sha256))).scalars())


async def first_due(
    tx: AsyncConnection, state: State, now: datetime, *, lock: bool = False
) -> Guest | None:
    """Return the guest of this state for whom something is to be done first.

    `lock` holds the row until the commit.
    """
    query = (
        sa.select(GUESTS)
        .where(GUESTS.c.state == state, GUESTS.c.next_at <= now)
        .order_by(GUESTS.c.next_at, GUESTS.c.id)
        .limit(1)
    )
    row = (await tx.execute(query.with_for_update() if lock else query)).first()
    return Guest(*row) if row else None


async def change(tx: AsyncConnection, guest: Guest, **values: object) -> bool:
    """Change a guest who is still in the state it was read in; tell whether that was so."""
    statement = sa.update(GUESTS).where(
        GUESTS.c.id == guest.id,
        GUESTS.c.state == guest.state,
        GUESTS.c.warned.is_not_distinct_from(guest.warned),
    )
    return (await tx.execute(statement.values(**values))).rowcount == 1


async def change_all(tx: AsyncConnection, ticket_id: int, was: State, **values: object) -> int:
    """Change every guest of a request who is in the state `was`; return how many."""
    statement = sa.update(GUESTS).where(
        GUESTS.c.ticket_id == ticket_id, GUESTS.c.state == was.value
    )
    return (await tx.execute(statement.values(**values))).rowcount


async def username_taken(tx: AsyncConnection, username: str) -> bool:
    """Tell whether a guest has or had this username."""
    query = sa.select(GUESTS.c.id).where(GUESTS.c.username == username)
    return (await tx.execute(query)).first() is not None


async def all_made(tx: AsyncConnection, ticket_id: int) -> bool:
    """Tell whether every guest of a request has, or had, an account."""
    query = sa.select(GUESTS.c.id).where(
        GUESTS.c.ticket_id == ticket_id, GUESTS.c.state.not_in(_MADE)
    )
    return (await tx.execute(query.limit(1))).first() is None


async def charge(db: Database, tx: AsyncConnection, day: date, most: int) -> bool:
    """Count one account made on `day`, unless there are `most` already."""
    first = db.insert(QUOTA).values(day=day, used=1)
    one_more = first.on_conflict_do_update(
        index_elements=[QUOTA.c.day], set_={"used": QUOTA.c.used + 1}, where=QUOTA.c.used < most
    )
    return (await tx.execute(one_more.returning(QUOTA.c.used))).first() is not None
