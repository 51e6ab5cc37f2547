"""What the durable runtime offers to the bot, and what it asks of it.

The runtime knows nothing of flows, texts or channels: payloads and states are JSON text to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from typing import Any

    import sqlalchemy as sa


Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message for a conversation; `dedupe` makes a redelivered one a no-op."""

    dedupe: str
    conversation: str
    payload: str


@dataclass(frozen=True, slots=True)
class MoveCursor:
    """Remember how far a reader has come, in the transaction that stores what it read.

    A cursor only moves forward: a smaller `value` than the stored one changes nothing.
    """

    name: str
    value: int


@dataclass(frozen=True, slots=True)
class Out:
    """One effect to leave through the outbox.

    `kind` names the sender that takes it. `delivered` marks a message of a pull channel: the row
    itself is the delivery, and it is written as done.
    """

    kind: str
    payload: str
    delivered: bool = False


@dataclass(frozen=True, slots=True)
class Timer:
    """Put `payload` into the conversation's inbox after `seconds`. Same `name`: replaced.

    `cancel`, or `seconds` of 0 or less, takes a timer of that name away.
    """

    name: str
    seconds: float = 0.0
    payload: str = ""
    cancel: bool = False


@dataclass(frozen=True, slots=True)
class Aside:
    """Something a turn or a sender writes down in a table of its own, in the same transaction.

    `write` is given the items of all that share the transaction.
    """

    write: Callable[[sa.Connection, Sequence[Any]], None]
    item: object


@dataclass(frozen=True, slots=True)
class Turn:
    """What one message did to a conversation."""

    state: str
    out: tuple[Out, ...] = ()
    timers: tuple[Timer, ...] = ()
    asides: tuple[Aside, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """One outbox row on its way.

    `key` is the idempotency key: opaque, 36 to 60 characters of `[0-9a-f.]`, the same when the row
    is repeated after a crash, never used for another row (even after the database was made anew).
    `attempts` counts the tries that failed before this one.
    """

    id: int
    key: str
    conversation: str
    kind: str
    payload: str
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """One row of a pull channel's log."""

    id: int
    conversation: str
    payload: str


class Handler(Protocol):
    """One turn: pure but for the understanding. Run again from the start after a crash."""

    async def __call__(self, conversation: str, state: str | None, payload: str) -> Turn:
        """Return what `payload` does to `state` (None: a new conversation)."""
        ...

    async def on_dead_letter(self, conversation: str, payload: str, error: str) -> None:
        """Be told of a message or effect that was given up on, so that a human hears of it.

        Told again (every minute, and after a crash) until it returns without an exception.
        """
        ...


class RetryLater(Exception):
    """A sender could not deliver; the runtime tries again, no sooner than `after` seconds.

    `reason` is stored and logged: no text of users, no address, no code in it.
    """

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class GiveUp(Exception):
    """A sender knows that trying again is useless: dead letter at once.

    Its message is stored and logged: no text of users, no address, no code in it.
    """


@dataclass(frozen=True, slots=True)
class Policy:
    """How effects of one kind are delivered."""

    send: Callable[[Delivery], Awaitable[Sequence[str | Aside]]]
    """Deliver; the returned payloads are put into the same conversation's inbox, and asides
    written, in the transaction that marks the row as done (dedupe key `answer:<key>:<n>`)."""
    lane: str = "chat"
    """Rows of one conversation and lane leave strictly in order; lanes do not wait for others."""
    tries: int = 12
    first_delay: float = 0.1
    max_delay: float = 60.0
    on_give_up: Callable[[Delivery, str], Awaitable[Sequence[str]]] | None = None
    """What to put into the inbox instead of an answer after the last try."""
    timeout: float = 30.0
    """Seconds one try may take; then it counts as failed."""


class Runtime(Protocol):
    """The durable core."""

    async def start(self) -> None:
        """Connect, take the process lock, adopt what a dead process left."""
        ...

    async def ingest(
        self, messages: Sequence[Inbound], *, cursor: MoveCursor | None = None
    ) -> None:
        """Store all of `messages` in one commit, and return after it.

        Messages of one conversation are handled in the order given. Raises NotAccepting when
        stopping, disconnected or overloaded: nothing is stored then, or the sender's repeat is
        recognised by its dedupe key.
        """
        ...

    async def read_cursor(self, name: str) -> int:
        """Return the value last stored by a `MoveCursor` of that name; 0 when there is none."""
        ...

    async def read(
        self, operation: Callable[[sa.Connection, Sequence[Item]], Sequence[Result]], item: Item
    ) -> Result:
        """Do a reading operation on a table of one's own. Raises NotAccepting."""
        ...

    async def settled(self, conversation: str, within: float) -> bool:
        """Wait until the conversation has no waiting message and no effect under way.

        Effects that wait for a retry beyond the `within` seconds do not count. False: something
        was still under way when the time was over.
        """
        ...

    async def ingest_and_collect(self, message: Inbound, within: float) -> Sequence[StoredMessage]:
        """Store `message`, wait until the conversation is settled, return what was said meanwhile.

        The messages are those a pull channel would find in the log, oldest first, handed over
        from memory. After `within` seconds it returns what there is; the rest is in the log.
        Raises NotAccepting as `ingest` does.
        """
        ...

    async def log_after(
        self, conversation: str, after: int, limit: int = 100
    ) -> Sequence[StoredMessage]:
        """Return delivered messages of a pull channel with `id > after`, oldest first."""
        ...

    async def wait_log(self, conversation: str, after: int, within: float) -> bool:
        """Wait until the log holds something after `after` (other replicas: within a second)."""
        ...

    async def stop(self, grace: float = 10.0) -> None:
        """Stop accepting, finish the turns under way, commit, disconnect."""
        ...


class NotAccepting(Exception):
    """The runtime is stopping or its database is away: answer 503 and let the sender retry."""


class Disconnected(NotAccepting):
    """The database is away; nobody knows whether the last commit arrived."""
