"""Effects leave in order, lane by lane; a lane that is held up holds up nothing else."""

import asyncio

import pytest
import sqlalchemy as sa
from runtime_kit import Bot, Sink, ask, echo, message, numbered, until

from bot.runtime.port import GiveUp, Out, Policy, RetryLater
from bot.store.tables import inbox, outbox


async def test_effects_of_a_lane_leave_in_order_across_turns(launch, sink):
    def react(state, payload):
        return numbered(state, *(Out("push", f"{payload}{n}") for n in range(3)))

    runtime = await launch(Bot(react))
    await runtime.ingest([message(p) for p in "abcd"])
    assert await sink.wait_for(12) == [f"{p}{n}" for p in "abcd" for n in range(3)]


async def test_a_failed_effect_is_tried_again_before_those_behind_it(launch, sink):
    sink.failures = [OSError("away"), OSError("away")]
    policy = Policy(sink.send, first_delay=0.01)
    runtime = await launch(echo(), policies={"push": policy}, clock=None)
    await runtime.ingest([message("one"), message("two"), message("three")])
    assert await sink.wait_for(3) == ["one", "two", "three"]
    assert [d.attempts for d in sink.deliveries] == [2, 0, 0]


async def test_a_held_up_lane_holds_up_neither_turns_nor_other_lanes(launch, sink):
    broken = Sink()
    broken.failures = [RetryLater("away", after=60)] * 9
    policies = {"push": Policy(sink.send), "call": Policy(broken.send, lane="backend")}
    runtime = await launch(
        Bot(lambda state, p: numbered(state, Out("call", p), Out("push", p))), policies=policies
    )
    await runtime.ingest([message("one")])
    await broken.wait_for_tries(1)
    await runtime.ingest([message("two")])
    await runtime.ingest([message("three")])
    assert await sink.wait_for(3) == ["one", "two", "three"]
    assert await runtime.settled("chat", 0.05)
    assert broken.tries == 1, "those behind the first must wait for it"


async def test_a_lane_goes_on_where_it_was_held_up(launch, sink, clock):
    sink.failures = [RetryLater("away", after=60)]
    runtime = await launch(echo())
    await runtime.ingest([message("one"), message("two")])
    await until(lambda: not sink.failures)
    assert await runtime.settled("chat", 0.05)
    clock.forward(seconds=59)
    await runtime.sweep()
    assert await runtime.settled("chat", 0.05)
    assert sink.payloads == []
    clock.forward(seconds=2)
    await runtime.sweep()
    assert await sink.wait_for(2) == ["one", "two"]


async def test_lanes_do_not_wait_for_each_other(launch):
    meeting = asyncio.Barrier(2)

    async def meet(_delivery):
        await asyncio.wait_for(meeting.wait(), 5)  # passes when both are under way at once
        return ()

    policies = {"a": Policy(meet, lane="a"), "b": Policy(meet, lane="b")}
    runtime = await launch(
        Bot(lambda state, _: numbered(state, Out("a", ""), Out("b", ""))), policies=policies
    )
    await runtime.ingest([message("go")])
    assert await runtime.settled("chat", 5)


async def test_a_turn_does_not_wait_for_the_delivery_under_way(launch):
    second = asyncio.Event()

    async def slow(_delivery):
        await asyncio.wait_for(second.wait(), 5)
        return ()

    def react(state, payload):
        if payload == "two":
            second.set()
        return numbered(state, Out("slow", payload))

    runtime = await launch(Bot(react), policies={"slow": Policy(slow)})
    await runtime.ingest([message("one")])
    await runtime.ingest([message("two")])
    assert await runtime.settled("chat", 5)


async def test_an_answer_is_a_message_of_the_same_conversation(launch, sink):
    sink.answers = {"ask": ["answer 1", "answer 2"]}
    seen = []

    def react(state, payload):
        seen.append(payload)
        return numbered(state, *([Out("push", "ask")] if payload == "go" else []))

    runtime = await launch(Bot(react))
    await runtime.ingest([message("go")])
    assert await runtime.settled("chat", 5)
    assert seen == ["go", "answer 1", "answer 2"]


async def test_answers_bear_the_key_of_their_effect(launch, sink, database_url):
    sink.answers = {"ask": ["x", "y"]}
    runtime = await launch(
        Bot(lambda state, p: numbered(state, *([Out("push", "ask")] if p == "go" else [])))
    )
    await runtime.ingest([message("go", dedupe="first")])
    assert await runtime.settled("chat", 5)
    key = sink.deliveries[0].key
    found = await ask(database_url, sa.select(inbox.c.dedupe).order_by(inbox.c.id))
    assert found == [("first",), (f"answer:{key}:0",), (f"answer:{key}:1",)]


@pytest.mark.parametrize(
    ("failures", "tries"),
    [
        ([OSError("away")] * 9, 3),
        ([RetryLater("busy", after=0.01)] * 9, 3),
        ([OSError("away"), GiveUp("blocked")], 2),
        ([GiveUp("blocked")], 1),
    ],
    ids=["all tries fail", "always later", "useless at the second", "useless at once"],
)
async def test_given_up(launch, sink, database_url, failures, tries):
    sink.failures = list(failures)
    seen = []

    async def instead(delivery, _reason):
        return [f"no {delivery.payload}"]

    def react(state, payload):
        seen.append(payload)
        return numbered(state, *([Out("push", "call")] if payload == "go" else []))

    policy = Policy(sink.send, tries=3, first_delay=0.01, on_give_up=instead)
    bot = Bot(react)
    runtime = await launch(bot, policies={"push": policy}, clock=None)
    await runtime.ingest([message("go")])
    await asyncio.wait_for(bot.told.wait(), 10)
    assert await runtime.settled("chat", 10)
    assert sink.tries == tries
    assert seen == ["go", "no call"]
    assert bot.dead[0][:2] == ("chat", "call")
    found = await ask(database_url, sa.select(outbox.c.status, outbox.c.attempts))
    assert found[0][1] == tries


async def test_a_dead_letter_lets_the_next_effect_pass(launch, sink):
    sink.failures = [GiveUp("blocked")]
    runtime = await launch(echo())
    await runtime.ingest([message("one"), message("two")])
    assert await sink.wait_for(1) == ["two"]


async def test_giving_up_goes_on_when_the_replacement_fails(launch, sink, database_url):
    async def broken(_delivery, _reason):
        raise KeyError

    sink.failures = [GiveUp("blocked")]
    bot = echo()
    runtime = await launch(bot, policies={"push": Policy(sink.send, on_give_up=broken)})
    await runtime.ingest([message("one")])
    await asyncio.wait_for(bot.told.wait(), 10)
    assert await runtime.settled("chat", 5)
    found = await ask(database_url, sa.select(outbox.c.error))
    assert found == [("blocked",)]


async def test_a_try_that_takes_too_long_counts_as_failed(launch, sink):
    hanging = asyncio.Event()

    async def send(delivery):
        if not hanging.is_set():
            hanging.set()
            await asyncio.sleep(60)
        return await sink.send(delivery)

    policy = Policy(send, timeout=0.05, first_delay=0.01)
    runtime = await launch(echo(), policies={"push": policy}, clock=None)
    await runtime.ingest([message("one")])
    await sink.wait_for(1)
    assert sink.deliveries[0].attempts == 1


async def test_the_next_try_is_remembered_across_a_restart(launch, sink, database_url, clock):
    sink.failures = [RetryLater("busy", after=60)]
    runtime = await launch(echo())
    await runtime.ingest([message("one")])
    await until(lambda: not sink.failures)
    await runtime.stop()
    (row,) = await ask(database_url, sa.select(outbox.c.attempts, outbox.c.next_at, outbox.c.lane))
    assert (row[0], row[2]) == (1, "chat")
    assert row[1] == pytest.approx(clock.now().timestamp() + 60, abs=0.01)

    again = await launch(echo())
    await again.sweep()
    assert await again.settled("chat", 0.05)
    assert sink.tries == 1
    clock.forward(seconds=61)
    await again.sweep()
    await sink.wait_for(1)
    assert sink.deliveries[0].attempts == 1


async def test_a_kind_unknown_after_a_restart_waits_for_the_version_that_knows_it(launch, sink):
    sink.failures = [OSError("away")]
    first = await launch(echo(), policies={"push": Policy(sink.send, first_delay=0.01)})
    await first.ingest([message("one")])
    await until(lambda: not sink.failures)
    await first.stop()
    other = {"other": Policy(sink.send)}
    second = await launch(echo(), policies=other, clock=None)
    await second.settled("chat", 0.3)
    assert sink.payloads == []
    await second.stop()
    await launch(echo(), clock=None)
    assert await sink.wait_for(1) == ["one"]
