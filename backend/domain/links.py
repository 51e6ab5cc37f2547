"""The life of a one-time link (security.md 7-8), as functions from its state to what happens next.

A link is live until it ends, once, for one reason. What is shown in the chat (the short number) is
charged before it is looked at; a refused password costs one of ten submits and not the link.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class LinkRules:
    """The numbers of security.md 7, 8, 10 and 12."""

    lifetime: timedelta = timedelta(minutes=15)
    """From the mail to the moment the page is opened."""
    claim_lifetime: timedelta = timedelta(hours=24)
    """The same for the first password of an approved guest."""
    session_idle: timedelta = timedelta(minutes=10)
    """A page nobody touches is over then; so is every page this long after the link's end."""
    number_digits: int = 4
    number_tries: int = 3
    submits: int = 10
    busy_for: timedelta = timedelta(seconds=60)
    """How long a submit that was cut off by a kill keeps others waiting."""
    freeze_token_lifetime: timedelta = timedelta(hours=72)
    freeze_for: timedelta = timedelta(hours=72)
    keep_ended: timedelta = timedelta(days=7)
    """How long an old link can still say why it does not work."""


class LinkPurpose(StrEnum):
    """What the password is set for."""

    RESET = "reset"
    CLAIM = "claim"
    """A guest's first password."""


class LinkEnd(StrEnum):
    """Why a link or its page does not work (any more)."""

    UNKNOWN = "unknown"
    """There is no such link, or it ended long ago."""
    EXPIRED = "expired"
    USED = "used"
    REPLACED = "replaced"
    """A newer link was asked for."""
    WRONG_NUMBER = "wrong_number"
    TOO_MANY_SUBMITS = "too_many_submits"
    ACCOUNT_CHANGED = "account_changed"
    """The password or the recovery address is another one since the link was mailed."""
    IDENTITY_CHANGED = "identity_changed"
    """Somebody else may sit behind the chat it was asked for in."""
    FROZEN = "frozen"
    ACCOUNT_NOT_USABLE = "account_not_usable"
    SESSION_OVER = "session_over"
    """The page was idle for too long, or opened again elsewhere: open the mailed link again."""


TOLD_TO_CHAT = frozenset(
    {
        LinkEnd.EXPIRED,
        LinkEnd.WRONG_NUMBER,
        LinkEnd.TOO_MANY_SUBMITS,
        LinkEnd.IDENTITY_CHANGED,
        LinkEnd.FROZEN,
    }
)
"""Ends a conversation should hear of: the others come with news of their own."""


@dataclass(frozen=True, slots=True)
class LinkState:
    """What moves while a link lives."""

    expires_at: datetime
    session_seen_at: datetime | None = None
    number_proven: bool = False
    number_tries: int = 0
    submits: int = 0
    busy_until: datetime | None = None
    ended: LinkEnd | None = None


def opening_end(state: LinkState, now: datetime) -> LinkEnd | None:
    """Return why the link opens no page at `now`, None when it does."""
    if state.ended is None and now >= state.expires_at:
        return LinkEnd.EXPIRED
    return state.ended


def page_end(state: LinkState, rules: LinkRules, now: datetime) -> LinkEnd | None:
    """Return why an opened page is over at `now`, None when it is not."""
    if state.ended is not None:
        return state.ended
    if now >= state.expires_at + rules.session_idle:
        return LinkEnd.EXPIRED
    seen = state.session_seen_at
    if seen is None or now >= seen + rules.session_idle:
        return LinkEnd.SESSION_OVER
    return None


def page_deadline(state: LinkState, rules: LinkRules) -> datetime:
    """Return the instant the page is over whatever its visitor does."""
    return state.expires_at + rules.session_idle


def is_past(state: LinkState, rules: LinkRules, now: datetime) -> bool:
    """Tell whether neither the link nor a page opened with it can work any more."""
    unopened = state.session_seen_at is None and now >= state.expires_at
    return unopened or now >= page_deadline(state, rules)


def opened(state: LinkState, now: datetime) -> LinkState:
    """Return the state with a fresh page: the number must be shown again, its tries stay spent."""
    return replace(state, session_seen_at=now, number_proven=False)


def seen(state: LinkState, now: datetime) -> LinkState:
    """Return the state after somebody looked at the page: its idle time begins anew."""
    return replace(state, session_seen_at=now)


class Turn(StrEnum):
    """What a submit may do."""

    GO = "go"
    BUSY = "busy"
    """Another submit of this link is being worked on."""
    WRONG_NUMBER = "wrong_number"
    OVER = "over"


def submitted(
    state: LinkState, rules: LinkRules, now: datetime, *, right_number: bool
) -> tuple[Turn, LinkState]:
    """Charge one submit and return what it may do. The caller holds the link's row.

    Once the number was right it is not asked again on the same page.
    """
    end = page_end(state, rules, now)
    if end is not None:
        return Turn.OVER, replace(state, ended=end if end is not LinkEnd.SESSION_OVER else None)
    if state.busy_until is not None and now < state.busy_until:
        return Turn.BUSY, state
    if not state.number_proven and not right_number:
        return Turn.WRONG_NUMBER, _wrong_number(seen(state, now), rules)
    return Turn.GO, replace(
        state,
        session_seen_at=now,
        number_proven=True,
        number_tries=0,
        submits=state.submits + 1,
        busy_until=now + rules.busy_for,
    )


def _wrong_number(state: LinkState, rules: LinkRules) -> LinkState:
    tries = state.number_tries + 1
    ended = LinkEnd.WRONG_NUMBER if tries >= rules.number_tries else None
    return replace(state, number_tries=tries, ended=ended)


def refused(state: LinkState, rules: LinkRules) -> LinkState:
    """Return the state after a password was refused: the tenth refusal ends the link."""
    ended = LinkEnd.TOO_MANY_SUBMITS if state.submits >= rules.submits else state.ended
    return replace(state, busy_until=None, ended=ended)


def given_back(state: LinkState) -> LinkState:
    """Return the state after a submit that failed through no fault of the visitor."""
    return replace(state, busy_until=None, submits=max(state.submits - 1, 0))
