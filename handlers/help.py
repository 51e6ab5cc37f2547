"""What the assistant can do, as a menu."""

from __future__ import annotations

from typing import Final

from handlers.flow import HUMAN, FlowName, to_flow
from handlers.kernel import AnyEffect, OfferChoices, Say

MENU: Final = (
    to_flow(FlowName.RESET_PASSWORD),
    to_flow(FlowName.CHECK_ACCOUNT),
    to_flow(FlowName.UNLOCK_ACCOUNT),
    to_flow(FlowName.REQUEST_GUEST_ACCOUNT),
    to_flow(FlowName.TICKET_STATUS),
    HUMAN,
)


def reply(*, busy: bool) -> tuple[AnyEffect, ...]:
    """Explain; inside a flow only how to get out of it, for its question follows."""
    if busy:
        return (Say("help.in_flow"),)
    claim = to_flow(FlowName.CLAIM_GUEST_ACCOUNT)
    return (OfferChoices("help.menu", (*MENU[:-1], claim, MENU[-1])),)
