"""From the backend's messages to the flows' events: answers to calls, and the feed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from backend_client import wire
from handlers import kernel

if TYPE_CHECKING:
    Answered = (
        wire.ChallengeStarted
        | wire.CheckOutcome
        | wire.LinkIssued
        | wire.ChangeResult
        | wire.TicketView
        | wire.TicketList
    )


def event_of(  # noqa: PLR0911 - one return per message
    answer: Answered, *, resent: bool = False
) -> kernel.AnyAnswer:
    """Return the event an answer of the backend is."""
    match answer:
        case wire.ChallengeStarted(challenge, length, expires_in, resend_in):
            return kernel.CodeSent(challenge, length, expires_in, resend_in, resent)
        case wire.CodeAccepted(grant, _, account, human):
            return kernel.CodeAccepted(grant, _facts(account), human.value if human else None)
        case wire.CodeRejected(tries_left, wait):
            return kernel.CodeRejected(tries_left, wait)
        case wire.CodeTooSoon(wait):
            return kernel.CodeTooSoon(wait)
        case wire.CodeDead(reason):
            return kernel.CodeDead(reason.value)
        case wire.LinkIssued(sent_to, check_number, expires_in):
            return kernel.LinkSent(sent_to, check_number, expires_in)
        case wire.ChangeResult(state, reason):
            return kernel.Unlocked(state.value, reason)
        case wire.TicketList(tickets):
            return kernel.TicketsListed(tuple(map(_ticket, tickets)))
        case wire.TicketView() as view:
            return kernel.TicketOpened(
                number=view.number,
                category=view.category.value,
                in_service_hours=view.in_service_hours,
                first_response_due=view.first_response_due,
                next_opening=view.next_opening,
                already_open=view.already_open,
                reopened=view.reopened,
            )


def _facts(account: wire.AccountView) -> kernel.AccountFacts:
    return kernel.AccountFacts(
        username=account.username,
        account_type=account.account_type,
        status=account.status.value,
        recovery_email=account.recovery_email,
        valid_until=account.valid_until,
        password_changed_at=account.password_changed_at,
        must_change=account.must_change,
    )


def _ticket(view: wire.TicketView) -> kernel.TicketFacts:
    return kernel.TicketFacts(
        number=view.number,
        status=view.status.value,
        category=view.category.value,
        opened_at=view.opened_at,
        first_response_due=view.first_response_due,
        last_public_reply=view.last_public_reply,
    )


def display_name(agent: str) -> str:
    """Return how people read an agent's name: "rina.kusuma" signs in, "Rina Kusuma" answers."""
    if agent != agent.casefold() or " " in agent:
        return agent
    words = re.split(r"[._-]+", agent.partition("@")[0])
    return " ".join(word.capitalize() for word in words if word) or agent


def event_from_feed(  # noqa: PLR0911 - one return per message
    event: wire.AnyFeedEvent,
) -> kernel.AnyEvent:
    """Return the event a message of the feed is."""
    match event:
        case wire.TicketClaimed(ticket=ticket, agent=agent):
            return kernel.AgentJoined(ticket, display_name(agent))
        case wire.AgentReplied(ticket=ticket, agent=agent, text=text):
            return kernel.AgentSaid(ticket, display_name(agent), text)
        case wire.TicketReleased(ticket=ticket, next_opening=opening):
            return kernel.AgentLeft(ticket, opening)
        case wire.HandedBack(ticket=ticket):
            return kernel.HandedBack(ticket)
        case wire.TicketResolved(ticket=ticket, resolution=resolution):
            return kernel.HandedBack(ticket, resolution)
        case wire.PasswordChanged(account=account, state=state):
            return kernel.PasswordChanged(account, state.value)
        case wire.LinkEnded(reason=reason):
            return kernel.LinkEnded(reason)
        case wire.MailDelayed():
            return kernel.MailDelayed()
        case wire.GuestsDecided(ticket=ticket, approved=approved, count=count, reason=reason):
            return kernel.GuestsDecided(ticket, approved, count, reason)
