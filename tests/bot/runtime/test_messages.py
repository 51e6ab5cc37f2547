"""Messages come in once, in order, and change their conversation once."""

import asyncio

import pytest
import sqlalchemy as sa
from runtime_kit import Bot, ask, echo, message, numbered, until

from bot.runtime.port import MoveCursor, Out, Turn
from bot.store.tables import Status, conversation, inbox, outbox


async def test_a_message_becomes_a_turn_and_an_effect(launch, sink):
    runtime = await launch(echo())
    await runtime.ingest([message("halo")])
    assert await sink.wait_for(1) == ["halo"]


async def test_messages_of_a_conversation_keep_the_order_they_came_in(launch, sink):
    runtime = await launch(echo())
    for n in range(30):
        await runtime.ingest([message(str(n))])
    assert await sink.wait_for(30) == [str(n) for n in range(30)]


async def test_messages_stored_together_keep_their_order(launch, sink):
    runtime = await launch(echo())
    chats = ("zulu", "alfa", "mike")
    await runtime.ingest([message(f"{chat}{n}", chat) for n in range(20) for chat in chats])
    await sink.wait_for(60)
    for chat in chats:
        got = [d.payload for d in sink.deliveries if d.conversation == chat]
        assert got == [f"{chat}{n}" for n in range(20)]


async def test_calls_that_do_not_wait_for_each_other_keep_their_order(launch, sink):
    runtime = await launch(echo())
    await asyncio.gather(*(runtime.ingest([message(str(n))]) for n in range(50)))
    assert await sink.wait_for(50) == [str(n) for n in range(50)]


async def test_a_conversation_has_one_turn_at_a_time_and_others_go_on(launch):
    running, most = {}, {}
    together = asyncio.Event()

    async def react(state, payload):
        running[payload] = running.get(payload, 0) + 1
        most[payload] = max(most.get(payload, 0), running[payload])
        if len(running) == 3:
            together.set()
        await together.wait()
        await asyncio.sleep(0)
        running[payload] -= 1
        return numbered(state)

    runtime = await launch(Bot(react))
    chats = ("a", "b", "c")
    await runtime.ingest([message(chat, chat) for chat in chats for _ in range(4)])
    for chat in chats:
        assert await runtime.settled(chat, 10)
    assert most == {"a": 1, "b": 1, "c": 1}


async def test_a_repeated_message_is_handled_once(launch, sink, database_url):
    runtime = await launch(echo())
    await runtime.ingest([message("one", dedupe="same"), message("one", dedupe="same")])
    await runtime.ingest([message("one", dedupe="same")])
    await runtime.ingest([message("two")])
    assert await sink.wait_for(2) == ["one", "two"]
    assert await ask(database_url, sa.select(sa.func.count()).select_from(inbox)) == [(2,)]


async def test_parallel_repeats_are_handled_once(launch, sink):
    runtime = await launch(echo())
    storm = [message("one", dedupe="same") for _ in range(50)]
    await asyncio.gather(*(runtime.ingest([repeat]) for repeat in storm))
    assert await runtime.settled("chat", 10)
    assert sink.payloads == ["one"]


async def test_the_state_is_handed_from_turn_to_turn(launch):
    seen = []

    def react(state, payload):
        seen.append(state)
        return Turn(payload)

    runtime = await launch(Bot(react))
    await runtime.ingest([message("a"), message("b"), message("c")])
    assert await runtime.settled("chat", 10)
    assert seen == [None, "a", "b"]


async def test_state_and_work_outlive_a_stop(launch, sink):
    first = await launch(echo())
    await first.ingest([message("before")])
    await sink.wait_for(1)
    await first.stop()

    second = await launch(Bot(lambda state, _: Turn("x", (Out("push", f"found {state}"),))))
    await second.ingest([message("after")])
    assert await sink.wait_for(2) == ["before", "found 1"]


async def test_a_cursor_moves_with_the_messages_and_only_forward(launch, sink):
    runtime = await launch(echo())
    assert await runtime.read_cursor("feed") == 0
    await runtime.ingest([message("a")], cursor=MoveCursor("feed", 7))
    await runtime.ingest([], cursor=MoveCursor("feed", 9))
    await runtime.ingest([message("b")], cursor=MoveCursor("feed", 8))
    assert await runtime.read_cursor("feed") == 9
    assert await runtime.read_cursor("other") == 0
    assert await sink.wait_for(2) == ["a", "b"]


@pytest.mark.parametrize(
    ("keep", "message_left", "effect_left", "log_left"),
    [(False, "", "", "said"), (True, "code 1234", "check 1234", "said")],
    ids=["blanked", "kept"],
)
async def test_payloads_of_closed_rows(
    launch, sink, database_url, keep, message_left, effect_left, log_left
):
    out = (Out("push", "check 1234"), Out("say", "said", delivered=True))
    runtime = await launch(Bot(lambda state, _: numbered(state, *out)), keep_payloads=keep)
    await runtime.ingest([message("code 1234")])
    assert await runtime.settled("chat", 10)
    assert sink.payloads == ["check 1234"]
    assert await ask(database_url, sa.select(inbox.c.payload)) == [(message_left,)]
    found = await ask(database_url, sa.select(outbox.c.status, outbox.c.payload))
    assert sorted(found) == [(Status.DONE, effect_left), (Status.LOGGED, log_left)]


async def test_a_turn_that_somebody_else_overtook_does_not_count(launch, sink, database_url):
    """The lock may be lost without notice; the version check is what protects the state."""
    overtake = asyncio.Event()
    overtaken = asyncio.Event()

    async def react(state, payload):
        if not overtaken.is_set():
            overtake.set()
            await overtaken.wait()
        return numbered(state, Out("push", f"{payload} on {state}"))

    runtime = await launch(Bot(react), sweep_age=0.0)
    await runtime.ingest([message("mine")])
    await overtake.wait()
    values = {"id": "chat", "version": 41, "state": "40", "changed_at": 0.0}
    await ask(database_url, sa.insert(conversation).values(values))
    overtaken.set()
    # Dropped, found by the sweep, and run again on what stands now.
    assert await sink.wait_for(1) == ["mine on 40"]
    assert await runtime.settled("chat", 10)
    kept = sa.select(conversation.c.version, conversation.c.state)
    assert await ask(database_url, kept) == [(42, "41")]


async def test_keys_are_stable_safe_in_a_header_and_never_shared(launch, sink):
    out = (Out("push", "a"), Out("push", "b"))
    runtime = await launch(Bot(lambda state, _: numbered(state, *out)))
    await runtime.ingest([message("x", chat) for chat in ("web:Budi é", "web:Budi e") * 2])
    await sink.wait_for(8)
    keys = [d.key for d in sink.deliveries]
    assert len(set(keys)) == 8
    assert all(key.isascii() and 36 <= len(key) <= 60 for key in keys)
    assert {key.split(".", 1)[1] for key in keys} == {"1.0", "1.1", "2.0", "2.1"}


async def test_a_database_made_anew_uses_other_keys(launch, sink, database_url):
    """The backend would take an old key for a repeat and give the old answer."""
    first = await launch(echo())
    await first.ingest([message("a")])
    await sink.wait_for(1)
    await first.stop()
    for table in (inbox, outbox, conversation):
        await ask(database_url, sa.delete(table))
    await ask(database_url, sa.text("DELETE FROM cursor"))

    second = await launch(echo())
    await second.ingest([message("a")])
    await sink.wait_for(2)
    assert len({d.key for d in sink.deliveries}) == 2


async def test_a_message_whose_turn_fails_is_tried_again_before_those_behind_it(
    launch, sink, clock
):
    failures = [KeyError("13519001"), OSError("away")]

    def react(state, payload):
        if payload == "hard" and failures:
            raise failures.pop(0)
        return numbered(state, Out("push", payload))

    runtime = await launch(Bot(react))
    await runtime.ingest([message("hard"), message("easy")])
    await until(lambda: len(failures) == 1)
    for _ in range(4):
        clock.forward(seconds=10)
        await runtime.sweep()
        await runtime.settled("chat", 0.3)
    assert await sink.wait_for(2) == ["hard", "easy"]


async def test_a_turn_that_takes_too_long_counts_as_failed(launch, database_url):
    runtime = await launch(Bot(lambda _s, _p: asyncio.sleep(60)), turn_timeout=0.05)
    await runtime.ingest([message("slow")])
    assert not await runtime.settled("chat", 0.5)
    found = await ask(database_url, sa.select(inbox.c.attempts, inbox.c.error))
    assert found[0][0] == 1
    assert found[0][1].startswith("TimeoutError")


async def test_an_effect_nobody_sends_fails_the_turn(launch, database_url):
    runtime = await launch(Bot(lambda state, _: numbered(state, Out("pusch", "x"))))
    await runtime.ingest([message("a")])
    assert not await runtime.settled("chat", 0.3)
    assert await ask(database_url, sa.select(inbox.c.status)) == [(Status.OPEN,)]
    assert await ask(database_url, sa.select(outbox.c.id)) == []
