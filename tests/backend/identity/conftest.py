import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # `identity_world`: helpers beside the tests

from identity_world import NO_DELAYS, opened

from backend.domain.codes import CodeRules


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
