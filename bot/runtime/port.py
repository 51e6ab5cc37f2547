"""What the durable runtime offers to the bot, and what it asks of it.

The runtime knows nothing of flows, texts or channels: payloads and states are JSON text to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message for a conversation; `dedupe` makes a redelivered one a no-op."""

    dedupe: str
    conversation: str
    payload: str


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
    """Put `payload` into the conversation's inbox after `seconds`. Same `name`: replaced."""

    name: str
    seconds: float
    payload: str


@dataclass(frozen=True, slots=True)
class Turn:
    """What one message did to a conversation."""

    state: str
    out: tuple[Out, ...] = ()
    timers: tuple[Timer, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """One outbox row on its way. `key` is the idempotency key: a repeat after a crash has the same."""

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
        """Be told of a message or effect that was given up on, so that a human hears of it."""
        ...


class RetryLater(Exception):
    """A sender could not deliver; the runtime tries again, no sooner than `after` seconds."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class GiveUp(Exception):
    """A sender knows that trying again is useless: dead letter at once."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How effects of one kind are delivered."""

    send: Callable[[Delivery], Awaitable[Sequence[str]]]
    """Deliver; the returned payloads are put into the same conversation's inbox, in the
    transaction that marks the row as done (dedupe key `answer:<key>:<n>`)."""
    lane: str = "chat"
    """Rows of one conversation and lane leave strictly in order; lanes do not wait for each other."""
    tries: int = 12
    first_delay: float = 0.1
    max_delay: float = 60.0
    on_give_up: Callable[[Delivery, str], Awaitable[Sequence[str]]] | None = None
    """What to put into the inbox instead of an answer after the last try."""


class Runtime(Protocol):
    """The durable core."""

    async def start(self) -> None:
        """Connect, take the process lock, adopt what a dead process left."""
        ...

    async def ingest(self, messages: Sequence[Inbound]) -> None:
        """Store; returns after the commit. Raises NotAccepting when stopping or disconnected."""
        ...

    async def settled(self, conversation: str, within: float) -> bool:
        """Wait until the conversation has no waiting message and no effect under way here."""
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
