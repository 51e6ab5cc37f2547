"""The REST channel: Rasa's shape, redacted, once per event id."""

import asyncio

import pytest

WEBHOOK = "/webhooks/rest/webhook"


async def say(bot, sender, message, **more):
    async with bot.post(WEBHOOK, json={"sender": sender, "message": message, **more}) as response:
        assert response.status == 200
        return await response.json()


async def test_an_answer_has_rasa_s_shape(bot):
    assert await say(bot, "budi", "halo") == [{"recipient_id": "budi", "text": "1: halo"}]
    assert await say(bot, "budi", "lagi") == [{"recipient_id": "budi", "text": "2: lagi"}]
    assert await say(bot, "siti", "halo") == [{"recipient_id": "siti", "text": "1: halo"}]


async def test_a_repeated_event_is_no_second_message(bot):
    await say(bot, "budi", "halo", event_id="e1")
    assert await say(bot, "budi", "halo", event_id="e1") == []
    assert len(bot.handler.seen) == 1


async def test_messages_of_one_sender_are_answered_in_order(bot):
    for number in range(1, 21):
        assert (await say(bot, "budi", "x"))[0]["text"] == f"{number}: x"


async def test_senders_do_not_wait_for_one_another(bot):
    answers = await asyncio.gather(*(say(bot, f"s{n}", "x") for n in range(50)))
    assert all(answer[0]["text"] == "1: x" for answer in answers)


async def test_a_password_is_gone_before_anything_is_stored(bot):
    answers = await say(bot, "budi", "password saya Bandung#2024")
    assert "Bandung" not in answers[0]["text"]
    (event,) = bot.handler.seen
    assert event.secret
    assert "Bandung" not in event.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"", 400, id="nothing"),
        pytest.param(b"{", 400, id="half"),
        pytest.param(b"[]", 400, id="another shape"),
        pytest.param(b'{"message":"x"}', 400, id="no sender"),
        pytest.param(b'{"sender":"","message":"x"}', 400, id="empty sender"),
        pytest.param(b'{"sender":1,"message":"x"}', 400, id="sender is a number"),
        pytest.param(b'{"sender":"a","message":"' + b"x" * 4001 + b'"}', 400, id="long"),
        pytest.param(b'{"sender":"a","message":"' + b"x" * 70_000 + b'"}', 413, id="huge"),
        pytest.param(b"\xff\xfe\x00", 400, id="not text"),
        pytest.param(b'{"sender":"a"}', 200, id="an empty message"),
        pytest.param(b'{"sender":"a","message":"x","metadata":{"y":[1]}}', 200, id="metadata"),
    ],
)
async def test_bodies(bot, body, status):
    async with bot.post(WEBHOOK, data=body) as response:
        assert response.status == status


async def test_control_characters_do_not_pass(bot):
    assert (await say(bot, "a", "ha\u202elo\x00 \x1bapa"))[0]["text"] == "1: halo apa"


async def test_parse_has_rasa_s_shape(bot):
    async with bot.post("/model/parse", json={"text": "lupa password"}) as response:
        assert await response.json() == {
            "text": "lupa password",
            "intent": {"name": "reset_password", "confidence": 0.9},
            "intent_ranking": [{"name": "reset_password", "confidence": 0.9}],
            "entities": [],
        }


async def test_while_nothing_can_be_stored_the_sender_is_asked_to_come_back(bot):
    await bot.runtime.stop()
    async with bot.post(WEBHOOK, json={"sender": "a", "message": "x"}) as response:
        assert response.status == 503
        assert response.headers["Retry-After"] == "1"
