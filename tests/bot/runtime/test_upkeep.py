"""The tables stay small and quick: old rows go, and every lookup has its index."""

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from runtime_kit import ask, echo, message, until_asked

from bot.runtime import statements
from bot.runtime.statements import padded
from bot.store.tables import Status, inbox, outbox

DAY = 86_400


def inbox_row(n, age, status, now):
    return {
        "dedupe": f"old:{n}",
        "conversation": "old",
        "payload": "",
        "status": status,
        "received_at": now - age * DAY,
        "next_at": now + DAY,  # not to be worked on
    }


def outbox_row(n, age, status, now):
    return {
        "key": f"old:{n}",
        "conversation": "old",
        "cause": 0,
        "lane": "chat",
        "kind": "push",
        "payload": "",
        "status": status,
        "created_at": now - age * DAY,
        "next_at": now + DAY,
    }


@pytest.mark.parametrize(
    ("age", "status", "kept"),
    [
        (30.01, Status.DONE, False),
        (29.99, Status.DONE, True),
        (31, Status.TOLD, False),
        (31, Status.OPEN, True),
        (31, Status.DEAD, True),
    ],
    ids=["just over", "just under", "told", "still open", "untold"],
)
async def test_which_rows_are_purged(launch, clock, database_url, age, status, kept):
    runtime = await launch(echo())
    now = clock.now().timestamp()
    await ask(database_url, sa.insert(inbox).values([inbox_row(1, age, status, now)]))
    await ask(database_url, sa.insert(outbox).values([outbox_row(1, age, status, now)]))
    assert await runtime.purge() == (0 if kept else 2)
    left = [(1,)] if kept else []
    assert await ask(database_url, sa.select(inbox.c.id)) == left
    assert await ask(database_url, sa.select(outbox.c.id)) == left


async def test_old_rows_are_purged_by_themselves(launch, clock, database_url):
    now = clock.now().timestamp()
    first = await launch(echo())
    await ask(database_url, sa.insert(inbox).values([inbox_row(1, 31, Status.DONE, now)]))
    await first.stop()
    await launch(echo(), purge_every=0.01, sweep_every=(0.01, 0.02))
    await until_asked(database_url, sa.select(inbox.c.id), [])


async def test_many_rows_are_purged_window_by_window(launch, clock, sink, database_url):
    runtime = await launch(echo())
    now = clock.now().timestamp()
    old = [inbox_row(n, 40, Status.DONE, now) for n in range(1300)]
    old[::13] = [{**row, "status": Status.OPEN} for row in old[::13]]
    young = [inbox_row(n, 1, Status.DONE, now) for n in range(1300, 1400)]
    for start in range(0, 1400, 200):
        await ask(database_url, sa.insert(inbox).values([*old, *young][start : start + 200]))
    assert await runtime.purge() == 1200
    assert await runtime.purge() == 0
    assert await ask(database_url, sa.select(sa.func.count()).select_from(inbox)) == [(200,)]
    await runtime.ingest([message("still works")])
    assert await sink.wait_for(1) == ["still works"]


async def test_a_log_is_purged_as_well(launch, clock, database_url):
    runtime = await launch(echo())
    now = clock.now().timestamp()
    rows = [outbox_row(n, age, Status.LOGGED, now) for n, age in enumerate((40, 40, 1))]
    await ask(database_url, sa.insert(outbox).values(rows))
    assert await runtime.purge() == 2
    assert [m.id for m in await runtime.log_after("old", 0)] == [3]


PLANS = {
    "load": (statements.LOAD, {"ids": ["a", "b"]}),
    "pending": (statements.PENDING, {"ids": ["a"], "now": 1.0}),
    "standing": (statements.STANDING, {"conversation": "a"}),
    "log after": (statements.LOG_AFTER, {"conversation": "a", "after": 5, "limit": 9}),
    "log since": (statements.LOG_SINCE, {"conversation": "a", "cause": 5}),
    "due timers": (statements.DUE_TIMERS, {"now": 1.0}),
    "abandoned": (statements.ABANDONED, {"now": 1.0, "stored_before": 1.0}),
    "open effects": (statements.OPEN_EFFECTS, {}),
    "dead messages": (statements.CLAIM_DEAD_MESSAGES, {"now": 1.0, "again": 2.0}),
    "dead effects": (statements.CLAIM_DEAD_EFFECTS, {"now": 1.0, "again": 2.0}),
    "purge": (statements.purge_window(inbox), {"after": 5, "limit": 9}),
}


@pytest.mark.parametrize("name", PLANS)
def test_no_lookup_reads_a_whole_table(name):
    """A million closed rows must cost nothing: SQLite's plans name an index for each table."""
    statement, values = PLANS[name]
    engine = sa.create_engine("sqlite://")
    inbox.metadata.create_all(engine)
    sent = []
    with engine.connect() as connection:
        sa.event.listen(connection, "before_cursor_execute", lambda *args: sent.append(args[2:4]))
        connection.execute(statement, values)
        text, parameters = sent[0]
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", parameters).all()
    engine.dispose()
    scans = [row[3] for row in plan if row[3].startswith("SCAN")]
    tables = ("inbox", "outbox", "timer", "conversation")
    few = ("_open", "_dead")  # indexes over the few rows that still want something
    bad = [s for s in scans if s.split()[1] in tables and not s.endswith(few)]
    assert not bad, plan


@given(st.lists(st.integers(), min_size=1, max_size=600))
def test_padding_adds_no_new_ids_and_makes_few_lengths(ids):
    longer = padded(ids)
    assert longer[: len(ids)] == ids
    assert set(longer) == set(ids)
    assert len(longer) < 2 * len(ids)
    assert len(longer).bit_count() == 1
