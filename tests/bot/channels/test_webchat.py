"""The web chat over HTTP: joining, writing, reading on, starting over."""

import asyncio
import json

import pytest
from chat_rooms import CHANNELS, MENU

from bot.channels import webchat
from bot.channels.port import InboundKind
from bot.envelope import press_payload


async def test_opening_the_page_gives_a_chat_and_a_greeting(room):
    joined = await room.join()
    assert joined.status == 202
    cookie = joined.cookies["helpdesk-chat"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert len(cookie.value) == 43
    assert await room.texts() == [("bot", "Halo, ada apa?")]
    (greeting,) = await room.log()
    assert [b["title"] for b in greeting["buttons"]] == [b.title for b in MENU]
    assert greeting["at"] == "2026-03-02T03:00:00Z"


async def test_a_reload_greets_nobody_twice(room):
    await room.join()
    again = await room.join()
    assert "helpdesk-chat" not in again.cookies
    assert await room.texts() == [("bot", "Halo, ada apa?")]


async def test_the_pages_language_reaches_the_greeting(room):
    await room.client.post("/webchat/join?language=en")
    assert await room.texts() == [("bot", "Hello, how can I help?")]


async def test_words_are_answered_and_kept_in_the_history(room):
    await room.join()
    sent = await room.say("halo")
    assert sent.status == 202
    assert (await room.texts())[1:] == [("user", "halo"), ("bot", "Anda menulis: halo")]
    _, mine, answer = await room.log()
    assert (mine["of"], answer["of"]) == ("m1", None)


async def test_a_retried_post_is_one_message(room):
    await room.join()
    for _ in range(3):
        assert (await room.say("halo")).status == 202
    assert len(await room.texts()) == 3


async def test_a_pressed_button_arrives_as_a_choice(room):
    await room.join()
    await room.say("", choice=press_payload(1, "reset"))
    await room.texts()
    press = room.script.events[-1]
    assert (press.kind, press.choice) == (InboundKind.CHOICE, "/choose:1:reset")


async def test_what_is_stored_carries_no_password_and_no_cookie(room):
    cookie = (await room.join()).cookies["helpdesk-chat"].value
    await room.say("password saya Kucing#Hitam99")
    assert "Kucing" not in str(await room.texts())
    event = room.script.events[-1]
    assert (event.secret, "Kucing" in event.text) == (True, False)
    assert cookie not in str(room.script.heard)
    assert event.conversation == f"webchat:{event.user}"


async def test_the_conversations_key_is_no_key_to_the_chat(room):
    await room.join()
    await room.texts()
    chat = room.script.events[-1].user
    room.client.session.cookie_jar.clear()
    stolen = await room.client.get("/webchat/messages", cookies={"helpdesk-chat": chat})
    assert stolen.status == 401


async def test_starting_over_is_a_new_chat(room):
    await room.join()
    await room.say("rahasia saya")
    await room.texts()
    assert (await room.client.post("/webchat/restart")).status == 204
    await room.join()
    assert await room.texts() == [("bot", "Halo, ada apa?")]
    assert len({event.conversation for event in room.script.events}) == 2


async def test_the_history_goes_on_after_a_cursor(room):
    await room.join()
    await room.say("satu", "a")
    await room.say("dua", "b")
    await room.texts()
    everything = await room.log()
    for seen in range(len(everything)):
        assert await room.log(everything[seen]["id"]) == everything[seen + 1 :]


@pytest.mark.parametrize("after", ["", "-1", "x", "1e3", "٣", "9" * 19, "9" * 400])
async def test_a_cursor_that_is_none_starts_at_the_beginning(room, after):
    await room.join()
    await room.texts()
    assert len(await room.log(after)) == 1


# -- the stream --------------------------------------------------------------------------------
async def events(response, count):
    """Read `count` messages of a stream."""
    found = []
    async with asyncio.timeout(5):
        while len(found) < count:
            line = await response.content.readline()
            assert line, "the stream ended"
            if line.startswith(b"data: "):
                found.append(json.loads(line[6:]))
    return found


async def test_the_stream_tells_what_was_and_what_comes(room):
    await room.join()
    await room.texts()
    async with room.client.get("/webchat/events") as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        assert [m["text"] for m in await events(stream, 1)] == ["Halo, ada apa?"]
        await room.say("halo")
        assert [m["author"] for m in await events(stream, 2)] == ["user", "bot"]


@pytest.mark.parametrize("how", ["query", "header"])
async def test_a_stream_that_broke_goes_on_where_it_stopped(room, how):
    await room.join()
    async with room.client.get("/webchat/events") as stream:
        (greeting,) = await events(stream, 1)
    await room.say("sementara putus")
    query, headers = f"?after={greeting['id']}", {"Last-Event-ID": str(greeting["id"])}
    path = "/webchat/events" + (query if how == "query" else "")
    async with room.client.get(path, headers=headers if how == "header" else {}) as stream:
        assert [m["author"] for m in await events(stream, 2)] == ["user", "bot"]


async def test_two_tabs_see_the_same(room):
    await room.join()
    async with (
        room.client.get("/webchat/events") as one,
        room.client.get("/webchat/events") as two,
    ):
        await room.say("halo")
        assert await events(one, 3) == await events(two, 3)


async def test_a_silent_stream_says_that_it_is_alive(room, monkeypatch):
    monkeypatch.setattr(webchat, "HEARTBEAT", 0.01)
    await room.join()
    async with room.client.get("/webchat/events") as stream:
        await events(stream, 1)
        async with asyncio.timeout(5):
            while await stream.content.readline() != b": alive\n":
                pass


async def test_stopping_ends_the_streams_at_once(room):
    await room.join()
    async with room.client.get("/webchat/events") as stream:
        await events(stream, 1)
        closing = asyncio.create_task(room.client.server.close())
        async with asyncio.timeout(5):
            assert (await stream.content.read()).strip() == b""
            await closing


async def test_settled_waits_for_the_answer(room):
    room.script.pause = asyncio.Event()
    await room.join()
    waiting = asyncio.create_task(room.texts())
    done, _ = await asyncio.wait({waiting}, timeout=0.05)
    assert not done
    room.script.pause.set()
    assert await waiting == [("bot", "Halo, ada apa?")]


async def test_a_stream_whose_reader_is_gone_ends(room, monkeypatch):
    monkeypatch.setattr(webchat, "LOOK_AGAIN", 0.01)
    await room.join()
    streams = room.client.server.app[CHANNELS][0]._floods._streams
    for _ in range(3):
        stream = await room.client.get("/webchat/events")
        await events(stream, 1)
        assert streams.total() == 1
        stream.close()
        async with asyncio.timeout(5):
            while streams:  # noqa: ASYNC110 - nobody tells us, either
                await asyncio.sleep(0.01)
