"""A Teams channel, and a Microsoft of our own on loopback: keys, login, connector."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # `teams_kit` and others: helpers beside the tests
sys.path.insert(0, str(Path(__file__).parents[2] / "dialogue"))  # `backend_double`, `stub_engine`
sys.path.insert(0, str(Path(__file__).parents[3] / "e2e"))  # `stack`: the product as processes

from fake_microsoft import FakeApi
from teams_kit import Desk


@pytest.fixture
async def microsoft():
    api = FakeApi()
    await api.start()
    yield api
    await api.stop()


@pytest.fixture
async def desks(microsoft):
    """Open channels by settings; each has an inbox that only remembers."""
    opened = []

    async def open_one(**changed):
        opened.append(await Desk.open(microsoft, **changed))
        return opened[-1]

    yield open_one
    for desk in opened:
        await desk.close()


@pytest.fixture
async def desk(desks):
    return await desks()
