"""The code does not arrive, and no code is being waited for in this conversation.

An account without a recovery e-mail behaves like one that does not exist, so this is also the
way on for its owner: a human, told only the login that was claimed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from handlers.flow import FlowName, Move, Wish, ticket, to_flow
from handlers.kernel import AnyEffect, AnyEvent, Choice, OfferChoices, Say, UserChose, UserSaid
from handlers.reading import asks_again, is_no, is_yes, login_in, login_of

if TYPE_CHECKING:
    from nlu.types import Understanding


class Advised(Struct, frozen=True, tag="otp_problem.advised"):
    """Told where codes hide; offered a new one or a human."""

    login: str | None = None


class AskLogin(Struct, frozen=True, tag="otp_problem.ask_login"):
    """A human will look into it; which account is it about?"""


State = Advised | AskLogin

_HUMAN: Final = Choice("no_code_human", "button.human")
_UNKNOWN: Final = Choice("unknown_login", "button.unknown_login")


def start(wish: Wish) -> Move[State]:
    """Give the tips and the ways on."""
    state = Advised(wish.login)
    return Move(state, prompt(state))


def step(state: State, event: AnyEvent) -> Move[State]:
    """Answer one event."""
    match state, event:
        case AskLogin(), UserSaid(meaning) if login := login_in(meaning):
            return _to_human(login)
        case AskLogin(), (UserSaid() | UserChose()) if is_no(event):
            return _to_human(None)
        case AskLogin(), UserChose(value="unknown_login"):
            return _to_human(None)
        case Advised(), UserChose(value="no_code_human"):
            return _ask(state)
        case Advised(), UserSaid(meaning) if asks_again(meaning) or is_yes(event):
            return Move(state, (OfferChoices("otp.which_code", _ways()),))
        case Advised(), UserSaid(meaning) if login := login_of(meaning):
            return _to_human(login)
        case Advised(), UserSaid() if is_no(event):
            return Move(None, (Say("otp.done"),))
        case _, (UserSaid() | UserChose()):
            return Move(state, prompt(state), understood=False)
        case _:
            return Move(state)


def _ask(state: Advised) -> Move[State]:
    if state.login:
        return _to_human(state.login)
    return Move(AskLogin(), prompt(AskLogin()))


def _to_human(login: str | None) -> Move[State]:
    return Move(None, (ticket(FlowName.OTP_PROBLEM, "summary.no_code", login=login),))


def _ways() -> tuple[Choice, ...]:
    wishes = (FlowName.RESET_PASSWORD, FlowName.UNLOCK_ACCOUNT, FlowName.CHECK_ACCOUNT)
    return (*map(to_flow, wishes), _HUMAN)


def prompt(state: State) -> tuple[AnyEffect, ...]:
    """Ask again what is being waited for."""
    if isinstance(state, AskLogin):
        return (OfferChoices("otp.ask_login", (_UNKNOWN,)),)
    return (OfferChoices("otp.tips", _ways()),)


def answers(state: State, meaning: Understanding) -> bool:
    """Tell whether the message holds what `state` waits for."""
    if isinstance(state, AskLogin):
        return login_in(meaning) is not None
    return asks_again(meaning)
