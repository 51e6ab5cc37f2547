"""The bot's real HTTP application and durable runtime, with a handler that only echoes."""

import sys
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

sys.path.insert(0, str(Path(__file__).parent))  # `echo`: the handler beside these tests

from echo import Echo, KeywordEngine

from bot.channels.rest import RestChannel
from bot.channels.webchat import WebChat
from bot.http import application
from bot.runtime.durable import DurableRuntime
from bot.runtime.settings import RuntimeSettings
from bot.settings import BotSettings


@pytest.fixture
def settings(tmp_path):
    return BotSettings(_env_file=None, state_dir=tmp_path, webchat_per_minute=20)


@pytest.fixture
async def bot(tmp_path, settings, clock):
    """A client of a running bot; `bot.handler` has seen what reached the inbox."""
    handler = Echo()
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    runtime = DurableRuntime(url, handler, {}, settings=RuntimeSettings(create_schema=True))
    channels = [
        WebChat(runtime, settings),
        RestChannel(runtime, KeywordEngine(), clock, "Asia/Jakarta"),
    ]
    await runtime.start()
    async with TestClient(TestServer(application(channels, {}))) as client:
        client.handler = handler
        client.runtime = runtime
        yield client
        for channel in channels:
            await channel.stop()
    await runtime.stop()
