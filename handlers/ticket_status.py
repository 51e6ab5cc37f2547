"""Tell how the tickets of a person stand: theirs only, and only after a code (agents.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from handlers import verification
from handlers.flow import HUMAN, FlowName, Move, Wish, to_flow
from handlers.kernel import (
    AnyEffect,
    AnyEvent,
    Args,
    BackendFailed,
    ListTickets,
    OfferChoices,
    Purpose,
    Refused,
    Say,
    TicketFacts,
    TicketsListed,
    UserChose,
    UserSaid,
)
from handlers.verification import Proven

if TYPE_CHECKING:
    from nlu.types import Understanding


class Listing(Struct, frozen=True, tag="ticket_status.listing"):
    """The backend was asked for the tickets."""

    login: str


State = verification.State | Listing


def start(wish: Wish) -> Move[State]:
    """Begin with what the message already told."""
    return verification.begin(Purpose.TICKET_STATUS, wish)


def step(state: State, event: AnyEvent) -> Move[State]:
    """Answer one event."""
    match state, event:
        case Listing(), TicketsListed(()):
            return Move(None, (OfferChoices("tickets.none", (HUMAN,)),))
        case Listing(), TicketsListed(tickets):
            return Move(None, (Say("tickets.intro"), *map(_line, tickets)))
        case Listing(), (Refused("list_tickets") | BackendFailed("list_tickets")):
            again = to_flow(FlowName.TICKET_STATUS, "button.retry")
            return Move(None, (OfferChoices("tickets.failed", (again, HUMAN)),))
        case Listing(), (UserSaid() | UserChose()):
            return Move(state, prompt(state))
        case Listing(), _:
            return Move(state)
        case _:
            return _verify(state, event)


def _verify(state: verification.State, event: AnyEvent) -> Move[State]:
    match verification.step(state, event):
        case Proven(login, accepted):
            return Move(Listing(login), (ListTickets(accepted.grant),))
        case move:
            return move


def _line(ticket: TicketFacts) -> Say:
    args: Args = {
        "number": ticket.number,
        "status": ticket.status,
        "category": ticket.category,
        "opened": ticket.opened_at.isoformat(),
        "reply": ticket.last_public_reply or "",
    }
    return Say("tickets.line_replied" if ticket.last_public_reply else "tickets.line", args)


def prompt(state: State) -> tuple[AnyEffect, ...]:
    """Ask again what is being waited for."""
    if isinstance(state, Listing):
        return (Say("code.one_moment"),)
    return verification.prompt(state)


def answers(state: State, meaning: Understanding) -> bool:
    """Tell whether the message holds what `state` waits for."""
    return not isinstance(state, Listing) and verification.answers(state, meaning)
