"""Rows that are written last in their transaction, just before it commits.

The audit chain and the feed number their rows in commit order, so whoever writes one holds a lock
until the commit. Taken in the middle of a transaction, such a lock would meet other row locks in
any order and PostgreSQL would end in deadlocks. Here the caller only leaves an entry; the entries
are written, lane by lane, when everything else of the transaction is done. They are in the same
transaction: a rollback (or a kill) loses them together with what they tell of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

Writer = Callable[[sa.Connection, list[Any]], None]
"""Writes the entries it is given, through the connection it is given."""


class Lane(IntEnum):
    """The order in which locks are taken at the end: the same in every transaction."""

    AUDIT = 1
    FEED = 2


@dataclass(slots=True)
class _Waiting:
    entries: list[tuple[Lane, Writer, Any]] = field(default_factory=list[tuple[Lane, Writer, Any]])
    savepoints: list[int] = field(default_factory=list[int])
    """How many entries there were when each open savepoint began, the innermost last."""


_waiting: WeakKeyDictionary[sa.Connection, _Waiting] = WeakKeyDictionary()


def write_at_commit(tx: AsyncConnection, lane: Lane, writer: Writer, entry: object) -> None:
    """Have `writer` write `entry` as the last act of the transaction that `tx` is in."""
    connection = tx.sync_connection
    if connection is None or not connection.in_transaction():
        raise RuntimeError("an entry must be left inside a transaction")
    waiting = _waiting.get(connection)
    if waiting is None:
        waiting = _waiting[connection] = _Waiting()
        event.listen(connection, "commit", _write)
        event.listen(connection, "rollback", _forget)
        event.listen(connection, "savepoint", _remember_savepoint)
        event.listen(connection, "release_savepoint", _release_savepoint)
        event.listen(connection, "rollback_savepoint", _forget_since_savepoint)
    waiting.entries.append((lane, writer, entry))


def _write(connection: sa.Connection) -> None:
    waiting = _waiting[connection]
    entries, waiting.entries = waiting.entries, []
    waiting.savepoints.clear()
    by_writer: dict[tuple[Lane, Writer], list[Any]] = defaultdict(list)
    for lane, writer, entry in entries:
        by_writer[lane, writer].append(entry)
    for (_, writer), left in sorted(by_writer.items(), key=lambda item: item[0][0]):
        writer(connection, left)


def _forget(connection: sa.Connection) -> None:
    _waiting[connection] = _Waiting()


def _remember_savepoint(connection: sa.Connection, _name: None) -> None:
    waiting = _waiting[connection]
    waiting.savepoints.append(len(waiting.entries))


def _release_savepoint(connection: sa.Connection, _name: str, _context: None) -> None:
    _end_savepoint(_waiting[connection])


def _forget_since_savepoint(connection: sa.Connection, _name: str, _context: None) -> None:
    waiting = _waiting[connection]
    del waiting.entries[_end_savepoint(waiting) :]


def _end_savepoint(waiting: _Waiting) -> int:
    """Return how many entries there were when the innermost savepoint began.

    One that nobody remembers began before the first entry was left.
    """
    return waiting.savepoints.pop() if waiting.savepoints else 0


def insert_or_skip(connection: sa.Connection, table: sa.Table, **values: object) -> None:
    """Insert a row unless one with its key is there, in the dialect at hand."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    connection.execute(dialect.insert(table).values(**values).on_conflict_do_nothing())
