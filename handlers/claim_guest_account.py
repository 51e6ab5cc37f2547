"""A guest sets the first password of the account made for them (ITB, last two letters)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import gate, links, verification
from handlers.flow import FlowName, Move, Wish
from handlers.gate import HumanGate
from handlers.kernel import AnyEffect, AnyEvent, Purpose
from handlers.links import IssuingLink, LinkFailed
from handlers.verification import Proven

if TYPE_CHECKING:
    from nlu.types import Understanding

State = verification.State | IssuingLink | LinkFailed | HumanGate


def start(wish: Wish) -> Move[State]:
    """Begin with what the message already told."""
    return verification.begin(Purpose.CLAIM_GUEST, wish)


def step(state: State, event: AnyEvent) -> Move[State]:
    """Answer one event."""
    match state:
        case IssuingLink() | LinkFailed():
            return links.step(state, event)
        case HumanGate():
            return gate.step(state, event)
        case _:
            return _verify(state, event)


def _verify(state: verification.State, event: AnyEvent) -> Move[State]:
    match verification.step(state, event):
        case Proven(login, accepted) if accepted.human:
            return gate.offer(FlowName.CLAIM_GUEST_ACCOUNT, login, accepted.grant, accepted.human)
        case Proven(login, accepted):
            return links.issue(FlowName.CLAIM_GUEST_ACCOUNT, login, accepted.grant)
        case move:
            return move


def prompt(state: State) -> tuple[AnyEffect, ...]:
    """Ask again what is being waited for."""
    match state:
        case IssuingLink() | LinkFailed():
            return links.prompt(state)
        case HumanGate():
            return gate.prompt(state)
        case _:
            return verification.prompt(state)


def answers(state: State, meaning: Understanding) -> bool:
    """Tell whether the message holds what `state` waits for."""
    if isinstance(state, IssuingLink | LinkFailed | HumanGate):
        return False
    return verification.answers(state, meaning)
