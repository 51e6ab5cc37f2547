"""The feed's table: what conversations should hear of, numbered in commit order."""

from __future__ import annotations

import sqlalchemy as sa

from backend.store.database import BigId, Instant, metadata

FEED = sa.Table(
    "feed",
    metadata,
    sa.Column("seq", BigId, primary_key=True, autoincrement=True),
    sa.Column("at", Instant, nullable=False, index=True),
    sa.Column("body", sa.Text, nullable=False),
    # A number is never used again, also when the newest rows were purged.
    sqlite_autoincrement=True,
)
