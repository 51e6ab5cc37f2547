"""The feed: what the backend tells chats unasked, read by a cursor and by long polling.

A number is given while its transaction commits, under a lock that is held until the commit is
visible (`backend.store.at_commit`). So numbers rise in commit order: a reader that has seen 7 will
never find a 6 afterwards. Numbers may be left out, when a commit fails.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa
from sqlalchemy import event as sa_event

from backend.store.at_commit import Lane, write_at_commit
from backend.store.feed import FEED
from backend_client import wire

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection
    from sqlalchemy.pool import ConnectionPoolEntry

    from backend.store.database import Database
    from ops.clock import Clock

RETENTION = timedelta(days=30)
_PAGE = 500
_POLL = 0.5
"""Seconds between looks for what other processes have published."""
_LOCK = 0x66656564
"""Key of the advisory lock (the letters "feed")."""
_PUBLISHED = "feed_published"


class Feed:
    """Publishes events and hands them out in pages."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._published = asyncio.Event()
        self._stopping = False
        # The connection goes back to its pool right after the commit: then readers may look.
        sa_event.listen(db.engine.sync_engine, "checkin", self._wake)

    async def publish(
        self, tx: AsyncConnection, event: type[wire.FeedEvent], conversation: str, **fields: object
    ) -> None:
        """Have an event of this type written when `tx` commits; rolled back, nobody hears it.

        Raises msgspec.ValidationError when `fields` are not those of the event.
        """
        tag = event.__struct_config__.tag
        body = {**fields, "seq": 0, "conversation": conversation, "at": self._clock.now()}
        checked = msgspec.convert({**body, "kind": tag}, type=event)
        write_at_commit(tx, Lane.FEED, self._append, checked)

    async def page(self, after: int, wait: float) -> wire.FeedPage:
        """Return the events behind number `after`, oldest first; wait up to `wait` seconds.

        `next` is the number to ask with next time. At most 500 events come at once.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + wait
        while True:
            published = self._published
            events = await self._read(after)
            left = end - loop.time()
            if events or left <= 0 or self._stopping:
                return wire.FeedPage(events, events[-1].seq if events else after)
            with suppress(TimeoutError):
                await asyncio.wait_for(published.wait(), min(_POLL, left))

    def stop(self) -> None:
        """Answer those who wait now: the service is about to stop."""
        self._stopping = True
        self._published.set()

    async def purge(self) -> int:
        """Delete events older than 30 days and return their number."""
        async with self._db.begin() as tx:
            old = sa.delete(FEED).where(FEED.c.at < self._clock.now() - RETENTION)
            return (await tx.execute(old)).rowcount

    def _append(self, connection: sa.Connection, waiting: list[wire.FeedEvent]) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        for event in waiting:
            body = msgspec.json.encode(event).decode()
            connection.execute(sa.insert(FEED).values(at=event.at, body=body))
        connection.connection.info[_PUBLISHED] = True

    async def _read(self, after: int) -> tuple[wire.AnyFeedEvent, ...]:
        rows = sa.select(FEED.c.seq, FEED.c.body).where(FEED.c.seq > after)
        async with self._db.read() as tx:
            found = (await tx.execute(rows.order_by(FEED.c.seq).limit(_PAGE))).all()
        return tuple(_event(row[0], row[1]) for row in found)

    def _wake(self, _connection: object, record: ConnectionPoolEntry) -> None:
        if record.info.pop(_PUBLISHED, False):
            self._published.set()
            self._published = asyncio.Event()


def _event(seq: int, body: str) -> wire.AnyFeedEvent:
    return msgspec.convert({**msgspec.json.decode(body), "seq": seq}, type=wire.AnyFeedEvent)
