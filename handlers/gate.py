"""The human gate: the code was right, but only a human may go on (security.md 3).

Decided silently by the backend and told only after the code. The grant that comes with it opens
nothing but a ticket.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from handlers.flow import HUMAN, NO, FlowName, Move, ticket
from handlers.kernel import AnyEffect, AnyEvent, OfferChoices, Say, UserChose, UserSaid
from handlers.reading import is_no, is_yes

REASONS: Final = (
    "privileged",
    "recovery_email_changed",
    "identity_changed",
    "repeated_resets",
    "frozen",
    "account_not_usable",
)


class HumanGate(Struct, frozen=True, tag="gate.human_gate"):
    """Offered: a ticket that carries the proof."""

    flow: FlowName
    login: str
    grant: str
    reason: str


def offer(flow: FlowName, login: str, grant: str, reason: str) -> Move[HumanGate]:
    """Say why a human is needed, and offer one."""
    state = HumanGate(flow, login, grant, reason if reason in REASONS else "other")
    return Move(state, prompt(state))


def prompt(state: HumanGate) -> tuple[AnyEffect, ...]:
    """Offer the human again."""
    return (OfferChoices(f"gate.{state.reason}", (HUMAN, NO)),)


def step(state: HumanGate, event: AnyEvent) -> Move[HumanGate]:
    """Answer one event."""
    match event:
        case UserSaid() | UserChose() if is_yes(event):
            opened = ticket(state.flow, "summary.human_gate", login=state.login, grant=state.grant)
            return Move(None, (opened,))
        case UserSaid() | UserChose() if is_no(event):
            return Move(None, (Say("gate.declined"),))
        case UserSaid() | UserChose():
            return Move(state, prompt(state), understood=False)
        case _:
            return Move(state)
