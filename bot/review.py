"""Which messages are kept for review, and what is left of them: nothing that tells who wrote them.

Nothing here trains anything. With `HELPDESK_NLU_REVIEW=true` a turn notes what was misunderstood,
corrected or ambiguous; people label it with `helpdesk nlu review`. What is left out, and why, is
in `docs/decisions/0074-*`.
"""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from bot.store.review import Noted
from handlers.flow import FLOW_PREFIX
from handlers.kernel import OfferChoices, UserChose, UserSaid
from handlers.model import Control
from handlers.reading import is_no
from handlers.routing import WISHES
from nlu.normalise import DOMAIN, Normaliser
from nlu.ordinary import is_ordinary
from nlu.secrets import redact
from nlu.slang import ENGLISH, INDONESIAN
from nlu.types import EntityKind, Intent, Understanding

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from handlers.kernel import AnyEffect, AnyEvent
    from handlers.model import Conversation
    from nlu.types import Entity

LONGEST: Final = 500
"""Characters of a message that is kept; longer ones tell a story, and with it who tells it."""

HIDDEN: Final = (
    EntityKind.LOGIN,
    EntityKind.STUDENT_NUMBER,
    EntityKind.EMPLOYEE_NUMBER,
    EntityKind.EMAIL,
    EntityKind.PHONE,
    EntityKind.CODE,
    EntityKind.DATE,
    EntityKind.UNIT,
    EntityKind.TICKET_NUMBER,
    EntityKind.LETTER_NUMBER,
)
"""Entities that are masked: `[login]`, `[date]`; of two readings of a place the earlier here."""
NAME, NUMBER, LINK = "name", "number", "link"
"""Masks of what is no entity."""


class Happened(StrEnum):
    """Why a message is worth a look."""

    MISUNDERSTOOD = "misunderstood"
    CORRECTED = "corrected"
    """The person turned away from what the message began, or chose the other of "A or B?"."""
    AMBIGUOUS = "ambiguous"
    RELABELLED = "relabelled"
    """An agent said what it was."""


class Sample(Struct, frozen=True, omit_defaults=True):
    """A message as it may be kept, and what it was taken for."""

    text: str
    guess: Intent
    confidence: float
    ranking: tuple[tuple[Intent, float], ...] = ()
    language: str | None = None

    def noted(self, happened: Happened, chosen: Intent | None, day: date) -> Noted:
        """Return the row to write."""
        ranking = msgspec.json.encode(self.ranking).decode()
        return Noted(
            mark_of(self.text),
            self.text,
            self.language,
            self.guess,
            self.confidence,
            ranking,
            happened,
            chosen,
            day,
        )


class Watched(Struct, frozen=True, omit_defaults=True):
    """The last message, while the person's next step has yet to tell whether it was understood.

    `flow` is what it began; 0: it was answered with "A or B?".
    """

    sample: Sample
    flow: int = 0


def observe(
    watched: Watched | None,
    before: Conversation,
    event: AnyEvent,
    after: Conversation,
    effects: Iterable[AnyEffect],
    day: date,
) -> tuple[Watched | None, tuple[Noted, ...]]:
    """Return what to watch from now on, and what this turn showed about a message."""
    if not isinstance(event, UserSaid | UserChose):
        return watched, ()
    if before.control is not Control.BOT:
        return None, ()  # what people tell a human is not ours to keep
    verdict = _verdict(watched, before, event, after)
    if watched and verdict:
        happened, chosen = verdict
        noted = (watched.sample.noted(happened, chosen, day),)
        if happened is Happened.CORRECTED:
            return _watch(before, event, after, effects), noted
    else:
        noted = ()
    if isinstance(event, UserSaid) and after.misunderstood > before.misunderstood:
        sample = sample_of(event.meaning, asked=before.active is not None)
        if sample:
            noted = (*noted, sample.noted(Happened.MISUNDERSTOOD, None, day))
    return _watch(before, event, after, effects), noted


def _verdict(
    watched: Watched | None, before: Conversation, event: UserSaid | UserChose, after: Conversation
) -> tuple[Happened, Intent | None] | None:
    if watched is None:
        return None
    if watched.flow == 0:
        return _of_pair(watched.sample, before, event)
    if before.active is None or before.active.id != watched.flow:
        return None
    return _of_flow(watched.flow, before, event, after)


def _of_pair(
    sample: Sample, before: Conversation, event: UserSaid | UserChose
) -> tuple[Happened, Intent | None]:
    if not _is_pressed(before, event):
        return Happened.AMBIGUOUS, None
    chosen = _intent_of(event)
    other = chosen is not None and chosen is not sample.guess
    return (Happened.CORRECTED if other else Happened.AMBIGUOUS), chosen


def _of_flow(
    flow: int, before: Conversation, event: UserSaid | UserChose, after: Conversation
) -> tuple[Happened, Intent | None] | None:
    """Tell whether the person turned away at the flow's first question."""
    if after.control is not Control.BOT:
        return Happened.CORRECTED, Intent.ESCALATE
    if after.suspended and after.suspended.id == flow:
        return Happened.CORRECTED, _intent_of(event)
    if isinstance(event, UserSaid):
        gone = after.active is None or after.misunderstood > before.misunderstood
        no = is_no(event) or event.meaning.intent is Intent.CANCEL
    else:
        gone = after.active is None or after.active.id != flow
        no = _is_pressed(before, event) and event.value in {"cancel", "no"}
    return (Happened.CORRECTED, None) if gone and no else None


def _is_pressed(before: Conversation, event: UserSaid | UserChose) -> bool:
    """Tell whether a button that was good was pressed."""
    if isinstance(event, UserSaid):
        return False
    return event.offer == before.offer and event.value in {c.value for c in before.choices}


def _intent_of(event: UserSaid | UserChose) -> Intent | None:
    if isinstance(event, UserSaid):
        return event.meaning.intent
    if event.value == "human":
        return Intent.ESCALATE
    flow = event.value.removeprefix(FLOW_PREFIX)
    return next((intent for intent, name in WISHES.items() if name == flow), None)


def _watch(
    before: Conversation,
    event: UserSaid | UserChose,
    after: Conversation,
    effects: Iterable[AnyEffect],
) -> Watched | None:
    if not isinstance(event, UserSaid):
        return None
    pair = any(isinstance(e, OfferChoices) and e.key == "unclear.two" for e in effects)
    active = after.active
    # With a queue, what begins now was asked for by an earlier message.
    began = active and not before.queued and active.id == after.flows > before.flows
    if not pair and not began:
        return None
    sample = sample_of(event.meaning, asked=False)
    return Watched(sample, 0 if pair or active is None else active.id) if sample else None


# -- what is left of a message -------------------------------------------------------------------
def sample_of(meaning: Understanding, *, asked: bool) -> Sample | None:
    """Return a message as it may be kept, or None: it is about somebody, or holds a secret.

    `asked`: it was written in answer to a question, where a name or a number was expected. Then
    it is kept only when every word is one that people use in sentences.
    """
    if meaning.secret or meaning.people or len(meaning.text) > LONGEST:
        return None
    text = masked(meaning)
    words = _WORD.findall(_MASK.sub(" ", text))
    if not words or redact(text).found:
        return None
    if asked and not all(_is_known(word) for word in words):
        return None
    ranking = tuple((each.intent, round(each.confidence, 2)) for each in meaning.ranking)
    return Sample(text, meaning.intent, round(meaning.confidence, 2), ranking, meaning.language)


def masked(meaning: Understanding) -> str:
    """Return the text with a mask in the place of everything that names a person or a thing."""
    parts: list[str] = []
    at = 0
    found = (entity for entity in meaning.entities if is_hidden(entity, meaning.text))
    for entity in sorted(found, key=lambda e: (e.start, HIDDEN.index(e.kind))):
        if entity.start >= at:
            parts += (_plain(meaning.text[at : entity.start]), f"[{entity.kind}]")
            at = entity.end
    text = " ".join("".join([*parts, _plain(meaning.text[at:])]).split())
    return _NAMES.sub(f"[{NAME}]", _CAPITAL.sub(_hide_capital, _CUED.sub(_hide_cued, text)))


def is_hidden(entity: Entity, text: str) -> bool:
    """Tell whether an entity says too much: "besok" does not, "12 Maret 2001" may."""
    if entity.kind is EntityKind.DATE:
        return any(char.isdigit() for char in text[entity.start : entity.end])
    return entity.kind in HIDDEN


def _plain(text: str) -> str:
    """Mask what was not recognised, and brackets: they are ours."""
    text = text.translate(_BRACKETS)
    for pattern, mask in _LEFT_OVER:
        text = pattern.sub(f"[{mask}]", text)
    return text


def mark_of(text: str) -> str:
    """Return what texts that differ in capitals, blanks and punctuation only have in common."""
    plain = " ".join(re.findall(r"\w+", text.casefold()))
    return hashlib.blake2b(plain.encode(), digest_size=16).hexdigest()


_BRACKETS: Final = str.maketrans("[]", "()")
_MASK: Final = re.compile(r"\[[a-z_]+\]")
_WORD: Final = re.compile(r"[^\W\d_][\w'\u2019-]*")
_LEFT_OVER: Final = (
    (re.compile(r"(?:https?://|www\.)\S+"), LINK),
    (re.compile(r"\S*@\S*"), EntityKind.EMAIL),
    (re.compile(r"\b[^\W\d_]{2,}[._]+[^\W\d_]{2,}[\w.]*"), EntityKind.LOGIN),
    (re.compile(r"\d(?:[ ./-]?\d){2,}"), NUMBER),
)
"""What may be left of addresses and numbers that were not recognised."""
_NAMES: Final = re.compile(rf"\[{NAME}\](?:\s+\[{NAME}\])+")
_CAPITAL: Final = re.compile(r"\b[A-Z][\w.'\u2019-]*")
_CUED: Final = re.compile(
    r"""
    \b(?P<cue>
        (?: nama (?:[ ](?:saya|aku|ku|gue|gw|lengkap|panggilan|akun))? (?:nya)? | namaku | bernama
          | (?:my[ ])? name[ ]is | atas[ ]nama | a[.]?n[.]? | this[ ]is | dear
          | pak | bapak | bu | ibu | mas | mbak | kak | kang | teteh
          | prof | dr | ir | mr | mrs | ms )
        [.:,]? \s+ (?: adalah\s+ | is\s+ | yaitu\s+ )?
    )
    (?P<names> [^\W\d_][\w.'\u2019-]* (?: [ ] [^\W\d_][\w.'\u2019-]* ){0,3} )
    """,
    re.IGNORECASE | re.VERBOSE,
)


def _hide_cued(match: re.Match[str]) -> str:
    """Hide words nobody uses in sentences behind "nama saya", "pak", "my name is"."""
    return match["cue"] + " ".join(map(_hide, match["names"].split(" ")))


def _hide_capital(match: re.Match[str]) -> str:
    """Hide an unusual word with a capital."""
    return _hide(match[0])


def _hide(word: str) -> str:
    return word if _is_known(word) else f"[{NAME}]"


_normaliser: Final = Normaliser()


def _is_known(word: str) -> bool:
    """Tell whether `word` is one of sentences or of our trade, misspelt or not."""
    bare = word.casefold().strip(".'\u2019-")
    if is_ordinary(bare) or bare in INDONESIAN or bare in ENGLISH:
        return True
    return any(each in DOMAIN for each in _normaliser.words(bare))
