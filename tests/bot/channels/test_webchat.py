"""The web chat's HTTP side: whose chat it is, what may be sent, and a log that loses nothing."""

import asyncio
import json

import pytest

from bot.channels.webchat import COOKIE


async def opened(bot):
    async with bot.get("/") as response:
        assert response.status == 200
        return await response.text()


async def send(bot, message_id="m1", status=202, headers=None, **body):
    headers = headers or {}
    async with bot.post(
        "/webchat/messages", json={"id": message_id, **body}, headers=headers
    ) as response:
        assert response.status == status, await response.text()


async def read(bot, count, after=0, headers=None):
    """Read `count` messages of the stream."""
    found = []
    async with (
        asyncio.timeout(10),
        bot.get(f"/webchat/events?after={after}", headers=headers or {}) as response,
    ):
        assert response.content_type == "text/event-stream"
        async for line in response.content:
            if line.startswith(b"data: "):
                found.append(json.loads(line[6:]))
            if len(found) == count:
                return found
    return found


async def test_a_new_visitor_gets_a_chat_of_their_own(bot):
    async with bot.get("/") as response:
        cookie = response.cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    async with bot.get("/") as response:
        assert COOKIE not in response.cookies, "a chat is kept"


async def test_what_is_said_comes_back_through_the_log(bot):
    await opened(bot)
    await bot.post("/webchat/join")
    await send(bot, text="halo")
    greeting, mine, answer = await read(bot, 3)
    assert greeting["buttons"][0] == {"title": "Cek akun", "payload": "/choose:1:check"}
    assert greeting["buttons"][1]["url"] == "https://x.test"
    assert (mine["author"], mine["text"], mine["of"]) == ("user", "halo", "m1")
    assert (answer["author"], answer["text"]) == ("bot", "2: halo")


async def test_a_reader_goes_on_where_it_stopped(bot):
    await opened(bot)
    await send(bot, "m1", text="satu")
    first = await read(bot, 2)
    await send(bot, "m2", text="dua")
    again = await read(bot, 2, after=first[-1]["id"])
    assert [m["text"] for m in again] == ["dua", "2: dua"]
    resumed = await read(bot, 2, headers={"Last-Event-ID": str(first[-1]["id"])})
    assert resumed == again, "as a browser resumes"


async def test_an_open_stream_hears_at_once(bot):
    await opened(bot)
    reading = asyncio.create_task(read(bot, 2))
    await asyncio.sleep(0.2)
    await send(bot, text="halo")
    assert [m["text"] for m in await reading] == ["halo", "1: halo"]


async def test_a_repeated_post_is_no_second_message(bot):
    await opened(bot)
    for _ in range(3):
        await send(bot, "same", text="halo")
    await send(bot, "next", text="lagi")
    assert [m["text"] for m in await read(bot, 4)] == ["halo", "1: halo", "lagi", "2: lagi"]


async def test_two_visitors_do_not_share_an_id(bot):
    await opened(bot)
    await send(bot, "same", text="satu")
    bot.session.cookie_jar.clear()
    await opened(bot)
    await send(bot, "same", text="dua")
    assert [m["text"] for m in await read(bot, 2)] == ["dua", "1: dua"]


async def test_joining_twice_greets_once(bot):
    await opened(bot)
    for _ in range(2):
        await bot.post("/webchat/join")
    await send(bot, text="x")
    assert [m["text"] for m in await read(bot, 3)] == ["Halo!", "x", "2: x"]


async def test_a_pressed_button_arrives_as_one(bot):
    await opened(bot)
    await send(bot, choice="/choose:1:check")
    await read(bot, 2)
    assert bot.handler.seen[-1].choice == "/choose:1:check"


async def test_starting_over_is_another_conversation(bot):
    await opened(bot)
    await send(bot, "m1", text="lama")
    await read(bot, 2)
    async with bot.post("/webchat/restart") as response:
        assert response.status == 204
    await send(bot, "m2", text="baru")
    assert [m["text"] for m in await read(bot, 2)] == ["baru", "1: baru"]
    assert len({event.conversation for event in bot.handler.seen}) == 2


async def test_the_conversation_s_key_does_not_open_the_chat(bot):
    await opened(bot)
    await send(bot, text="x")
    await read(bot, 2)
    key = bot.handler.seen[0].conversation.partition(":")[2]
    bot.session.cookie_jar.clear()
    async with bot.get("/webchat/events", headers={"Cookie": f"{COOKIE}={key}"}) as response:
        assert response.status == 401


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Origin": "https://evil.test"}, id="another origin"),
        pytest.param({"Origin": "null"}, id="no origin worth the name"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="another site"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, id="a neighbour's subdomain"),
    ],
)
async def test_another_site_cannot_speak_for_a_visitor(bot, headers):
    await opened(bot)
    await send(bot, text="x", headers=headers, status=403)
    assert bot.handler.seen == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"", 400, id="nothing"),
        pytest.param(b"[]", 400, id="another shape"),
        pytest.param(b'{"text":"x"}', 400, id="no id"),
        pytest.param(b'{"id":"../x","text":"x"}', 400, id="a strange id"),
        pytest.param(b'{"id":"a","text":"x","as":"bot"}', 400, id="a field too many"),
        pytest.param(b'{"id":"a","text":"' + b"x" * 4001 + b'"}', 413, id="a letter too long"),
        pytest.param(b'{"id":"a","text":"' + b"x" * 4000 + b'"}', 202, id="as long as may be"),
        pytest.param(b'{"id":"a","text":"' + b"x" * 70_000 + b'"}', 413, id="huge"),
    ],
)
async def test_bodies(bot, body, status):
    await opened(bot)
    async with bot.post("/webchat/messages", data=body) as response:
        assert response.status == status


async def test_without_a_chat_nothing_is_accepted(bot):
    await send(bot, text="x", status=401)


async def test_a_flood_is_asked_to_wait(bot, settings):
    await opened(bot)
    for number in range(settings.webchat_per_minute):
        await send(bot, f"m{number}", text="x")
    await send(bot, "more", text="x", status=429)


async def test_a_password_is_gone_before_anything_is_stored(bot):
    await opened(bot)
    await send(bot, text="passwordku Bandung#2024 ya min")
    mine, _ = await read(bot, 2)
    assert "Bandung" not in mine["text"]
    assert bot.handler.seen[0].secret


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("id-ID,id;q=0.9,en;q=0.8", "id"), ("en-US,en;q=0.9", "en"), ("fr-FR,fr;q=0.9", "id"),
        ("", "id"), ("fr, en;q=0.5", "en"),
    ],
)  # fmt: skip
async def test_the_page_speaks_the_visitor_s_language(bot, accepted, expected):
    async with bot.get("/", headers={"Accept-Language": accepted}) as response:
        assert f'<html lang="{expected}">' in await response.text()


async def test_the_page_is_strict(bot):
    async with bot.get("/?lang=en") as response:
        policy = response.headers["Content-Security-Policy"]
        assert response.headers["Cache-Control"] == "no-store"
        assert '<html lang="en">' in await response.text()
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    async with bot.get("/webchat/static/../page.py") as response:
        assert response.status == 404
