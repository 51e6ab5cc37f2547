"""The request for guest accounts, turn by turn."""

from datetime import date

import pytest
from builders import NO, OPENED, SENT, TODAY, YES, Intent, Person, buttons, keys, meaning, said
from msgspec.structs import replace

from handlers import request_guest_account as flow
from handlers.flow import Wish
from handlers.guest_draft import Draft, Field
from handlers.kernel import (
    Document,
    FetchFile,
    FileFacts,
    FileGuestRequest,
    FileProblem,
    FileRefused,
    FileStored,
    Refused,
    UserChose,
    UserSentFile,
)
from handlers.request_guest_account import ChooseSide, Collecting, Confirming, Filing

ULFA = Person("Ulfa Pratiwi", "KAP", "u@example.com")
WYNNE = Person("Wynne Taslim", "KAP", "w@example.com")
FULL = Draft(
    "SPI", "1/A", date(2026, 2, 27), "audit", (ULFA,), date(2026, 3, 17), "Ibu Yulia", "+6285"
)
FILED = FileGuestRequest(
    "SPI", "1/A", date(2026, 2, 27), "audit", date(2026, 3, 17), "Ibu Yulia", "+6285", (ULFA,)
)


PDF = Document("a" * 64, "surat.pdf", "application/pdf", 9)
PHOTO = Document("b" * 64, "foto.jpg", "image/jpeg", 9)
PAGE = Document("c" * 64, "hal 2.png", "image/png", 9)
FILE = FileFacts("id-1", "surat.pdf")


def without(*fields, **values):
    return replace(FULL, **dict.fromkeys(fields, ""), **values)


def turns(state, event):
    moved = flow.step(state, event)
    requests = [effect for effect in moved.effects if not hasattr(effect, "key")]
    return moved.state, keys(moved.effects), requests


@pytest.mark.parametrize(
    ("text", "entities", "state", "texts"),
    [
        pytest.param("akun tamu", {}, ChooseSide(), ["guest.which_side"], id="whose side?"),
        pytest.param("minta akun tamu", {}, Collecting(Draft(), Field.UNIT),
                     ["guest.intro", "guest.ask_unit"], id="asks for guests"),
        pytest.param("akun tamu SPI", {"unit": "SPI"},
                     Collecting(Draft("SPI"), Field.LETTER_NUMBER),
                     ["guest.intro", "guest.ask_letter_number"], id="told something"),
    ],
)  # fmt: skip
def test_the_beginning(text, entities, state, texts):
    moved = flow.start(Wish(meaning(text, **entities), None, TODAY))
    assert (moved.state, keys(moved.effects)) == (state, texts)


def enclosing(*documents, fetching=0, untold=()):
    return replace(FULL, documents=documents, fetching=fetching, untold=untold)


NO_UNIT = Collecting(without("unit"), Field.UNIT)
TWO_MORE = Collecting(replace(FULL, expected=3), Field.PEOPLE)


@pytest.mark.parametrize(
    ("state", "event", "expected", "texts", "requests"),
    [
        pytest.param(ChooseSide(), UserChose(1, "ask_for_guests"),
                     Collecting(Draft(), Field.UNIT), ["guest.ask_unit"], [], id="asking side"),
        pytest.param(ChooseSide(), said("saya mau minta"), Collecting(Draft(), Field.UNIT),
                     ["guest.ask_unit"], [], id="asking side in words"),
        pytest.param(ChooseSide(), said("hmm"), ChooseSide(), ["guest.which_side"], [],
                     id="neither side"),
        pytest.param(ChooseSide(), SENT, ChooseSide(), [], [], id="late answer"),
        pytest.param(NO_UNIT, said("SPI"), Confirming(FULL), ["guest.summary"], [],
                     id="the last field"),
        pytest.param(NO_UNIT, said(" "), NO_UNIT, ["guest.ask_unit"], [], id="nothing said"),
        pytest.param(NO_UNIT, UserChose(1, "enough"), NO_UNIT, ["guest.ask_unit"], [],
                     id="odd button"),
        pytest.param(TWO_MORE, UserChose(1, "enough"), Confirming(FULL), ["guest.summary"], [],
                     id="that is all"),
        pytest.param(TWO_MORE, said("tidak"), Confirming(FULL), ["guest.summary"], [],
                     id="no more"),
        pytest.param(TWO_MORE, said("", people=(WYNNE,)),
                     Collecting(replace(FULL, people=(ULFA, WYNNE), expected=3), Field.PEOPLE),
                     ["guest.ask_more_people"], [], id="one more"),
        pytest.param(Collecting(without(people=(), expected=0), Field.PEOPLE), said("apa?"),
                     Collecting(without(people=()), Field.PEOPLE), ["guest.ask_people"], [],
                     id="no list"),
        pytest.param(Collecting(without(letter_date=None), Field.LETTER_DATE),
                     said("2026-03-05", date="2026-03-05"),
                     Collecting(without(letter_date=None), Field.LETTER_DATE),
                     ["guest.letter_in_future", "guest.ask_letter_date"], [], id="future letter"),
        pytest.param(Collecting(without(active_until=None), Field.ACTIVE_UNTIL),
                     said("2026-03-01", date="2026-03-01"),
                     Collecting(without(active_until=None), Field.ACTIVE_UNTIL),
                     ["guest.until_in_past", "guest.ask_active_until"], [], id="past end"),
        pytest.param(Collecting(without(active_until=None), Field.ACTIVE_UNTIL),
                     said("2026-03-02", date="2026-03-02"),
                     Confirming(replace(FULL, active_until=date(2026, 3, 2))), ["guest.summary"],
                     [], id="today is not past"),
        pytest.param(Collecting(without("contact_phone"), Field.CONTACT_PHONE),
                     said("301 akun", count="301"),
                     Collecting(without("contact_phone"), Field.CONTACT_PHONE),
                     ["guest.too_many", "guest.ask_contact_phone"], [], id="301"),
        pytest.param(Collecting(without("contact_phone"), Field.CONTACT_PHONE),
                     said("300 akun", count="300"),
                     Collecting(replace(without("contact_phone"), expected=300), Field.PEOPLE),
                     ["guest.ask_more_people"], [], id="300"),

        pytest.param(Confirming(FULL), YES, Filing(FULL), [], [FILED], id="filed"),
        pytest.param(Confirming(FULL), said("ya"), Filing(FULL), [], [FILED], id="filed, typed"),
        pytest.param(Confirming(FULL), said("tidak"), Confirming(FULL), ["guest.which_field"],
                     [], id="not yet"),
        pytest.param(Confirming(FULL), UserChose(1, "edit"), Confirming(FULL),
                     ["guest.which_field"], [], id="edit"),
        pytest.param(Confirming(FULL), UserChose(1, "edit:purpose"),
                     Collecting(without("purpose"), Field.PURPOSE), ["guest.ask_purpose"], [],
                     id="edit one"),
        pytest.param(Confirming(FULL), said("2/B", letter_number="2/B"),
                     Confirming(replace(FULL, letter_number="2/B")), ["guest.summary"], [],
                     id="corrected at once"),
        pytest.param(Confirming(FULL), said("hmm"), Confirming(FULL), ["guest.summary"], [],
                     id="neither"),
        pytest.param(Confirming(FULL), SENT, Confirming(FULL), [], [], id="late"),
        pytest.param(Filing(FULL), OPENED, None, ["guest.filed"], [], id="number"),
        pytest.param(Filing(FULL), Refused("file_guest_request", "invalid"), Confirming(FULL),
                     ["guest.refused", "guest.summary"], [], id="refused"),
        pytest.param(Filing(FULL), said("?"), Filing(FULL), ["code.one_moment"], [],
                     id="impatient"),
        pytest.param(Filing(FULL), NO, Filing(FULL), ["code.one_moment"], [], id="too late"),
    ],
)  # fmt: skip
def test_each_turn(state, event, expected, texts, requests):
    assert turns(state, event) == (expected, texts, requests)


@pytest.mark.parametrize(
    ("state", "event", "expected", "texts", "requests"),
    [
        pytest.param(NO_UNIT, UserSentFile(FILE),
                     Collecting(without("unit", fetching=1), Field.UNIT), [],
                     [FetchFile(FILE)], id="fetched while asking"),
        pytest.param(Confirming(FULL), UserSentFile(FILE), Confirming(enclosing(fetching=1)), [],
                     [FetchFile(FILE)], id="fetched while confirming"),
        pytest.param(Collecting(without("unit", fetching=1), Field.UNIT), FileStored(PDF),
                     Collecting(without("unit", documents=(PDF,)), Field.UNIT),
                     ["guest.document", "guest.ask_unit"], [], id="there, asked again"),
        pytest.param(Confirming(enclosing(fetching=1)), FileStored(PDF),
                     Confirming(enclosing(PDF)), ["guest.document", "guest.summary"], [],
                     id="there, shown again"),
        pytest.param(Confirming(enclosing(fetching=2)), FileStored(PDF),
                     Confirming(enclosing(PDF, fetching=1, untold=("surat.pdf",))), [], [],
                     id="one of two"),
        pytest.param(Confirming(enclosing(PDF, fetching=1, untold=("surat.pdf",))),
                     FileStored(PHOTO), Confirming(enclosing(PDF, PHOTO)),
                     ["guest.document", "guest.summary"], [], id="the other of two"),
        pytest.param(Confirming(enclosing(PDF, fetching=1, untold=("surat.pdf",))),
                     FileRefused("x", FileProblem.GONE), Confirming(enclosing(PDF)),
                     ["guest.document", "guest.file_gone", "guest.summary"], [],
                     id="the other is gone"),
        pytest.param(Confirming(enclosing(fetching=2)), FileRefused("x", FileProblem.GONE),
                     Confirming(enclosing(fetching=1)), ["guest.file_gone"], [],
                     id="one is gone, the other on its way"),
        pytest.param(Confirming(enclosing(PDF, fetching=1)), FileStored(replace(PDF, name="x")),
                     Confirming(enclosing(PDF)), ["guest.document", "guest.summary"], [],
                     id="the same twice"),
        *(pytest.param(Confirming(enclosing(fetching=1)), FileRefused("x", problem),
                       Confirming(FULL), [f"guest.file_{problem}", "guest.summary"], [],
                       id=problem) for problem in FileProblem),
        pytest.param(Confirming(enclosing(PDF, PHOTO)), UserSentFile(FILE),
                     Confirming(enclosing(PDF, PHOTO, fetching=1)), [], [FetchFile(FILE)],
                     id="a third"),
        pytest.param(Confirming(enclosing(PDF, PHOTO, PAGE)), UserSentFile(FILE),
                     Confirming(enclosing(PDF, PHOTO, PAGE)),
                     ["guest.documents_full", "guest.summary"], [], id="a fourth"),
        pytest.param(Confirming(enclosing(PDF, PHOTO, fetching=1)), UserSentFile(FILE),
                     Confirming(enclosing(PDF, PHOTO, fetching=1)),
                     ["guest.documents_full", "guest.fetching"], [], id="a fourth, too soon"),
        pytest.param(Confirming(enclosing(fetching=1)), said("ya"),
                     Confirming(enclosing(fetching=1)), ["guest.fetching"], [],
                     id="not filed without what is coming"),
        pytest.param(Confirming(enclosing(PDF)), YES, Filing(enclosing(PDF)), [],
                     [replace(FILED, documents=(PDF,))], id="filed with it"),
        pytest.param(Filing(FULL), UserSentFile(FILE), Filing(FULL), ["code.one_moment"], [],
                     id="after it was filed"),
        pytest.param(ChooseSide(), UserSentFile(FILE), ChooseSide(), ["guest.which_side"], [],
                     id="whose is it?"),
        pytest.param(ChooseSide(), FileStored(PDF), ChooseSide(), [], [], id="nobody asked"),
    ],
)  # fmt: skip
def test_the_letter_as_a_file(state, event, expected, texts, requests):
    assert turns(state, event) == (expected, texts, requests)


def test_the_summary_names_the_documents():
    (summary,) = flow.prompt(Confirming(enclosing(PDF, PHOTO)))
    assert summary.args["documents"] == "surat.pdf, foto.jpg"
    (summary,) = flow.prompt(Confirming(FULL))
    assert summary.args["documents"] == "-"


@pytest.mark.parametrize(
    ("state", "message", "answers"),
    [
        (NO_UNIT, meaning("SPI"), True),
        (NO_UNIT, meaning(" "), False),
        (NO_UNIT, meaning("reset", Intent.RESET_PASSWORD, 0.84), True),
        (NO_UNIT, meaning("reset", Intent.RESET_PASSWORD, 0.85), False),
        (NO_UNIT, meaning("tamu", Intent.REQUEST_GUEST_ACCOUNT, 0.99), True),
        (TWO_MORE, meaning("apa"), False),
        (TWO_MORE, meaning("", people=(WYNNE,)), True),
        (Confirming(FULL), meaning("2/B", letter_number="2/B"), True),
        (Confirming(FULL), meaning("hmm"), False),
        (ChooseSide(), meaning("SPI"), False),
    ],
)
def test_what_counts_as_an_answer(state, message, answers):
    assert flow.answers(state, message) is answers


@pytest.mark.parametrize("words", ["belum ada suratnya", "belum ada", "no letter yet"])
@pytest.mark.parametrize("field", [Field.LETTER_NUMBER, Field.LETTER_DATE])
def test_without_a_letter_the_person_hears_what_it_is_for(field, words):
    state = Collecting(without(field), field)
    assert flow.answers(state, meaning(words, Intent.TICKET_STATUS, 0.6))
    moved = flow.step(state, said(words))
    assert (moved.state, keys(moved.effects)) == (state, ["guest.letter_needed"])
    assert buttons(moved.effects) == ["human", "cancel"]
    assert not flow.answers(TWO_MORE, meaning(words))


@pytest.mark.parametrize("field", Field)
def test_every_field_can_be_edited(field):
    moved = flow.step(Confirming(FULL), UserChose(1, f"edit:{field}"))
    assert moved.state == Collecting(moved.state.draft, field)
    (ask,) = flow.prompt(moved.state)
    assert ask.key == f"guest.ask_{field}"
    assert f"edit:{field}" in buttons(flow.step(Confirming(FULL), UserChose(1, "edit")).effects)


def test_a_long_list_is_shown_in_part():
    crowd = tuple(Person(f"Tamu {n}", "", f"{n}@x.id") for n in range(12))
    (summary,) = flow.prompt(Confirming(replace(FULL, people=crowd)))
    assert summary.args["people"].count("\n") == 10
    assert summary.args["people"].endswith("… (+2)")
    (ask,) = flow.prompt(Collecting(replace(FULL, people=crowd), Field.INSTITUTIONS))
    assert ask.args["count"] == 12
    assert ask.args["names"].endswith("Tamu 9…")
