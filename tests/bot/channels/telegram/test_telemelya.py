"""Round trips against a Telegram we did not write (telemelya)."""

import asyncio
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from fake_telegram import TOKEN
from servers import free_port
from telegram_kit import NAME, close_bot, open_bot

from bot.channels import telegram as channel_module
from bot.channels.telegram import HEADER, PATH, webhook_secret

pytestmark = pytest.mark.slow
CHAT = int(NAME.partition(":")[2])
LAUNCHER = Path(__file__).with_name("run_telemelya.py")
READY = 60.0


@dataclass
class Telemelya:
    """Its control API: what a person does, and what our bot called."""

    session: aiohttp.ClientSession
    url: str

    async def _control(self, method, path, **more):
        headers = {"Authorization": "Bearer any"}
        url = f"{self.url}/api/v1/test/{path}"
        async with self.session.request(method, url, headers=headers, **more) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def does(self, **what):
        body = {"chat_id": CHAT, **what}
        done = await self._control("POST", f"send_update?bot_token={TOKEN}", json=body)
        assert done["delivery"]["status_code"] == 200

    async def calls(self, method):
        heard = await self._control("GET", "responses?session_id=default")
        found = heard if isinstance(heard, list) else heard["responses"]
        return [call for call in found if call["method"] == method]

    async def appears(self, method):
        for _ in range(200):
            if await self.calls(method):
                return
            await asyncio.sleep(0.05)
        pytest.fail(f"{method} was never called")


@pytest.fixture
def process():
    port = free_port()
    running = subprocess.Popen(
        [sys.executable, str(LAUNCHER), str(port)],
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    yield running, port
    running.terminate()
    running.wait(20)


@pytest.fixture
async def telemelya(process):
    process, port = process
    async with aiohttp.ClientSession() as session:
        running = Telemelya(session, f"http://127.0.0.1:{port}")
        async with asyncio.timeout(READY):
            while True:
                assert process.poll() is None
                try:
                    await running.calls("sendMessage")
                    break
                except aiohttp.ClientError:
                    await asyncio.sleep(0.1)
        yield running


@pytest.fixture
async def bot(tmp_path, clock, telemelya):
    started = await open_bot(tmp_path, clock, telemelya)

    async def relay(request):
        """Telemelya forgets the secret it was given: it is put on here."""
        headers = {HEADER: webhook_secret(started.settings)}
        body = await request.read()
        async with started.client.post(PATH, data=body, headers=headers) as response:
            return web.Response(status=response.status)

    app = web.Application()
    app.router.add_post(PATH, relay)
    async with TestServer(app) as front:
        await started.channel._api.ask("setWebhook", url=str(front.make_url(PATH)))
        yield started
        await close_bot(started)


async def test_a_reset_with_a_link_a_button_and_a_password_that_is_deleted(
    bot, telemelya, monkeypatch
):
    async def says(text):
        before = len(await telemelya.calls("sendMessage"))
        await telemelya.does(text=text)
        await bot.settle()
        return (await telemelya.calls("sendMessage"))[before:]

    (asked,) = await says("/start reset_password")
    (row,) = asked["reply_markup"]["inline_keyboard"][:1]
    await telemelya.does(
        callback_data=row[0]["callback_data"], callback_message_id=asked["message_id"]
    )
    await bot.settle()
    (closed,) = await telemelya.calls("editMessageReplyMarkup")
    assert closed["message_id"] == asked["message_id"]
    await telemelya.appears("answerCallbackQuery")
    await says("budi.santoso")
    (linked,) = await says(bot.backend.code)
    assert "42" in linked["text"]

    await says("password saya Bandung#2024")
    (deleted,) = await telemelya.calls("deleteMessage")
    assert deleted["chat_id"] == CHAT

    monkeypatch.setattr(channel_module, "WORKING_AFTER", (0.0,))
    async with asyncio.timeout(10):
        while not await telemelya.calls("sendChatAction"):
            await telemelya.does(text="halo")
    (typing, *_) = await telemelya.calls("sendChatAction")
    assert typing["action"] == "typing"
