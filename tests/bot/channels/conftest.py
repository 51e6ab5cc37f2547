"""Bots to talk to over HTTP."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # `chat_rooms`: helpers beside the tests

from chat_rooms import close_room, open_room


@pytest.fixture
async def rooms(tmp_path, clock):
    """Open rooms by settings; each is a bot of its own."""
    opened = []

    async def open_one(**changed):
        folder = tmp_path / str(len(opened))
        folder.mkdir()
        opened.append(await open_room(folder, clock, **changed))
        return opened[-1]

    yield open_one
    for room in opened:
        await close_room(room)


@pytest.fixture
async def room(rooms):
    return await rooms()
