"""Starting, stopping, and refusing more than can be done."""

import asyncio

import pytest
import sqlalchemy as sa
from prometheus_client import REGISTRY
from runtime_kit import Bot, echo, message, numbered, until

from bot.runtime.database import AlreadyRunning
from bot.runtime.durable import DurableRuntime
from bot.runtime.port import Disconnected, NotAccepting, Out, Policy
from bot.runtime.settings import RuntimeSettings
from bot.runtime.sqlite import SqliteDatabase


async def test_nothing_is_accepted_before_the_start_and_after_the_stop(launch, database_url):
    runtime = DurableRuntime(database_url, echo(), {})
    with pytest.raises(NotAccepting):
        await runtime.ingest([message("a")])
    await runtime.stop()
    started = await launch(echo())
    await started.stop()
    with pytest.raises(NotAccepting):
        await started.ingest([message("a")])
    with pytest.raises(NotAccepting):
        await started.ingest_and_collect(message("a"), within=1)
    await started.stop()


async def test_who_reads_a_closed_file_is_told_so(tmp_path):
    database = SqliteDatabase(sa.make_url(f"sqlite:///{tmp_path}/bot.db"))
    await database.open(lambda: None)
    await database.close()
    with pytest.raises(Disconnected):
        await database.read(lambda _connection, items: items, 1)


async def test_stopping_finishes_what_was_accepted(launch, sink):
    async def slow(delivery):
        await asyncio.sleep(0.01)
        return await sink.send(delivery)

    runtime = await launch(echo(), policies={"push": Policy(slow)})
    await runtime.ingest([message(str(n), f"chat{n % 7}") for n in range(30)])
    await runtime.stop(grace=20)
    assert sorted(sink.payloads, key=int) == [str(n) for n in range(30)]


async def test_a_stop_sends_nothing_twice_and_the_next_start_goes_on(launch, sink):
    """What is under way is finished and marked; what is not begun waits for the next start."""
    runtime = await launch(echo(), policies={"push": Policy(slowly(sink))})
    await runtime.ingest([message(str(n)) for n in range(40)])
    await sink.wait_for(3)
    await runtime.stop(grace=0.2)
    before = len(sink.deliveries)
    assert before < 40
    await launch(echo())
    await sink.wait_for(40)
    assert sink.payloads == [str(n) for n in range(40)]
    assert len({d.key for d in sink.deliveries}) == 40


def slowly(sink):
    async def send(delivery):
        await asyncio.sleep(0.02)
        return await sink.send(delivery)

    return send


async def test_a_handler_that_hangs_does_not_hold_up_the_stop(launch, sink):
    began = asyncio.Event()

    async def react(state, payload):
        began.set()
        await asyncio.sleep(60)

    runtime = await launch(Bot(react))
    await runtime.ingest([message("a")])
    await began.wait()
    async with asyncio.timeout(5):
        await runtime.stop(grace=0.2)
    await launch(echo())
    assert await sink.wait_for(1) == ["a"]


async def test_more_conversations_than_can_wait_are_refused(launch, sink):
    release = asyncio.Event()

    async def react(state, payload):
        await release.wait()
        return numbered(state, Out("push", payload))

    runtime = await launch(Bot(react), max_active=2, max_waiting=3)
    accepted = []
    with pytest.raises(NotAccepting):
        for n in range(10):
            await runtime.ingest([message(str(n), f"chat{n}")])
            accepted.append(str(n))
    assert accepted == ["0", "1", "2", "3", "4"]
    release.set()
    assert sorted(await sink.wait_for(5)) == accepted
    for n in range(5):
        assert await runtime.settled(f"chat{n}", 5)
    await runtime.ingest([message("again")])
    await sink.wait_for(6)


async def test_no_more_than_the_given_number_are_worked_on_at_once(launch):
    running, most = set(), []

    async def react(state, payload):
        running.add(payload)
        most.append(len(running))
        await asyncio.sleep(0.001)
        running.discard(payload)
        return numbered(state)

    runtime = await launch(Bot(react), max_active=4)
    await runtime.ingest([message(str(n), str(n)) for n in range(40)])
    for n in range(40):
        assert await runtime.settled(str(n), 10)
    assert max(most) == 4
    assert len(most) == 40


async def test_one_process_works_on_a_file(tmp_path):
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    settings = RuntimeSettings(create_schema=True)
    first = DurableRuntime(url, echo(), {}, settings=settings)
    second = DurableRuntime(url, echo(), {}, settings=settings)
    await first.start()
    with pytest.raises(AlreadyRunning):
        await second.start()
    await second.stop()
    await first.stop()
    third = DurableRuntime(url, echo(), {}, settings=settings)
    await third.start()
    await third.stop()


async def test_a_database_in_memory_serves_for_tests(sink):
    settings = RuntimeSettings(create_schema=True)
    runtime = DurableRuntime("sqlite://", echo(), {"push": Policy(sink.send)}, settings=settings)
    await runtime.start()
    await runtime.ingest([message("a")])
    assert await sink.wait_for(1) == ["a"]
    assert await runtime.settled("chat", 5)
    await runtime.stop()


async def test_a_full_disk_refuses_and_loses_nothing(launch, sink, monkeypatch):
    runtime = await launch(echo())
    await runtime.ingest([message("before")])
    assert await runtime.settled("chat", 5)

    def broken(*_args):
        raise OSError("No space left on device")

    monkeypatch.setattr(runtime._operations, "_insert", broken)
    with pytest.raises(NotAccepting):
        await runtime.ingest([message("refused", dedupe="repeat")])
    monkeypatch.undo()
    await runtime.ingest([message("refused", dedupe="repeat")])
    assert await sink.wait_for(2) == ["before", "refused"]


async def test_dedupe_keys_cannot_be_kept_for_too_short():
    with pytest.raises(ValueError, match="30 days"):
        RuntimeSettings(keep_days=29)


async def test_what_happens_is_counted(launch, sink):
    def value(name, **labels):
        return REGISTRY.get_sample_value(f"helpdesk_bot_{name}", labels) or 0.0

    def counts():
        return {
            "new": value("ingested_total", result="new"),
            "repeat": value("ingested_total", result="repeat"),
            "turns": value("turns_total", outcome="done"),
            "seconds": value("turn_seconds_count"),
        }

    runtime = await launch(echo())
    before = counts()
    same = message("a", dedupe="same")
    await runtime.ingest([same, message("b")])
    await runtime.ingest([same])
    assert await runtime.settled("chat", 5)
    await until(lambda: value("active_actors") == 0)
    after = counts()
    assert {k: after[k] - before[k] for k in after} == {
        "new": 2,
        "repeat": 1,
        "turns": 2,
        "seconds": 2,
    }
