"""What the runtime asks of a database, whichever it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from bot.runtime.port import Disconnected

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.runtime.port import Item, Result
    from bot.runtime.records import Call, Operation


class Database(Protocol):
    """Transactions, reads, and the locks that make one process at a time own a conversation."""

    dialect: str
    lanes: int
    """Transactions that may be in flight at the same time."""
    shared: bool
    """Other processes may work on the same conversations."""

    async def open(self, on_lost: Callable[[], None]) -> None:
        """Connect, or connect anew. `on_lost` is called when every lock held here is gone.

        Raises Disconnected, and AlreadyRunning where one process is allowed.
        """
        ...

    async def run(self, calls: Sequence[Call]) -> Sequence[Sequence[Any]]:
        """Do all calls in one transaction and return their results. Raises Disconnected."""
        ...

    async def read(self, operation: Operation[Item, Result], item: Item) -> Result:
        """Do one reading operation without waiting for writers. Raises Disconnected."""
        ...

    async def is_alive(self) -> bool:
        """Tell whether the locks held here still stand."""
        ...

    async def try_lock(self, conversation: str) -> bool:
        """Take a conversation unless another process has it."""
        ...

    async def unlock(self, conversation: str) -> None:
        """Give a conversation back."""
        ...

    async def close(self) -> None:
        """Disconnect."""
        ...


class AlreadyRunning(Exception):
    """Another process works on this SQLite file; only PostgreSQL can be shared."""


_AWAY = ("08", "53", "57")
"""SQLSTATE classes: connection exception, insufficient resources, operator intervention."""


def is_away(error: BaseException) -> bool:
    """Tell a database that is away from a statement that is wrong."""
    if isinstance(error, DBAPIError):
        state: str = getattr(error.orig, "sqlstate", None) or ""
        by_class = isinstance(error, (OperationalError, InterfaceError))
        return error.connection_invalidated or by_class or state.startswith(_AWAY)
    state = getattr(error, "sqlstate", None) or ""  # asyncpg's own, while it connects
    return isinstance(error, (OSError, TimeoutError)) or state.startswith(_AWAY)


def disconnected(error: BaseException) -> Disconnected:
    """Return the error to raise for a database that is away."""
    return Disconnected(type(error).__name__)
