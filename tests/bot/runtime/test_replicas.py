"""Several replicas on one PostgreSQL: one owner a conversation, and another takes over."""

import asyncio
from time import monotonic

import pytest
import sqlalchemy as sa
from runtime_kit import Bot, Sink, ask, echo, message, numbered
from servers import Postgres
from sqlalchemy.ext.asyncio import create_async_engine

from bot.runtime.durable import DurableRuntime
from bot.runtime.port import NotAccepting, Out, Policy
from bot.runtime.postgres import LOCK_SESSION, lock_key
from bot.runtime.records import Sweep
from bot.runtime.settings import RuntimeSettings
from bot.runtime.upkeep import Upkeep
from bot.store.tables import metadata, timer


@pytest.fixture
async def replica(postgres_url, sink):
    """Start replicas on one database, all with the machine's clock."""
    started = []

    async def start(handler, sink=sink):
        policies = {"push": Policy(sink.send)}
        settings = RuntimeSettings(create_schema=True)
        runtime = DurableRuntime(postgres_url, handler, policies, settings=settings)
        await runtime.start()
        started.append(runtime)
        return runtime

    yield start
    for runtime in started:
        await runtime.stop(grace=1.0)


def cut_locks(only=""):
    """Return the statement that ends lock sessions as a network failure would."""
    return sa.text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        f" AND application_name = '{LOCK_SESSION}' {only}"
    )


async def test_of_two_sweepers_the_second_waits_so_timers_keep_their_order(postgres_url):
    engine = create_async_engine(postgres_url.replace("postgresql:", "postgresql+asyncpg:"))
    upkeep = Upkeep("postgresql", keep_payloads=False)

    def sweep(connection):
        return upkeep.sweep(connection, [Sweep(1000.0, 0.0)])[0].fired

    async def sweep_too():
        async with engine.begin() as connection:
            return await connection.run_sync(sweep)

    names = ("conversation", "name", "due", "payload", "dedupe")
    rows = [
        dict(zip(names, ("chat", f"t{n}", n, f"{n}", f"t:{n}"), strict=True)) for n in range(600)
    ]
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
        await connection.execute(sa.insert(timer), rows)
    async with engine.begin() as connection:
        fired = [*await connection.run_sync(sweep)]
        other = asyncio.create_task(sweep_too())
        assert not (await asyncio.wait([other], timeout=0.5))[0]
    fired += await other
    await engine.dispose()
    fired.sort(key=lambda row: row.id)
    assert [row.payload for row in fired] == [f"{n}" for n in range(600)]


async def test_a_conversation_keeps_its_order_across_replicas(replica, sink):
    replicas = [await replica(echo()), await replica(echo())]
    for n in range(40):
        await replicas[n % 2].ingest([message(str(n))])
    assert await sink.wait_for(40) == [str(n) for n in range(40)]
    assert await replicas[0].settled("chat", 5)
    assert len({d.key for d in sink.deliveries}) == 40


async def test_a_repeat_that_reaches_another_replica_is_recognised(replica, sink):
    replicas = [await replica(echo()), await replica(echo())]
    same = message("one", dedupe="same")
    await asyncio.gather(*(replicas[n % 2].ingest([same]) for n in range(20)))
    assert await replicas[0].settled("chat", 5)
    assert sink.payloads == ["one"]


async def test_one_replica_at_a_time_works_on_a_conversation(replica, sink):
    inside = []

    async def react(state, payload):
        inside.append(payload)
        assert len(inside) == 1
        await asyncio.sleep(0.01)
        inside.remove(payload)
        return numbered(state, Out("push", payload))

    replicas = [await replica(Bot(react)), await replica(Bot(react))]
    await asyncio.gather(*(replicas[n % 2].ingest([message(str(n))]) for n in range(20)))
    await sink.wait_for(20)
    assert len({d.key for d in sink.deliveries}) == 20


async def test_what_another_replica_says_wakes_those_who_wait(replica):
    def react(state, payload):
        return numbered(state, Out("say", payload, delivered=True))

    one, other = await replica(Bot(react)), await replica(Bot(react))
    waiting = asyncio.create_task(one.wait_log("chat", 0, within=10))
    await asyncio.sleep(0.2)
    began = monotonic()
    await other.ingest([message("hi")])
    assert await waiting
    assert monotonic() - began < 2.5


async def test_what_another_replica_says_is_collected(replica):
    """The conversation is busy there, so the answer to our message is given there."""
    busy = asyncio.Event()
    release = asyncio.Event()

    async def react(state, payload):
        if payload == "first":
            busy.set()
            await release.wait()
        return numbered(state, Out("say", f"re {payload}", delivered=True))

    one, other = await replica(Bot(react)), await replica(Bot(react))
    await one.ingest([message("first")])
    await busy.wait()
    collecting = asyncio.create_task(other.ingest_and_collect(message("second"), within=10))
    await asyncio.sleep(0.2)
    release.set()
    assert [m.payload for m in await collecting] == ["re second"]


async def test_work_of_a_dead_replica_is_taken_over(replica, sink, postgres_url):
    """Its lock session ends, as it does with the process; what it still tries does not count."""
    stuck, wake = asyncio.Event(), asyncio.Event()

    async def hang(state, payload):
        stuck.set()
        await wake.wait()
        return numbered(state, Out("push", "from the dead"))

    dead = await replica(Bot(hang))
    await dead.ingest([message("one"), message("two")])
    await stuck.wait()
    await replica(echo())
    dead._lost.set = lambda: None  # it does not notice
    dead._background[0].cancel()
    began = monotonic()
    # The older session is the dead one's.
    older = (
        "AND backend_start = (SELECT min(backend_start) FROM pg_stat_activity WHERE"
        f" datname = current_database() AND application_name = '{LOCK_SESSION}')"
    )
    await ask(postgres_url, cut_locks(older))
    assert await sink.wait_for(2) == ["one", "two"]
    assert monotonic() - began <= 2.5
    wake.set()
    await asyncio.sleep(0.1)
    assert sink.payloads == ["one", "two"]


async def test_a_lost_lock_session_drops_the_work_and_takes_it_up_again(
    replica, sink, postgres_url
):
    runtime = await replica(echo())

    async def talk(chat):
        for n in range(40):
            await insist(runtime, message(str(n), chat))
            await asyncio.sleep(0.01)

    talking = [asyncio.create_task(talk(f"chat{c}")) for c in range(10)]
    for _ in range(3):
        await asyncio.sleep(0.2)
        await ask(postgres_url, cut_locks())
    await asyncio.gather(*talking)
    await check_all_arrived(runtime, sink, chats=10, each=40)


async def insist(runtime, one):
    """Send as a channel does: again, until it is accepted."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await runtime.ingest([one])
            except NotAccepting:
                await asyncio.sleep(0.05)


async def check_all_arrived(runtime, sink, *, chats, each):
    for c in range(chats):
        assert await runtime.settled(f"chat{c}", 20)
    seen = {}
    for delivery in sink.deliveries:
        seen.setdefault(delivery.conversation, {}).setdefault(delivery.key, delivery.payload)
    wanted = [str(n) for n in range(each)]
    assert {chat: list(keys.values()) for chat, keys in seen.items()} == {
        f"chat{c}": wanted for c in range(chats)
    }


@pytest.mark.slow
async def test_a_crash_of_the_database_loses_nothing():
    server = Postgres()
    server.start()
    sink = Sink()
    settings = RuntimeSettings(create_schema=True)
    runtime = DurableRuntime(
        server.url("postgres"), echo(), {"push": Policy(sink.send)}, settings=settings
    )
    try:
        await runtime.start()

        async def talk(chat):
            for n in range(30):
                await insist(runtime, message(str(n), chat))
                await asyncio.sleep(0.02)

        talking = [asyncio.create_task(talk(f"chat{c}")) for c in range(10)]
        for _ in range(2):
            await asyncio.sleep(0.2)
            await asyncio.to_thread(server.crash_and_restart)
        await asyncio.gather(*talking)
        await check_all_arrived(runtime, sink, chats=10, each=30)
        await runtime.stop()
    finally:
        server.stop()


def test_lock_numbers_fit_postgresql():
    numbers = {lock_key(f"chat {n}") for n in range(1000)}
    assert len(numbers) == 1000
    assert all(-(2**63) <= number < 2**63 for number in numbers)
