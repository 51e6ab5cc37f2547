"""The migrations lead exactly to the tables the code speaks of, on both databases."""

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

import backend.store.tables  # noqa: F401 - registers every table
from backend.store.database import metadata as backend_metadata
from bot.store.tables import metadata as bot_metadata
from ops import migrations
from ops.databases import async_url

ROOT = Path(__file__).resolve().parents[2]
SERVICES = {"backend": backend_metadata, "bot": bot_metadata}


def folder(service):
    return ROOT / service / "store" / "migrations"


@pytest.mark.parametrize("service", SERVICES)
async def test_models_equal_the_sum_of_the_migrations(service, database_url):
    url = async_url(database_url)
    assert not await migrations.is_current(url, folder(service))
    await migrations.upgrade(url, folder(service))
    assert await migrations.is_current(url, folder(service))
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        differences = await connection.run_sync(
            lambda c: compare_metadata(MigrationContext.configure(c), SERVICES[service])
        )
    await engine.dispose()
    assert differences == []


@pytest.mark.parametrize("service", SERVICES)
async def test_a_migrated_database_stays_as_it_is(service, database_url):
    url = async_url(database_url)
    for _ in range(2):
        await migrations.upgrade(url, folder(service))
    assert await migrations.is_current(url, folder(service))


async def test_processes_that_start_at_once_migrate_once(postgres_url):
    url = async_url(postgres_url)
    await asyncio.gather(*(migrations.upgrade(url, folder("backend")) for _ in range(4)))
    assert await migrations.is_current(url, folder("backend"))


async def test_the_audit_trail_of_a_migrated_database_refuses_changes(database_url):
    url = async_url(database_url)
    await migrations.upgrade(url, folder("backend"))
    engine = create_async_engine(url)
    row = {"seq": 1, "at": "2026-01-01 00:00:00", "event": "e", "actor": "a", "detail": "{}"}
    insert = "INSERT INTO audit (seq, at, event, actor, detail, hash) VALUES "
    async with engine.begin() as connection:
        await connection.execute(
            sa.text(insert + "(1, '2026-01-01 00:00:00', :event, :actor, :detail, 'h')"),
            {name: row[name] for name in ("event", "actor", "detail")},
        )
    for statement in ("UPDATE audit SET actor = 'b'", "DELETE FROM audit"):
        with pytest.raises(DBAPIError, match="append-only"):
            async with engine.begin() as connection:
                await connection.execute(sa.text(statement))
    await engine.dispose()
