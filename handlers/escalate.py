"""Hand the person to a human: at any point, whatever was going on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from handlers.flow import FlowName, ticket

if TYPE_CHECKING:
    from handlers.kernel import OpenTicket
    from nlu.types import Understanding

_ABUSED: Final = re.compile(
    r"\b(di ?(hack|retas|bajak|bobol)\w*|hack\w*|peretas\w*|stolen|hijack\w*"
    r"|phish\w*|someone else (is|has)|bukan saya yang|wasn'?t me|unauthori[sz]ed)\b",
    re.IGNORECASE,
)


def handoff(
    meaning: Understanding | None, flow: FlowName | None, login: str | None, grant: str | None
) -> OpenTicket:
    """Return the ticket for what was going on (`flow`) or for what the message says.

    An account in a stranger's hands goes first, whatever the flow was.
    """
    text = meaning.text if meaning else ""
    opened = ticket(flow, "summary.asked", login=login, grant=grant)
    if _ABUSED.search(text):
        return replace(opened, category="security", priority="urgent", summary="summary.abused")
    return opened
