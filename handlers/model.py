"""What a conversation remembers between two messages: small, frozen, and JSON at rest."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from handlers import (
    account_lifecycle_question,
    check_account,
    claim_guest_account,
    otp_problem,
    request_guest_account,
    reset_password,
    ticket_status,
    unlock_account,
    update_recovery_email,
)
from handlers.flow import FlowName, Followed, Move, Wish
from handlers.kernel import AnyEffect, AnyEvent, Args, Choice
from nlu.types import Intent, Language, Understanding

if TYPE_CHECKING:
    from collections.abc import Callable

VERSION: Final = 1
"""Of the saved state; `handlers.upgrades` holds the way from every older one."""

FlowState = (
    account_lifecycle_question.State
    | check_account.State
    | claim_guest_account.State
    | otp_problem.State
    | request_guest_account.State
    | reset_password.State
    | ticket_status.State
    | unlock_account.State
    | update_recovery_email.State
)
"""Every state of every flow: a tagged union, so that saved ones can be read back."""


class Flow(NamedTuple):
    """The four functions of a flow."""

    start: Callable[[Wish], Move[Any]]
    step: Callable[[Any, AnyEvent], Move[Any]]
    prompt: Callable[[Any], tuple[AnyEffect, ...]]
    answers: Callable[[Any, Understanding], bool]


def _flow(module: Any) -> Flow:  # noqa: ANN401 - modules have no common type
    return Flow(module.start, module.step, module.prompt, module.answers)


FLOWS: Final[dict[FlowName, Flow]] = {
    FlowName.CHECK_ACCOUNT: _flow(check_account),
    FlowName.RESET_PASSWORD: _flow(reset_password),
    FlowName.UNLOCK_ACCOUNT: _flow(unlock_account),
    FlowName.REQUEST_GUEST_ACCOUNT: _flow(request_guest_account),
    FlowName.CLAIM_GUEST_ACCOUNT: _flow(claim_guest_account),
    FlowName.TICKET_STATUS: _flow(ticket_status),
    FlowName.UPDATE_RECOVERY_EMAIL: _flow(update_recovery_email),
    FlowName.LIFECYCLE_QUESTION: _flow(account_lifecycle_question),
    FlowName.OTP_PROBLEM: _flow(otp_problem),
}


class Control(StrEnum):
    """Who answers the person (agents.md)."""

    BOT = "bot"
    WAITING = "waiting"
    HUMAN = "human"


class Active(Struct, frozen=True):
    """A flow under way. `id` stands on its requests, so that late answers find it or are seen."""

    flow: FlowName
    id: int
    state: FlowState

    @property
    def login(self) -> str | None:
        """Return the login this flow is about, when it was named."""
        return getattr(self.state, "login", None)

    @property
    def grant(self) -> str | None:
        """Return the proof this flow holds, if any."""
        return getattr(self.state, "grant", None)


class Case(Struct, frozen=True, omit_defaults=True):
    """The ticket a human answers or will answer; no number until the backend gave one."""

    number: str | None = None
    due: datetime | None = None
    urgent: bool = False
    """It is known to be about an account in a stranger's hands."""
    opening: datetime | None = None
    """Given back outside service hours: when agents are there again."""
    also: str | None = None
    """The ticket that was waiting when this more urgent one was opened."""


class Conversation(Struct, frozen=True, omit_defaults=True):
    """The whole conversation. The empty one is where everybody starts."""

    version: int = VERSION
    turn: int = 0
    language: Language = Language.ID

    control: Control = Control.BOT
    control_version: int = 0
    """Rises with every change of `control`."""
    case: Case | None = None
    unsent: tuple[str, ...] = ()
    """Written while the ticket had no number yet."""
    abandoned: int = 0
    """Tickets cancelled before their number was known."""
    acknowledged: bool = False
    """A message to the waiting ticket was acknowledged in the last ten minutes."""
    told_opening: datetime | None = None
    """The opening that was announced: once per closed period."""

    active: Active | None = None
    suspended: Active | None = None
    queued: tuple[Intent, ...] = ()
    """Further wishes of the message that started what is going on, in their order."""
    held: Understanding | None = None
    """The message an open question ("A or B?") or the queue goes back to."""
    flows: int = 0
    """How many flows were started: the next one's id."""
    login: str | None = None
    """The account named last; forgotten with the silence."""
    resolved: str | None = None
    """The ticket that was resolved in the last 7 days: who asks for a human gets it back."""
    changed: bool = False
    """A changed password was told in the last day: "that was not me" is an alarm."""
    followed: Followed | None = None
    """What was answered last, until something else is begun."""
    interrupted: FlowName | None = None
    """The flow whose code may still arrive after its end."""
    late: int = 0
    """Digits of that code, for a quarter of an hour."""

    offer: int = 0
    """Number of the offer made last."""
    choices: tuple[Choice, ...] = ()
    """The buttons that are still good."""
    choice_args: Args = {}
    misunderstood: int = 0
    idle_token: int = 0
    quiet: tuple[str, ...] = ()
    """Polite answers that are not repeated for ten minutes (groups, stickers)."""


def change_control(conversation: Conversation, control: Control) -> Conversation:
    """Return the conversation under another control, with what the bot had begun put away."""
    return replace(
        conversation,
        control=control,
        control_version=conversation.control_version + 1,
        active=None,
        suspended=None,
        queued=(),
        held=None,
        followed=None,
        misunderstood=0,
    )
