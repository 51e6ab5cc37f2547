"""How databases are named and opened everywhere.

SQLite: durable, patient, with transactions that say what they are.
"""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    import sqlalchemy as sa

PATIENCE = 30
"""Seconds to wait for whoever is writing."""
PRAGMAS = (
    f"busy_timeout={PATIENCE}000",
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
)

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}


def async_url(url: str) -> str:
    """Name the async driver in a `sqlite:///…` or `postgresql://…` URL that names none."""
    scheme, separator, rest = url.partition("://")
    return f"{DRIVERS.get(scheme, scheme)}{separator}{rest}"


def set_up_sqlite(engine: sa.Engine) -> None:
    """Prepare every connection of `engine`.

    The execution option `sqlite_begin` (DEFERRED by default, IMMEDIATE for writers) says how
    transactions begin: a writer that starts as a reader could fail in the middle.
    """
    event.listen(engine, "do_connect", _choose_class)
    event.listen(engine, "connect", _connect)
    event.listen(engine, "begin", _begin)


class _Connection(sqlite3.Connection):
    """Rolls back before it closes.

    A task cancelled in the middle of a statement leaves a cursor behind. With an open cursor
    SQLite closes a connection only in name: its transaction, and with it the lock that every
    writer waits for, would last until the garbage collector finds the cursor.
    """

    def close(self) -> None:
        if self.in_transaction:
            self.rollback()
        super().close()


def _choose_class(
    _dialect: object, _record: object, _arguments: object, options: dict[str, Any]
) -> None:
    options["factory"] = _Connection


def _connect(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own
    # The driver must not begin transactions by itself.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        _set(cursor, pragma)
    cursor.close()


def _set(cursor: Any, pragma: str) -> None:  # noqa: ANN401 - the driver's own
    """Set it, after whoever is at it: SQLite lets nobody wait for a change of the journal."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            cursor.execute(f"PRAGMA {pragma}")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def _begin(connection: sa.Connection) -> None:
    kind = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {kind}")
