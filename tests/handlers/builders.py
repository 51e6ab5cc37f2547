"""Short names for the events of a conversation."""

from datetime import UTC, date, datetime

from handlers.kernel import (
    AccountFacts,
    CodeAccepted,
    CodeSent,
    OfferChoices,
    Say,
    TicketFacts,
    TicketOpened,
    UserChose,
    UserSaid,
)
from nlu.types import Entity, EntityKind, Intent, Language, Person, Ranked, Understanding

NOON = datetime(2026, 3, 2, 5, tzinfo=UTC)
TODAY = date(2026, 3, 2)
FACTS = AccountFacts("bu***", "student", "active", "bu***@example.net")
SENT = CodeSent("c-1", 8, 600, 60)
ACCEPTED = CodeAccepted("g-1", FACTS)
GATED = CodeAccepted("g-1", FACTS, "privileged")
TICKET = TicketFacts("ITB-2026-000001", "open", "password", NOON, NOON)
OPENED = TicketOpened("ITB-2026-000001", "other", True, NOON)

YES, NO = UserChose(1, "yes"), UserChose(1, "no")


def meaning(
    text="",
    intent=Intent.OUT_OF_SCOPE,
    confidence=None,
    *,
    also=(),
    people=(),
    language=None,
    secret=False,
    ranking=None,
    **entities,
):
    """Understand `text` as told: `login="budi"` puts an entity at its place in the text."""
    if confidence is None:
        confidence = 0.1 if intent is Intent.OUT_OF_SCOPE else 0.9
    found = tuple(
        Entity(EntityKind(kind), text.find(value), text.find(value) + len(value), value)
        for kind, values in entities.items()
        for value in ([values] if isinstance(values, str) else values)
    )
    ranking = ranking if ranking is not None else (Ranked(intent, confidence),)
    return Understanding(
        text, intent, confidence, ranking, tuple(also), found, tuple(people), language, secret
    )


def said(text="hmm", intent=Intent.OUT_OF_SCOPE, confidence=None, *, today=TODAY, **rest):
    return UserSaid(meaning(text, intent, confidence, **rest), today)


def account(status="active", *, human=None, **facts):
    return CodeAccepted("g-1", AccountFacts("bu***", "student", status, "bu***", **facts), human)


def keys(effects):
    """The texts among the effects."""
    return [effect.key for effect in effects if isinstance(effect, Say | OfferChoices)]


def buttons(effects):
    return [c.value for e in effects if isinstance(e, OfferChoices) for c in e.choices]


def kinds(effects):
    return [type(effect).__name__ for effect in effects]


__all__ = ["Intent", "Language", "Person"]
