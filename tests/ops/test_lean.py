"""What the services do not load, and what they give back."""

import subprocess
import sys

import pytest

LOADED = """
import sys
from ops import lean
lean.forgo_rich()
import {modules}
print(*(name for name, module in sys.modules.items() if module))
"""
NOBODY_NEEDS = {"alembic", "mako", "rich", "pygments", "sklearn", "scipy"}


def said(program):
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(ended.stdout.split())


@pytest.mark.parametrize(
    ("modules", "besides"),
    [
        ("backend.main", set()),
        ("bot.main", {"sqlalchemy.orm", "asyncpg", "cryptography", "telegram"}),
        ("bot.main, bot.channels.telegram, bot.channels.teams", {"sqlalchemy.orm", "asyncpg"}),
    ],
)
def test_a_service_loads_only_what_it_runs_on(modules, besides):
    loaded = said(LOADED.format(modules=modules))
    assert {"structlog", *modules.split(", ")} <= loaded
    assert not (NOBODY_NEEDS | besides) & loaded


def test_what_stays_is_not_looked_at_by_the_collector():
    program = "import gc; from ops import lean; lean.share_arenas(); lean.settle(); "
    assert int(said(program + "print(gc.get_freeze_count())").pop()) > 1000
