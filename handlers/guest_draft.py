"""A unit's request for guest accounts while it is being written down (ITB, last two letters).

What is read out of messages (`guest_reading`) stands here; the backend checks it again.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from handlers.kernel import Document
from nlu.types import Person

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_PEOPLE: Final = 300
"""ITB a.2-a.4: at most 300 accounts a day; one request holds no more."""
MAX_DOCUMENTS: Final = 3
MAX_MEGABYTES: Final = 10
"""Of one document."""


class Field(StrEnum):
    """What a request must tell, in the order it is asked for."""

    UNIT = "unit"
    LETTER_NUMBER = "letter_number"
    LETTER_DATE = "letter_date"
    PURPOSE = "purpose"
    PEOPLE = "people"
    INSTITUTIONS = "institutions"
    EMAILS = "emails"
    ACTIVE_UNTIL = "active_until"
    CONTACT_NAME = "contact_name"
    CONTACT_PHONE = "contact_phone"


FREE_TEXT: Final = frozenset({Field.UNIT, Field.PURPOSE, Field.INSTITUTIONS, Field.CONTACT_NAME})
"""Fields whose answer is whatever the person writes."""


class Draft(Struct, frozen=True, omit_defaults=True):
    """The request so far."""

    unit: str = ""
    letter_number: str = ""
    letter_date: date | None = None
    purpose: str = ""
    people: tuple[Person, ...] = ()
    active_until: date | None = None
    contact_name: str = ""
    contact_phone: str = ""
    expected: int = 0
    """How many guests were announced; 0 when nobody said."""
    documents: tuple[Document, ...] = ()
    """The signed letter, as it was sent."""
    fetching: int = 0
    """Files that are still on their way."""
    untold: tuple[str, ...] = ()
    """Names of documents that came while others were on their way."""


def counted(names: Iterable[str]) -> str:
    """Return names in a row; photos without one are all called the same."""
    times = Counter(names)
    return ", ".join(name if n == 1 else f"{name} ({n}x)" for name, n in times.items())


def with_document(draft: Draft, document: Document) -> Draft:
    """Return the draft with `document`, unless it was there under whatever name."""
    there = {each.sha256 for each in draft.documents}
    kept = () if document.sha256 in there else (document,)
    return replace(draft, documents=(*draft.documents, *kept))


def missing(draft: Draft) -> Field | None:
    """Return the first field that is still to be asked for."""
    return next((field for field in Field if lacks(draft, field)), None)


def lacks(draft: Draft, field: Field) -> bool:
    """Tell whether `field` is still to be asked for."""
    match field:
        case Field.PEOPLE:
            return not draft.people or len(draft.people) < draft.expected
        case Field.INSTITUTIONS:
            return any(not person.institution for person in draft.people)
        case Field.EMAILS:
            return any(not person.email for person in draft.people)
        case _:
            return not getattr(draft, field)


def cleared(draft: Draft, field: Field) -> Draft:
    """Return the draft without `field`, so that it is asked for again."""
    match field:
        case Field.LETTER_DATE:
            return replace(draft, letter_date=None)
        case Field.ACTIVE_UNTIL:
            return replace(draft, active_until=None)
        case Field.PEOPLE:
            return replace(draft, people=(), expected=0)
        case Field.INSTITUTIONS:
            blank = tuple(replace(person, institution="") for person in draft.people)
            return replace(draft, people=blank)
        case Field.EMAILS:
            return replace(draft, people=tuple(replace(p, email="") for p in draft.people))
        case _:
            return replace(draft, **{str(field): ""})
