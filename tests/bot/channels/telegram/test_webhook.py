"""The webhook against everybody who is not Telegram, and against what Telegram may send."""

import json

import pytest
import structlog
from fake_telegram import TOKEN
from prometheus_client import REGISTRY
from telegram_kit import BUDI, GROUP, ROOM, Recorder, settings

from bot.channels.telegram import HEADER, MAX_UPDATE, PATH, webhook_secret

STRANGERS = {
    "no header": "",
    "another secret": "x" * 64,
    "the token": TOKEN,
    "not ascii": "é" * 32,
    "no text at all": "\udcff\udcfe",
}


@pytest.fixture
async def recorder(bots):
    bot = await bots(runtime=Recorder())
    bot.channel._us = bot.channel._us._replace(name="campus_help_bot")
    return bot


def unreadable():
    labels = {"channel": "telegram"}
    return REGISTRY.get_sample_value("helpdesk_webhooks_unreadable_total", labels) or 0


@pytest.mark.parametrize("secret", STRANGERS.values(), ids=STRANGERS.keys())
@pytest.mark.parametrize("body", [b"{}", b"x" * 10_000_000, b"\xff"], ids=["json", "huge", "no"])
async def test_without_the_secret_nothing_is_looked_at(recorder, secret, body):
    assert await recorder.hook(body, secret=secret) == 401
    assert recorder.runtime.calls == []


async def test_a_good_update_without_the_secret_has_no_effect(recorder):
    assert await recorder.hook(recorder.make.message("halo"), secret="") == 401
    assert recorder.runtime.calls == []


BODIES = {
    "nothing": b"",
    "no json": b"halo",
    "half": b'{"update_id": 1',
    "a list": b"[]",
    "a number": b"1",
    "null": b"null",
    "deep": b"[" * 100_000,
    "not utf-8": b'{"update_id": 1, "message": {"text": "\xff"}}',
    "half a surrogate": b'{"update_id": 1, "message": {"text": "\\ud800"}}',
    "no id": b'{"message": {}}',
    "an id of words": b'{"update_id": "1"}',
    "no date": b'{"update_id": 1, "message": {"message_id": 1, "chat": {"id": 1, "type": "x"}}}',
    "an empty press": b'{"update_id": 1, "callback_query": {}}',
    "a message that is a list": b'{"update_id": 1, "message": [1]}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
async def test_what_nobody_can_read_is_counted_and_not_sent_again(recorder, body):
    before = unreadable()
    with structlog.testing.capture_logs() as logs:
        assert await recorder.hook(body) == 200
    assert unreadable() == before + 1
    assert recorder.runtime.calls == []
    (log,) = [log for log in logs if log["event"] == "webhook_unreadable"]
    assert set(log) == {"channel", "reason", "digest", "size", "event", "log_level"}


TWISTED = {
    "chat id as text": ("chat", {**ROOM, "id": "1"}),
    "chat id true": ("chat", {**ROOM, "id": True}),
    "person's id as list": ("from", {**BUDI, "id": [1]}),
    "language as object": ("from", {**BUDI, "language_code": {"a": 1}}),
    "text as number": ("text", 5),
    "text as list": ("text", ["halo"]),
    "date as text": ("date", "gestern"),
    "date beyond time": ("date", 10**18),
    "message id as text": ("message_id", "x"),
}


@pytest.mark.parametrize(("name", "value"), TWISTED.values(), ids=TWISTED.keys())
async def test_a_field_of_the_wrong_kind_makes_it_unreadable(recorder, name, value):
    update = recorder.make.message("halo")
    update["message"][name] = value
    before = unreadable()
    assert await recorder.hook(update) == 200
    assert (unreadable(), recorder.runtime.calls) == (before + 1, [])


async def test_an_oversized_update_is_refused(recorder):
    body = json.dumps(recorder.make.message("x" * MAX_UPDATE)).encode()
    assert await recorder.hook(body) == 413
    assert recorder.runtime.calls == []


async def test_a_get_is_not_an_update(recorder):
    async with recorder.client.get(PATH) as response:
        assert response.status == 405


async def test_while_nothing_can_be_stored_telegram_is_asked_to_come_back(bots):
    bot = await bots(runtime=Recorder(away=True))
    assert await bot.hook(bot.make.message("halo")) == 503


async def test_a_post_of_a_channel_is_nobodys_question(recorder):
    chat = {"id": -1005, "type": "channel", "title": "Pengumuman"}
    post = recorder.make.message("halo", chat=chat)
    assert await recorder.hook(recorder.make.of(channel_post=post["message"])) == 200
    assert await recorder.hook(post) == 200
    assert await recorder.hook(recorder.make.standing("left", "member", chat)) == 200
    assert recorder.runtime.calls == []


@pytest.mark.parametrize(
    "more",
    [
        {"new_chat_members": [BUDI]},
        {"migrate_to_chat_id": -1009},
        {"pinned_message": {"message_id": 1, "chat": ROOM, "date": 0}},
        {"message_auto_delete_timer_changed": {"message_auto_delete_time": 86_400}},
    ],
    ids=lambda more: next(iter(more)),
)
async def test_telegrams_own_notes_are_no_messages(recorder, more):
    assert await recorder.hook(recorder.make.message(None, **more)) == 200
    assert recorder.runtime.calls == []


async def test_other_bots_are_not_answered(recorder):
    other = {"id": 5, "is_bot": True, "first_name": "B"}
    assert await recorder.hook(recorder.make.message("halo", person=other)) == 200
    assert await recorder.hook(recorder.make.message("/help", chat=GROUP, person=other)) == 200
    assert recorder.runtime.calls == []


async def test_a_zero_and_a_turned_line_do_not_pass(recorder):
    await recorder.hook(recorder.make.message("ha\u202elo\x00 \x1bapa"))
    assert recorder.runtime.events[0].text == "halo apa"


async def test_a_text_too_long_to_read_is_cut_after_it_is_redacted(recorder):
    text = "x " * 1990 + "password saya Bandung#2024 " + "y" * 90
    await recorder.hook(recorder.make.message(text))
    (event,) = recorder.runtime.events
    assert len(event.text) == 4000
    assert event.secret
    assert "Bandung" not in event.text


# -- the secret ------------------------------------------------------------------------------
def test_replicas_with_the_same_key_derive_the_same_secret(tmp_path):
    key = "k" * 40
    ours = [webhook_secret(settings(tmp_path / name, bot_key=key)) for name in "ab"]
    assert ours[0] == ours[1]
    assert ours[0] != webhook_secret(settings(tmp_path / "a", bot_key="l" * 40))
    assert key not in ours[0]


def test_the_secret_is_kept_in_the_state_folder_or_given(tmp_path):
    assert webhook_secret(settings(tmp_path)) == webhook_secret(settings(tmp_path))
    given = settings(tmp_path, telegram_webhook_secret="s" * 32)
    assert webhook_secret(given) == "s" * 32


async def test_where_updates_are_fetched_there_is_no_webhook(bots):
    bot = await bots(telegram_mode="polling")
    async with bot.client.post(PATH, headers={HEADER: ""}, json={}) as response:
        assert response.status == 404
