"""What every flow is made of: a wish starts it, moves carry it on, choices are its buttons."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

from msgspec import Struct

from handlers.kernel import AnyEffect, Choice, OpenTicket
from nlu.types import Understanding

if TYPE_CHECKING:
    from datetime import date

S_co = TypeVar("S_co", covariant=True)


class FlowName(StrEnum):
    """A conversation with a beginning and an end; the names stand in saved states."""

    CHECK_ACCOUNT = "check_account"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of a flow
    UNLOCK_ACCOUNT = "unlock_account"
    REQUEST_GUEST_ACCOUNT = "request_guest_account"
    CLAIM_GUEST_ACCOUNT = "claim_guest_account"
    TICKET_STATUS = "ticket_status"
    UPDATE_RECOVERY_EMAIL = "update_recovery_email"
    LIFECYCLE_QUESTION = "account_lifecycle_question"
    OTP_PROBLEM = "otp_problem"


class Wish(NamedTuple):
    """What a flow is started with: the message, and the login it or an earlier one named.

    `chosen`: the flow's own button was pressed, so the wish is not a guess.
    """

    meaning: Understanding = Understanding()
    login: str | None = None
    today: date | None = None
    chosen: bool = False


class Followed(Struct, frozen=True, omit_defaults=True):
    """What was answered last: people go on asking about it though no flow is open."""

    flow: FlowName
    topic: str = ""


class Move(NamedTuple, Generic[S_co]):
    """What a flow does with an event.

    `state` None: the flow is over. `understood` False: the message was no answer to the flow's
    question, and the root decides what to say. `then` is what may still be asked about after the
    flow's end (see `handlers.follow_up`).
    """

    state: S_co | None
    effects: tuple[AnyEffect, ...] = ()
    understood: bool = True
    then: Followed | None = None


# -- buttons several flows share ----------------------------------------------------------------
YES: Final = Choice("yes", "button.yes")
NO: Final = Choice("no", "button.no")
CANCEL: Final = Choice("cancel", "button.cancel")
HUMAN: Final = Choice("human", "button.human")
RETRY: Final = Choice("retry", "button.retry")

FLOW_PREFIX: Final = "flow:"


def to_flow(name: FlowName, label: str = "") -> Choice:
    """Return the button that starts a flow, under the flow's own title or `label`."""
    return Choice(FLOW_PREFIX + name, label or f"button.flow.{name}")


# -- tickets a flow may open --------------------------------------------------------------------
CATEGORY: Final[dict[FlowName, str]] = {
    FlowName.CHECK_ACCOUNT: "account",
    FlowName.RESET_PASSWORD: "password",
    FlowName.UNLOCK_ACCOUNT: "unlock",
    FlowName.REQUEST_GUEST_ACCOUNT: "guest_request",
    FlowName.CLAIM_GUEST_ACCOUNT: "account",
    FlowName.TICKET_STATUS: "other",
    FlowName.UPDATE_RECOVERY_EMAIL: "recovery_email",
    FlowName.LIFECYCLE_QUESTION: "lifecycle",
    FlowName.OTP_PROBLEM: "code_delivery",
}
"""The ticket category a case gets when a human is asked for inside a flow."""


def ticket(
    flow: FlowName | None, summary: str, *, login: str | None = None, grant: str | None = None
) -> OpenTicket:
    """Return the effect that hands the person to a human.

    `summary` is a key of the catalogue. `login` is what the person says, `grant` what they proved.
    """
    category = CATEGORY[flow] if flow else "other"
    return OpenTicket(category, summary, claimed_login=login, grant=grant)
