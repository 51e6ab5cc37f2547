"""One bot with all its channels, and the platforms behind them on loopback."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the helpers beside these tests
sys.path.insert(0, str(Path(__file__).parents[1] / "telegram"))  # the fakes of the platforms
sys.path.insert(0, str(Path(__file__).parents[1] / "whatsapp"))
sys.path.insert(0, str(Path(__file__).parents[1] / "teams"))
sys.path.insert(0, str(Path(__file__).parents[2] / "dialogue"))  # `backend_double`, `chat_kit`

from contract_kit import Campus


@pytest.fixture
async def campus(tmp_path, clock):
    opened = await Campus.open(tmp_path, clock)
    yield opened
    await opened.close()
