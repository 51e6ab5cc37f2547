"""A WhatsApp channel, and a Meta of our own on loopback."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # `whatsapp_kit` and others
sys.path.insert(0, str(Path(__file__).parents[2] / "dialogue"))  # `backend_double`, `stub_engine`
sys.path.insert(0, str(Path(__file__).parents[3] / "e2e"))  # `stack`

from fake_meta import FakeMeta
from whatsapp_kit import Line


@pytest.fixture
async def meta():
    api = FakeMeta()
    await api.start()
    yield api
    assert api.objections == []
    await api.stop()


@pytest.fixture
async def lines(meta, clock):
    """Open channels by settings; each has an inbox that only remembers."""
    opened = []

    async def open_one(**changed):
        opened.append(await Line.open(meta, clock, **changed))
        return opened[-1]

    yield open_one
    for line in opened:
        await line.close()


@pytest.fixture
async def line(lines):
    return await lines()
