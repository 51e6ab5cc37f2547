"""Runtimes to try: on SQLite and PostgreSQL, stopped when the test is over."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # `runtime_kit`: helpers beside the tests

from runtime_kit import Sink

from bot.runtime.durable import DurableRuntime
from bot.runtime.port import Policy
from bot.runtime.settings import RuntimeSettings


@pytest.fixture
def sink():
    return Sink()


@pytest.fixture
async def launch(database_url, sink, clock):
    """Start runtimes on the test's database; each takes a handler, and settings by name."""
    started = []

    async def start(handler, *, policies=None, clock=clock, **settings):
        runtime = DurableRuntime(
            database_url,
            handler,
            policies or {"push": Policy(sink.send)},
            clock,
            RuntimeSettings(create_schema=True, **settings),
        )
        await runtime.start()
        started.append(runtime)
        return runtime

    yield start
    for runtime in started:
        await runtime.stop(grace=1.0)
