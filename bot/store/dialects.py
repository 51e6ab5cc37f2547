"""Where the two databases speak differently."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    import sqlalchemy as sa


def insert_into(table: sa.Table, dialect: str) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT that knows ON CONFLICT, in `dialect` (`sqlite` or `postgresql`)."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
