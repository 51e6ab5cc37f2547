"""What became of messages that WhatsApp took: statuses come later, in any order, more than once.

In memory and bounded. What was sent before a restart, or by another replica, stands in the table
of sent messages (`bot.messages`), from a moment after it was taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec.structs import replace
from prometheus_client import Counter

from bot.channels.newest import Newest

if TYPE_CHECKING:
    from bot.channels.port import OutboundMessage
    from bot.channels.whatsapp_shapes import Status

STATUSES: Final = Counter(
    "helpdesk_whatsapp_statuses_total",
    "How far messages got: sent, delivered, read, failed.",
    ["status"],
)
KEPT: Final = 5_000
"""Messages whose fate is followed at once: an hour of a busy day."""
_RANK: Final = {"sent": 1, "delivered": 2, "read": 3, "failed": 4}
_ARRIVED: Final = 2


class Message(NamedTuple):
    """A message on its way: how far it got, where it went, what it said while that may matter."""

    rank: int = 0
    conversation: str = ""
    part: OutboundMessage | None = None

    @property
    def arrived(self) -> bool:
        """Tell whether it reached the person's phone."""
        return self.rank >= _ARRIVED


class Sent:
    """The newest messages, by WhatsApp's id."""

    def __init__(self, kept: int = KEPT) -> None:
        self._messages: Newest[str, Message] = Newest(kept)

    def remember(self, id_: str, conversation: str, part: OutboundMessage) -> None:
        """Note a message that was taken. Its status may have come before this answer."""
        if id_:
            before = self.find(id_)
            now = Message(before.rank, conversation, _while_open(before.rank, part))
            self._messages[id_] = now

    def find(self, id_: str) -> Message:
        """Return what is known of a message, if anything."""
        return self._messages.get(id_, Message())

    def is_news(self, status: Status) -> bool:
        """Tell whether `status` is further than what is known."""
        return _RANK.get(status.status, 0) > self.find(status.id).rank

    def advance(self, status: Status) -> None:
        """Move on to `status`; a step back, or one already made, changes nothing."""
        if not self.is_news(status):
            return
        STATUSES.labels(status.status).inc()
        before, rank = self.find(status.id), _RANK[status.status]
        part = _while_open(rank, before.part)
        self._messages[status.id] = Message(rank, before.conversation, part)


def _while_open(rank: int, part: OutboundMessage | None) -> OutboundMessage | None:
    """Keep the words while they may have to be said again; buttons never are."""
    return replace(part, buttons=()) if part and rank < _ARRIVED else None
