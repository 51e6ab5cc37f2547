"""`helpdesk doctor` on Telegram: what it finds, and what it says to do."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from fake_telegram import BAD_TOKEN, BOT, TOKEN, html
from telegram_kit import settings

from bot.channels.telegram_updates import WANTED
from helpdesk.checks_telegram import examine

HOOK = "https://bantuan.example/webhooks/telegram"


class Now:
    def __init__(self, **ahead):
        self.ahead = timedelta(**ahead)

    def now(self):
        return datetime.now(UTC) + self.ahead


async def found(telegram, folder, clock=None, **changed):
    """Return the findings, by what was looked at."""
    chosen = settings(folder, telegram_api_url=telegram.url, **changed)
    findings = await examine(chosen, clock or Now())
    return {each.what.removeprefix("telegram "): each for each in findings}


@pytest.fixture
def registered(telegram):
    telegram.webhook = {"url": HOOK, "trouble": {"allowed_updates": list(WANTED)}}
    return telegram


async def test_nothing_is_said_while_it_is_off(telegram, tmp_path):
    assert await found(telegram, tmp_path, telegram_token=None) == {}


async def test_all_is_well(registered, tmp_path):
    findings = await found(registered, tmp_path)
    assert {each.state for each in findings.values()} == {"ok"}
    assert findings["token"].detail == "@campus_help_bot, https://t.me/campus_help_bot"
    assert findings["updates"].detail == f"come to {HOOK}"


async def test_all_is_well_where_updates_are_fetched(telegram, tmp_path):
    findings = await found(telegram, tmp_path, telegram_mode="polling")
    assert {each.state for each in findings.values()} == {"ok"}


@pytest.mark.parametrize(("fault", "advice"), [(BAD_TOKEN, "BotFather"), (html(), "reach")])
async def test_a_token_that_does_not_work_says_where_to_get_one(telegram, tmp_path, fault, advice):
    telegram.fail("getMe", fault)
    (finding,) = (await found(telegram, tmp_path)).values()
    assert (finding.state, advice in finding.advice) == ("fail", True)
    assert TOKEN[10:] not in str(finding)


UPDATES = {
    "never registered": ({}, {}, "fail", "register-webhooks"),
    "registered elsewhere": ({"url": "https://old.example/x"}, {}, "fail", "register-webhooks"),
    "a webhook in the way of fetching": (
        {"url": HOOK},
        {"telegram_mode": "polling"},
        "fail",
        "register-webhooks",
    ),
    "some kinds missing": (
        {"url": HOOK, "trouble": {"allowed_updates": ["message"]}},
        {},
        "fail",
        "register-webhooks",
    ),
    "not delivered lately": (
        {
            "url": HOOK,
            "trouble": {
                "allowed_updates": list(WANTED),
                "last_error_date": int(datetime.now(UTC).timestamp()) - 60,
                "last_error_message": "Connection refused",
            },
        },
        {},
        "warn",
        "answers",
    ),
    "many waiting": (
        {"trouble": {"pending_update_count": 500}},
        {"public_url": None},
        "warn",
        "log",
    ),
}


@pytest.mark.parametrize(
    ("webhook", "changed", "state", "advice"), UPDATES.values(), ids=UPDATES.keys()
)
async def test_updates_that_do_not_come(telegram, tmp_path, webhook, changed, state, advice):
    telegram.webhook = webhook
    finding = (await found(telegram, tmp_path, **changed))["updates"]
    assert (finding.state, advice in finding.advice) == (state, True)


async def test_no_answer_about_updates_is_a_finding(telegram, tmp_path):
    telegram.fail("getWebhookInfo", html())
    assert (await found(telegram, tmp_path))["updates"].state == "fail"


async def test_a_clock_that_is_off(registered, tmp_path):
    findings = await found(registered, tmp_path, Now(seconds=90))
    assert (findings["clock"].state, findings["clock"].advice) == ("fail", "Run NTP.")


async def test_an_open_group_mode_is_named(registered, tmp_path, monkeypatch):
    async def curious(_parameters):
        return {**BOT, "can_read_all_group_messages": True}

    monkeypatch.setattr(registered, "_get_me", curious)
    finding = (await found(registered, tmp_path))["token"]
    assert (finding.state, "setprivacy" in finding.advice) == ("warn", True)


# -- helpdesk bot --register-webhooks ----------------------------------------------------------
@pytest.fixture
def command(monkeypatch, tmp_path):
    from bot import main  # noqa: PLC0415 - patched below
    from helpdesk.commands import services  # noqa: PLC0415 - likewise

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HELPDESK_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("HELPDESK_TELEGRAM_TOKEN", TOKEN)
    monkeypatch.setattr(main, "configure_logging", lambda *_: None)

    class NoEngine:
        async def close(self):
            pass

    monkeypatch.setattr(main, "load_or_train", lambda _: NoEngine())
    return lambda: CliRunner().invoke(services.bot, ["--register-webhooks"])


async def test_the_command_registers_and_ends(telegram, command, monkeypatch):
    monkeypatch.setenv("HELPDESK_TELEGRAM_API_URL", telegram.url)
    monkeypatch.setenv("HELPDESK_PUBLIC_URL", "https://bantuan.example")
    done = await asyncio.to_thread(command)
    assert (done.exit_code, done.output) == (0, f"telegram: updates will come to {HOOK}\n")
    assert telegram.webhook["url"] == HOOK


async def test_the_command_says_what_a_platform_said(telegram, command, monkeypatch):
    monkeypatch.setenv("HELPDESK_TELEGRAM_API_URL", telegram.url)
    telegram.fail("deleteWebhook", BAD_TOKEN)
    done = await asyncio.to_thread(command)
    assert (done.exit_code, done.stderr) == (1, "Not registered. Telegram said: Unauthorized\n")


async def test_the_command_refuses_unsafe_settings(command, monkeypatch):
    monkeypatch.setenv("HELPDESK_TELEGRAM_TOKEN", "nonsense")
    done = await asyncio.to_thread(command)
    assert done.exit_code == 2
    assert "BotFather" in done.stderr
