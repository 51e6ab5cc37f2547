"""Bots in Telegram, and a Telegram for them."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the helpers beside these tests
sys.path.insert(0, str(Path(__file__).parents[2] / "dialogue"))  # and those of the dialogue's

from fake_telegram import FakeTelegram
from telegram_kit import close_bot, open_bot


@pytest.fixture
async def telegram():
    server = await FakeTelegram().start()
    yield server
    await server.stop()


@pytest.fixture
async def bots(tmp_path, clock, telegram):
    """Start bots by settings; each has a folder of its own."""
    opened = []

    async def start(**changed):
        folder = tmp_path / str(len(opened))
        folder.mkdir()
        opened.append(await open_bot(folder, clock, telegram, **changed))
        return opened[-1]

    yield start
    for bot in opened:
        await close_bot(bot)


@pytest.fixture
async def bot(bots):
    started = await bots()
    await started.channel.start()
    await started.telegram.until(lambda t: t.called("getMe"))
    return started
