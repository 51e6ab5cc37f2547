"""Pull channels read their messages from a log, are woken by it, or take them from memory."""

import asyncio

import pytest
from runtime_kit import Bot, Sink, message, numbered

from bot.runtime.port import Out, Policy, RetryLater, StoredMessage


def say(*texts):
    return tuple(Out("say", text, delivered=True) for text in texts)


def talker():
    """Say twice what was heard."""
    return Bot(lambda state, payload: numbered(state, *say(f"{payload}!", f"{payload}!!")))


async def test_the_log_is_read_by_a_cursor(launch):
    runtime = await launch(talker())
    await runtime.ingest([message("a"), message("x", "other"), message("b")])
    assert await runtime.settled("chat", 5)
    log = await runtime.log_after("chat", 0)
    assert [m.payload for m in log] == ["a!", "a!!", "b!", "b!!"]
    assert {m.conversation for m in log} == {"chat"}
    assert await runtime.log_after("chat", log[1].id) == log[2:]
    assert await runtime.log_after("chat", 0, limit=3) == log[:3]
    assert await runtime.log_after("chat", log[-1].id) == []
    assert await runtime.log_after("nobody", 0) == []


async def test_effects_are_no_part_of_the_log(launch, sink):
    runtime = await launch(Bot(lambda s, p: numbered(s, Out("push", p), *say("hi"))))
    await runtime.ingest([message("a")])
    assert await runtime.settled("chat", 5)
    assert [m.payload for m in await runtime.log_after("chat", 0)] == ["hi"]
    assert sink.payloads == ["a"]


async def test_waiting_ends_at_once_when_something_is_there(launch):
    runtime = await launch(talker())
    await runtime.ingest([message("a")])
    assert await runtime.settled("chat", 5)
    assert await runtime.wait_log("chat", 0, within=0.0)
    last = (await runtime.log_after("chat", 0))[-1].id
    assert not await runtime.wait_log("chat", last, within=0.01)


async def test_waiting_ends_when_something_is_said(launch):
    runtime = await launch(talker())
    waiting = [asyncio.create_task(runtime.wait_log("chat", 0, within=10)) for _ in range(3)]
    other = asyncio.create_task(runtime.wait_log("other", 0, within=0.3))
    await asyncio.sleep(0)
    await runtime.ingest([message("a")])
    assert await asyncio.gather(*waiting) == [True] * 3
    assert not await other
    assert not runtime._log._waiters, "nothing is left behind"


async def test_what_is_said_in_a_turn_is_collected(launch):
    runtime = await launch(talker())
    first = await runtime.ingest_and_collect(message("a"), within=5)
    second = await runtime.ingest_and_collect(message("b"), within=5)
    assert [m.payload for m in first] == ["a!", "a!!"]
    assert [*first, *second] == await runtime.log_after("chat", 0)
    assert all(isinstance(m, StoredMessage) for m in second)
    assert not runtime._log._collecting, "nothing is left behind"


async def test_answers_of_the_backend_are_waited_for(launch, sink):
    """The whole exchange: message, effect, its answer, what is said then."""
    sink.answers = {"ask": ["answer"]}

    def react(state, payload):
        if payload == "go":
            return numbered(state, *say("one moment"), Out("push", "ask"))
        return numbered(state, *say(f"got {payload}"))

    runtime = await launch(Bot(react))
    said = await runtime.ingest_and_collect(message("go"), within=5)
    assert [m.payload for m in said] == ["one moment", "got answer"]


async def test_a_retry_within_the_time_is_waited_for(launch, sink):
    sink.failures = [OSError("away")]
    sink.answers = {"ask": ["answer"]}

    def react(state, payload):
        return numbered(state, *([Out("push", "ask")] if payload == "go" else say(payload)))

    policies = {"push": Policy(sink.send, first_delay=0.05)}
    runtime = await launch(Bot(react), policies=policies, clock=None)
    said = await runtime.ingest_and_collect(message("go"), within=5)
    assert [m.payload for m in said] == ["answer"]


async def test_a_retry_beyond_the_time_is_not_waited_for(launch, sink):
    sink.failures = [RetryLater("busy", after=600)]
    runtime = await launch(Bot(lambda s, p: numbered(s, *say("hi"), Out("push", p))))
    async with asyncio.timeout(4):
        said = await runtime.ingest_and_collect(message("go"), within=60)
        assert await runtime.settled("chat", within=60)
    assert [m.payload for m in said] == ["hi"]


async def test_after_the_time_there_is_what_there_is(launch):
    release = asyncio.Event()

    async def slow(_delivery):
        await release.wait()
        return ["late"]

    def react(state, payload):
        return numbered(state, *say(payload), *([Out("slow", "")] if payload == "go" else []))

    runtime = await launch(Bot(react), policies={"slow": Policy(slow)})
    said = await runtime.ingest_and_collect(message("go"), within=0.2)
    assert [m.payload for m in said] == ["go"]
    assert not await runtime.settled("chat", 0.05)
    release.set()
    assert await runtime.settled("chat", 5)
    assert [m.payload for m in await runtime.log_after("chat", 0)] == ["go", "late"]


async def test_a_repeated_message_is_collected_as_nothing_new(launch):
    runtime = await launch(talker())
    assert len(await runtime.ingest_and_collect(message("a", dedupe="same"), within=5)) == 2
    assert await runtime.ingest_and_collect(message("a", dedupe="same"), within=5) == []


async def test_many_collect_at_once_and_each_gets_its_own(launch):
    runtime = await launch(talker())
    chats = [f"chat {n}" for n in range(40)]
    said = await asyncio.gather(
        *(runtime.ingest_and_collect(message(chat, chat), within=20) for chat in chats)
    )
    assert [[m.payload for m in of] for of in said] == [[f"{c}!", f"{c}!!"] for c in chats]


async def test_a_conversation_that_never_was_is_settled(launch):
    runtime = await launch(talker())
    assert await runtime.settled("nobody", 0.0)


async def test_a_waiting_retry_of_a_message_is_not_settled(launch):
    runtime = await launch(Bot(lambda _s, _p: 1 / 0))
    await runtime.ingest([message("a")])
    assert not await runtime.settled("chat", 0.1)


@pytest.mark.parametrize("lanes", [1, 2], ids=["one lane", "two lanes"])
async def test_settled_waits_for_every_lane(launch, lanes):
    sinks = [Sink() for _ in range(lanes)]
    release = asyncio.Event()

    def sender(sink):
        async def send(delivery):
            await release.wait()
            return await sink.send(delivery)

        return send

    policies = {f"k{n}": Policy(sender(s), lane=f"lane{n}") for n, s in enumerate(sinks)}
    runtime = await launch(
        Bot(lambda s, p: numbered(s, *(Out(kind, p) for kind in policies))), policies=policies
    )
    await runtime.ingest([message("a")])
    assert not await runtime.settled("chat", 0.05)
    release.set()
    assert await runtime.settled("chat", 5)
    assert [s.payloads for s in sinks] == [["a"]] * lanes
