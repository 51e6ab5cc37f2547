"""A unit asks for guest accounts: collect, show, let correct, file (ITB, last two letters).

Takes whatever a message tells and asks only for the rest; the letter itself may come as a file.
Nothing is filed without a yes; an agent decides afterwards.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from handlers.flow import CANCEL, HUMAN, FlowName, Move, Wish, to_flow
from handlers.guest_draft import (
    FREE_TEXT,
    MAX_DOCUMENTS,
    MAX_MEGABYTES,
    MAX_PEOPLE,
    Draft,
    Field,
    cleared,
    counted,
    missing,
    with_document,
)
from handlers.guest_reading import absorb
from handlers.kernel import (
    AnyEffect,
    AnyEvent,
    Args,
    Choice,
    FetchFile,
    FileGuestRequest,
    FileRefused,
    FileStored,
    OfferChoices,
    Refused,
    Say,
    TicketOpened,
    UserChose,
    UserSaid,
    UserSentFile,
)
from handlers.reading import SURE, is_no, is_yes
from nlu.types import Intent, Understanding

if TYPE_CHECKING:
    from datetime import date


class ChooseSide(Struct, frozen=True, tag="request_guest_account.choose_side"):
    """A unit that asks for guests, or a guest who was given an account?"""


class Collecting(Struct, frozen=True, tag="request_guest_account.collecting"):
    """Something is still to be asked for."""

    draft: Draft
    asking: Field


class Confirming(Struct, frozen=True, tag="request_guest_account.confirming"):
    """Everything is there: file it?"""

    draft: Draft


class Filing(Struct, frozen=True, tag="request_guest_account.filing"):
    """The backend was asked to file the request."""

    draft: Draft


State = ChooseSide | Collecting | Confirming | Filing

EDIT: Final = Choice("edit", "button.edit")
SEND: Final = Choice("yes", "button.send_request")
ENOUGH: Final = Choice("enough", "button.enough")
ASK: Final = Choice("ask_for_guests", "button.ask_for_guests")
_ASKING_WORDS: Final = re.compile(
    r"\b(minta|meminta|permintaan|mohon|permohonan|memohon|ajukan|mengajukan|pengajuan|buatkan"
    r"|dibuatkan|butuh|perlu|mau|ingin|want|request\w*|apply|need|creat\w+|untuk tamu"
    r"|for (our|my) guests?)\b",
    re.IGNORECASE,
)
_NO_LETTER: Final = re.compile(
    r"\b(belum|tidak|tdk|nggak|enggak|gak|ga|tanpa|no|not|don'?t|haven'?t|without)\b"
    r".*\b(surat|nomor|letter|number)"
    r"|^\W*(belum|tidak|tdk|nggak|gak|ga) (ada|punya|dapat)\b|\byet\b",
    re.IGNORECASE,
)
_LETTER: Final = frozenset({Field.LETTER_NUMBER, Field.LETTER_DATE})
_EDITABLE: Final = tuple(Choice(f"edit:{field}", f"button.field.{field}") for field in Field)
_SHOWN: Final = 10
"""So many guests are shown in the summary; the rest is counted."""


def start(wish: Wish) -> Move[State]:
    """Take what the message tells; ask whose side the person is on only when it does not."""
    draft = absorb(Draft(), wish.meaning, None, wish.today)
    if draft == Draft() and not _ASKING_WORDS.search(wish.meaning.text):
        return Move(ChooseSide(), prompt(ChooseSide()))
    moved = _go_on(draft, wish.meaning, wish.today)
    return Move(moved.state, (Say("guest.intro"), *moved.effects))


def step(state: State, event: AnyEvent) -> Move[State]:
    """Answer one event."""
    match state, event:
        case ChooseSide(), UserChose(value="ask_for_guests"):
            return _go_on(Draft(), Understanding(), None)
        case ChooseSide(), UserSaid(meaning, today) if _ASKING_WORDS.search(meaning.text):
            return _go_on(absorb(Draft(), meaning, None, today), meaning, today)
        case Collecting(draft, asking), UserSaid(meaning, today):
            return _collect(draft, asking, meaning, today)
        case Collecting(draft, Field.PEOPLE), UserChose(value="enough") if draft.people:
            return _closed(draft)
        case ((Collecting() | Confirming()), (UserSentFile() | FileStored() | FileRefused())):
            return _file(state, event)
        case Confirming(), _:
            return _confirm(state, event)
        case Filing(), TicketOpened():
            return Move(None, told(event))
        case Filing(draft), Refused("file_guest_request"):
            again = Confirming(draft)
            return Move(again, (Say("guest.refused"), *prompt(again)))
        case _, (UserSaid() | UserChose() | UserSentFile()):
            return Move(state, prompt(state), understood=isinstance(state, Filing))
        case _:
            return Move(state)


def _collect(
    draft: Draft, asking: Field, meaning: Understanding, today: date | None
) -> Move[State]:
    if asking is Field.PEOPLE and draft.people and is_no(UserSaid(meaning)):
        return _closed(draft)
    filled = absorb(draft, meaning, asking, today)
    if filled == draft and _has_no_letter(asking, meaning):
        state = Collecting(draft, asking)
        return Move(state, (OfferChoices("guest.letter_needed", (HUMAN, CANCEL)),))
    if filled == draft:
        return Move(Collecting(draft, asking), _ask(draft, asking), understood=False)
    return _go_on(filled, meaning, today)


def _has_no_letter(asking: Field, meaning: Understanding) -> bool:
    return asking in _LETTER and _NO_LETTER.search(meaning.text) is not None


def _file(
    state: Collecting | Confirming, event: UserSentFile | FileStored | FileRefused
) -> Move[State]:
    """Fetch a file; once it is there or refused, go on as soon as no other is on its way."""
    draft = state.draft
    match event:
        case UserSentFile() if len(draft.documents) + draft.fetching >= MAX_DOCUMENTS:
            full = Say("guest.documents_full", {"max": MAX_DOCUMENTS})
            return Move(state, (full, *prompt(state)))
        case UserSentFile(file):
            coming = replace(draft, fetching=draft.fetching + 1)
            return Move(replace(state, draft=coming), (FetchFile(file),))
        case FileStored(document):
            draft = with_document(draft, document)
            draft = replace(draft, untold=(*draft.untold, document.name))
            told = ()
        case FileRefused(name, problem):  # pragma: no branch - the last of all
            told = (Say(f"guest.file_{problem}", {"name": name, "max": MAX_MEGABYTES}),)
    if draft.fetching > 1:
        return Move(replace(state, draft=replace(draft, fetching=draft.fetching - 1)), told)
    # The last one: an album is acknowledged once.
    received = (Say("guest.document", {"name": counted(draft.untold)}),) if draft.untold else ()
    after = replace(state, draft=replace(draft, fetching=0, untold=()))
    return Move(after, (*received, *told, *prompt(after)))


def _closed(draft: Draft) -> Move[State]:
    return _go_on(replace(draft, expected=0), Understanding(), None)


def _confirm(state: Confirming, event: AnyEvent) -> Move[State]:
    draft = state.draft
    match event:
        case UserChose(value="edit"):
            return Move(state, (OfferChoices("guest.which_field", _EDITABLE),))
        case UserChose(value=value) if value.startswith("edit:"):
            return _go_on(
                cleared(draft, Field(value.removeprefix("edit:"))), Understanding(), None
            )
        case UserSaid(meaning, today) if (filled := absorb(draft, meaning, None, today)) != draft:
            return _go_on(filled, meaning, today)
        case UserSaid() | UserChose() if is_yes(event) and draft.fetching:
            return Move(state, prompt(state))
        case UserSaid() | UserChose() if is_yes(event):
            return Move(Filing(draft), (_request(draft),))
        case UserSaid() if is_no(event):
            return Move(state, (OfferChoices("guest.which_field", _EDITABLE),))
        case UserSaid() | UserChose():
            return Move(state, prompt(state), understood=False)
        case _:
            return Move(state)


def _go_on(draft: Draft, meaning: Understanding, today: date | None) -> Move[State]:
    """Complain about what cannot be, then ask the next question or show the summary."""
    problems: list[AnyEffect] = []
    if len(meaning.people) > MAX_PEOPLE or draft.expected > MAX_PEOPLE:
        problems.append(Say("guest.too_many", {"max": MAX_PEOPLE}))
        draft = replace(draft, expected=0)
    if draft.letter_date and today and draft.letter_date > today:
        problems.append(Say("guest.letter_in_future"))
        draft = cleared(draft, Field.LETTER_DATE)
    earliest = max(filter(None, (today, draft.letter_date)), default=None)
    if draft.active_until and earliest and draft.active_until < earliest:
        problems.append(Say("guest.until_in_past", {"until": draft.active_until.isoformat()}))
        draft = cleared(draft, Field.ACTIVE_UNTIL)
    field = missing(draft)
    if field is None:
        confirming = Confirming(draft)
        return Move(confirming, (*problems, *prompt(confirming)))
    return Move(Collecting(draft, field), (*problems, *_ask(draft, field)))


def _ask(draft: Draft, field: Field) -> tuple[AnyEffect, ...]:
    match field:
        case Field.PEOPLE if draft.people:
            args: Args = {"have": len(draft.people), "expected": draft.expected}
            return (OfferChoices("guest.ask_more_people", (ENOUGH, CANCEL), args),)
        case Field.INSTITUTIONS | Field.EMAILS:
            lacking = [
                person.name
                for person in draft.people
                if not (person.email if field is Field.EMAILS else person.institution)
            ]
            names = ", ".join(lacking[:_SHOWN]) + ("…" if len(lacking) > _SHOWN else "")
            return (Say(f"guest.ask_{field}", {"count": len(lacking), "names": names}),)
        case _:
            return (Say(f"guest.ask_{field}"),)


def _request(draft: Draft) -> FileGuestRequest:
    if draft.letter_date is None or draft.active_until is None:  # pragma: no cover - `missing` saw
        raise ValueError("an incomplete request was confirmed")
    return FileGuestRequest(
        draft.unit,
        draft.letter_number,
        draft.letter_date,
        draft.purpose,
        draft.active_until,
        draft.contact_name,
        draft.contact_phone,
        draft.people,
        draft.documents,
    )


def told(event: TicketOpened) -> tuple[AnyEffect, ...]:
    """Say that the request is filed, and what happens next."""
    return (Say("guest.filed", {"number": event.number}),)


def prompt(state: State) -> tuple[AnyEffect, ...]:
    """Ask again what is being waited for."""
    match state:
        case ChooseSide():
            claim = to_flow(FlowName.CLAIM_GUEST_ACCOUNT, "button.i_am_the_guest")
            return (OfferChoices("guest.which_side", (ASK, claim)),)
        case Collecting(draft, asking):
            return _ask(draft, asking)
        case Confirming(draft) if draft.fetching:
            return (Say("guest.fetching"),)
        case Confirming(draft):
            return (OfferChoices("guest.summary", (SEND, EDIT, CANCEL), _summary(draft)),)
        case Filing():  # pragma: no branch - the last of all
            return (Say("code.one_moment"),)


def _summary(draft: Draft) -> Args:
    rows = [
        f"{place}. {person.name} · {person.institution} · {person.email}"
        for place, person in enumerate(draft.people[:_SHOWN], start=1)
    ]
    if len(draft.people) > _SHOWN:
        rows.append(f"… (+{len(draft.people) - _SHOWN})")
    return {
        "unit": draft.unit,
        "letter_number": draft.letter_number,
        "letter_date": str(draft.letter_date),
        "purpose": draft.purpose,
        "active_until": str(draft.active_until),
        "contact_name": draft.contact_name,
        "contact_phone": draft.contact_phone,
        "count": len(draft.people),
        "people": "\n".join(rows),
        "documents": counted(document.name for document in draft.documents) or "-",
    }


def answers(state: State, meaning: Understanding) -> bool:
    """Tell whether the message holds what `state` waits for."""
    match state:
        case Collecting(_, asking) if asking in FREE_TEXT:
            another = meaning.intent not in _WITHIN and meaning.confidence >= SURE
            return bool(meaning.text.strip()) and not another
        case Collecting(draft, asking):
            told = absorb(draft, meaning, asking, None) != draft
            return told or _has_no_letter(asking, meaning)
        case Confirming(draft):
            return absorb(draft, meaning, None, None) != draft
        case _:
            return False


_WITHIN: Final = frozenset(
    {Intent.REQUEST_GUEST_ACCOUNT, Intent.OUT_OF_SCOPE, Intent.AFFIRM, Intent.DENY}
)
