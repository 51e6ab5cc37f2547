"""The periodic jobs' table: when each is due, and which process holds it."""

from __future__ import annotations

import sqlalchemy as sa

from backend.store.database import Instant, metadata

JOBS = sa.Table(
    "jobs",
    metadata,
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("holder", sa.String(100)),
    sa.Column("held_until", Instant),
    sa.Column("finished_at", Instant),
    sa.Column("failures", sa.Integer, nullable=False, default=0),
)
