"""Greetings, thanks, goodbyes, and questions about the helpdesk itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from handlers.flow import HUMAN
from handlers.help import MENU
from handlers.kernel import AnyEffect, OfferChoices, Say
from handlers.reading import SWITCH
from nlu.types import Intent

if TYPE_CHECKING:
    from nlu.types import Understanding

INTENTS: Final = frozenset({Intent.GREET, Intent.THANK, Intent.GOODBYE})

_SHORT: Final = 9
"""Words of a question that asks nothing else."""
_HOURS: Final = re.compile(
    r"\bjam (layanan|kerja|buka|tutup|operasional|pelayanan|berapa (buka|tutup|layanan))"
    r"|\b(helpdesk|layanan|petugas|kantor)(nya)? (\w+ )?(buka|tutup|libur|online|ada) "
    r"(jam|hari|sampai|sabtu|minggu|kapan)|\b(buka|tutup) (jam|hari|sampai|kapan)\b"
    r"|\b(opening|office|service|working) hours|\b(are|is) (you|the helpdesk|it) open\b"
    r"|\bwhen (are|do|is) (you|the helpdesk) (open|close)",
    re.IGNORECASE,
)
_WHO: Final = re.compile(
    r"\bsiapa (kamu|anda|ini|nih)\b|\b(kamu|anda|ini|kmu|lu|lo) (itu )?(siapa|robot|bot|ai|manusia"
    r"|mesin|orang)\b|\bwho (are you|is this)\b|\bare you (an? )?(robot|bot|ai|human|machine"
    r"|person|real)\b|\bam i (talking|chatting|speaking) (to|with) "
    r"(an? )?(robot|bot|ai|human|person)\b",
    re.IGNORECASE,
)
_ASKABLE: Final = frozenset(
    {Intent.OUT_OF_SCOPE, Intent.ESCALATE, Intent.HELP, Intent.GREET, Intent.GOODBYE}
)


def about_us(meaning: Understanding) -> tuple[AnyEffect, ...]:
    """Answer who we are or when people are there, or nothing when it is about something else.

    There is no intent for either: they are taken for foreign, or for the wish for a human.
    """
    other = meaning.intent not in _ASKABLE and meaning.confidence >= SWITCH
    if other or len(meaning.text.split()) > _SHORT:
        return ()
    if _HOURS.search(meaning.text):
        return (OfferChoices("about.hours", (HUMAN,)),)
    return (Say("about.me"),) if _WHO.search(meaning.text) else ()


def reply(intent: Intent, *, busy: bool) -> tuple[AnyEffect, ...]:
    """Answer; `busy` says that a question of ours is still open."""
    match intent:
        case Intent.GREET if not busy:
            return (OfferChoices("smalltalk.greet", MENU),)
        case Intent.GREET:
            return (Say("smalltalk.hello"),)
        case Intent.THANK:
            return (Say("smalltalk.thank"),)
        case _ if busy:
            return (Say("smalltalk.take_your_time"),)
        case _:
            return (Say("smalltalk.goodbye"),)
