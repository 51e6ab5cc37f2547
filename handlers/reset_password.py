"""Reset a password: confirm, prove the mailbox, have a one-time link mailed (security.md 1-7).

No link is asked for without the grant of a right code, and no password passes through here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from handlers import gate, links, verification
from handlers.flow import CANCEL, YES, FlowName, Move, Wish
from handlers.gate import HumanGate
from handlers.kernel import AnyEffect, AnyEvent, OfferChoices, Purpose, UserChose, UserSaid
from handlers.links import IssuingLink, LinkFailed
from handlers.reading import forgot_login, is_no, is_yes, login_in, login_of
from handlers.verification import Proven

if TYPE_CHECKING:
    from nlu.types import Understanding


class Confirm(Struct, frozen=True, tag="reset_password.confirm"):
    """Said what will happen; nothing happens without a yes (security.md 1)."""

    login: str | None = None


_SHAPED: Final = re.compile(r"[\d._@]")

State = Confirm | verification.State | IssuingLink | LinkFailed | HumanGate


def start(wish: Wish) -> Move[State]:
    """Ask for a yes, naming the account when it is known.

    The yes was given when the button of a reset was pressed for an account that had been named.
    """
    if wish.chosen and wish.login:
        return verification.begin(Purpose.RESET_PASSWORD, wish)
    if forgot_login(wish.meaning):
        asked = Confirm()
        return Move(asked, (verification.FORGOTTEN, *prompt(asked)))
    state = Confirm(wish.login)
    return Move(state, prompt(state))


def step(state: State, event: AnyEvent) -> Move[State]:
    """Answer one event."""
    match state, event:
        case Confirm(login), (UserSaid() | UserChose()) if is_yes(event):
            named = login_of(event.meaning) if isinstance(event, UserSaid) else None
            return verification.begin(Purpose.RESET_PASSWORD, Wish(login=named or login))
        case Confirm(), UserSaid(meaning) if forgot_login(meaning):
            return Move(state, (verification.FORGOTTEN,))
        case Confirm(), (UserSaid() | UserChose()) if is_no(event):
            return Move(None, (links.declined(),))
        case Confirm(None), UserSaid(meaning) if login := _named(meaning):
            # Told what follows the account's name, the person named it.
            return verification.begin(Purpose.RESET_PASSWORD, Wish(login=login))
        case Confirm(), UserSaid(meaning) if login := login_of(meaning):
            return start(Wish(login=login))
        case Confirm(), (UserSaid() | UserChose()):
            return Move(state, prompt(state), understood=False)
        case Confirm(), _:
            return Move(state)
        case ((IssuingLink() | LinkFailed()), _):
            return links.step(state, event)
        case HumanGate(), _:
            return gate.step(state, event)
        case _:
            return _verify(state, event)


def _verify(state: verification.State, event: AnyEvent) -> Move[State]:
    match verification.step(state, event):
        case Proven(login, accepted) if accepted.human:
            return gate.offer(FlowName.RESET_PASSWORD, login, accepted.grant, accepted.human)
        case Proven(login, accepted):
            return links.issue(FlowName.RESET_PASSWORD, login, accepted.grant)
        case move:
            return move


def _named(meaning: Understanding) -> str | None:
    """Return the account a message names: a single word must look like one, "hmm" does not."""
    word = login_in(meaning)
    shaped = word is not None and _SHAPED.search(word) is not None
    return word if shaped else login_of(meaning)


def prompt(state: State) -> tuple[AnyEffect, ...]:
    """Ask again what is being waited for."""
    match state:
        case Confirm(str() as login):
            return (OfferChoices("reset.confirm_login", (YES, CANCEL), {"login": login}),)
        case Confirm():
            return (OfferChoices("reset.confirm", (YES, CANCEL)),)
        case IssuingLink() | LinkFailed():
            return links.prompt(state)
        case HumanGate():
            return gate.prompt(state)
        case _:
            return verification.prompt(state)


def answers(state: State, meaning: Understanding) -> bool:
    """Tell whether the message holds what `state` waits for."""
    match state:
        case Confirm():
            return _named(meaning) is not None or forgot_login(meaning)
        case IssuingLink() | LinkFailed() | HumanGate():
            return False
        case _:
            return verification.answers(state, meaning)
