"""The webhook against strangers, repeats, floods of bytes, and a runtime that is away."""

import asyncio

import pytest
from whatsapp_kit import (
    ACCOUNT,
    BSUID,
    PATH,
    PHONE,
    WORD,
    change,
    hook,
    message,
    signed,
    status,
    text,
    webhook,
)

from bot.channels.port import InboundKind

ASK = {"hub.mode": "subscribe", "hub.verify_token": WORD, "hub.challenge": "1158201444"}


async def asked(line, **changed):
    async with line.client.get(PATH, params={**ASK, **changed}) as response:
        return response.status, await response.text(), response.content_type


async def test_the_handshake_echoes_the_challenge(line):
    assert await asked(line) == (200, "1158201444", "text/plain")


@pytest.mark.parametrize(
    "changed",
    [
        {"hub.mode": "unsubscribe"},
        {"hub.verify_token": ""},
        {"hub.verify_token": WORD + "x"},
        {"hub.verify_token": "päss\udcff".encode("utf-8", "replace").decode()},
        {"hub.challenge": "<script>"},
        {"hub.challenge": "1" * 201},
        {"hub.challenge": ""},
    ],
)
async def test_a_stranger_is_not_answered(line, changed):
    assert (await asked(line, **changed))[0] == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hub-Signature-256": ""},
        {"X-Hub-Signature-256": "sha256="},
        {"X-Hub-Signature-256": "sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709"},
        {"X-Hub-Signature-256": "sha256=" + "0" * 64},
        {"X-Hub-Signature-256": "sha256=ß" + "é" * 63},
        signed(b"another body"),
        signed(hook(text("halo")), secret="another secret"),
    ],
    ids=["none", "empty", "no digest", "sha1", "zeros", "not ascii", "other body", "other secret"],
)
async def test_what_is_not_signed_has_no_effect(line, headers):
    assert await line.post(hook(text("halo")), headers) == 401
    assert await line.post(b"{not json", headers) == 401
    assert (line.inbox.rows, line.api.asked) == ([], [])


async def test_the_signature_is_over_the_bytes_as_they_came(line):
    body = hook(text("halo"))
    assert await line.post(body + b" ", signed(body)) == 401
    assert await line.post(body + b" ", signed(body + b" ")) == 200


async def test_three_megabytes_are_read_and_more_are_not(line):
    body = hook(text("halo"))
    largest = body + b" " * (3 * 1024 * 1024 - len(body))
    assert await line.post(largest) == 200
    assert await line.post(largest + b" ") == 413
    assert len(line.inbox.rows) == 1


async def test_while_a_full_batch_is_read_others_are_served(line):
    batch = hook(*(text("lupa password, NIM saya 13519001") for _ in range(2_000)))
    served = 0
    full = asyncio.create_task(line.post(batch))
    while not full.done():
        assert (await asked(line))[0] == 200
        served += 1
    assert (full.result(), len(line.inbox.rows)) == (200, 2_000)
    assert served > 1


async def test_all_of_a_batch_is_stored_in_one_call(line):
    body = webhook(change(text("a"), text("b")), change(text("c"), account="9"), change(text("d")))
    assert await line.post(body) == 200
    assert [len(call) for call in line.inbox.calls] == [3]


async def test_a_repeat_has_the_same_key(line):
    body = hook(text("halo"))
    assert await line.post(body) == await line.post(body) == 200
    first, again = line.inbox.rows
    assert first.dedupe == again.dedupe
    assert first.dedupe.startswith(f"whatsapp:{ACCOUNT}:wamid.")


async def test_nothing_to_store_is_acknowledged(line):
    await line.hears(message("reaction", reaction={"emoji": "👍"}))
    await line.hears(statuses=[status("wamid.1", "delivered")])
    assert line.inbox.calls == []


@pytest.mark.parametrize("body", [b"", b"[]", b'{"object": 1}', b"\xff" * 1000, b"{" * 10_000])
async def test_what_nobody_can_read_is_acknowledged(line, body):
    assert await line.post(body) == 200
    assert line.inbox.rows == []


async def test_a_runtime_that_is_away_has_it_sent_again(line):
    line.inbox.away = True
    body = hook(text("halo"), statuses=[status("wamid.1", "failed", 131026)])
    assert await line.post(body) == 503
    line.inbox.away = False
    assert await line.post(body) == 200
    assert [event.kind for event in line.inbox.events] == [InboundKind.TEXT, InboundKind.BLOCKED]


async def test_reading_and_writing_are_shown_once_a_chat(line):
    quiet = message("reaction", reaction={"emoji": "👍"})
    group = text("d", group_id="G1")
    await line.hears(text("a"), text("b", from_user_id=BSUID), text("c"), quiet, group)
    await line.signs()
    newest = {line.inbox.events[1].event_id, line.inbox.events[2].event_id}
    assert {sign["message_id"] for sign in line.api.seen} == newest
    assert line.api.seen[0]["typing_indicator"] == {"type": "text"}


async def test_a_pressed_button_shows_that_we_read_the_press(line):
    pressed = {"type": "button_reply", "button_reply": {"id": "/choose:1:yes"}}
    await line.hears(message("interactive", interactive=pressed, context={"id": "wamid.ours"}))
    await line.signs()
    (event,) = line.inbox.events
    assert line.api.seen[0]["message_id"] == event.event_id != "wamid.ours"


async def test_a_sign_that_fails_is_nobodys_trouble(line, caplog):
    await line.api.stop()
    await line.hears(text("halo"))
    await line.signs()
    assert len(line.inbox.rows) == 1


async def test_nothing_private_is_logged(line, capsys, caplog):
    strange = text("rahasia") | {"timestamp": {"a": 1}}
    failed = status("wamid.1", "failed", 131026)
    await line.hears(text("rahasia"), strange, statuses=[failed])
    await line.post(b"rahasia " + PHONE.encode())
    printed = "".join(capsys.readouterr()) + caplog.text
    assert "webhook_unreadable" in printed
    assert not any(word in printed for word in ("rahasia", PHONE, WORD))
