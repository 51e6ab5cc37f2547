"""Alembic's entry: see `ops.migrator`."""

import backend.store.tables  # noqa: F401 - registers every table
from backend.store.database import metadata
from ops.migrator import run_environment

run_environment(metadata)
