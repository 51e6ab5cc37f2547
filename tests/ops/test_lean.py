"""What the services do not load, and what they give back."""

import subprocess
import sys

import pytest

LOADED = """
import sys
from ops import lean
lean.import_structlog()
import {service}.main, {service}.settings
lean.settle()
print(*sys.modules)
"""
NOBODY_NEEDS = {"alembic", "mako", "rich", "pygments", "sklearn", "scipy"}


def said(program):
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(ended.stdout.split())


@pytest.mark.parametrize(
    ("service", "besides"),
    [
        ("backend", set()),
        ("bot", {"sqlalchemy.orm", "asyncpg", "cryptography", "telegram"}),
    ],
)
def test_a_service_loads_only_what_it_runs_on(service, besides):
    loaded = said(LOADED.format(service=service))
    assert {"structlog", f"{service}.main"} <= loaded
    assert not (NOBODY_NEEDS | besides) & loaded


def test_rich_can_be_had_afterwards():
    program = "from ops import lean; lean.import_structlog(); import rich; print(rich.__name__)"
    assert said(program) == {"rich"}


def test_what_stays_is_not_looked_at_by_the_collector():
    program = "import gc; from ops import lean; lean.share_arenas(); lean.settle(); "
    assert int(said(program + "print(gc.get_freeze_count())").pop()) > 1000
