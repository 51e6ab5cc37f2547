"""PostgreSQL: any number of replicas, one advisory lock a conversation."""

from __future__ import annotations

import asyncio
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Protocol, cast

import structlog
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import create_async_engine

from bot.runtime.batcher import Batcher
from bot.runtime.database import disconnected, is_away

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import sqlalchemy as sa
    from sqlalchemy.ext.asyncio import AsyncEngine

    from bot.runtime.port import Item, Result
    from bot.runtime.records import Call, Operation

_log = structlog.get_logger(__name__)

_INTAKE_LANES = 1
_READ_LANES = 2
_PING_SECONDS = 5.0
_COMMAND_SECONDS = 30.0

LOCK_SESSION = "helpdesk-bot locks"
"""What an administrator sees of a replica's lock session in `pg_stat_activity`."""

_SERVER_SETTINGS = {
    "application_name": "helpdesk-bot",
    # A replica whose machine died keeps its locks only until the server notices.
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}


class _LockSession(Protocol):
    """The part of an asyncpg connection used for locks (asyncpg ships no types)."""

    async def fetch(self, query: str, *args: object) -> Sequence[Sequence[Any]]: ...
    def is_closed(self) -> bool: ...
    def terminate(self) -> None: ...
    def add_termination_listener(self, callback: Callable[[object], None]) -> None: ...


class PostgresDatabase:
    """A database that replicas share.

    Locks live on one session of their own (session mode: no transaction pooler in between). When
    it ends, every lock is gone at once, and so must be the work done under them.
    """

    dialect = "postgresql"
    lanes = 3
    shared = True

    def __init__(
        self,
        url: sa.URL,
        needs_no_transaction: Callable[[Sequence[Call]], bool],
    ) -> None:
        url = url.set(drivername="postgresql+asyncpg")
        options: dict[str, Any] = {
            "command_timeout": _COMMAND_SECONDS,
            "server_settings": _SERVER_SETTINGS,
            # One statement for every size of a batch: they are prepared once.
            "prepared_statement_cache_size": 1024,
        }
        self._engine: AsyncEngine = create_async_engine(
            url,
            pool_size=self.lanes + _INTAKE_LANES + _READ_LANES,
            max_overflow=0,  # each lane has its connection; nobody else asks for one
            connect_args=options,
        )
        self._fresh = create_async_engine(url, poolclass=NullPool, connect_args=options)
        """For the lock session: never one that lay in the pool while the database was away."""
        self._reads = Batcher(self.run, lanes=_READ_LANES, max_batch=50)
        self._single = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._needs_no_transaction = needs_no_transaction
        self._session: _LockSession | None = None
        self._session_use = asyncio.Lock()
        self._locks = Batcher(self._run_locks, lanes=1, max_batch=500)

    async def open(self, on_lost: Callable[[], None]) -> None:
        """Open a new session for locks. Dead connections of the pool are replaced when used."""
        self._end_session()
        try:
            session = await self._new_session()
        except Exception as error:
            if is_away(error):
                raise disconnected(error) from error
            raise

        def ended(_connection: object) -> None:
            if self._session is session:
                on_lost()

        self._session = session
        session.add_termination_listener(ended)

    async def _new_session(self) -> _LockSession:
        # By way of the engine, so that URL options mean the same to every connection.
        pooled = await self._fresh.raw_connection()
        session = cast("_LockSession", pooled.driver_connection)
        pooled.detach()
        try:
            await session.fetch("SELECT set_config('application_name', $1, false)", LOCK_SESSION)
        except BaseException:
            session.terminate()
            raise
        return session

    def _end_session(self) -> None:
        session, self._session = self._session, None
        if session is not None and not session.is_closed():
            session.terminate()

    async def run(self, calls: Sequence[Call]) -> Sequence[Sequence[Any]]:
        """Do all calls in one transaction; a lone statement needs no BEGIN and COMMIT."""

        def work(connection: sa.Connection) -> Sequence[Sequence[Any]]:
            return [operation(connection, items) for operation, items in calls]

        try:
            if self._needs_no_transaction(calls):
                async with self._single.connect() as connection:
                    return await connection.run_sync(work)
            async with self._engine.begin() as connection:
                return await connection.run_sync(work)
        except Exception as error:
            if is_away(error):
                raise disconnected(error) from error
            raise

    async def read(self, operation: Operation[Item, Result], item: Item) -> Result:
        """Do one reading operation, apart from the writing ones."""
        return await self._reads.submit(operation, item)

    async def is_alive(self) -> bool:
        """Ask the lock session for a sign of life."""
        session = self._session
        if session is None or session.is_closed():
            return False
        try:
            async with asyncio.timeout(_PING_SECONDS), self._session_use:
                await session.fetch("SELECT 1")
        except Exception as error:  # noqa: BLE001 - whatever it is, the session is no good
            _log.warning("lock_session_silent", error=type(error).__name__)
            return False
        return True

    async def try_lock(self, conversation: str) -> bool:
        """Take a conversation unless another session has it. Raises Disconnected."""
        return await self._locks.submit(_try_lock, conversation)

    async def unlock(self, conversation: str) -> None:
        """Give a conversation back. Raises Disconnected."""
        await self._locks.submit(_unlock, conversation)

    async def _run_locks(
        self, calls: Sequence[tuple[Callable[..., Any], Sequence[str]]]
    ) -> Sequence[Sequence[bool]]:
        session = self._session
        if session is None:
            raise disconnected(ConnectionError())
        try:
            async with self._session_use:
                return [await operation(session, names) for operation, names in calls]
        except Exception as error:
            raise disconnected(error) from error

    async def close(self) -> None:
        """End every session; the locks end with theirs."""
        await self._reads.drain()
        await self._locks.drain()
        self._end_session()
        await self._engine.dispose()


async def _try_lock(session: _LockSession, names: Sequence[str]) -> Sequence[bool]:
    rows = await session.fetch(
        "SELECT pg_try_advisory_lock(k) FROM unnest($1::bigint[]) k", _keys(names)
    )
    return [row[0] for row in rows]


async def _unlock(session: _LockSession, names: Sequence[str]) -> Sequence[bool]:
    rows = await session.fetch(
        "SELECT pg_advisory_unlock(k) FROM unnest($1::bigint[]) k", _keys(names)
    )
    return [row[0] for row in rows]


def _keys(names: Sequence[str]) -> list[int]:
    return [lock_key(name) for name in names]


def lock_key(conversation: str) -> int:
    """Return the number of a conversation's advisory lock (64 bit)."""
    digest = blake2b(conversation.encode(), digest_size=8, person=b"conversation").digest()
    return int.from_bytes(digest, "big", signed=True)
