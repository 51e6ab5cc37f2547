import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # `cases_world`: helpers beside the tests

from cases_world import opened


@pytest.fixture
async def world(database_url, clock):
    """On SQLite, then on PostgreSQL."""
    async with opened(database_url, clock) as made:
        yield made


@pytest.fixture
async def small(tmp_path, clock):
    """On SQLite alone: for rules that no database changes."""
    async with opened(f"sqlite:///{tmp_path / 'small.db'}", clock) as made:
        yield made
