"""Both engines, and the server one of them asks."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # `fake_rasa` lives beside the tests
sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "benchmarks" / "rasa"))  # scripts

from fake_rasa import FakeRasa

from nlu.engines.rasa import RasaEngine


@pytest.fixture
async def rasa():
    server = FakeRasa()
    server.url = await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def rasa_engine(rasa, engine):
    asking = RasaEngine(rasa.url, fallback=engine, timeout=5)
    yield asking
    await asking.close()


@pytest.fixture(params=["embedded", "rasa"])
def either(request):
    """An implementation of `nlu.port.Engine`."""
    return request.getfixturevalue("engine" if request.param == "embedded" else "rasa_engine")
