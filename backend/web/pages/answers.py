"""What the password page's script is told, as JSON: a `state` and what belongs to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from backend.domain.links import LinkEnd
from backend.service.link_views import (
    Away,
    Busy,
    Changed,
    NeedsHuman,
    Over,
    Refused,
    Uncertain,
    WrongNumber,
)

if TYPE_CHECKING:
    from datetime import datetime

    from backend.service.link_views import Frozen, PageView, SubmitOutcome
    from backend.web.pages.settings import PageSettings

Answer = dict[str, Any]

FORM_STATES = frozenset({"refused", "wrong_number", "busy", "away"})
"""After these the form is still there to be filled in again."""


def page(view: PageView, settings: PageSettings, now: datetime) -> Answer:
    """Describe an open page. `seconds_left` spares the page from trusting its own clock."""
    return {
        "state": "open",
        "purpose": view.purpose.value,
        "username": view.username,
        "channel": view.channel,
        "issued_at": view.issued_at.isoformat(),
        "ends_at": view.ends_at.isoformat(),
        "seconds_left": max(int((view.ends_at - now).total_seconds()), 0),
        "time_zone": settings.time_zone,
        "number_digits": view.number_digits,
        "number_proven": view.number_proven,
        "policy": msgspec.to_builtins(view.policy),
    }


def outcome(result: SubmitOutcome) -> Answer:  # noqa: C901, PLR0911 - a line an outcome
    """Describe how a submit ended."""
    match result:
        case Changed():
            return {"state": "changed"}
        case Refused(rules, submits_left) if submits_left > 0:
            names = [rule.value for rule in rules]
            return {"state": "refused", "rules": names, "submits_left": submits_left}
        case Refused():
            return over(LinkEnd.TOO_MANY_SUBMITS)
        case WrongNumber(tries_left) if tries_left > 0:
            return {"state": "wrong_number", "tries_left": tries_left}
        case WrongNumber():
            return over(LinkEnd.WRONG_NUMBER)
        case Uncertain():
            return {"state": "uncertain"}
        case Busy():
            return {"state": "busy"}
        case Away():
            return {"state": "away"}
        case NeedsHuman():
            return {"state": "needs_human"}
        case Over(end):
            return over(end)


def over(end: LinkEnd) -> Answer:
    """Describe why a link or page does not work."""
    return {"state": "over", "end": end.value}


def frozen(result: Frozen, settings: PageSettings) -> Answer:
    """Describe a freeze."""
    until = result.until.isoformat()
    return {"state": "frozen", "until": until, "time_zone": settings.time_zone}
