"""Bring a database to the newest schema, safely when several processes start at once.

Whether there is anything to do is read without Alembic, and what there is to do is done by a
process of its own: a service never holds Alembic's memory (`docs/decisions/0090-*`).
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa

from ops.databases import async_url, set_up_sqlite

_VERSIONS = sa.table("alembic_version", sa.column("version_num"))
_MIGRATE = "from ops.migrator import main; main()"
_ROOT = Path(__file__).resolve().parents[1]


class MigrationFailed(Exception):
    """The schema stayed as it was; the migrating process said why on stderr."""


async def upgrade(url: str, folder: Path) -> None:
    """Run the migrations in `folder` that the database at `url` has not seen, in this process.

    One transaction: a failed migration leaves the old schema.
    """
    if not await is_current(url, folder):
        from ops import migrator  # noqa: PLC0415 - brings Alembic

        await migrator.upgrade(url, folder)


async def upgrade_apart(url: str, folder: Path) -> None:
    """Do what `upgrade` does, in a process of its own.

    Raises:
        MigrationFailed: that process ended with an error.
    """
    if not await is_current(url, folder):
        await asyncio.to_thread(_run, url, folder)


async def is_current(url: str, folder: Path) -> bool:
    """Tell whether the database at `url` has seen every migration in `folder`."""
    found = await (_read_sqlite(url) if url.startswith("sqlite") else _read(url))
    return found == {newest(folder)}


def newest(folder: Path) -> str:
    """Return the name of the last migration: their numbers come first in the files' names."""
    return max(path.stem for path in (folder / "versions").glob("*.py"))


def _run(url: str, folder: Path) -> None:
    # The URL may hold a password: it goes where no list of processes shows it. A process group of
    # its own: Ctrl-C is for the service, which ends in order once this is done.
    # `-P`: a folder named `ops` where the service was started is none of ours.
    places = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    ended = subprocess.run(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-P", "-c", _MIGRATE, str(folder)],
        env={**os.environ, "PYTHONPATH": places},
        input=url,
        check=False,
        text=True,
        process_group=0,
    )
    if ended.returncode != 0:
        raise MigrationFailed(f"the migrations in {folder} ended with code {ended.returncode}")


async def _read_sqlite(url: str) -> set[str]:
    # The plain driver: a service that needs no other one for SQLite loads no other one.
    engine = sa.create_engine(sa.make_url(url).set(drivername="sqlite+pysqlite"))
    set_up_sqlite(engine)

    def read() -> set[str]:
        with engine.connect() as connection:
            return _revisions(connection)

    try:
        return await asyncio.to_thread(read)
    finally:
        engine.dispose()


async def _read(url: str) -> set[str]:
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415 - brings the ORM

    engine = create_async_engine(async_url(url))
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_revisions)
    finally:
        await engine.dispose()


def _revisions(connection: sa.Connection) -> set[str]:
    if not connection.dialect.has_table(connection, _VERSIONS.name):
        return set()
    return set(connection.scalars(sa.select(_VERSIONS.c.version_num)))
