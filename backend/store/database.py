"""The backend's database: SQLite by default, PostgreSQL by URL, the same statements on both."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from ops.databases import async_url, set_up_sqlite

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""Every table of the backend registers here; `backend.store.tables` imports them all."""


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware UTC datetime on both databases (SQLite keeps no zone of its own)."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Refuse a naive datetime. Raises ValueError."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "naive datetime"
            raise ValueError(msg)
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None or dialect.name == "postgresql":
            return value
        return value.replace(tzinfo=UTC)


BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""An autoincrementing 64-bit key on both databases."""


@dataclass(slots=True)
class _Unit:
    """The transaction of a unit of work, and who may join it."""

    database: Database
    connection: AsyncConnection
    task: asyncio.Task[Any] | None


_unit: ContextVar[_Unit | None] = ContextVar("unit_of_work", default=None)


class Database:
    """Transactions. One writer at a time on SQLite (waited for in order), many on PostgreSQL.

    Within `unit_of_work` every `begin` of the same task becomes a savepoint of one transaction and
    every `read` sees what it wrote: that is how an API call and the record of its answer (the
    idempotency key) are committed together or not at all.
    """

    def __init__(self, url: str) -> None:
        self.url = async_url(url)
        self.is_sqlite = self.url.startswith("sqlite")
        options: dict[str, Any] = {} if self.is_sqlite else {"pool_size": 10, "max_overflow": 10}
        self.engine = create_async_engine(self.url, **options)
        self._writer = asyncio.Lock()
        if self.is_sqlite:
            set_up_sqlite(self.engine.sync_engine)

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator[AsyncConnection]:
        """Open a write transaction: committed at the end, rolled back on an exception."""
        joined = self._joined()
        if joined is not None:
            async with joined.begin_nested():
                yield joined
        else:
            async with self._transaction() as connection:
                yield connection

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncConnection]:
        """Open a transaction that only reads: it never waits for a writer."""
        joined = self._joined()
        if joined is not None:
            yield joined
        else:
            async with self.engine.connect() as connection, connection.begin():
                yield connection

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncGenerator[AsyncConnection]:
        """Open one transaction that every `begin` and `read` of this task joins until its end."""
        async with self._transaction() as connection:
            token = _unit.set(_Unit(self, connection, asyncio.current_task()))
            try:
                yield connection
            finally:
                _unit.reset(token)

    def _joined(self) -> AsyncConnection | None:
        unit = _unit.get()
        if unit is None or unit.database is not self:
            return None
        # A task started inside the unit inherits the context but must not share its connection.
        return unit.connection if unit.task is asyncio.current_task() else None

    @asynccontextmanager
    async def _transaction(self) -> AsyncGenerator[AsyncConnection]:
        if self.is_sqlite:
            async with self._writer, self.engine.connect() as connection:
                await connection.execution_options(sqlite_begin="IMMEDIATE")
                async with connection.begin():
                    yield connection
        else:
            async with self.engine.begin() as connection:
                yield connection

    def insert(self, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
        """Return an INSERT that knows ON CONFLICT, in the dialect at hand."""
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()
