"""The web chat against odd bodies, other sites, floods, and a runtime that is away."""

import json

import pytest
from chat_rooms import Away

from bot.channels.inbound import MAX_BODY, MAX_TEXT

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
