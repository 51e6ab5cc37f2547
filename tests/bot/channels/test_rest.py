"""The REST channel: Rasa's shape, redacted, once per event id."""

import asyncio

import pytest
from chat_rooms import MENU, Away

from bot.channels.port import Button, InboundKind, OutboundMessage

WEBHOOK = "/webhooks/rest/webhook"


async def say(room, sender, message, **more):
    body = {"sender": sender, "message": message, **more}
    async with room.client.post(WEBHOOK, json=body) as response:
        assert response.status == 200
        return await response.json()


async def test_an_answer_has_rasas_shape(room):
    room.script.answers["menu"] = [OutboundMessage("Pilih:", MENU)]
    assert await say(room, "budi", "halo") == [
        {"recipient_id": "budi", "text": "Anda menulis: halo"}
    ]
    assert await say(room, "siti", "menu") == [
        {
            "recipient_id": "siti",
            "text": "Pilih:",
            "buttons": [
                {"title": "Reset kata sandi", "payload": "/choose:1:reset"},
                {"title": "Cek akun", "payload": "/choose:1:check"},
            ],
        }
    ]


async def test_what_rasa_has_no_field_for_is_custom(room):
    link = Button("Buka halaman", url="https://kampus.example")
    room.script.answers["x"] = [
        OutboundMessage("Halo, saya Rina.", author="Rina", custom={"ticket": "ITB-2026-000001"}),
        OutboundMessage("Silakan:", (link,)),
    ]
    assert await say(room, "budi", "x") == [
        {
            "recipient_id": "budi",
            "text": "Halo, saya Rina.",
            "custom": {"ticket": "ITB-2026-000001", "agent": "Rina"},
        },
        {
            "recipient_id": "budi",
            "text": "Silakan:",
            "custom": {"links": [{"title": "Buka halaman", "url": "https://kampus.example"}]},
        },
    ]


async def test_a_turn_that_says_nothing_is_an_empty_list(room):
    room.script.answers["x"] = []
    assert await say(room, "budi", "x") == []


async def test_a_payload_sent_back_is_a_press(room):
    await say(room, "budi", "/choose:1:reset")
    await say(room, "budi", "/choose the first")
    press, words = room.script.events
    assert (press.kind, press.choice) == (InboundKind.CHOICE, "/choose:1:reset")
    assert (words.kind, words.choice) == (InboundKind.TEXT, "")


async def test_a_repeated_event_is_no_second_message(room):
    await say(room, "budi", "halo", event_id="e1")
    assert await say(room, "budi", "halo", event_id="e1") == []
    assert len(await say(room, "siti", "halo", event_id="e1")) == 1, "another's id is another"
    assert len(room.script.heard) == 2


async def test_messages_of_one_sender_are_answered_in_order(room):
    for number in range(20):
        (answer,) = await say(room, "budi", str(number))
        assert answer["text"] == f"Anda menulis: {number}"


async def test_senders_do_not_get_one_anothers_answers(room):
    answers = await asyncio.gather(*(say(room, f"s{n}", f"ini {n}") for n in range(50)))
    assert [answer[0]["text"] for answer in answers] == [
        f"Anda menulis: ini {n}" for n in range(50)
    ]


async def test_a_password_is_gone_before_anything_is_stored(room):
    answers = await say(room, "budi", "password saya Bandung#2024")
    assert "Bandung" not in str(answers)
    (event,) = room.script.events
    assert event.secret
    assert "Bandung" not in event.text


async def test_control_characters_do_not_pass(room):
    (answer,) = await say(room, "a", "ha\u202elo\x00 \x1bapa")
    assert answer["text"] == "Anda menulis: halo apa"


BODIES = {
    "nothing": (b"", 400),
    "half": (b"{", 400),
    "another shape": (b"[]", 400),
    "deep": (b'{"sender":"a","metadata":' + b"[" * 20_000, 400),
    "no sender": (b'{"message":"x"}', 400),
    "empty sender": (b'{"sender":"","message":"x"}', 400),
    "sender is a number": (b'{"sender":1,"message":"x"}', 400),
    "a zero in the sender": (b'{"sender":"a\\u0000","message":"x"}', 400),
    "a line end in the sender": (b'{"sender":"a\\n","message":"x"}', 400),
    "a zero in the id": (b'{"sender":"a","event_id":"\\u0000"}', 400),
    "half a surrogate pair": (b'{"sender":"\\ud800","message":"x"}', 400),
    "long": (b'{"sender":"a","message":"' + b"x" * 4001 + b'"}', 400),
    "just not too long": (b'{"sender":"a","message":"' + b"x" * 4000 + b'"}', 200),
    "huge": (b'{"sender":"a","message":"' + b"x" * 70_000 + b'"}', 413),
    "not text": (b"\xff\xfe\x00", 400),
    "an empty message": (b'{"sender":"a"}', 200),
    "metadata": (b'{"sender":"a","message":"x","metadata":{"y":[1]}}', 200),
    "no metadata": (b'{"sender":"a","message":"x","metadata":null}', 200),
}


@pytest.mark.parametrize(("body", "status"), BODIES.values(), ids=BODIES.keys())
async def test_odd_bodies(room, body, status):
    async with room.client.post(WEBHOOK, data=body) as response:
        assert response.status == status
        assert status == 200 or "xxx" not in await response.text()


PARSED = {
    "nothing": (b"", 400),
    "no text": (b"{}", 400),
    "a number": (b'{"text":1}', 400),
    "long": (b'{"text":"' + b"x" * 4001 + b'"}', 400),
    "just not too long": (b'{"text":"' + b"x" * 4000 + b'"}', 200),
    "huge": (b'{"text":"' + b"x" * 70_000 + b'"}', 413),
    "empty": (b'{"text":""}', 200),
    "as rasa's own clients ask": (b'{"text":"x","message_id":"1"}', 200),
}


@pytest.mark.parametrize(("body", "status"), PARSED.values(), ids=PARSED.keys())
async def test_odd_texts_to_parse(room, body, status):
    async with room.client.post("/model/parse", data=body) as response:
        assert response.status == status


async def test_parse_has_rasas_shape(room):
    async with room.client.post("/model/parse", json={"text": "lupa password"}) as response:
        assert await response.json() == {
            "text": "lupa password",
            "intent": {"name": "reset_password", "confidence": 0.875},
            "intent_ranking": [
                {"name": "reset_password", "confidence": 0.875},
                {"name": "check_account", "confidence": 0.125},
            ],
            "entities": [{"entity": "date", "start": 0, "end": 4, "value": "2026-03-02"}],
        }


@pytest.mark.parametrize(
    ("utc", "day"),
    [("2026-03-02T16:59:59", "2026-03-02"), ("2026-03-02T17:00:00", "2026-03-03")],
    ids=["before midnight in Jakarta", "after"],
)
async def test_parse_reads_dates_as_of_the_day_in_jakarta(room, clock, utc, day):
    clock.instant = clock.instant.fromisoformat(f"{utc}+00:00")
    async with room.client.post("/model/parse", json={"text": "besok"}) as response:
        assert (await response.json())["entities"][0]["value"] == day


async def test_parse_shows_no_password(room):
    body = {"text": "password saya Bandung#2024"}
    async with room.client.post("/model/parse", json=body) as response:
        assert "Bandung" not in await response.text()


async def test_rasas_health_question_is_answered(room):
    async with room.client.get("/webhooks/rest/") as response:
        assert await response.json() == {"status": "ok"}


async def test_while_nothing_can_be_stored_the_sender_is_asked_to_come_back(rooms):
    room = await rooms(runtime=Away())
    async with room.client.post(WEBHOOK, json={"sender": "a", "message": "x"}) as response:
        assert (response.status, response.headers["Retry-After"]) == (503, "1")


async def test_a_stopped_runtime_takes_nothing(room):
    await room.runtime.stop()
    async with room.client.post(WEBHOOK, json={"sender": "a", "message": "x"}) as response:
        assert (response.status, response.headers["Retry-After"]) == (503, "1")
