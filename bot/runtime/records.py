"""What passes between the runtime's parts and its tables."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.runtime.port import Delivery, Item, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    import sqlalchemy as sa

    from bot.runtime.port import Aside, Inbound, MoveCursor
    from bot.store.tables import Status

Operation: TypeAlias = "Callable[[sa.Connection, Sequence[Item]], Sequence[Result]]"
"""Does one thing for many items inside one transaction; one result an item, in their order."""

Call: TypeAlias = "tuple[Operation[Any, Any], Sequence[Any]]"
"""An operation and the items it is to be done for."""


class Fenced(Exception):
    """Somebody else advanced this conversation: the turn at hand must not count."""


@dataclass(frozen=True, slots=True)
class Store:
    """Messages to put into the inbox together."""

    messages: Sequence[Inbound]
    cursor: MoveCursor | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """An inbox row that wants its turn."""

    id: int
    conversation: str
    payload: str
    attempts: int = 0
    next_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Effect:
    """An open outbox row."""

    delivery: Delivery
    lane: str
    next_at: float = 0.0

    def tried(self, attempts: int, next_at: float) -> Effect:
        """Return the row after another try."""
        return Effect(replace(self.delivery, attempts=attempts), self.lane, next_at)


@dataclass(frozen=True, slots=True)
class Found:
    """All there is to do for a conversation, and where it stands (version 0: it is new)."""

    version: int
    state: str | None
    effects: Sequence[Effect]
    waiting: Sequence[Waiting]


@dataclass(frozen=True, slots=True)
class NewEffect:
    """An outbox row to be written; status is OPEN or LOGGED."""

    key: str
    lane: str
    kind: str
    payload: str
    status: Status

    def stored(self, row_id: int, conversation: str) -> Effect:
        """Return the row as it is in the outbox now."""
        return Effect(Delivery(row_id, self.key, conversation, self.kind, self.payload), self.lane)


@dataclass(frozen=True, slots=True)
class NewTimer:
    """A timer to be set; `due` is None when it is to be taken away."""

    name: str
    due: float | None
    payload: str
    dedupe: str


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """One turn, ready to be committed: `version` is the one it leads to."""

    conversation: str
    version: int
    state: str
    inbox_id: int
    now: float
    effects: tuple[NewEffect, ...]
    timers: tuple[NewTimer, ...]
    asides: tuple[Aside, ...] = ()


@dataclass(frozen=True, slots=True)
class Mishap:
    """An inbox row whose run ended badly, or that is claimed after a crash."""

    id: int
    attempts: int
    next_at: float
    status: Status
    error: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one try to deliver. Rows that end so may bring answers and asides."""

    id: int
    status: Status
    attempts: int = 0
    next_at: float = 0.0
    error: str | None = None
    answers: tuple[Inbound, ...] = ()
    asides: tuple[Aside, ...] = ()


@dataclass(frozen=True, slots=True)
class Sweep:
    """Look for due timers, and for due rows that are at least `age` seconds old."""

    now: float
    age: float


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep brought up."""

    fired: Sequence[Waiting]
    """Inbox rows just made of due timers."""
    conversations: Sequence[str]
    """Conversations with work that nobody seems to do."""
    open_effects: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A row given up on, of the inbox or (`effect`) of the outbox."""

    id: int
    effect: bool
    conversation: str
    payload: str
    error: str


@dataclass(frozen=True, slots=True)
class Standing:
    """When a conversation's earliest open rows are due; None: it has none."""

    message_due: float | None
    effect_due: float | None


@dataclass(frozen=True, slots=True)
class PurgeStep:
    """Delete closed rows older than `before` among the next rows with `id > after`."""

    table: sa.Table
    after: int
    before: float
    limit: int = 500


@dataclass(frozen=True, slots=True)
class Purged:
    """What a step did; `last` is where the next goes on, None when it reached younger rows."""

    deleted: int
    last: int | None
