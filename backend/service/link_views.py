"""What the password page is told: named outcomes, never booleans (style.md 10)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from backend.service.errors import Refusal

if TYPE_CHECKING:
    from datetime import datetime

    from backend.domain.links import LinkEnd, LinkPurpose
    from backend.domain.password_policy import PolicyView, Rule


class LinkOver(Refusal):
    """The link or its page does not work; `end` says why. Nothing was changed."""

    status = 410
    code = "link_over"

    def __init__(self, end: LinkEnd) -> None:
        super().__init__(end.value)
        self.end = end


@dataclass(frozen=True, slots=True)
class PageSession:
    """What a token was exchanged for: the value of the `__Host-` cookie."""

    cookie: str = field(repr=False)
    max_age: int
    """Seconds; the server's own idle limit is shorter."""


@dataclass(frozen=True, slots=True)
class PageView:
    """What the page shows before it asks for number and password (security.md 8)."""

    purpose: LinkPurpose
    username: str
    """Masked."""
    channel: str
    """Where the link was asked for (`webchat`, …); empty for an approved guest's link."""
    language: str
    issued_at: datetime
    ends_at: datetime
    """The page is over then, whatever its visitor does; ten idle minutes end it before."""
    number_digits: int
    number_tries_left: int
    number_proven: bool
    """The number was right on this page: it need not be asked again."""
    submits_left: int
    policy: PolicyView


@dataclass(frozen=True, slots=True)
class Changed:
    """The directory has the new password. Nobody is logged in by this."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The password breaks rules; the link lives on while `submits_left` is above 0."""

    rules: tuple[Rule, ...]
    submits_left: int


@dataclass(frozen=True, slots=True)
class WrongNumber:
    """The short number was wrong; at 0 the link is over."""

    tries_left: int


@dataclass(frozen=True, slots=True)
class Uncertain:
    """Sent, but the answer was lost: we are checking, and the chat will hear."""


@dataclass(frozen=True, slots=True)
class Busy:
    """Another submit of this link, or another change of this account, is being worked on."""


@dataclass(frozen=True, slots=True)
class Away:
    """The directory is away: nothing was changed, nothing was charged, try again."""


@dataclass(frozen=True, slots=True)
class NeedsHuman:
    """The directory does not let us change this account: the helpdesk must. The link is over."""


@dataclass(frozen=True, slots=True)
class Over:
    """The page is over; nothing was changed by this submit."""

    end: LinkEnd


SubmitOutcome = Changed | Refused | WrongNumber | Uncertain | Busy | Away | NeedsHuman | Over


@dataclass(frozen=True, slots=True)
class Frozen:
    """Recovery by chat rests until then; the helpdesk has a ticket."""

    until: datetime
