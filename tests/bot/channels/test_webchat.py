"""The web chat over HTTP: joining, writing, reading on, starting over."""

import asyncio
import json

import pytest
from chat_rooms import CHANNELS, MENU, Away

from bot.channels import webchat
from bot.channels.inbound import MAX_BODY, MAX_TEXT
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


async def test_stopping_ends_the_streams_at_once(room):
    await room.join()
    async with room.client.get("/webchat/events") as stream:
        await events(stream, 1)
        closing = asyncio.create_task(room.client.server.close())
        async with asyncio.timeout(5):
            assert (await stream.content.read()) == b"\n"
            await closing


async def test_settled_waits_for_the_answer(room):
    room.script.pause = asyncio.Event()
    await room.join()
    waiting = asyncio.create_task(room.texts())
    done, _ = await asyncio.wait({waiting}, timeout=0.05)
    assert not done
    room.script.pause.set()
    assert await waiting == [("bot", "Halo, ada apa?")]


# -- hostile input -------------------------------------------------------------------------------
BODIES = {
    "nothing": (b"", 400),
    "no json": (b"halo", 400),
    "half a json": (b'{"id": "a", "text": "x', 400),
    "a list": (b"[]", 400),
    "deep nesting": (b"[" * 30_000, 400),
    "no id": (b'{"text": "x"}', 400),
    "an empty id": (b'{"id": "", "text": "x"}', 400),
    "an id with a line end": (b'{"id": "a\\n", "text": "x"}', 400),
    "an id too long": (json.dumps({"id": "a" * 65, "text": "x"}).encode(), 400),
    "a number for a text": (b'{"id": "a", "text": 1}', 400),
    "an unknown field": (b'{"id": "a", "text": "x", "user": "y"}', 400),
    "no utf-8": (b'{"id": "a", "text": "\xff"}', 400),
    "half a surrogate pair": (b'{"id": "a", "text": "\\ud800"}', 400),
    "nothing said": (b'{"id": "a", "text": "  "}', 400),
    "a choice too long": (json.dumps({"id": "a", "choice": "x" * 501}).encode(), 400),
    "just short enough": (json.dumps({"id": "a", "text": "x" * MAX_TEXT}).encode(), 202),
    "a letter too long": (json.dumps({"id": "a", "text": "x" * (MAX_TEXT + 1)}).encode(), 413),
    "a body too long": (b"x" * (MAX_BODY + 1), 413),
    "zero bytes": (b'{"id": "a", "text": "a\\u0000b", "choice": "\\u0000"}', 202),
}


@pytest.mark.parametrize(("body", "status"), BODIES.values(), ids=BODIES.keys())
async def test_odd_bodies_are_refused_without_a_word_of_theirs(room, body, status):
    await room.join()
    response = await room.client.post("/webchat/messages", data=body)
    assert response.status == status
    assert "x" * 10 not in await response.text()


async def test_a_body_sent_in_pieces_is_cut_off_too(room):
    await room.join()

    async def pieces():
        for _ in range(40):
            yield b"x" * 4096

    response = await room.client.post("/webchat/messages", data=pieces())
    assert response.status == 413


OTHERS = {
    "cross-site": {"Sec-Fetch-Site": "cross-site"},
    "same-site": {"Sec-Fetch-Site": "same-site"},
    "foreign origin": {"Origin": "https://evil.example"},
    "opaque origin": {"Origin": "null"},
    "origin with a port that is none": {"Origin": "http://127.0.0.1:99999"},
    "our host, another port": {"Origin": "http://127.0.0.1:1"},
    "our name as a prefix": {"Origin": "http://127.0.0.1:0.evil.example"},
}


@pytest.mark.parametrize("headers", OTHERS.values(), ids=OTHERS.keys())
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/webchat/join"),
        ("POST", "/webchat/restart"),
        ("POST", "/webchat/messages"),
        ("GET", "/webchat/messages"),
        ("GET", "/webchat/events"),
        ("GET", "/webchat/settled"),
    ],
)
async def test_other_sites_pages_get_nothing(room, method, path, headers):
    await room.join()
    response = await room.client.request(method, path, headers=headers)
    assert response.status == 403
    assert not response.cookies


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
async def test_every_name_of_this_machine_is_our_page(rooms, host):
    room = await rooms(bind="127.0.0.1:8080")
    assert (await room.join(Origin=f"http://{host}:8080")).status == 202


async def test_behind_a_proxy_only_the_public_address_is_ours(rooms):
    room = await rooms(bind="0.0.0.0:8080", public_url="https://bantuan.example")
    joined = await room.join(Origin="https://bantuan.example")
    assert (joined.status, joined.cookies["helpdesk-chat"]["secure"]) == (202, True)
    for origin in ("http://bantuan.example", "http://127.0.0.1:8080", "http://localhost:8080"):
        assert (await room.join(Origin=origin)).status == 403


@pytest.mark.parametrize("cookie", ["", "x", "a" * 44, "é" * 43, "a" * 42 + "/"])
async def test_an_odd_cookie_is_no_chat(room, cookie):
    for path in ("/webchat/messages", "/webchat/events", "/webchat/settled"):
        response = await room.client.get(path, cookies={"helpdesk-chat": cookie})
        assert response.status == 401
    joined = await room.client.post("/webchat/join", cookies={"helpdesk-chat": cookie})
    assert joined.cookies["helpdesk-chat"].value != cookie


# -- limits ----------------------------------------------------------------------------------
async def test_a_chat_that_floods_waits_and_others_do_not(rooms):
    room = await rooms(webchat_per_minute=3)
    await room.join()
    answers = [(await room.say("x", f"m{n}")) for n in range(4)]
    assert [a.status for a in answers] == [202, 202, 202, 429]
    assert answers[-1].headers["Retry-After"] == "10"
    await room.client.post("/webchat/restart")
    assert (await room.say("x")).status == 202


async def test_a_network_that_floods_waits(rooms):
    room = await rooms(webchat_network_per_minute=2, webchat_new_per_minute=3)
    for status in (202, 202, 429):
        await room.client.post("/webchat/restart")
        assert (await room.say("x")).status == status
    assert (await room.client.post("/webchat/restart")).status == 429


async def test_a_chat_may_only_wait_in_so_many_tabs(room):
    await room.join()
    streams = [await room.client.get("/webchat/events") for _ in range(20)]
    assert {stream.status for stream in streams} == {200}
    assert (await room.client.get("/webchat/events")).status == 429
    for stream in streams:
        stream.close()


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


async def test_while_the_runtime_does_not_accept_senders_come_back(rooms):
    room = await rooms(runtime=Away())
    for answer in (await room.join(), await room.client.get("/webchat/messages")):
        assert (answer.status, answer.headers.get("Retry-After")) in {(503, "1"), (401, None)}
    room.client.session.cookie_jar.update_cookies({"helpdesk-chat": "a" * 43})
    for method, path in [
        ("POST", "/webchat/join"),
        ("GET", "/webchat/messages"),
        ("GET", "/webchat/settled"),
    ]:
        answer = await room.client.request(method, path)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert (await room.say("x")).status == 503
    async with room.client.get("/webchat/events") as stream:
        assert (await stream.content.read()) == b"retry: 1000\n\n"


async def test_a_proxys_word_is_taken_for_the_address_and_no_clients(rooms):
    direct = await rooms()
    await direct.join(**{"X-Forwarded-For": "203.0.113.9"})
    await direct.texts()
    assert direct.script.events[0].address == "127.0.0.1"
    proxied = await rooms(trusted_proxies=1)
    await proxied.join(**{"X-Forwarded-For": "6.6.6.6, 203.0.113.9"})
    await proxied.texts()
    assert proxied.script.events[0].address == "203.0.113.9"
