"""Alembic's entry: see `ops.migrator`."""

from bot.store.tables import metadata
from ops.migrator import run_environment

run_environment(metadata)
