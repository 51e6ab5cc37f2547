"""Alembic at work. It needs more memory than a migration is worth: see `ops.migrations`."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa
from alembic import command, context
from alembic.config import Config
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from ops.databases import async_url, set_up_sqlite

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

LOCK = 0x68656C70
"""Key of the advisory lock under which one process migrates (the letters "help")."""


async def upgrade(url: str, folder: Path) -> None:
    """Run the migrations in `folder` that the database at `url` has not seen, in one transaction.

    Whoever comes second waits, and finds nothing left to do.
    """
    async with _connect(url) as connection:
        await connection.run_sync(_upgrade, folder)


def run_environment(metadata: sa.MetaData) -> None:
    """Do what an `env.py` does: run the wanted migrations on the connection that was handed in."""
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        render_item=_render_item,
    )
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    """Migrate the database whose URL is on stdin with the folder that is the first argument."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # who started us is told, too, and waits
    asyncio.run(upgrade(sys.stdin.read(), Path(sys.argv[1])))


def _render_item(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Write a type of ours as the database sees it: migrations must not change with the code."""
    if kind == "type" and isinstance(item, sa.types.TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


@asynccontextmanager
async def _connect(url: str) -> AsyncGenerator[AsyncConnection]:
    engine = create_async_engine(async_url(url), execution_options={"sqlite_begin": "IMMEDIATE"})
    if engine.dialect.name == "sqlite":
        set_up_sqlite(engine.sync_engine)
    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        await engine.dispose()


def _upgrade(connection: sa.Connection, folder: Path) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
