"""Tell the owner how their account stands, once they proved that it is theirs (ITB b.1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from handlers import verification
from handlers.flow import CANCEL, HUMAN, YES, FlowName, Move, Wish, to_flow
from handlers.kernel import (
    AccountFacts,
    AnyEffect,
    AnyEvent,
    Args,
    Choice,
    CodeAccepted,
    OfferChoices,
    Purpose,
    Say,
    UserChose,
    UserSaid,
)
from handlers.reading import forgot_login, is_no, is_yes, login_of
from handlers.verification import Proven

if TYPE_CHECKING:
    from nlu.types import Understanding


class Confirm(Struct, frozen=True, tag="check_account.confirm"):
    """Something is wrong with an account: is it the one that was named before?"""

    login: str


State = verification.State | Confirm

OTHER: Final = Choice("no", "button.other_account")
_ASKS_FOR_IT: Final = re.compile(r"\b(ce[ck]k?|periksa|status|check|look)", re.IGNORECASE)


def start(wish: Wish) -> Move[State]:
    """Begin with what the message already told; a complaint mails no code before a yes."""
    told = wish.chosen or _ASKS_FOR_IT.search(wish.meaning.text) or not wish.meaning.text
    if wish.login and not told and not forgot_login(wish.meaning) and not login_of(wish.meaning):
        state = Confirm(wish.login)
        return Move(state, prompt(state))
    return verification.begin(Purpose.CHECK_ACCOUNT, wish)


def step(state: State, event: AnyEvent) -> Move[State]:
    """Answer one event."""
    return _confirm(state, event) if isinstance(state, Confirm) else _verify(state, event)


def _confirm(state: Confirm, event: AnyEvent) -> Move[State]:
    match event:
        case UserSaid(meaning) if login := login_of(meaning):
            return verification.send(Purpose.CHECK_ACCOUNT, login)
        case UserSaid() | UserChose() if is_yes(event):
            return verification.send(Purpose.CHECK_ACCOUNT, state.login)
        case UserSaid() | UserChose() if is_no(event):
            return verification.begin(Purpose.CHECK_ACCOUNT, Wish())
        case UserSaid() | UserChose():
            return Move(state, prompt(state), understood=False)
        case _:
            return Move(state)


def _verify(state: verification.State, event: AnyEvent) -> Move[State]:
    match verification.step(state, event):
        case Proven(accepted=accepted):
            return Move(None, report(accepted))
        case move:
            return move


def prompt(state: State) -> tuple[AnyEffect, ...]:
    """Ask again what is being waited for."""
    if isinstance(state, Confirm):
        choices = (YES, OTHER, HUMAN)
        return (OfferChoices("account.confirm_login", choices, {"login": state.login}),)
    return verification.prompt(state)


def answers(state: State, meaning: Understanding) -> bool:
    """Tell whether the message holds what `state` waits for."""
    if isinstance(state, Confirm):
        return login_of(meaning) is not None
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
