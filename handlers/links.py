"""Have the password page's link mailed: the last step of a reset and of a guest's claim."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from handlers.flow import CANCEL, HUMAN, RETRY, FlowName, Followed, Move, to_flow
from handlers.gate import HumanGate
from handlers.gate import offer as offer_human
from handlers.kernel import (
    AnyEffect,
    AnyEvent,
    Args,
    BackendFailed,
    IssueResetLink,
    LinkSent,
    OfferChoices,
    Refused,
    Say,
    UserChose,
    UserSaid,
)
from handlers.reading import ACT, asks_again, is_yes
from nlu.types import Intent

if TYPE_CHECKING:
    from nlu.types import Understanding


class IssuingLink(Struct, frozen=True, tag="links.issuing_link"):
    """The backend was asked to mail the link."""

    flow: FlowName
    login: str
    grant: str


class LinkFailed(Struct, frozen=True, tag="links.link_failed"):
    """The backend did not answer: whether the link left is not known."""

    flow: FlowName
    login: str
    grant: str


State = IssuingLink | LinkFailed


def issue(flow: FlowName, login: str, grant: str) -> Move[State]:
    """Spend the grant on a link."""
    return Move(IssuingLink(flow, login, grant), (IssueResetLink(grant),))


def declined() -> Say:
    """Say that nothing was changed."""
    return Say("reset.declined")


def told(event: LinkSent) -> tuple[AnyEffect, ...]:
    """Say where the link went, the check number, and what to do next."""
    args: Args = {
        "sent_to": event.sent_to,
        "check_number": event.check_number,
        "expires_in": event.expires_in,
    }
    return (Say("reset.link_sent", args),)


def prompt(state: State) -> tuple[AnyEffect, ...]:
    """Ask again what is being waited for."""
    if isinstance(state, IssuingLink):
        return (Say("code.one_moment"),)
    return (OfferChoices("reset.link_failed", (RETRY, HUMAN, CANCEL)),)


def step(state: State, event: AnyEvent) -> Move[State | HumanGate]:
    """Answer one event."""
    match state, event:
        case IssuingLink(flow), LinkSent():
            return Move(None, told(event), then=Followed(flow))
        case IssuingLink(flow, login, grant), Refused("issue_reset_link", "human_needed"):
            return offer_human(flow, login, grant, "other")
        case IssuingLink(), Refused("issue_reset_link"):
            return Move(None, (Say("reset.link_refused"),))
        case IssuingLink(flow, login, grant), BackendFailed("issue_reset_link"):
            failed = LinkFailed(flow, login, grant)
            return Move(failed, prompt(failed))
        case LinkFailed(flow, login, grant), _ if _again(event):
            return issue(flow, login, grant)
        case IssuingLink(), (UserSaid() | UserChose()):
            return Move(state, prompt(state))
        case LinkFailed(), (UserSaid() | UserChose()):
            return Move(state, prompt(state), understood=False)
        case _:
            return Move(state)  # late or repeated: already dealt with


_LINK: Final = re.compile(
    r"\b(link|tautan|url)(nya|ny)?\b|\be-?mail(nya)?\b.*\b(masuk|datang|sampai|terima|dapat|dapet"
    r"|arriv|receiv|come|got)",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"\b(nomor|nomer|angka|number|digits?)(nya)?\b", re.IGNORECASE)


def after(flow: FlowName, meaning: Understanding) -> tuple[AnyEffect, ...]:
    """Answer what is asked once the link was mailed, or nothing when it is about something else.

    One proof mails one link (security.md 7): another link needs another code. The check number is
    kept nowhere in the clear, so it cannot be said again.
    """
    if meaning.intent is Intent.CANCEL and meaning.confidence >= ACT:
        return (Say("link.needs_no_cancel"),)
    again = to_flow(flow, "button.new_link")
    if _NUMBER.search(meaning.text):
        return (OfferChoices("link.number", (again, HUMAN)),)
    if _LINK.search(meaning.text) or meaning.intent is Intent.OTP_PROBLEM:
        return (OfferChoices("link.not_there", (again, HUMAN)),)
    return ()


def _again(event: AnyEvent) -> bool:
    if isinstance(event, UserSaid):
        return is_yes(event) or asks_again(event.meaning)
    return isinstance(event, UserChose) and event.value == "retry"
