"""What goes wrong on the way out, and what follows from it."""

import asyncio
import logging
import time

import pytest
import structlog
from fake_telegram import (
    BAD_BUTTON,
    BAD_TOKEN,
    BLOCKED,
    CONFLICT,
    CUT,
    DEACTIVATED,
    HANG,
    NO_CHAT,
    RESTART,
    TOKEN,
    UNDELETABLE,
    UNMODIFIED,
    flood,
    html,
    refusal,
)
from msgspec.structs import replace
from telegram_kit import BUDI, GROUP, NAME

from bot.channels import telegram_api
from bot.channels.newest import Newest
from bot.channels.port import (
    Action,
    Button,
    FateUnknown,
    OutboundMessage,
    Rejected,
    TemporarilyUnavailable,
    Unreachable,
)

HELLO = OutboundMessage("Halo")
LONG = OutboundMessage("\n\n".join(f"{n} " + "kata " * 700 for n in range(3)))
CLOSING = OutboundMessage("", action=Action.CLOSE, target="5")
DELETING = OutboundMessage("", action=Action.DELETE, target="7")
IN_GROUP = f"telegram:{GROUP['id']}"

FAULTS = {
    "flood": (flood(1), TemporarilyUnavailable),
    "flood without a word how long": (html(429), TemporarilyUnavailable),
    "blocked": (BLOCKED, Unreachable),
    "deactivated": (DEACTIVATED, Unreachable),
    "no such chat": (NO_CHAT, Unreachable),
    "a button that is none": (BAD_BUTTON, Rejected),
    "token withdrawn": (BAD_TOKEN, TemporarilyUnavailable),
    "conflict": (CONFLICT, Rejected),
    "gateway's page": (html(502), FateUnknown),
    "gateway's other page": (html(504), FateUnknown),
    "restart": (RESTART, FateUnknown),
    "cut": (CUT, FateUnknown),
}


@pytest.mark.parametrize(("fault", "meaning"), FAULTS.values(), ids=FAULTS.keys())
async def test_a_fault_says_whether_the_message_may_be_sent_again(bot, fault, meaning):
    bot.telegram.fail("sendMessage", fault)
    with pytest.raises(meaning) as raised:
        await bot.channel.send("k", NAME, HELLO)
    assert TOKEN not in repr(raised.value.__cause__)


async def test_an_answer_that_does_not_come_is_unknown(bot, monkeypatch):
    monkeypatch.setattr(telegram_api, "ANSWER", 0.2)
    slow = telegram_api.BotApi(TOKEN, bot.telegram.url)
    monkeypatch.setattr(bot.channel, "_api", slow)
    bot.telegram.fail("sendMessage", HANG)
    with pytest.raises(FateUnknown):
        await bot.channel.send("k", NAME, HELLO)
    await slow.disconnect()


async def test_nobody_there_is_not_sent(bot):
    await bot.telegram.stop()
    with pytest.raises(TemporarilyUnavailable):
        await bot.channel.send("k", NAME, HELLO)
    await bot.telegram.start()


async def test_after_a_flood_the_chat_waits_as_long_as_telegram_asks(bot):
    bot.telegram.fail("sendMessage", flood(1))
    with pytest.raises(TemporarilyUnavailable) as raised:
        await bot.channel.send("k", NAME, HELLO)
    assert raised.value.retry_after == 1
    began = time.monotonic()
    await bot.channel.send("other", "telegram:1", HELLO)
    assert time.monotonic() - began < 0.8, "other chats do not wait"
    await bot.channel.send("k", NAME, HELLO)
    assert time.monotonic() - began > 0.8


async def test_a_long_flood_goes_back_to_the_outbox(bot):
    bot.telegram.fail("sendMessage", flood(30))
    for _ in range(2):
        with pytest.raises(TemporarilyUnavailable) as raised:
            await bot.channel.send("k", NAME, HELLO)
        assert raised.value.retry_after > 29
    assert len(bot.telegram.called("sendMessage")) == 1


async def test_a_group_that_moved_gets_its_message_where_it_is_now(bot):
    moved = refusal(
        400,
        "Bad Request: group chat was upgraded to a supergroup chat",
        migrate_to_chat_id=-1009876543210,
    )
    bot.telegram.fail("sendMessage", moved)
    await bot.channel.send("k", "telegram:-4321", HELLO)
    assert [c["chat_id"] for c in bot.telegram.called("sendMessage")] == [-4321, -1009876543210]


async def test_parts_that_were_sent_are_not_sent_again(bot):
    bot.telegram.fail("sendMessage", None, flood(1))
    with pytest.raises(TemporarilyUnavailable):
        await bot.channel.send("k", NAME, LONG)
    await bot.channel.send("k", NAME, LONG)
    firsts = [text[0] for text in bot.telegram.said]
    assert firsts == ["0", "1", "1", "2"], "the second was refused once"
    await bot.channel.send("another", NAME, LONG)
    assert len(bot.telegram.said) == 7


# -- ids -------------------------------------------------------------------------------------
async def test_every_part_that_leaves_is_told_with_its_id(bot):
    offer = replace(LONG, buttons=(Button("Ya", "/choose:1:yes"),))
    said = await bot.channel.send("k", NAME, offer)
    assert [each.native_id for each in said] == ["1001", "1002", "1003"]
    assert [each.part.text for each in said] == bot.telegram.said
    assert [each.part.buttons for each in said] == [(), (), offer.buttons]


async def test_parts_of_an_earlier_try_are_told_with_the_rest(bot):
    bot.telegram.fail("sendMessage", None, flood(1))
    with pytest.raises(TemporarilyUnavailable):
        await bot.channel.send("k", NAME, LONG)
    said = await bot.channel.send("k", NAME, LONG)
    told = [(each.native_id, each.part.text[0]) for each in said]
    assert told == [("1001", "0"), ("1002", "1"), ("1003", "2")]


@pytest.mark.parametrize("result", [True, {}, {"message_id": "7"}], ids=repr)
async def test_a_message_that_was_taken_without_an_id_was_taken(bot, result):
    async def odd(_parameters):
        return result

    bot.telegram._send_message = odd
    (said,) = await bot.channel.send("k", NAME, HELLO)
    assert (said.native_id, said.part) == ("", HELLO)
    assert len(bot.telegram.called("sendMessage")) == 1


@pytest.mark.parametrize("message", [CLOSING, DELETING], ids=["close", "delete"])
async def test_taking_back_says_nothing(bot, message):
    assert list(await bot.channel.send("k", NAME, message)) == []


async def test_only_so_many_half_sent_messages_are_remembered(bot, monkeypatch):
    monkeypatch.setattr(bot.channel, "_half_said", Newest(2))
    for key in "abc":
        bot.telegram.fail("sendMessage", None, BLOCKED)
        with pytest.raises(Unreachable):
            await bot.channel.send(key, NAME, LONG)
    assert list(bot.channel._half_said) == ["b", "c"]


# -- taking back -----------------------------------------------------------------------------
@pytest.mark.parametrize("message", [CLOSING, DELETING], ids=["close", "delete"])
@pytest.mark.parametrize("fault", [UNDELETABLE, UNMODIFIED, BLOCKED], ids=["400", "same", "403"])
async def test_what_cannot_be_taken_back_is_left(bot, message, fault):
    bot.telegram.fail("deleteMessage", fault)
    bot.telegram.fail("editMessageReplyMarkup", fault)
    with structlog.testing.capture_logs() as logs:
        await bot.channel.send("k", NAME, message)
    assert [log["event"] for log in logs] == ["telegram_not_retracted"]


async def test_a_second_try_to_take_back_may_succeed(bot):
    bot.telegram.fail("deleteMessage", html())
    with pytest.raises(FateUnknown):
        await bot.channel.send("k", NAME, DELETING)
    await bot.channel.send("k", NAME, DELETING)
    assert bot.telegram.deleted == [7]


# -- limits ----------------------------------------------------------------------------------
async def test_a_chat_gets_one_message_a_second_and_edits_besides(bots):
    bot = await bots(hurried=False)
    began = time.monotonic()
    for number in range(2):
        await bot.channel.send(f"c{number}", NAME, CLOSING)
        await bot.channel.send(f"m{number}", NAME, HELLO)
    took = time.monotonic() - began
    assert 0.9 < took < 5
    assert len(bot.telegram.said) == 2


async def test_a_group_gets_twenty_messages_a_minute(bots, monkeypatch):
    bot = await bots(hurried=False)
    bot.channel._pace = type(bot.channel._pace)([], [])
    for number in range(20):
        await bot.channel.send(str(number), IN_GROUP, HELLO)
    with pytest.raises(TemporarilyUnavailable) as raised:
        await bot.channel.send("20", IN_GROUP, HELLO)
    assert raised.value.retry_after > 10
    await bot.channel.send("21", NAME, HELLO)


# -- stopping --------------------------------------------------------------------------------
async def test_stopping_lets_a_message_arrive_and_begins_no_other(bot):
    release = asyncio.Event()
    answer = bot.telegram._send_message

    async def slow(parameters):
        await release.wait()
        return await answer(parameters)

    bot.telegram._send_message = slow
    sending = asyncio.create_task(bot.channel.send("k", NAME, HELLO))
    await bot.telegram.until(lambda t: t.called("sendMessage"))
    stopping = asyncio.create_task(bot.channel.stop())
    await asyncio.sleep(0.05)
    with pytest.raises(TemporarilyUnavailable):
        await bot.channel.send("k2", NAME, HELLO)
    assert not stopping.done()
    release.set()
    await asyncio.gather(sending, stopping)
    assert bot.telegram.said == ["Halo"]


# -- logs ------------------------------------------------------------------------------------
async def test_neither_token_nor_texts_reach_a_log(bot, caplog):
    caplog.set_level(logging.DEBUG)
    bot.telegram.fail("sendMessage", html(), BAD_TOKEN)
    with structlog.testing.capture_logs() as logs:
        for _ in range(2):
            with pytest.raises((FateUnknown, TemporarilyUnavailable)):
                await bot.channel.send("k", NAME, OutboundMessage("rahasia"))
        await bot.channel.send("k2", NAME, OutboundMessage("rahasia"))
    for written in (caplog.text, str(logs)):
        assert TOKEN not in written
        assert "rahasia" not in written
        assert str(BUDI["id"]) not in written
