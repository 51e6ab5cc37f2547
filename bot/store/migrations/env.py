"""Alembic's entry: see `ops.migrations`."""

from bot.store.tables import metadata
from ops.migrations import run_environment

run_environment(metadata)
