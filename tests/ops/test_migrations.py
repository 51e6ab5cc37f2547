"""The migrations lead exactly to the tables the code speaks of, on both databases."""

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
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


@pytest.mark.parametrize("service", SERVICES)
def test_the_last_file_is_the_newest_revision(service):
    config = Config()
    config.set_main_option("script_location", str(folder(service)))
    config.set_main_option("path_separator", "os")
    assert (
        migrations.newest(folder(service))
        == ScriptDirectory.from_config(config).get_current_head()
    )


@pytest.mark.parametrize("service", SERVICES)
async def test_services_migrate_in_processes_of_their_own(service, database_url):
    together = (migrations.upgrade_apart(database_url, folder(service)) for _ in range(2))
    await asyncio.gather(*together)
    assert await migrations.is_current(database_url, folder(service))


async def test_a_database_of_a_newer_program_is_refused_and_left_alone(database_url, capfd):
    await migrations.upgrade(database_url, folder("bot"))
    change = "UPDATE alembic_version SET version_num = '9999_later'"
    await execute(database_url, change)
    with pytest.raises(migrations.MigrationFailed):
        await migrations.upgrade_apart(database_url, folder("bot"))
    assert "9999_later" in capfd.readouterr().err
    assert await execute(database_url, "SELECT version_num FROM alembic_version") == "9999_later"


SUDDEN_END = """
import os, signal
import sqlalchemy as sa
from alembic import op
revision, down_revision = "0001_first", None

def upgrade():
    op.create_table("half", sa.Column("id", sa.Integer, primary_key=True))
    if os.path.exists({mark!r}):
        os.kill(os.getpid(), signal.SIGKILL)
"""
ENVIRONMENT = """
import sqlalchemy as sa
from ops.migrator import run_environment
run_environment(sa.MetaData())
"""


async def test_a_kill_in_the_middle_leaves_the_old_schema(database_url, tmp_path):
    versions, mark = tmp_path / "migrations" / "versions", tmp_path / "mark"
    versions.mkdir(parents=True)
    mark.touch()
    (versions / "0001_first.py").write_text(SUDDEN_END.format(mark=str(mark)))
    (versions.parent / "env.py").write_text(ENVIRONMENT)
    with pytest.raises(migrations.MigrationFailed, match="-9"):
        await migrations.upgrade_apart(database_url, versions.parent)
    assert not await migrations.is_current(database_url, versions.parent)
    mark.unlink()
    await migrations.upgrade_apart(database_url, versions.parent)
    assert await migrations.is_current(database_url, versions.parent)
    assert await execute(database_url, "SELECT count(*) FROM half") == 0


async def execute(url, statement):
    engine = create_async_engine(async_url(url))
    async with engine.begin() as connection:
        result = await connection.execute(sa.text(statement))
        found = result.scalar() if result.returns_rows else None
    await engine.dispose()
    return found


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
