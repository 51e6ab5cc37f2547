"""Long polling: nothing is confirmed before it is stored, nothing lost or answered twice."""

import asyncio
import time

import pytest
import structlog
from fake_telegram import BAD_TOKEN, CONFLICT, CUT, IN_THE_WAY, flood, html
from telegram_kit import GROUP, TEXTS

from bot.channels import telegram as channel_module
from bot.runtime.port import NotAccepting


@pytest.fixture
async def fetching(bots, monkeypatch):
    monkeypatch.setattr(channel_module, "PAUSES", (0.01, 0.05))
    return await bots(telegram_mode="polling")


def offsets(telegram):
    return [call.get("offset") for call in telegram.called("getUpdates")]


async def emptied(telegram):
    await telegram.until(lambda t: not t.queue and offsets(t)[-1:] == [None])


async def test_what_is_fetched_is_answered_and_confirmed_once_stored(fetching):
    telegram = fetching.telegram
    updates = [fetching.make.message("halo"), fetching.make.message("lupa password")]
    await telegram.push(*updates)
    await fetching.channel.start()
    await telegram.until(lambda t: len(t.said) == 2)
    await emptied(telegram)
    assert offsets(telegram)[:3] == [None, updates[1]["update_id"] + 1, None]
    assert telegram.called("getUpdates")[0]["allowed_updates"] == list(channel_module.WANTED)


async def test_nothing_is_confirmed_while_nothing_can_be_stored(fetching):
    telegram, ingest, tries = fetching.telegram, fetching.runtime.ingest, []

    async def away_at_first(messages):
        tries.append(messages)
        if len(tries) < 3:
            raise NotAccepting("the database is away")
        await ingest(messages)

    fetching.runtime.ingest = away_at_first
    update = fetching.make.message("halo")
    await telegram.push(update)
    await fetching.channel.start()
    await telegram.until(lambda t: t.said)
    await emptied(telegram)
    assert offsets(telegram)[:4] == [None, None, None, update["update_id"] + 1]
    assert len(telegram.said) == 1


@pytest.mark.parametrize(
    "fault", [html(), CUT, IN_THE_WAY, BAD_TOKEN], ids=["502", "cut", "409", "401"]
)
async def test_a_fault_is_waited_out_and_repeats_are_recognised(fetching, fault):
    """The call that would have confirmed the batch is lost: the batch comes again."""
    telegram = fetching.telegram
    telegram.fail("getUpdates", fault, None, fault, fault)
    await telegram.push(fetching.make.message("halo"))
    with structlog.testing.capture_logs() as logs:
        await fetching.channel.start()
        await emptied(telegram)
        await fetching.settle()
    assert len(telegram.said) == 1
    assert [log["event"] for log in logs].count("telegram_fetch_failed") == 3


# -- several that fetch ----------------------------------------------------------------------
@pytest.fixture
async def beside(fetching, monkeypatch):
    """A second replica that fetches into the same database."""
    monkeypatch.setattr(channel_module, "STANDBY", (0.1, 0.3))
    second = channel_module.Telegram(fetching.runtime, fetching.settings, TEXTS)
    yield second
    await second.stop()


def told(logs):
    return [(log["log_level"], log["event"]) for log in logs if "fetch" in log["event"]]


async def test_of_two_that_fetch_one_does_and_nothing_is_lost_or_doubled(fetching, beside):
    telegram, texts = fetching.telegram, [f"halo {number}" for number in range(40)]
    with structlog.testing.capture_logs() as logs:
        await fetching.channel.start()
        await beside.start()
        for text in texts:
            await telegram.push(fetching.make.message(text))
            await asyncio.sleep(0.02)
        await telegram.until(lambda t: len(t.said) >= len(texts))
        await telegram.until(lambda t: t.conflicts >= 3)
        await emptied(telegram)
        await fetching.settle()
    assert len(telegram.said) == len(texts)
    assert 1 <= len(told(logs)) <= 2, "each says it once"
    assert set(told(logs)) == {("info", "telegram_fetched_elsewhere")}


async def test_who_stood_by_goes_on_alone(fetching, beside):
    telegram = fetching.telegram
    await fetching.channel.start()
    await beside.start()
    await telegram.until(lambda t: t.conflicts)
    await beside.stop()
    await telegram.push(fetching.make.message("halo"))
    await telegram.until(lambda t: t.said)
    await emptied(telegram)
    assert len(telegram.said) == 1


async def test_a_new_episode_is_news(fetching, monkeypatch):
    monkeypatch.setattr(channel_module, "STANDBY", (0.01, 0.02))
    monkeypatch.setattr(channel_module, "EPISODE", 0.0)
    fetching.telegram.fail("getUpdates", CONFLICT, None, CONFLICT)
    with structlog.testing.capture_logs() as logs:
        await fetching.channel.start()
        await fetching.telegram.until(lambda t: len(t.called("getUpdates")) > 3)
    assert told(logs) == [("info", "telegram_fetched_elsewhere")] * 2


# -- what may come back ----------------------------------------------------------------------
async def test_a_token_that_was_withdrawn_does_not_make_a_storm(fetching):
    fetching.telegram.fail("getUpdates", *[BAD_TOKEN] * 5)
    with structlog.testing.capture_logs() as logs:
        await fetching.channel.start()
        await fetching.telegram.until(lambda t: len(t.called("getUpdates")) > 5)
    failed = [log for log in logs if log["event"] == "telegram_fetch_failed"]
    assert [log["pause"] for log in failed] == [0.01, 0.02, 0.04, 0.05, 0.05]
    assert {log["error"] for log in failed} == {"InvalidToken"}


async def test_a_flood_of_fetches_waits_as_long_as_telegram_asks(fetching):
    fetching.telegram.fail("getUpdates", flood(1))
    await fetching.channel.start()
    began = time.monotonic()
    await fetching.telegram.until(lambda t: len(t.called("getUpdates")) == 2)
    assert time.monotonic() - began > 0.8


async def test_an_update_nobody_can_read_does_not_hold_up_the_others(fetching):
    telegram = fetching.telegram
    odd = {"update_id": 699_999_999, "message": {"chat": 5, "text": "\ud800"}}
    await telegram.push(odd, fetching.make.message("halo"))
    await fetching.channel.start()
    await telegram.until(lambda t: t.said)
    await emptied(telegram)


async def test_numbers_that_begin_anew_lower_lose_nothing(fetching):
    """After a week without updates, and at another Bot API server, they do."""
    telegram = fetching.telegram
    await telegram.push(fetching.make.message("halo"))
    await fetching.channel.start()
    await telegram.until(lambda t: len(t.said) == 1)
    await emptied(telegram)
    lower = {**fetching.make.message("lupa password"), "update_id": 5}
    await telegram.push(lower)
    await telegram.until(lambda t: len(t.said) == 2)
    await emptied(telegram)
    assert len(telegram.said) == 2


async def test_a_restart_goes_on_where_the_last_run_stopped(fetching):
    """Killed between the commit and the fetch that confirms it: the batch comes again."""
    telegram = fetching.telegram
    first = fetching.make.message("halo")
    assert await fetching.channel._take([first]) == []
    await fetching.settle()
    await telegram.push(first, fetching.make.message("lupa password"))
    await fetching.channel.start()
    await telegram.until(lambda t: len(t.said) == 2)
    await emptied(telegram)
    assert len(telegram.said) == 2


async def test_groups_are_heard_by_name_once_it_is_known(fetching):
    telegram = fetching.telegram
    telegram.fail("getMe", html(), CUT)
    await fetching.channel.start()
    await telegram.until(lambda t: len(t.called("getMe")) == 3)
    await telegram.push(fetching.make.message("@campus_help_bot tolong", chat=GROUP))
    await telegram.until(lambda t: t.said)
    assert "pesan pribadi" in telegram.said[0]


async def test_registering_takes_a_webhook_away(fetching):
    fetching.telegram.webhook = {"url": "https://old.example"}
    assert await fetching.channel.register() == "updates will be fetched"
    assert fetching.telegram.webhook == {}


async def test_a_refused_registration_says_why(fetching):
    fetching.telegram.fail("deleteWebhook", BAD_TOKEN)
    with pytest.raises(channel_module.ChannelError, match="Telegram said: Unauthorized"):
        await fetching.channel.register()


async def test_a_batch_without_numbers_is_no_storm(fetching):
    """It cannot be confirmed: it is waited out like any other failure."""
    fetching.telegram.queue.append({"message": {}})
    with structlog.testing.capture_logs() as logs:
        await fetching.channel.start()
        await fetching.telegram.until(lambda t: len(t.called("getUpdates")) > 3)
    failed = [log for log in logs if log["event"] == "telegram_fetch_failed"]
    assert [log["pause"] for log in failed[:3]] == [0.01, 0.02, 0.04]


async def test_of_best_effort_calls_only_so_many_are_made_at_once(fetching, monkeypatch):
    monkeypatch.setattr(channel_module, "BACKGROUND", 0)
    assert await fetching.channel._take([fetching.make.press("/choose:1:yes")]) == []
    await fetching.settle()
    assert fetching.telegram.said
    assert fetching.telegram.called("answerCallbackQuery") == []
