"""One running product for the tests that only talk to it; a fresh one for those that break it."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # `stack`: the helper beside these tests
sys.path.append(str(Path(__file__).parents[1] / "bot/channels/telegram"))  # `fake_telegram`

from stack import Stack


@pytest.fixture
async def stack(tmp_path):
    """A fresh product on SQLite."""
    async with Stack(tmp_path / "state") as product:
        yield product


@pytest.fixture(params=["sqlite", "postgresql"])
def both_databases(request, tmp_path):
    """Settings of a product on SQLite, then on PostgreSQL."""
    if request.param == "sqlite":
        yield {}
        return
    server = request.getfixturevalue("postgres")
    names = [
        f"e2e_{tmp_path.name.replace('-', '_')[-20:]}_{n}".lower() for n in ("bot", "backend")
    ]
    for name in names:
        server.sql(f"CREATE DATABASE {name}")
    yield {
        "HELPDESK_DATABASE_URL": server.url(names[0]),
        "HELPDESK_BACKEND_DATABASE_URL": server.url(names[1]),
    }
    for name in names:
        server.sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def any_stack(tmp_path, both_databases):
    """A fresh product on each database."""
    async with Stack(tmp_path / "state", environment=both_databases) as product:
        yield product
