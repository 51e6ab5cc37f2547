"""What to say when a message was not understood: first kindly, then with choices and a human."""

from __future__ import annotations

import re
from typing import Final

from handlers.flow import CANCEL, HUMAN, FlowName, to_flow
from handlers.help import MENU
from handlers.kernel import AnyEffect, OfferChoices, Say
from handlers.reading import SURE
from nlu.types import Intent, Understanding

PATIENCE: Final = 2
"""So many misunderstandings in a row, and choices and a human are offered."""

_OURS: Final = re.compile(
    r"\b(akun|account|password|sandi|pass|log ?in|masuk|username|nim|nip|tamu|guest|kode|code|otp"
    r"|e-?mail|tiket|ticket|masa aktif|valid\w*|link|tautan|dosen|kjp|tad|alumni)(nya|ku)?\b",
    re.IGNORECASE,
)
"""Words of what we do: who uses one is not told that it is elsewhere."""
_NAMED: Final = (FlowName.RESET_PASSWORD, FlowName.CHECK_ACCOUNT, FlowName.UNLOCK_ACCOUNT)


def outside_flows(meaning: Understanding, misunderstood: int) -> tuple[AnyEffect, ...]:
    """Answer a message that starts nothing; `misunderstood` counts this one."""
    if misunderstood >= PATIENCE:
        return (OfferChoices("fallback.menu", MENU),)
    surely = meaning.intent is Intent.OUT_OF_SCOPE and meaning.confidence >= SURE
    elsewhere = surely and _OURS.search(meaning.text) is None
    return (Say("fallback.elsewhere" if elsewhere else "fallback.first"),)


def inside_flow(prompt: tuple[AnyEffect, ...], misunderstood: int) -> tuple[AnyEffect, ...]:
    """Answer a message that is no answer to `prompt`."""
    if misunderstood >= PATIENCE:
        return (*prompt, OfferChoices("fallback.stuck", (HUMAN, CANCEL)))
    return (Say("fallback.in_flow"), *prompt)


def which_wish(login: str) -> tuple[AnyEffect, ...]:
    """Ask what to do with an account that was named without a wish."""
    return (OfferChoices("fallback.which_wish", tuple(map(to_flow, _NAMED)), {"login": login}),)
