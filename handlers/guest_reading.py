"""What a message tells of a guest request (ITB, last two letters).

A message may hold one field or all of them, labelled or not; `absorb` takes what it can find and
never asks.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from handlers.guest_draft import FREE_TEXT, MAX_PEOPLE, Draft, Field, lacks
from nlu.types import Entity, EntityKind, Person, Understanding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SHORT: Final = 200
"""The longest text the wire takes for a name, a unit, a purpose."""
_LISTS: Final = frozenset({Field.PEOPLE, Field.INSTITUTIONS, Field.EMAILS})
_CONTACT: Final = frozenset({Field.CONTACT_NAME, Field.CONTACT_PHONE})
_REST: Final = r"\s*[:=]\s*(?P<value>[^\n;]+)"
_NOW: Final = r"(?:\s+(?:adalah|ialah|jadi|menjadi|is|are|should be))?\s+(?P<value>[^\n;,]+)"
_LABELS: Final = {
    Field.UNIT: re.compile(r"(?im)^\W*(?:nama )?(?:unit(?: kerja)?|fakultas)(?:nya)?" + _REST),
    Field.PURPOSE: re.compile(
        r"(?im)^\W*(?:keperluan|tujuan|perihal|purpose|reason)(?:nya)?" + _REST
    ),
    Field.CONTACT_NAME: re.compile(
        r"(?im)^\W*(?:kontak|narahubung|contact(?: person)?|pic|cp)(?:nya)?" + _REST
    ),
}
_CORRECTIONS: Final = {
    Field.UNIT: re.compile(r"(?i)\b(?:unit(?: ?kerja)?nya|the unit(?= is\b))" + _NOW),
    Field.PURPOSE: re.compile(r"(?i)\b(?:keperluannya|tujuannya|the purpose(?= is\b))" + _NOW),
    Field.CONTACT_NAME: re.compile(
        r"(?i)\b(?:(?:narahubung|kontak)nya|the contact(?: person)?(?= is\b))" + _NOW
    ),
}
"""What a sentence says of a field by its name ("unitnya Satuan Pengawas Internal")."""
_INLINE: Final = {
    Field.PURPOSE: re.compile(
        r"(?i)\b(?:dalam rangka|(?:untuk |guna )?keperluan|for the purpose of)\s+"
        r"(?P<value>[^\n;.,]+)"
    ),
    Field.CONTACT_NAME: re.compile(
        r"\b(?:[Kk]ontak(?:nya)?|[Nn]arahubung(?:nya)?|[Hh]ubungi|[Cc]ontact(?: person)?"
        r"|[Pp][Ii][Cc]|[Cc][Pp])\s+(?:adalah |is )?"
        r"(?P<value>(?:(?:ibu|bapak|pak|bu) \w+|[A-Z][\w.']*)(?: [A-Z][\w.']*)*)"
    ),
}
_PHONE_LIKE: Final = re.compile(r"\+?\(?\d[\d ()./-]{6,}\d")
_UNTIL: Final = re.compile(
    r"(sampai|hingga|s\.?\s?/?d\.?|until|till|through|aktif|berlaku|berakhir|ends?|expir\w*)"
    r"[^\n;]{0,25}$",
    re.IGNORECASE,
)
_LETTER: Final = re.compile(
    r"(surat|letter|memo|tertanggal|dated|tgl\.? surat)[^\n;]{0,60}$", re.IGNORECASE
)
_FILLER: Final = (
    r"(?:sampai|hingga|s\.?\s?/?d\.?|until|till|through|aktif|berlaku|active|per|pada|on|tanggal"
    r"|tgl|tertanggal|dated?|surat|letter|memo|nomor|number|no|dengan|dan|and|with|di|at|hp|wa"
    r"|telp|telepon|telefon|phone|tamu|guests?|orang|people|akun|accounts?|ya|untuk|for)(?:nya)?"
)
# Atomic: "sd." can be read in two ways, and so could every one of a hundred of them.
_LEAD_IN: Final = re.compile(rf"(?>\b{_FILLER}\b[\s.,:()/-]*)+$", re.IGNORECASE)
_LONGEST_LEAD_IN: Final = 100
_FILLED: Final = re.compile(rf"^(?:\b{_FILLER}\b|[\W\d])+", re.IGNORECASE)
_NAMED_KINDS: Final = {
    EntityKind.PHONE: Field.CONTACT_PHONE,
    EntityKind.LETTER_NUMBER: Field.LETTER_NUMBER,
}


def absorb(draft: Draft, meaning: Understanding, asked: Field | None, today: date | None) -> Draft:
    """Return the draft with everything the message tells; `asked` is the question it answers.

    What one field took does not fill the asked one, too: an answer is the words that are left.
    """
    listed = _listed(meaning, asked)
    bare = _bare_dates(meaning)
    words = _words_left(meaning, asked, listed)
    if bare and asked in FREE_TEXT and words:
        # "workshop 12 March": the day belongs to the answer, and is no field of its own.
        words = _words_left(meaning, asked, listed, kept=bare)
    else:
        bare = _inside_values(bare, meaning)
    filled = _labelled(draft, meaning)
    filled = _entities(filled, meaning, listed, asked)
    filled = _dates(filled, meaning, asked, today, ignored=bare)
    filled = _people(filled, meaning, listed, asked)
    if asked is None or not words or not lacks(filled, asked):
        return filled
    return _answer(filled, words, asked)


def _labelled(draft: Draft, meaning: Understanding) -> Draft:
    text = _blanked(meaning.text, _facts(meaning, Field.PURPOSE, _bare_dates(meaning)))
    values: dict[Field, str] = {}
    for field, match in _matches(meaning.text):
        value = text[slice(*match.span("value"))]
        phoneless = _PHONE_LIKE.sub("", value) if field is Field.CONTACT_NAME else value
        values[field] = _clean(phoneless)
    return replace(draft, **{str(field): value for field, value in values.items() if value})


def _matches(text: str) -> Iterator[tuple[Field, re.Match[str]]]:
    """Return what is said of fields by their names; what comes later weighs more."""
    for patterns in (_INLINE, _CORRECTIONS, _LABELS):
        for field, pattern in patterns.items():
            match = pattern.search(text)
            if match:
                yield field, match


def _inside_values(days: tuple[Entity, ...], meaning: Understanding) -> tuple[Entity, ...]:
    """Return the days that belong to a named field ("keperluan: workshop 12 Maret 2026")."""
    spans = [match.span("value") for _, match in _matches(meaning.text)]
    return tuple(day for day in days if any(start <= day.start < end for start, end in spans))


def _blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    left = list(text)
    for start, end in spans:
        left[start:end] = " " * (end - start)
    return "".join(left)


def _words_left(
    meaning: Understanding,
    asked: Field | None,
    listed: tuple[Person, ...],
    *,
    kept: tuple[Entity, ...] = (),
) -> str:
    """Return the words of a message that no field but the asked one takes."""
    text = _blanked(meaning.text, _taken(meaning, asked, listed, kept))
    return _clean(text if text == meaning.text else _without_filler(text))


def _taken(
    meaning: Understanding,
    asked: Field | None,
    listed: tuple[Person, ...],
    kept: tuple[Entity, ...],
) -> Iterator[tuple[int, int]]:
    text = meaning.text
    names = [person.name.casefold() for person in listed]
    for line in re.finditer(r"[^\n]+", text):
        if any(name in line[0].casefold() for name in names):
            yield line.span()
    for field, match in _matches(text):
        if field is not asked:
            yield match.span()
    yield from _facts(meaning, asked, kept)


def _facts(
    meaning: Understanding, asked: Field | None, kept: tuple[Entity, ...]
) -> Iterator[tuple[int, int]]:
    """Return the places of what other fields take, with the words that lead to them."""
    for entity in meaning.entities:
        named = _NAMED_KINDS.get(entity.kind)
        counted = entity.kind is EntityKind.COUNT and asked not in FREE_TEXT
        dated = entity.kind is EntityKind.DATE and entity not in kept
        if dated or counted or (named and named is not asked):
            lead_in = _lead_in(meaning.text, entity.start)
            yield (lead_in.start() if lead_in else entity.start), entity.end


def _without_filler(text: str) -> str:
    """Return `text` without what led to the parts that were taken out of its edges."""
    begun = _FILLED.sub("", text)
    ended = _lead_in(begun, len(begun.rstrip()))
    return begun[: ended.start()] if ended else begun


def _lead_in(text: str, end: int) -> re.Match[str] | None:
    return _LEAD_IN.search(text, max(0, end - _LONGEST_LEAD_IN), end)


def _entities(
    draft: Draft, meaning: Understanding, listed: tuple[Person, ...], asked: Field | None
) -> Draft:
    letter = meaning.first(EntityKind.LETTER_NUMBER)
    phone = meaning.first(EntityKind.PHONE)
    count = meaning.first(EntityKind.COUNT)
    return replace(
        draft,
        unit=_unit(draft, meaning, listed, asked),
        letter_number=letter[:_SHORT] if letter else draft.letter_number,
        contact_phone=phone[:_SHORT] if phone else draft.contact_phone,
        expected=int(count) if count and count.isdecimal() else draft.expected,
    )


def _unit(
    draft: Draft, meaning: Understanding, listed: tuple[Person, ...], asked: Field | None
) -> str:
    """Return the unit; one that is a guest's institution is not the one that asks."""
    elsewhere = [person.institution.casefold() for person in listed]
    for entity in meaning.entities:
        value = entity.value[:_SHORT]
        if entity.kind is EntityKind.UNIT and value.casefold() not in elsewhere:
            alone = asked is None and _clean(meaning.text).casefold() == value.casefold()
            return value if alone else draft.unit or value
    return draft.unit


def _bare_dates(meaning: Understanding) -> tuple[Entity, ...]:
    """Return the days of which the words before them do not say what they are."""
    return tuple(
        entity
        for entity in meaning.entities
        if entity.kind is EntityKind.DATE
        and not _UNTIL.search(meaning.text[: entity.start])
        and not _LETTER.search(meaning.text[: entity.start])
    )


def _dates(
    draft: Draft,
    meaning: Understanding,
    asked: Field | None,
    today: date | None,
    *,
    ignored: tuple[Entity, ...],
) -> Draft:
    for entity in meaning.entities:
        day = _day(entity.value) if entity.kind is EntityKind.DATE else None
        if day is None or entity in ignored:
            continue
        match _which_date(entity, meaning.text, asked, day, today):
            case Field.ACTIVE_UNTIL:
                draft = replace(draft, active_until=day)
            case _:
                draft = replace(draft, letter_date=day)
    return draft


def _which_date(
    entity: Entity, text: str, asked: Field | None, day: date, today: date | None
) -> Field:
    before = text[: entity.start]
    if _UNTIL.search(before):
        return Field.ACTIVE_UNTIL
    if _LETTER.search(before):
        return Field.LETTER_DATE
    if asked is Field.ACTIVE_UNTIL:
        return asked
    later = today is not None and day > today and asked is not Field.LETTER_DATE
    return Field.ACTIVE_UNTIL if later else Field.LETTER_DATE


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _people(
    draft: Draft, meaning: Understanding, listed: tuple[Person, ...], asked: Field | None
) -> Draft:
    people = list(draft.people)
    known = {person.name.casefold(): place for place, person in enumerate(people)}
    for person in map(_clipped, listed):
        place = known.get(person.name.casefold())
        if place is None:
            known[person.name.casefold()] = len(people)
            people.append(person)
        else:
            people[place] = _completed(people[place], person)
    emails = [entity.value for entity in meaning.entities if entity.kind is EntityKind.EMAIL]
    if asked is Field.EMAILS and not meaning.people:
        people = _with_emails(people, emails)
    return replace(draft, people=tuple(people[:MAX_PEOPLE]))


def _listed(meaning: Understanding, asked: Field | None) -> tuple[Person, ...]:
    """Return the guests a message lists: a lone name may be the contact's, or a unit's."""
    alone = len(meaning.people) == 1 and (asked in _CONTACT or not meaning.people[0].email)
    return () if alone and asked not in _LISTS else meaning.people


def _clipped(person: Person) -> Person:
    return Person(*(_clean(part) for part in (person.name, person.institution, person.email)))


def _completed(old: Person, new: Person) -> Person:
    return Person(old.name, new.institution or old.institution, new.email or old.email)


def _with_emails(people: list[Person], emails: list[str]) -> list[Person]:
    waiting = iter(emails)
    return [
        person if person.email else replace(person, email=next(waiting, "")[:_SHORT])
        for person in people
    ]


def _answer(draft: Draft, words: str, asked: Field) -> Draft:
    match asked:
        case Field.INSTITUTIONS:
            named = (replace(p, institution=p.institution or words) for p in draft.people)
            return replace(draft, people=tuple(named))
        case Field.CONTACT_NAME:
            return replace(draft, contact_name=_clean(_PHONE_LIKE.sub("", words)))
        case Field.CONTACT_PHONE if phone := _PHONE_LIKE.search(words):
            return replace(draft, contact_phone=phone[0])
        case Field.LETTER_NUMBER if re.search(r"\d", words):
            return replace(draft, letter_number=words)
        case Field.UNIT | Field.PURPOSE:
            return replace(draft, **{str(asked): words})
        case _:
            return draft


def _clean(text: str) -> str:
    return " ".join(text.split()).strip(" .,:;-")[:_SHORT]
