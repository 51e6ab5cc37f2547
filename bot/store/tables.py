"""The tables of the durable runtime and of the review: the bot's whole database.

Every lookup the runtime makes is served by a partial index over the few rows that still want
something (open, given up, or part of a pull channel's log), so closed rows cost nothing.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.sql.elements import ColumnElement

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""Every table of the bot registers here."""

BigId: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""An autoincrementing 64-bit key on both databases."""


class Status(IntEnum):
    """Where a row of the inbox or outbox stands."""

    OPEN = 0
    DONE = 1
    DEAD = 2
    """Given up on; a human has not heard of it yet."""
    LOGGED = 3
    """A message of a pull channel: the row is the delivery."""
    TOLD = 4
    """Given up on, and a human knows."""


def literal(status: Status) -> ColumnElement[int]:
    """Return `status` as part of the statement's text.

    A bound parameter would hide from PostgreSQL's planner that a partial index fits.
    """
    return sa.literal_column(str(status.value), sa.SmallInteger)


inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("id", BigId, primary_key=True, autoincrement=True),
    sa.Column("dedupe", sa.Text, nullable=False, unique=True),
    sa.Column("conversation", sa.Text, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("status", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("attempts", sa.SmallInteger, nullable=False, server_default="0"),
    # Instants are seconds since the epoch, by the runtime's clock.
    sa.Column("next_at", sa.Double, nullable=False, server_default="0"),
    sa.Column("received_at", sa.Double, nullable=False),
    sa.Column("error", sa.Text),
    sqlite_autoincrement=True,  # ids of purged rows never come back
)
"""What came in for a conversation, each at most once."""

conversation = sa.Table(
    "conversation",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("changed_at", sa.Double, nullable=False),
)
"""The state of every conversation; `version` grows by one with every turn."""

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", BigId, primary_key=True, autoincrement=True),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("conversation", sa.Text, nullable=False),
    # The inbox row whose turn wrote this one.
    sa.Column("cause", sa.BigInteger, nullable=False),
    sa.Column("lane", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("status", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("attempts", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("next_at", sa.Double, nullable=False, server_default="0"),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("error", sa.Text),
    sqlite_autoincrement=True,  # ids are the cursors of pull channels
)
"""What conversations ask of the world, and the log of pull channels."""

timer = sa.Table(
    "timer",
    metadata,
    sa.Column("conversation", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("due", sa.Double, nullable=False, index=True),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("dedupe", sa.Text, nullable=False),
)
"""Messages a conversation sends to its own future."""

cursor = sa.Table(
    "cursor",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)
"""How far a reader has come (the backend's feed), and what else must outlive a restart."""

review = sa.Table(
    "review",
    metadata,
    sa.Column("id", BigId, primary_key=True, autoincrement=True),
    # Of the text as compared: the same words are one row, whoever wrote them.
    sa.Column("mark", sa.Text, nullable=False, unique=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("language", sa.Text),
    sa.Column("guess", sa.Text, nullable=False),
    sa.Column("confidence", sa.Double, nullable=False),
    sa.Column("ranking", sa.Text, nullable=False),
    sa.Column("happened", sa.Text, nullable=False),
    sa.Column("chosen", sa.Text),
    sa.Column("times", sa.Integer, nullable=False, server_default="1"),
    sa.Column("last_day", sa.Date, nullable=False, index=True),
    # What it was labelled; the text is blanked then.
    sa.Column("label", sa.Text),
    sqlite_autoincrement=True,  # a reviewer's list must not name another text by an old id
)
"""Messages that were not understood well, without anything that tells who wrote them."""


sent = sa.Table(
    "sent",
    metadata,
    # The platform's id of the message; some number each chat from one.
    sa.Column("native_id", sa.Text, primary_key=True),
    sa.Column("conversation", sa.Text, primary_key=True, index=True),
    # Number of the offer whose buttons it shows; 0 for none.
    sa.Column("offer", sa.Integer, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("sent_at", sa.Double, nullable=False, index=True),
)
"""What platforms took, while it may have to be changed or said again: a day at most."""


def _partial_index(name: str, table: sa.Table, columns: tuple[str, ...], status: Status) -> None:
    rows = table.c.status == literal(status)
    sa.Index(name, *(table.c[c] for c in columns), postgresql_where=rows, sqlite_where=rows)


_partial_index("ix_inbox_open", inbox, ("conversation", "id"), Status.OPEN)
_partial_index("ix_outbox_open", outbox, ("conversation", "id"), Status.OPEN)
_partial_index("ix_outbox_log", outbox, ("conversation", "id"), Status.LOGGED)
_partial_index("ix_inbox_dead", inbox, ("id",), Status.DEAD)
_partial_index("ix_outbox_dead", outbox, ("id",), Status.DEAD)
