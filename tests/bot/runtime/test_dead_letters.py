"""What cannot be handled is given up on, and a human hears of it."""

import asyncio

import pytest
import sqlalchemy as sa
from runtime_kit import Bot, echo, message, numbered, until, until_asked

from bot.runtime.blame import describe
from bot.runtime.port import GiveUp, Out, RetryLater
from bot.store.tables import Status, inbox, outbox


def poison(state, payload):
    if payload.startswith("poison"):
        raise ValueError(payload)
    return numbered(state, Out("push", payload))


async def test_a_message_is_given_up_on_after_five_runs_and_those_behind_it_follow(
    launch, sink, database_url
):
    runs = []

    def react(state, payload):
        runs.append(payload)
        return poison(state, payload)

    bot = Bot(react)
    runtime = await launch(bot, clock=None, first_retry=0.01, max_retry=0.02)
    await runtime.ingest([message("poison 1"), message("good")])
    assert await sink.wait_for(1) == ["good"]
    await asyncio.wait_for(bot.told.wait(), 10)
    assert runs == ["poison 1"] * 5 + ["good"]
    assert [letter[:2] for letter in bot.dead] == [("chat", "poison 1")]
    told = sa.select(inbox.c.attempts).where(inbox.c.status == Status.TOLD)
    await until_asked(database_url, told, [(5,)])


async def test_other_conversations_go_on(launch, sink):
    runtime = await launch(Bot(poison))
    await runtime.ingest([message("poison", "a"), message("good", "b")])
    assert await sink.wait_for(1) == ["good"]


async def test_a_dead_letter_is_told_until_somebody_listened(launch, sink, clock, database_url):
    sink.failures = [GiveUp("blocked")]
    bot = echo()
    deaf = [OSError("no ticket system"), OSError("no ticket system")]
    listen = bot.on_dead_letter

    async def on_dead_letter(*letter):
        if deaf:
            raise deaf.pop()
        await listen(*letter)

    bot.on_dead_letter = on_dead_letter
    runtime = await launch(bot, sweep_every=(0.01, 0.02))
    await runtime.ingest([message("one")])
    await until(lambda: len(deaf) == 1)
    clock.forward(seconds=61)
    await until(lambda: not deaf)
    clock.forward(seconds=61)
    await asyncio.wait_for(bot.told.wait(), 10)
    assert bot.dead == [("chat", "one", "blocked")]
    await until_asked(
        database_url, sa.select(outbox.c.status, outbox.c.payload), [(Status.TOLD, "")]
    )


async def test_a_dead_letter_is_told_by_the_next_process(launch, sink):
    sink.failures = [GiveUp("blocked")]
    bot = echo()
    told = asyncio.Event()

    async def never(*_letter):
        told.set()
        await asyncio.sleep(60)

    bot.on_dead_letter = never
    first = await launch(bot)
    await first.ingest([message("one")])
    await asyncio.wait_for(told.wait(), 10)
    await first.stop()
    listener = echo()
    await launch(listener, clock=None)  # a minute after the claim, by the real clock
    await asyncio.wait_for(listener.told.wait(), 10)
    assert listener.dead == [("chat", "one", "blocked")]


def test_no_text_of_users_is_written_down():
    with pytest.raises(ValueError, match="13519001") as caught:
        poison(None, "poison 13519001")
    text = describe(caught.value)
    assert "13519001" not in text
    assert text.startswith("ValueError at poison:")


@pytest.mark.parametrize("error", [GiveUp("blocked by the user"), RetryLater("429")])
def test_the_reason_a_sender_gives_is_kept(error):
    assert describe(error) == str(error)
