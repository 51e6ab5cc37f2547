"""Fixtures every test may use."""

import secrets
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # `clocks`, `servers`: helpers beside the tests

from clocks import ManualClock
from servers import Postgres


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture(scope="session")
def postgres():
    """One PostgreSQL server a test process, crashed and restarted by nobody else."""
    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def postgres_url(postgres):
    """A fresh empty database."""
    name = f"test_{secrets.token_hex(6)}"
    postgres.sql(f"CREATE DATABASE {name}")
    yield postgres.url(name)
    postgres.sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    """The same test on both databases."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    return request.getfixturevalue("postgres_url")
