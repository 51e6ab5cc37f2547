import secrets
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # `identity_world`: helpers beside the tests

from identity_world import NO_DELAYS, opened

from backend.domain.codes import CodeRules


@pytest.fixture(scope="session")
def shared_postgres_url(postgres):
    """One database for all of these tests: making one costs more than most tests do."""
    name = f"identity_{secrets.token_hex(6)}"
    postgres.sql(f"CREATE DATABASE {name}")
    return postgres.url(name)


@pytest.fixture
def postgres_url(shared_postgres_url):
    """Emptied by `opened`."""
    return shared_postgres_url


@pytest.fixture
async def world(database_url, clock):
    """On SQLite, then on PostgreSQL."""
    async with opened(database_url, clock) as made:
        yield made


@pytest.fixture
async def quick(database_url, clock):
    """Without delays between tries, on both databases."""
    rules = replace(CodeRules(), delays=NO_DELAYS)
    async with opened(database_url, clock, rules=rules) as made:
        yield made


@pytest.fixture
async def small(tmp_path, clock):
    """On SQLite alone: for rules that no database changes."""
    async with opened(f"sqlite:///{tmp_path / 'small.db'}", clock) as made:
        yield made
