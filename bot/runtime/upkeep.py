"""The upkeep of the tables in SQL: due timers, abandoned work, dead letters, old rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from bot.runtime import statements
from bot.runtime.records import DeadLetter, Purged, Swept, Waiting
from bot.store.tables import Status, inbox, outbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.runtime.records import PurgeStep, Sweep

_FIRING: Final = 0x66697265
"""Key of the advisory lock under which one sweeper fires timers (the letters "fire")."""


class Upkeep:
    """The operations of the sweeper, in the dialect of one database."""

    def __init__(self, dialect: str, *, keep_payloads: bool) -> None:
        self._store = statements.Upserts(dialect).store
        self._told_messages = statements.told(inbox, keep_payload=keep_payloads)
        self._told_effects = statements.told(outbox, keep_payload=keep_payloads)

    def sweep(self, connection: sa.Connection, items: Sequence[Sweep]) -> Sequence[Swept]:
        """Move due timers into the inbox, and find work that nobody seems to do."""
        return [self._sweep(connection, item) for item in items]

    def _sweep(self, connection: sa.Connection, item: Sweep) -> Swept:
        fired = self._fire(connection, item.now)
        values = {"now": item.now, "stored_before": item.now - item.age}
        conversations = connection.scalars(statements.ABANDONED, values).all()
        open_effects = connection.scalar(statements.OPEN_EFFECTS) or 0
        return Swept(fired, conversations, open_effects)

    def _fire(self, connection: sa.Connection, now: float) -> Sequence[Waiting]:
        """Timer and inbox row change places in one transaction: a timer fires exactly once."""
        if connection.dialect.name == "postgresql":
            # Of two sweepers at once, one would skip what the other holds, and put later timers
            # of a conversation before earlier ones.
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_FIRING)))
        due = connection.execute(statements.DUE_TIMERS, {"now": now}).all()
        if not due:
            return ()
        rows = [
            {
                "dedupe": row.dedupe,
                "conversation": row.conversation,
                "payload": row.payload,
                "received_at": now,
            }
            for row in due
        ]
        ids = {dedupe: id_ for id_, dedupe in connection.execute(self._store, rows)}
        connection.execute(
            statements.CANCEL_TIMER, [{"of": row.conversation, "called": row.name} for row in due]
        )
        return [
            Waiting(ids[row.dedupe], row.conversation, row.payload)
            for row in due
            if row.dedupe in ids
        ]

    def claim_dead(
        self, connection: sa.Connection, items: Sequence[tuple[float, float]]
    ) -> Sequence[Sequence[DeadLetter]]:
        """Take dead letters of which no human knows: (now, when somebody else may take them)."""
        return [self._claim_dead(connection, now, again) for now, again in items]

    def _claim_dead(
        self, connection: sa.Connection, now: float, again: float
    ) -> Sequence[DeadLetter]:
        values = {"now": now, "again": again}
        messages = connection.execute(statements.CLAIM_DEAD_MESSAGES, values).all()
        effects = connection.execute(statements.CLAIM_DEAD_EFFECTS, values).all()
        return [
            DeadLetter(row.id, is_effect, row.conversation, row.payload, row.error or "")
            for is_effect, rows in ((False, messages), (True, effects))
            for row in rows
        ]

    def told(self, connection: sa.Connection, items: Sequence[DeadLetter]) -> Sequence[None]:
        """Mark dead letters as known to a human."""
        for letter in items:
            statement = self._told_effects if letter.effect else self._told_messages
            connection.execute(statement, {"ids": [letter.id]})
        return [None] * len(items)

    def purge(self, connection: sa.Connection, items: Sequence[PurgeStep]) -> Sequence[Purged]:
        """Delete old closed rows, a window of the table at a time."""
        return [_purge(connection, item) for item in items]


def _purge(connection: sa.Connection, item: PurgeStep) -> Purged:
    rows = connection.execute(
        statements.purge_window(item.table), {"after": item.after, "limit": item.limit}
    ).all()
    wanted = (Status.OPEN, Status.DEAD)
    old = [row.id for row in rows if row.written < item.before and row.status not in wanted]
    if old:
        ids = {"ids": statements.padded(old)}
        connection.execute(sa.delete(item.table).where(item.table.c.id.in_(statements.IDS)), ids)
    # Rows were written in the order of their ids: beyond a younger one there is nothing to do.
    at_end = len(rows) < item.limit or rows[-1].written >= item.before
    return Purged(len(old), None if at_end else rows[-1].id)
