"""Alembic's entry: see `ops.migrations`."""

import backend.store.tables  # noqa: F401 - registers every table
from backend.store.database import metadata
from ops.migrations import run_environment

run_environment(metadata)
