"""Name the account, have a code mailed, enter it: shared by every flow that needs proof.

The words are the same for accounts that exist and those that do not (security.md 2). No state
here knows the code; what is proven is a grant the backend made.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from handlers.flow import CANCEL, HUMAN, RETRY, Move, Wish
from handlers.kernel import (
    AnyEffect,
    AnyEvent,
    Args,
    BackendFailed,
    CheckCode,
    Choice,
    CodeAccepted,
    CodeDead,
    CodeRejected,
    CodeSent,
    CodeTooSoon,
    OfferChoices,
    OpenTicket,
    Purpose,
    Refused,
    ResendCode,
    Say,
    SendCode,
    UserChose,
    UserSaid,
    VoidChallenge,
)
from handlers.reading import (
    asks_again,
    code_in,
    forgot_login,
    is_yes,
    login_in,
    login_of,
    not_mine,
    not_there,
    not_wanted,
    only_digits,
)
from nlu.types import EntityKind, Understanding


class AskLogin(Struct, frozen=True, tag="verification.ask_login"):
    """The person has not named the account yet."""

    purpose: Purpose


class SendingCode(Struct, frozen=True, tag="verification.sending_code"):
    """The backend was asked to mail a code."""

    purpose: Purpose
    login: str


class AwaitCode(Struct, frozen=True, tag="verification.await_code"):
    """The code is on its way to the owner of `login`, if there is one."""

    purpose: Purpose
    login: str
    challenge: str
    length: int


class CheckingCode(Struct, frozen=True, tag="verification.checking_code"):
    """The backend was asked to check a code."""

    waiting: AwaitCode

    @property
    def login(self) -> str:
        """Return the login the code was asked for."""
        return self.waiting.login


class Stuck(Struct, frozen=True, tag="verification.stuck"):
    """No code can be entered now; a new one may be asked for."""

    purpose: Purpose
    login: str
    why: str
    """Key of the text that says what happened."""
    retry_after: int = 0


State = AskLogin | SendingCode | AwaitCode | CheckingCode | Stuck


class Proven(Struct, frozen=True):
    """The code was right: `accepted.grant` opens what the code was asked for."""

    login: str
    accepted: CodeAccepted


RESEND: Final = Choice("resend", "button.resend")
NO_CODE: Final = Choice("no_code", "button.no_code")
FORGOTTEN: Final = OfferChoices("code.forgot_login", (HUMAN, CANCEL))
NEW_CODE: Final = Choice("retry", "button.new_code")

_REFUSALS: Final = {"too_many": "code.too_many", "paused": "code.paused"}


def begin(purpose: Purpose, wish: Wish) -> Move[State]:
    """Ask for the account, or send the code at once when it was named already."""
    state = AskLogin(purpose)
    if forgot_login(wish.meaning):
        return Move(state, (FORGOTTEN,))
    if wish.login:
        return send(purpose, wish.login)
    return Move(state, prompt(state))


def send(purpose: Purpose, login: str) -> Move[State]:
    """Have a code mailed to the owner of `login`."""
    return Move(SendingCode(purpose, login[:200]), (SendCode(purpose, login[:200]),))


def prompt(state: State) -> tuple[AnyEffect, ...]:
    """Ask again what is being waited for."""
    match state:
        case AskLogin(purpose=Purpose.CLAIM_GUEST):
            return (Say("code.ask_guest_login"),)
        case AskLogin():
            return (Say("code.ask_login"),)
        case SendingCode() | CheckingCode():
            return (Say("code.one_moment"),)
        case AwaitCode(length=length):
            buttons = (RESEND, NO_CODE, CANCEL)
            return (OfferChoices("code.ask_code", buttons, {"length": length}),)
        case Stuck(why="code.too_many" | "code.paused" as why, retry_after=wait):
            key = why if wait else f"{why}_later"
            return (OfferChoices(key, (HUMAN, CANCEL), {"wait": wait}),)
        case Stuck(why="code.backend_down"):
            return (OfferChoices("code.backend_down", (RETRY, HUMAN, CANCEL)),)
        case Stuck(why=why):  # pragma: no branch - the last of all
            return (OfferChoices(why, (NEW_CODE, HUMAN, CANCEL)),)


def answers(state: State, meaning: Understanding) -> bool:
    """Tell whether the message holds what `state` waits for."""
    match state:
        case AskLogin():
            return login_in(meaning) is not None or forgot_login(meaning)
        case AwaitCode() if not_mine(meaning) or not_wanted(meaning):
            return True
        case AwaitCode(length=length):
            named = login_of(meaning) is not None
            digits = code_in(meaning, length) is not None or only_digits(meaning)
            return digits or named or asks_again(meaning)
        case Stuck():
            return asks_again(meaning)
        case _:
            return False


def step(state: State, event: AnyEvent) -> Move[State] | Proven:
    """Answer one event."""
    match state, event:
        case AskLogin(), UserSaid(meaning) if forgot_login(meaning):
            return Move(state, (FORGOTTEN,))
        case AskLogin(purpose), UserSaid(meaning):
            login = login_in(meaning)
            return send(purpose, login) if login else Move(state, prompt(state), understood=False)
        case ((SendingCode() | CheckingCode()), (UserSaid() | UserChose())):
            return Move(state, (Say("code.one_moment"),))
        case SendingCode(), _:
            return _sending(state, event)
        case AwaitCode(), _:
            return _while_waiting(state, event)
        case CheckingCode(waiting), CodeAccepted() as accepted:
            return Proven(waiting.login, accepted)
        case CheckingCode(waiting), _:
            return _checking(state, waiting, event)
        case Stuck(purpose, login), _ if _wants_new_code(event):
            return send(purpose, login)
        case _, (UserSaid() | UserChose()):
            return Move(state, prompt(state), understood=False)
        case _:
            return Move(state)  # late or repeated: already dealt with


def _sending(state: SendingCode, event: AnyEvent) -> Move[State]:
    purpose, login = state.purpose, state.login
    match event:
        case CodeSent(challenge, length, expires_in, _, False):
            args: Args = {"login": login, "length": length, "expires_in": expires_in}
            say = OfferChoices("code.sent", (RESEND, NO_CODE, CANCEL), args)
            return Move(AwaitCode(purpose, login, challenge, length), (say,))
        case Refused("send_code", "invalid"):
            return Move(AskLogin(purpose), (Say("code.bad_login"),))
        case Refused("send_code", reason, wait):
            why = _REFUSALS.get(reason, "code.backend_down")
            return _stuck(purpose, login, why, wait or 0)
        case BackendFailed("send_code"):
            return _stuck(purpose, login, "code.backend_down")
        case _:
            return Move(state)  # late or repeated: already dealt with


def _checking(state: CheckingCode, waiting: AwaitCode, event: AnyEvent) -> Move[State]:
    purpose, login = waiting.purpose, waiting.login
    match event:
        case CodeRejected(0):
            return _stuck(purpose, login, "code.exhausted")
        case CodeRejected(left, 0):
            return Move(waiting, (Say("code.wrong", {"tries_left": left}),))
        case CodeRejected(left, wait):
            return Move(waiting, (Say("code.wrong_wait", {"tries_left": left, "wait": wait}),))
        case CodeTooSoon(wait):
            return Move(waiting, (Say("code.too_soon", {"wait": wait}),))
        case CodeDead(reason):
            return _stuck(purpose, login, _dead(reason))
        case Refused("check_code"):
            return _given_up(waiting)
        case BackendFailed("check_code"):
            return Move(waiting, (Say("code.not_checked"),))
        case _:
            return Move(state)  # late or repeated: already dealt with


def _while_waiting(state: AwaitCode, event: AnyEvent) -> Move[State]:
    match event:
        case UserSaid(meaning):
            return _read(state, meaning)
        case UserChose(value=value):
            return _pressed(state, value)
        case CodeSent(state.challenge, length, expires_in, _, True):
            waiting = replace(state, length=length)
            args: Args = {"login": state.login, "length": length, "expires_in": expires_in}
            return Move(waiting, (Say("code.resent", args),))
        case CodeDead(reason):
            return _stuck(state.purpose, state.login, _dead(reason))
        case Refused("resend_code", "too_soon", wait):
            return Move(state, (Say("code.resend_too_soon", {"wait": wait or 60}),))
        case Refused("resend_code", "too_many"):
            return Move(state, (Say("code.resend_too_many"),))
        case Refused("resend_code", _):
            return _given_up(state)
        case BackendFailed("resend_code"):
            return Move(state, (Say("code.not_resent"),))
        case _:
            return Move(state)  # late or repeated: already dealt with


def _pressed(state: AwaitCode, value: str) -> Move[State]:
    match value:
        case "resend":
            return Move(state, (ResendCode(state.challenge),))
        case "no_code_human":
            ticket = OpenTicket("code_delivery", "summary.no_code", claimed_login=state.login)
            return Move(None, (VoidChallenge(state.challenge), ticket))
        case _:
            return _no_code(state)


def _read(state: AwaitCode, meaning: Understanding) -> Move[State]:
    code = code_in(meaning, state.length)
    if code:
        return Move(CheckingCode(state), (CheckCode(state.challenge, code),))
    login = login_of(meaning)
    if login and login != state.login and not only_digits(meaning):
        moved = send(state.purpose, login)
        return Move(moved.state, (VoidChallenge(state.challenge), *moved.effects))
    if meaning.first(EntityKind.CODE) or only_digits(meaning):
        return Move(state, (Say("code.wrong_length", {"length": state.length}),))
    if asks_again(meaning):
        return Move(state, (ResendCode(state.challenge),))
    if not_mine(meaning):
        asked = AskLogin(state.purpose)
        return Move(asked, (VoidChallenge(state.challenge), Say("code.other_login")))
    if not_wanted(meaning):
        return Move(None, (VoidChallenge(state.challenge), Say("code.not_wanted")))
    if not_there(meaning):
        return _no_code(state)
    return Move(state, prompt(state), understood=is_yes(UserSaid(meaning)))


def _no_code(state: AwaitCode) -> Move[State]:
    human = Choice("no_code_human", "button.human")
    return Move(state, (OfferChoices("code.tips", (RESEND, human, CANCEL)),))


def _wants_new_code(event: AnyEvent) -> bool:
    if isinstance(event, UserSaid):
        return asks_again(event.meaning) or is_yes(event)
    return isinstance(event, UserChose) and event.value == "retry"


def _stuck(purpose: Purpose, login: str, why: str, wait: int = 0) -> Move[State]:
    state = Stuck(purpose, login, why, wait)
    return Move(state, prompt(state))


def _given_up(waiting: AwaitCode) -> Move[State]:
    """The backend will not hear of this challenge any more: let it die on its side, too."""
    moved = _stuck(waiting.purpose, waiting.login, "code.dead")
    return Move(moved.state, (VoidChallenge(waiting.challenge), *moved.effects))


def _dead(reason: str) -> str:
    known = reason in {"expired", "exhausted"}
    return f"code.{reason}" if known else "code.dead"
