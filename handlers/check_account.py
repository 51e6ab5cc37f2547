"""Tell the owner how their account stands, once they proved that it is theirs (ITB b.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import verification
from handlers.flow import CANCEL, HUMAN, FlowName, Move, Wish, to_flow
from handlers.kernel import (
    AccountFacts,
    AnyEffect,
    AnyEvent,
    Args,
    CodeAccepted,
    OfferChoices,
    Purpose,
    Say,
)
from handlers.verification import Proven

if TYPE_CHECKING:
    from nlu.types import Understanding

State = verification.State


def start(wish: Wish) -> Move[State]:
    """Begin with what the message already told."""
    return verification.begin(Purpose.CHECK_ACCOUNT, wish)


def step(state: State, event: AnyEvent) -> Move[State]:
    """Answer one event."""
    match verification.step(state, event):
        case Proven(accepted=accepted):
            return Move(None, report(accepted))
        case move:
            return move


def prompt(state: State) -> tuple[AnyEffect, ...]:
    """Ask again what is being waited for."""
    return verification.prompt(state)


def answers(state: State, meaning: Understanding) -> bool:
    """Tell whether the message holds what `state` waits for."""
    return verification.answers(state, meaning)


def report(accepted: CodeAccepted) -> tuple[AnyEffect, ...]:
    """Say how the account stands, and offer what can be done about it."""
    account = accepted.account
    facts: list[AnyEffect] = [Say("account.facts", _args(account))]
    if account.valid_until:
        facts.append(Say("account.valid_until", {"valid_until": account.valid_until.isoformat()}))
    if account.password_changed_at:
        changed = account.password_changed_at.isoformat()
        facts.append(Say("account.password_changed", {"changed": changed}))
    if account.must_change:
        facts.append(Say("account.must_change"))
    return (*facts, _advice(account, accepted.human))


def _args(account: AccountFacts) -> Args:
    return {
        "username": account.username,
        "type": account.account_type,
        "status": account.status,
        "recovery_email": account.recovery_email,
    }


def _advice(account: AccountFacts, human: str | None) -> AnyEffect:
    match account.status:
        case "disabled" | "expired" | "not_yet_valid" as status:
            choices = (to_flow(FlowName.LIFECYCLE_QUESTION), HUMAN)
            return OfferChoices(f"account.advice.{status}", choices)
        case _ if human:
            return OfferChoices("account.advice.human", (HUMAN, CANCEL))
        case "locked":
            unlock, reset = FlowName.UNLOCK_ACCOUNT, FlowName.RESET_PASSWORD
            return OfferChoices("account.advice.locked", (to_flow(unlock), to_flow(reset)))
        case _:
            return OfferChoices("account.advice.fine", (to_flow(FlowName.RESET_PASSWORD),))
