"""Greetings, thanks and goodbyes."""

from __future__ import annotations

from typing import Final

from handlers.help import MENU
from handlers.kernel import AnyEffect, OfferChoices, Say
from nlu.types import Intent

INTENTS: Final = frozenset({Intent.GREET, Intent.THANK, Intent.GOODBYE})


def reply(intent: Intent, *, busy: bool) -> tuple[AnyEffect, ...]:
    """Answer; `busy` says that a question of ours is still open and follows anyway."""
    match intent:
        case Intent.GREET if not busy:
            return (OfferChoices("smalltalk.greet", MENU),)
        case Intent.GREET:
            return (Say("smalltalk.hello"),)
        case Intent.THANK:
            return (Say("smalltalk.thank"),)
        case _:
            return (Say("smalltalk.goodbye"),)
