"""Answers already given, by the caller's idempotency key."""

from __future__ import annotations

import sqlalchemy as sa

from backend.store.database import Instant, metadata

answers = sa.Table(
    "idempotency",
    metadata,
    sa.Column("principal", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("request_hash", sa.Text, nullable=False),
    sa.Column("status", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("body", sa.Text, nullable=False, server_default=""),
    sa.Column("at", Instant, nullable=False, index=True),
)
"""`body` is sealed: it may hold a grant. `status` 0: claimed, not yet answered."""
