"""Lift a lockout, once the owner proved that the account is theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from handlers import gate, verification
from handlers.flow import HUMAN, FlowName, Move, Wish, to_flow
from handlers.gate import HumanGate
from handlers.kernel import (
    AnyEffect,
    AnyEvent,
    BackendFailed,
    OfferChoices,
    Purpose,
    Refused,
    Say,
    UnlockAccount,
    Unlocked,
    UserChose,
    UserSaid,
)
from handlers.verification import Proven

if TYPE_CHECKING:
    from nlu.types import Understanding


class Unlocking(Struct, frozen=True, tag="unlock_account.unlocking"):
    """The backend was asked to unlock."""

    login: str
    grant: str


State = verification.State | Unlocking | HumanGate

_RESET: Final = to_flow(FlowName.RESET_PASSWORD)


def start(wish: Wish) -> Move[State]:
    """Begin with what the message already told."""
    return verification.begin(Purpose.UNLOCK_ACCOUNT, wish)


def step(state: State, event: AnyEvent) -> Move[State]:
    """Answer one event."""
    match state, event:
        case Unlocking(), Unlocked():
            return Move(None, told(event))
        case Unlocking(login, grant), Refused("unlock_account", "human_needed"):
            return gate.offer(FlowName.UNLOCK_ACCOUNT, login, grant, "other")
        case Unlocking(), Refused("unlock_account"):
            return Move(None, told(Unlocked("refused")))
        case Unlocking(), BackendFailed("unlock_account"):
            return Move(None, told(Unlocked("unknown")))
        case Unlocking(), (UserSaid() | UserChose()):
            return Move(state, prompt(state))
        case Unlocking(), _:
            return Move(state)
        case HumanGate(), _:
            return gate.step(state, event)
        case _:
            return _verify(state, event)


def _verify(state: verification.State, event: AnyEvent) -> Move[State]:
    match verification.step(state, event):
        case Proven(login, accepted) if accepted.human:
            return gate.offer(FlowName.UNLOCK_ACCOUNT, login, accepted.grant, accepted.human)
        case Proven(login, accepted) if accepted.account.status == "locked":
            return Move(Unlocking(login, accepted.grant), (UnlockAccount(accepted.grant),))
        case Proven():
            return Move(None, (OfferChoices("unlock.not_locked", (_RESET, HUMAN)),))
        case move:
            return move


def told(event: Unlocked) -> tuple[AnyEffect, ...]:
    """Say how the unlock ended; never "done" on doubt (security.md 11)."""
    match event.state:
        case "applied":
            return (OfferChoices("unlock.applied", (_RESET,)),)
        case "refused":
            return (OfferChoices("unlock.refused", (HUMAN,)),)
        case _:
            return (OfferChoices("unlock.unknown", (to_flow(FlowName.CHECK_ACCOUNT), HUMAN)),)


def prompt(state: State) -> tuple[AnyEffect, ...]:
    """Ask again what is being waited for."""
    match state:
        case Unlocking():
            return (Say("code.one_moment"),)
        case HumanGate():
            return gate.prompt(state)
        case _:
            return verification.prompt(state)


def answers(state: State, meaning: Understanding) -> bool:
    """Tell whether the message holds what `state` waits for."""
    if isinstance(state, Unlocking | HumanGate):
        return False
    return verification.answers(state, meaning)
