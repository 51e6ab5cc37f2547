"""Timers are messages to a conversation's own future: they come once, and survive restarts."""

import sqlalchemy as sa
from runtime_kit import Bot, ask, message, numbered

from bot.runtime.port import Out, Timer
from bot.store.tables import timer


def alarm_clock(state, payload):
    """Understand `set NAME SECONDS`, `cancel NAME`; pass on what else comes."""
    match payload.split():
        case ["set", name, seconds]:
            wake = Timer(name, float(seconds), f"{name} after {seconds}")
            return numbered(state, timers=(wake,))
        case ["cancel", name]:
            return numbered(state, timers=(Timer(name, cancel=True),))
        case _:
            return numbered(state, Out("push", payload))


async def pass_time(runtime, clock, **delta):
    clock.forward(**delta)
    await runtime.sweep()
    assert await runtime.settled("chat", 5)


async def test_a_timer_fires_once_when_its_time_has_come(launch, sink, clock):
    runtime = await launch(Bot(alarm_clock))
    await runtime.ingest([message("set tea 60")])
    assert await runtime.settled("chat", 5)
    await pass_time(runtime, clock, seconds=59)
    assert sink.payloads == []
    await pass_time(runtime, clock, seconds=1)
    assert sink.payloads == ["tea after 60"]
    await pass_time(runtime, clock, hours=1)
    assert sink.payloads == ["tea after 60"]


async def test_a_timer_of_the_same_name_replaces_the_old_one(launch, sink, clock):
    runtime = await launch(Bot(alarm_clock))
    await runtime.ingest([message("set tea 60"), message("set tea 90"), message("set egg 70")])
    assert await runtime.settled("chat", 5)
    await pass_time(runtime, clock, seconds=80)
    assert sink.payloads == ["egg after 70"]
    await pass_time(runtime, clock, seconds=20)
    assert sink.payloads == ["egg after 70", "tea after 90"]


async def test_names_belong_to_their_conversation(launch, sink, clock):
    runtime = await launch(Bot(alarm_clock))
    await runtime.ingest([message("set tea 60"), message("set tea 61", "other")])
    assert await runtime.settled("chat", 5)
    assert await runtime.settled("other", 5)
    await runtime.ingest([message("cancel tea", "other")])
    assert await runtime.settled("other", 5)
    await pass_time(runtime, clock, seconds=100)
    assert sink.payloads == ["tea after 60"]


async def test_a_timer_can_be_cancelled_and_set_anew(launch, sink, clock, database_url):
    runtime = await launch(Bot(alarm_clock))
    await runtime.ingest([message("set tea 60"), message("cancel tea")])
    assert await runtime.settled("chat", 5)
    assert await ask(database_url, sa.select(timer.c.name)) == []
    await runtime.ingest([message("set tea 60"), message("set tea 0"), message("set tea 30")])
    assert await runtime.settled("chat", 5)
    await pass_time(runtime, clock, seconds=100)
    assert sink.payloads == ["tea after 30"]


async def test_the_last_word_of_a_turn_counts(launch, sink, clock):
    timers = (
        Timer("a", 10, "a"),
        Timer("b", 10, "b"),
        Timer("a", cancel=True),
        Timer("b", 5, "B"),
    )

    def react(state, payload):
        if payload == "go":
            return numbered(state, timers=timers)
        return numbered(state, Out("push", payload))

    runtime = await launch(Bot(react))
    await runtime.ingest([message("go")])
    assert await runtime.settled("chat", 5)
    await pass_time(runtime, clock, seconds=60)
    assert sink.payloads == ["B"]


async def test_a_timer_that_came_due_while_nobody_ran_fires_at_the_next_start(launch, sink, clock):
    first = await launch(Bot(alarm_clock))
    await first.ingest([message("set tea 60")])
    assert await first.settled("chat", 5)
    await first.stop()
    clock.forward(hours=5)
    await launch(Bot(alarm_clock))
    assert await sink.wait_for(1) == ["tea after 60"]


async def test_many_due_timers_fire_in_the_order_they_were_due(launch, sink, clock):
    runtime = await launch(Bot(alarm_clock))
    await runtime.ingest([message(f"set t{n} {1000 - n}") for n in range(600)])
    assert await runtime.settled("chat", 20)
    clock.forward(hours=1)
    await runtime.sweep()
    await runtime.sweep()
    wanted = [f"t{n} after {1000 - n}" for n in reversed(range(600))]
    assert await sink.wait_for(600, within=30) == wanted


async def test_jobs_are_timers_of_a_conversation_of_their_own(launch, sink, clock):
    def react(state, _payload):
        return numbered(state, Out("push", state or "0"), timers=(Timer("next", 60, "again"),))

    runtime = await launch(Bot(react))
    await runtime.ingest([message("start", "sys:report", dedupe="sys:report")])
    for _ in range(3):
        assert await runtime.settled("sys:report", 5)
        clock.forward(seconds=60)
        await runtime.sweep()
    assert await runtime.settled("sys:report", 5)
    assert sink.payloads == ["0", "1", "2", "3"]
