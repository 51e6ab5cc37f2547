"""The chat every dialogue test plays in."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # `chat_kit` and its doubles live beside the tests

from backend_double import BackendDouble
from chat_kit import Chat
from stub_engine import StubEngine

from nlu.embedded import load_or_train


@pytest.fixture
def backend(clock):
    return BackendDouble(clock)


@pytest.fixture(scope="session")
def embedded(request):
    """The engine that ships, trained once and kept in pytest's cache."""
    return load_or_train(request.config.cache.mkdir("nlu"))


@pytest.fixture(params=["keywords", "embedded"])
def engine(request):
    """The same chats with a stub that never changes, and with the engine people talk to."""
    return StubEngine() if request.param == "keywords" else request.getfixturevalue("embedded")


@pytest.fixture
def chat(backend, clock, engine):
    return Chat(backend, clock, engine)


@pytest.fixture
def plain_chat(backend, clock):
    """For what must not depend on what a model makes of doubtful words."""
    return Chat(backend, clock, StubEngine())


@pytest.fixture
def embedded_chat(backend, clock, embedded):
    """For words that only the engine that ships takes for what they are."""
    return Chat(backend, clock, embedded)
