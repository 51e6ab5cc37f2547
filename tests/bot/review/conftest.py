"""Chats whose turns are reviewed, and lists on both databases."""

import asyncio
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # `review_kit`
sys.path.insert(0, str(Path(__file__).parents[1] / "dialogue"))  # `chat_kit` and its doubles

from backend_double import BackendDouble
from review_kit import ReviewedChat, table_in
from stub_engine import StubEngine

from bot.main import MIGRATIONS
from ops import migrations


@pytest.fixture
def chat(clock):
    return ReviewedChat(BackendDouble(clock), clock, StubEngine())


@pytest.fixture
async def table(database_url):
    """The migrated list: call it with what a transaction is to do."""
    await migrations.upgrade(database_url, MIGRATIONS)
    async with table_in(database_url) as do:
        yield do


@pytest.fixture
def migrated_url(database_url):
    """A migrated database, for commands that open it themselves."""
    asyncio.run(migrations.upgrade(database_url, MIGRATIONS))
    return database_url
