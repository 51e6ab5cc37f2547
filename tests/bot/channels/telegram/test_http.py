"""Calls to Telegram: what never left, what may have, and the token in none of it."""

import asyncio
import traceback

import pytest
from aiohttp import web
from fake_telegram import CUT, HANG, TOKEN
from telegram.error import NetworkError

from bot.channels import telegram_api, telegram_http
from bot.channels.telegram_api import BotApi
from bot.channels.telegram_http import NotSent

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture
async def apis():
    opened = []

    def start(url):
        opened.append(BotApi(TOKEN, url))
        return opened[-1]

    yield start
    for api in opened:
        await api.disconnect()


@pytest.fixture
def proxies(monkeypatch):
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


async def failed(call):
    """Return the error of a call, in which the token stands nowhere."""
    with pytest.raises(NetworkError) as raised:
        await call
    assert TOKEN not in "".join(traceback.format_exception(raised.value))
    return raised.value


@pytest.mark.parametrize("fault", [CUT, HANG])
async def test_a_call_whose_answer_is_lost_may_have_arrived(apis, telegram, fault, monkeypatch):
    monkeypatch.setattr(telegram_api, "ANSWER", 0.2)
    telegram.fail("sendMessage", fault)
    error = await failed(apis(telegram.url).ask("sendMessage", chat_id=1, text="Halo"))
    assert not isinstance(error, NotSent)
    assert len(telegram.called("sendMessage")) == 1, "nobody repeats it unasked"


async def test_nobody_listens(apis, telegram):
    api = apis(telegram.url)
    await telegram.stop()
    assert isinstance(await failed(api.ask("getMe")), NotSent)
    await telegram.start()


async def test_a_call_that_found_no_connection_free_never_left(apis, telegram, monkeypatch):
    monkeypatch.setattr(telegram_api, "CONNECTIONS", 1)
    monkeypatch.setattr(telegram_http, "CONNECT", 0.1)
    telegram.fail("getMe", HANG)
    api = apis(telegram.url)
    holding = asyncio.create_task(api.ask("getMe"))
    await telegram.until(lambda t: t.called("getMe"))
    assert isinstance(await failed(api.ask("sendMessage", chat_id=1, text="Halo")), NotSent)
    holding.cancel()
    assert telegram.said == []


async def test_nobody_is_followed_elsewhere(apis, telegram):
    def elsewhere():
        return web.HTTPFound(f"{telegram.url}/bot{TOKEN}/getMe")

    telegram.fail("sendMessage", elsewhere)
    await failed(apis(telegram.url).ask("sendMessage", chat_id=1, text="Halo"))
    assert telegram.called("getMe") == []


async def test_a_proxy_of_the_environment_is_obeyed(apis, telegram, proxies):
    proxies.setenv("HTTP_PROXY", telegram.url)
    me = await apis("http://telegram.example").ask("getMe")
    assert me["username"] == "campus_help_bot"


async def test_what_the_environment_exempts_is_called_directly(apis, telegram, proxies):
    proxies.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    proxies.setenv("NO_PROXY", "127.0.0.1")
    assert await apis(telegram.url).ask("getMe")


async def test_a_proxy_that_refuses_lets_nothing_through(apis, telegram, proxies):
    proxies.setenv("HTTPS_PROXY", telegram.url)
    assert isinstance(await failed(apis("https://telegram.example").ask("getMe")), NotSent)
