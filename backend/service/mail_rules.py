"""The words and numbers of the mail outbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

CODE: Final = 0
NOTICE: Final = 1
BATCH: Final = 2
PRIORITIES: Final = (CODE, NOTICE, BATCH)
_PRIORITY: Final = {
    "code": CODE,
    "claim_link": BATCH,
    "claim_code": BATCH,
    "guest_warning": BATCH,
}
"""Every other template is a link or a notice somebody waits for."""

_UNIT: Final = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1)}
"""Context values that say how long the content is worth something."""


@dataclass(frozen=True, slots=True)
class MailRules:
    """The outbox's numbers; tuples are steps whose last one repeats."""

    batch_per_minute: int = 25
    """Mail providers throttle senders above about this (directories.md, Mail)."""
    keep_trying: timedelta = timedelta(hours=24)
    send_seconds: float = 20.0
    """A server that has not taken a message by then counts as away."""
    lease: timedelta = timedelta(seconds=45)
    """Another process may take the row over then: longer than a send."""
    delays: tuple[float, ...] = (2, 4, 8, 15, 30, 60, 300, 900, 3600)
    """Seconds before the next try of one message."""
    code_delay: float = 30.0
    """Somebody waits for a code: its tries are never further apart (seconds)."""
    pauses: tuple[float, ...] = (1, 2, 4, 8, 15)
    """Seconds between looks at a server that is away."""
    delay_told_after: timedelta = timedelta(seconds=30)
    """The server is away for longer than this: the conversations that wait are told."""
    sweep_seconds: float = 1.0
    grace_seconds: float = 5.0
    """Time a message in flight has to end when the worker is stopped."""
    retention: timedelta = timedelta(days=30)
    """How long a closed row still guards its operation against being queued twice."""
    message_id_domain: str = "helpdesk.invalid"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message before it has a recipient."""

    subject: str
    text: str
    html: str


class Templates(Protocol):
    """Makes messages from templates."""

    def render(self, template: str, language: str, context: Mapping[str, object]) -> Rendered:
        """Render in `id` or `en`. Raises an exception for a missing context value."""
        ...


@dataclass(frozen=True, slots=True)
class RefusedMail:
    """A message that can never arrive: the recipient's address is bad."""

    op: str
    template: str
    address_index: str
    """`Vault.index` of the address."""


class Payload(msgspec.Struct, frozen=True):
    """What a row keeps sealed."""

    to: str | None
    context: dict[str, str | int]


def priority_of(template: str, *, urgent: bool) -> int:
    """Return how early a template is sent: 0 first."""
    priority = _PRIORITY.get(template, NOTICE)
    return min(priority, NOTICE) if urgent else priority


def worth(context: Mapping[str, str | int], rules: MailRules) -> timedelta:
    """Return how long a message is worth sending: as long as its content is, at most a day."""
    limits = [unit * int(context[name]) for name, unit in _UNIT.items() if name in context]
    return min([rules.keep_trying, *limits])


def counted_down(context: Mapping[str, str | int], age: timedelta) -> dict[str, str | int]:
    """Return the context with the time its content still has, rounded up: mails can be late."""
    return {
        name: -((age - int(value) * _UNIT[name]) // _UNIT[name]) if name in _UNIT else value
        for name, value in context.items()
    }


def expires_with_content(context: Mapping[str, str | int]) -> bool:
    """Tell whether the content (a code, a link) ends by itself, so that nobody misses it."""
    return not _UNIT.keys().isdisjoint(context)


def step(steps: tuple[float, ...], number: int) -> float:
    """Return the `number`th step (from 1); the last one repeats."""
    return steps[min(number, len(steps)) - 1]
