"""SQLite: one process, one writing thread, and a reading one beside it."""

from __future__ import annotations

import asyncio
import fcntl
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event

from bot.runtime.database import AlreadyRunning, disconnected, is_away
from bot.runtime.port import Disconnected

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.engine.interfaces import DBAPIConnection

    from bot.runtime.port import Item, Result
    from bot.runtime.records import Call, Operation

_PRAGMAS = (
    "busy_timeout=30000",
    "journal_mode=WAL",
    "synchronous=FULL",  # a commit survives a power failure
    "secure_delete=ON",  # what is blanked is gone from the file as well
)


class SqliteDatabase:
    """A database file that one process owns (`sqlite://` without a path: memory, for tests)."""

    dialect = "sqlite"
    lanes = 1
    shared = False

    def __init__(self, url: sa.URL) -> None:
        self._path = url.database if url.database not in {None, "", ":memory:"} else None
        self._url = url.set(drivername="sqlite+pysqlite")
        self._lock_file: int | None = None
        self._writer = _Worker(self._url, "BEGIN IMMEDIATE")
        self._reader = _Worker(self._url, "BEGIN") if self._path else self._writer

    async def open(self, on_lost: Callable[[], None]) -> None:  # noqa: ARG002 - never lost
        """Take the file for this process. Raises AlreadyRunning, or Disconnected."""
        if self._path is not None and self._lock_file is None:
            # A file of its own: closing a descriptor of the database would drop SQLite's locks.
            self._lock_file = _lock(f"{self._path}.lock")
        await self._writer.do(_touch)

    async def run(self, calls: Sequence[Call]) -> Sequence[Sequence[Any]]:
        """Do all calls in one transaction."""

        def work(connection: sa.Connection) -> Sequence[Sequence[Any]]:
            return [operation(connection, items) for operation, items in calls]

        return await self._writer.do(work)

    async def read(self, operation: Operation[Item, Result], item: Item) -> Result:
        """Do one reading operation beside the writer."""
        return (await self._reader.do(lambda connection: operation(connection, [item])))[0]

    async def is_alive(self) -> bool:
        """Tell that the file is ours: it stays so until `close`."""
        return True

    async def try_lock(self, conversation: str) -> bool:  # noqa: ARG002 - all are ours
        """Take a conversation: there is no other process."""
        return True

    async def unlock(self, conversation: str) -> None:
        """Give a conversation back."""

    async def close(self) -> None:
        """Close the file and let another process have it."""
        self._reader.close()
        self._writer.close()
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None


class _Worker:
    """One thread with one connection."""

    def __init__(self, url: sa.URL, begin: str) -> None:
        self._closed = False
        self._thread = ThreadPoolExecutor(1, "bot-database")
        self._engine = sa.create_engine(
            url, poolclass=sa.StaticPool, connect_args={"check_same_thread": False}
        )

        def begin_transaction(connection: sa.Connection) -> None:
            connection.exec_driver_sql(begin)

        event.listen(self._engine, "connect", _set_up)
        event.listen(self._engine, "begin", begin_transaction)

    async def do(self, work: Callable[[sa.Connection], Result]) -> Result:
        """Run `work` in a transaction. Raises what it raised, or Disconnected."""
        loop = asyncio.get_running_loop()
        if self._closed:
            raise Disconnected("the file was closed")
        return await loop.run_in_executor(self._thread, self._transact, work)

    def _transact(self, work: Callable[[sa.Connection], Result]) -> Result:
        try:
            with self._engine.begin() as connection:
                return work(connection)
        except Exception as error:
            if is_away(error):
                raise disconnected(error) from error
            raise

    def close(self) -> None:
        self._closed = True
        self._thread.shutdown(wait=True)
        self._engine.dispose()


def _touch(connection: sa.Connection) -> None:
    connection.exec_driver_sql("SELECT 1")


def _set_up(connection: DBAPIConnection, _record: object) -> None:
    # The driver must not begin transactions by itself: the listener says which kind.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _lock(path: str) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise AlreadyRunning(path) from error
    return descriptor
