"""The one database seam: transactions, instants and the writer lock on both databases."""

import asyncio
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, StatementError

from backend.store.database import BigId, Database, Instant

metadata = sa.MetaData()
notes = sa.Table(
    "note",
    metadata,
    sa.Column("id", BigId, primary_key=True, autoincrement=True),
    sa.Column("at", Instant),
    sa.Column("text", sa.Text, unique=True),
)


@pytest.fixture
async def db(database_url):
    database = Database(database_url)
    async with database.begin() as tx:
        await tx.run_sync(metadata.create_all)
    yield database
    await database.close()


async def test_instants_come_back_aware_and_equal(db):
    at = datetime(2026, 3, 2, 10, 30, 15, 123456, tzinfo=UTC)
    async with db.begin() as tx:
        await tx.execute(sa.insert(notes).values(at=at, text="a"))
    async with db.read() as tx:
        assert (await tx.execute(sa.select(notes.c.at))).scalar_one() == at


async def test_naive_instants_are_refused(db):
    with pytest.raises(StatementError, match="naive"):
        async with db.begin() as tx:
            await tx.execute(sa.insert(notes).values(at=datetime(2026, 1, 1), text="a"))  # noqa: DTZ001


async def test_an_exception_rolls_back(db):
    with pytest.raises(RuntimeError):
        async with db.begin() as tx:
            await tx.execute(sa.insert(notes).values(text="a"))
            raise RuntimeError
    async with db.read() as tx:
        assert (await tx.execute(sa.select(sa.func.count()).select_from(notes))).scalar_one() == 0


async def test_parallel_writers_all_get_their_turn(db):
    async def write(number):
        async with db.begin() as tx:
            await tx.execute(sa.insert(notes).values(text=str(number)))
            await asyncio.sleep(0)

    await asyncio.gather(*(write(n) for n in range(50)))
    async with db.read() as tx:
        assert (await tx.execute(sa.select(sa.func.count()).select_from(notes))).scalar_one() == 50


async def test_insert_or_nothing_works_on_both(db):
    async with db.begin() as tx:
        statement = db.insert(notes).values(text="a").on_conflict_do_nothing()
        assert (await tx.execute(statement)).rowcount == 1
        assert (await tx.execute(statement)).rowcount == 0


async def count(db):
    async with db.read() as tx:
        return (await tx.execute(sa.select(sa.func.count()).select_from(notes))).scalar_one()


async def write(db, text):
    async with db.begin() as tx:
        await tx.execute(sa.insert(notes).values(text=text))


async def test_a_unit_of_work_is_one_transaction_and_sees_itself(db):
    with pytest.raises(RuntimeError):
        async with db.unit_of_work():
            await write(db, "a")
            await write(db, "b")
            assert await count(db) == 2
            raise RuntimeError
    assert await count(db) == 0


async def test_a_failed_step_of_a_unit_leaves_the_rest(db):
    async with db.unit_of_work():
        await write(db, "a")
        with pytest.raises(IntegrityError):
            await write(db, "a")
        await write(db, "b")
    assert await count(db) == 2


async def test_a_task_started_in_a_unit_has_a_transaction_of_its_own(db):
    async with db.unit_of_work():
        await write(db, "a")
        assert await asyncio.create_task(count(db)) == 0
    assert await count(db) == 1
