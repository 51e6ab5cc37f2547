"""A ticket's life as a table: what may happen in which state, and where it leads (agents.md)."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from backend.domain.thanks import is_thanks

REOPENS_WITHIN = timedelta(days=7)
"""How long the requester's message brings a resolved ticket back; later it opens a new one."""
CLOSES_AFTER = timedelta(days=7)
"""How long a resolved ticket waits for an objection."""
KEPT_FOR_YEARS = 5
"""Tickets, replies and request records (PB 4)."""


class Status(StrEnum):
    """Where a ticket stands."""

    NEW = "new"
    OPEN = "open"
    WAIT_USER = "wait_user"
    WAIT_OTHER = "wait_other"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    MERGED = "merged"


ACTIVE = frozenset({Status.NEW, Status.OPEN, Status.WAIT_USER, Status.WAIT_OTHER})
"""Somebody still has to do something."""
ENDED = frozenset({Status.CLOSED, Status.CANCELLED, Status.MERGED})
"""Nothing more happens by itself."""


class Trigger(StrEnum):
    """What may happen to a ticket."""

    CLAIMED = "claimed"
    RELEASED = "released"
    TRANSFERRED = "transferred"
    REPLIED = "replied"
    HANDED_BACK = "handed_back"
    WAITS_FOR_USER = "waits_for_user"
    WAITS_FOR_OTHERS = "waits_for_others"
    TAKEN_UP = "taken_up"
    USER_WROTE = "user_wrote"
    USER_CANCELLED = "user_cancelled"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    CLOSED = "closed"
    MERGED = "merged"


class NotAllowed(Exception):
    """This cannot happen to a ticket in this state."""

    def __init__(self, status: Status, trigger: Trigger) -> None:
        super().__init__(f"a ticket that is {status} cannot be {trigger}")
        self.status = status
        self.trigger = trigger


_HELD = (Status.OPEN, Status.WAIT_USER, Status.WAIT_OTHER)
_STAYS = {status: status for status in _HELD}
_MOVES: dict[Trigger, dict[Status, Status]] = {
    Trigger.CLAIMED: {Status.NEW: Status.OPEN, **_STAYS},
    Trigger.RELEASED: _STAYS,
    Trigger.TRANSFERRED: _STAYS,
    Trigger.REPLIED: _STAYS,
    Trigger.HANDED_BACK: _STAYS,
    Trigger.WAITS_FOR_USER: dict.fromkeys(_HELD, Status.WAIT_USER),
    Trigger.WAITS_FOR_OTHERS: dict.fromkeys(_HELD, Status.WAIT_OTHER),
    Trigger.TAKEN_UP: dict.fromkeys(_HELD, Status.OPEN),
    Trigger.USER_WROTE: {
        Status.NEW: Status.NEW,
        **dict.fromkeys((*_HELD, Status.RESOLVED), Status.OPEN),
    },
    Trigger.USER_CANCELLED: dict.fromkeys(ACTIVE, Status.CANCELLED),
    Trigger.RESOLVED: dict.fromkeys(_HELD, Status.RESOLVED),
    Trigger.REOPENED: dict.fromkeys((Status.RESOLVED, Status.CLOSED), Status.OPEN),
    Trigger.CLOSED: {Status.RESOLVED: Status.CLOSED},
    Trigger.MERGED: dict.fromkeys(ACTIVE, Status.MERGED),
}


def after(status: Status, trigger: Trigger) -> Status:
    """Return the state `trigger` leads to. Raises NotAllowed."""
    try:
        return _MOVES[trigger][status]
    except KeyError:
        raise NotAllowed(status, trigger) from None


def may_cancel(status: Status, *, human_replied: bool) -> bool:
    """Tell whether the requester may still withdraw: only while no human has replied."""
    return status in ACTIVE and not human_replied


class Heard(StrEnum):
    """What becomes of a requester's message."""

    ADDED = "added"
    """It joins the ticket, whose state does not change."""
    REOPENED = "reopened"
    """It joins the ticket and puts it back on the table."""
    FOLLOWED_UP = "followed_up"
    """The ticket's time is over: a new one is opened and linked to it."""
    FORWARDED = "forwarded"
    """The ticket was merged: the message goes to the one it was merged into."""


def hear(status: Status, text: str, *, resolved_at: datetime | None, now: datetime) -> Heard:
    """Decide what a message of the requester does. A "thanks" changes no state."""
    if status is Status.MERGED:
        return Heard.FORWARDED
    if is_thanks(text):
        return Heard.ADDED
    if status is Status.RESOLVED and resolved_at is not None:
        return Heard.REOPENED if now - resolved_at <= REOPENS_WITHIN else Heard.FOLLOWED_UP
    if status not in ACTIVE:
        return Heard.FOLLOWED_UP
    waits = status in {Status.WAIT_USER, Status.WAIT_OTHER}
    return Heard.REOPENED if waits else Heard.ADDED


def format_number(prefix: str, year: int, count: int) -> str:
    """Return a ticket number such as `ITB-2026-000123`."""
    return f"{prefix}-{year}-{count:06d}"
