"""Another recovery e-mail: always a human (security.md, recovery-e-mail change).

What is asked is what an agent needs to begin. The hint about the old address is passed on as the
person's word, never used as proof: there are no knowledge-based questions (A 6.4.2).
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from handlers.flow import CANCEL, FlowName, Move, Wish, ticket
from handlers.kernel import AnyEffect, AnyEvent, Choice, OfferChoices, Say, UserChose, UserSaid
from handlers.reading import forgot_login, forgotten, is_no, login_in
from handlers.verification import FORGOTTEN
from nlu.types import EntityKind, Understanding


class AskLogin(Struct, frozen=True, tag="update_recovery_email.ask_login"):
    """Which account is it about?"""

    new: str = ""


class AskOld(Struct, frozen=True, tag="update_recovery_email.ask_old"):
    """What the person remembers of the address on file; may be skipped."""

    login: str
    new: str = ""


class AskNew(Struct, frozen=True, tag="update_recovery_email.ask_new"):
    """The address they would like instead."""

    login: str
    old: str


State = AskLogin | AskOld | AskNew

SKIP: Final = Choice("skip", "button.dont_remember")


def start(wish: Wish) -> Move[State]:
    """Say that a human decides, and ask the first thing that is missing."""
    email = wish.meaning.first(EntityKind.EMAIL)
    login = wish.login if wish.login != email else None
    state = AskOld(login, email or "") if login else AskLogin(email or "")
    return Move(state, (Say("recovery.intro"), *prompt(state)))


def step(state: State, event: AnyEvent) -> Move[State]:
    """Answer one event."""
    match state, event:
        case AskLogin(new), UserSaid(meaning) if login := login_in(meaning):
            moved = AskOld(login, new)
            return Move(moved, prompt(moved))
        case AskOld(), UserChose(value="skip"):
            return _after_old(state, "")
        case AskLogin(), UserSaid(meaning) if forgot_login(meaning):
            return Move(state, (FORGOTTEN,))
        case AskOld(), UserSaid(meaning) if is_no(event) or forgotten(meaning):
            return _after_old(state, "")
        case AskOld(), UserSaid(meaning) if meaning.text.strip():
            return _after_old(state, meaning.first(EntityKind.EMAIL) or meaning.text.strip()[:200])
        case AskNew(login, old), UserSaid(meaning) if new := meaning.first(EntityKind.EMAIL):
            return _to_human(login, old, new)
        case _, (UserSaid() | UserChose()):
            return Move(state, prompt(state), understood=False)
        case _:
            return Move(state)


def _after_old(state: AskOld, old: str) -> Move[State]:
    if state.new:
        return _to_human(state.login, old, state.new)
    moved = AskNew(state.login, old)
    return Move(moved, prompt(moved))


def _to_human(login: str, old: str, new: str) -> Move[State]:
    opened = ticket(FlowName.UPDATE_RECOVERY_EMAIL, "summary.recovery_email", login=login)
    return Move(None, (replace(opened, args={"old": old or "-", "new": new}),))


def prompt(state: State) -> tuple[AnyEffect, ...]:
    """Ask again what is being waited for."""
    match state:
        case AskLogin():
            return (Say("recovery.ask_login"),)
        case AskOld():
            return (OfferChoices("recovery.ask_old", (SKIP, CANCEL)),)
        case AskNew():  # pragma: no branch - the last of all
            return (Say("recovery.ask_new"),)


def answers(state: State, meaning: Understanding) -> bool:
    """Tell whether the message holds what `state` waits for."""
    match state:
        case AskLogin():
            return login_in(meaning) is not None or forgot_login(meaning)
        case AskOld():
            told = meaning.first(EntityKind.EMAIL) is not None or "*" in meaning.text
            return told or forgotten(meaning)
        case AskNew():  # pragma: no branch - the last of all
            return meaning.first(EntityKind.EMAIL) is not None
