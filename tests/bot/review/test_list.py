"""The list on both databases: once with its turn, counted, bounded, forgotten in time."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa
from review_kit import DAY, noted

from bot.main import MIGRATIONS
from bot.runtime.durable import DurableRuntime
from bot.runtime.port import Aside, Inbound, Turn
from bot.runtime.settings import RuntimeSettings
from bot.store import review as store
from ops import migrations


def rows(connection):
    return [(row.text, row.times) for row in store.waiting(connection, 100)]


async def test_the_same_words_are_counted_and_the_last_time_counts(table):
    later = noted("Mau ke KASIR!", day=DAY + timedelta(days=3), happened="corrected")
    await table(lambda c: store.note(c, [noted(), noted("lain"), noted()]))
    await table(lambda c: store.note(c, [later]))
    first, second = await table(lambda c: store.waiting(c, 100))
    assert (first.text, first.times, first.happened) == ("mau ke kasir", 3, "corrected")
    assert (first.last_day, second.times) == (DAY + timedelta(days=3), 1)
    assert len(await table(lambda c: store.waiting(c, 1))) == 1


async def test_a_label_takes_the_words_away_for_good(table):
    await table(lambda c: store.note(c, [noted()]))
    (row,) = await table(lambda c: store.waiting(c, 100))
    assert await table(lambda c: store.label(c, row.id, "reset_password"))
    assert not await table(lambda c: store.label(c, row.id, "check_account"))
    await table(lambda c: store.note(c, [noted()]))
    assert await table(rows) == []
    kept = await table(lambda c: c.execute(sa.text("SELECT text, label, times FROM review")).all())
    assert [tuple(each) for each in kept] == [("", "reset_password", 2)]


@pytest.mark.parametrize(("days", "left"), [(89, 1), (90, 1), (91, 0)])
async def test_what_nobody_wrote_again_is_deleted(table, days, left):
    await table(lambda c: store.note(c, [noted()]))
    gone = await table(lambda c: store.expire(c, [DAY + timedelta(days=days)]))
    assert (gone, len(await table(rows))) == ([1 - left], left)


async def test_the_oldest_give_way(table):
    many = [noted(f"pesan nomor {n:04d}", mark=f"{n:06d}") for n in range(store.KEPT_ROWS + 1)]
    await table(lambda c: store.note(c, many))
    kept = await table(lambda c: [row.text for row in store.waiting(c, store.KEPT_ROWS + 9)])
    assert (len(kept), many[0].text in kept) == (store.KEPT_ROWS, False)
    assert await table(store.clear) == store.KEPT_ROWS


async def test_writing_and_forgetting_use_indexes_however_much_there_is(table):
    ran = []

    def spy(_connection, _cursor, statement, parameters, _context, _executemany):
        if statement.startswith("DELETE"):
            ran.append((statement, parameters))

    def plans(connection):
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SET enable_seqscan = off"))  # tables of tests are small
        sa.event.listen(connection, "before_cursor_execute", spy)
        store.note(connection, [noted()])
        store.expire(connection, [DAY])
        explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
        return [
            str(connection.exec_driver_sql(explain + statement, parameters).all())
            for statement, parameters in tuple(ran)
        ]

    make_room, expire = await table(plans)
    assert "ix_review_last_day" in expire
    assert "pk_review" in make_room or "INTEGER PRIMARY KEY" in make_room
    assert "Seq Scan" not in expire + make_room


# -- in the turn's transaction -----------------------------------------------------------------
@pytest.fixture
async def runtime_of(database_url, clock):
    """Start runtimes on a migrated database."""
    await migrations.upgrade(database_url, MIGRATIONS)
    started = []

    async def start(handler):
        runtime = DurableRuntime(database_url, handler, {}, clock, RuntimeSettings())
        await runtime.start()
        started.append(runtime)
        return runtime

    yield start
    for runtime in started:
        await runtime.stop(grace=1.0)


class Noting:
    """Notes every message; `also` is written before, and may fail."""

    def __init__(self, also=()):
        self.also = also

    async def __call__(self, conversation, state, payload):
        asides = (*self.also, Aside(store.note, noted(payload)))
        return Turn("x", asides=asides)

    async def on_dead_letter(self, conversation, payload, error):
        pass


async def test_a_redelivered_message_counts_once(runtime_of, table):
    runtime = await runtime_of(Noting())
    for _ in range(3):
        await runtime.ingest([Inbound("the-same", "chat", "mau ke kasir")])
    assert await runtime.settled("chat", 10)
    assert await table(rows) == [("mau ke kasir", 1)]


async def test_many_conversations_at_once_lose_and_double_nothing(runtime_of, table):
    runtime = await runtime_of(Noting())
    texts = ["satu", "dua", "tiga"]
    await asyncio.gather(
        *(runtime.ingest([Inbound(f"m{n}", f"chat{n}", texts[n % 3])]) for n in range(60))
    )
    for n in range(60):
        assert await runtime.settled(f"chat{n}", 20)
    assert sorted(await table(rows)) == [("dua", 20), ("satu", 20), ("tiga", 20)]


async def test_a_turn_that_is_not_committed_notes_nothing_and_its_repeat_once(
    runtime_of, table, clock
):
    failures = [RuntimeError("the commit fails")]

    def fail_once(connection, items):
        store.note(connection, [noted("mau ke kasir")])
        if failures:
            raise failures.pop()

    runtime = await runtime_of(Noting(also=(Aside(fail_once, None),)))
    await runtime.ingest([Inbound("m1", "chat", "lain")])
    clock.forward(seconds=5)  # the sweeper takes up what lies around
    assert await runtime.settled("chat", 20)
    assert sorted(await table(rows)) == [("lain", 1), ("mau ke kasir", 1)]


async def test_the_upkeep_deletes_what_is_too_old(runtime_of, table, clock):
    runtime = await runtime_of(Noting())
    await table(lambda c: store.note(c, [noted(day=clock.now().date() - timedelta(days=91))]))
    await runtime.purge()
    assert await table(rows) == []
