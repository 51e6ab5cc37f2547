"""One-time links: their table and the statements that keep one of them live per account."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from backend.domain.links import LinkEnd, LinkState
from backend.store.accounts import password_operations
from backend.store.database import Instant, metadata

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.store.database import Database

links = sa.Table(
    "links",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("account_id", sa.String(200), nullable=False),
    sa.Column("purpose", sa.String(8), nullable=False),
    sa.Column("token_digest", sa.String(64), nullable=False, unique=True),
    sa.Column("number_index", sa.String(64), nullable=False),
    sa.Column("conversation", sa.String(200)),
    sa.Column("channel", sa.String(200), nullable=False, default=""),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("ticket", sa.String(40)),
    # What the link was mailed for; another password or address since then ends it.
    sa.Column("password_version", sa.Integer, nullable=False),
    sa.Column("address_index", sa.String(64), nullable=False),
    sa.Column("issued_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("session_digest", sa.String(64), unique=True),
    sa.Column("session_seen_at", Instant),
    sa.Column("number_proven", sa.Boolean, nullable=False, default=False),
    sa.Column("number_tries", sa.Integer, nullable=False, default=0),
    sa.Column("submits", sa.Integer, nullable=False, default=0),
    sa.Column("busy_until", Instant),
    sa.Column("ended", sa.String(20)),
    sa.Column("ended_at", Instant, index=True),
)

_live = links.c.ended.is_(None)
sa.Index(
    "uq_links_live", links.c.account_id, unique=True, sqlite_where=_live, postgresql_where=_live
)
sa.Index("ix_links_live_expiry", links.c.expires_at, sqlite_where=_live, postgresql_where=_live)


def state_of(row: sa.Row[Any]) -> LinkState:
    """Return the moving part of a link's row."""
    return LinkState(
        expires_at=row.expires_at,
        session_seen_at=row.session_seen_at,
        number_proven=row.number_proven,
        number_tries=row.number_tries,
        submits=row.submits,
        busy_until=row.busy_until,
        ended=row.ended and LinkEnd(row.ended),
    )


async def save_state(
    tx: AsyncConnection, link_id: str, state: LinkState, now: datetime, **more: object
) -> None:
    """Write the moving part back; an end is dated."""
    values = {**asdict(state), **more}
    if state.ended is not None:
        values["ended_at"] = now
    await tx.execute(sa.update(links).where(links.c.id == link_id).values(values))


async def find_by(tx: AsyncConnection, column: sa.Column[Any], value: str) -> sa.Row[Any] | None:
    """Return the link with this id or digest."""
    return (await tx.execute(sa.select(links).where(column == value))).one_or_none()


async def lock_by(tx: AsyncConnection, column: sa.Column[Any], value: str) -> sa.Row[Any] | None:
    """Return the link with this id or digest, its row locked until the transaction ends."""
    query = sa.select(links).where(column == value).with_for_update()
    return (await tx.execute(query)).one_or_none()


async def end_live(
    tx: AsyncConnection,
    account_id: str,
    end: LinkEnd,
    now: datetime,
    *,
    only: str | None = None,
) -> sa.Row[Any] | None:
    """End the account's live link (where `only` is given: if it is that one) and return it."""
    change = sa.update(links).where(links.c.account_id == account_id, _live)
    if only is not None:
        change = change.where(links.c.id == only)
    change = change.values(ended=end.value, ended_at=now, busy_until=None)
    return (await tx.execute(change.returning(links))).one_or_none()


async def end_of_conversation(
    tx: AsyncConnection, conversation: str, end: LinkEnd, now: datetime
) -> list[sa.Row[Any]]:
    """End the live links that were asked for in a conversation, and return them."""
    change = sa.update(links).where(links.c.conversation == conversation, _live)
    change = change.values(ended=end.value, ended_at=now, busy_until=None)
    return list((await tx.execute(change.returning(links))).all())


async def is_live(tx: AsyncConnection, link_id: str) -> bool:
    """Tell whether the link is live, its row locked until the transaction ends."""
    row = await lock_by(tx, links.c.id, link_id)
    return row is not None and row.ended is None


async def insert_only_live(db: Database, tx: AsyncConnection, row: dict[str, Any]) -> None:
    """Store a new live link in place of the account's live one, whoever else is doing the same."""
    now: datetime = row["issued_at"]
    insert = db.insert(links).values(row).on_conflict_do_nothing()
    await end_live(tx, row["account_id"], LinkEnd.REPLACED, now)
    while (await tx.execute(insert)).rowcount == 0:
        # Another request was faster and has committed: the next statement sees its link.
        await end_live(tx, row["account_id"], LinkEnd.REPLACED, now)


async def past_expiry(tx: AsyncConnection, now: datetime, limit: int) -> list[sa.Row[Any]]:
    """Return live links whose token is too old, except those with a change nobody is sure of."""
    undecided = sa.exists().where(
        password_operations.c.account_id == links.c.account_id,
        password_operations.c.decided_at.is_(None),
    )
    query = sa.select(links).where(_live, links.c.expires_at <= now, ~undecided)
    return list((await tx.execute(query.order_by(links.c.expires_at).limit(limit))).all())


async def purge(tx: AsyncConnection, before: datetime) -> None:
    """Forget the links that ended before this instant."""
    await tx.execute(sa.delete(links).where(links.c.ended_at < before))
