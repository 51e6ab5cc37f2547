"""What a request for guest accounts reads out of a message."""

from datetime import date

import pytest
from builders import TODAY, Person, meaning
from msgspec.structs import replace

from handlers.guest_draft import MAX_PEOPLE, Draft, Field, cleared, missing
from handlers.guest_reading import absorb

ULFA = Person("Ulfa Pratiwi", "KAP", "u@example.com")
FULL = Draft(
    "SPI", "1/A", date(2026, 2, 27), "audit", (ULFA,), date(2026, 3, 17), "Ibu Yulia", "+6285"
)


def read(text, *, draft=None, asked=None, **entities):
    return absorb(draft or Draft(), meaning(text, **entities), asked, TODAY)


@pytest.mark.parametrize(
    ("text", "entities", "expected"),
    [
        ("Unit: SPI", {}, {"unit": "SPI"}),
        ("- unit kerja : Satuan Pengawas Internal", {}, {"unit": "Satuan Pengawas Internal"}),
        ("dari SPI", {"unit": "SPI"}, {"unit": "SPI"}),
        ("Keperluan: audit tahunan", {}, {"purpose": "audit tahunan"}),
        ("untuk keperluan audit, terima kasih", {}, {"purpose": "audit"}),
        ("dalam rangka audit tahunan.", {}, {"purpose": "audit tahunan"}),
        ("for the purpose of an audit", {}, {"purpose": "an audit"}),
        ("surat 1/A/2026", {"letter_number": "1/A/2026"}, {"letter_number": "1/A/2026"}),
        ("kontak Ibu Yulia 0857", {}, {"contact_name": "Ibu Yulia"}),
        ("PIC: Bpk. Andi", {}, {"contact_name": "Bpk. Andi"}),
        ("telepon +6285721147437", {"phone": "+6285721147437"},
         {"contact_phone": "+6285721147437"}),
        ("5 akun", {"count": "5"}, {"expected": 5}),
        ("banyak akun", {"count": "banyak"}, {}),
        ("surat tanggal 2026-02-27", {"date": "2026-02-27"}, {"letter_date": date(2026, 2, 27)}),
        ("aktif sampai 2026-03-17", {"date": "2026-03-17"}, {"active_until": date(2026, 3, 17)}),
        ("2026-03-17", {"date": "2026-03-17"}, {"active_until": date(2026, 3, 17)}),
        ("2026-02-01", {"date": "2026-02-01"}, {"letter_date": date(2026, 2, 1)}),
        ("someday", {"date": "someday"}, {}),
        ("surat 2026-02-27, sampai 2026-03-17", {"date": ["2026-02-27", "2026-03-17"]},
         {"letter_date": date(2026, 2, 27), "active_until": date(2026, 3, 17)}),
        ("halo", {}, {}),
    ],
)  # fmt: skip
def test_a_field_is_found(text, entities, expected):
    assert read(text, **entities) == replace(Draft(), **expected)


@pytest.mark.parametrize(
    ("asked", "text", "entities", "expected"),
    [
        (Field.UNIT, " Satuan  Pengawas Internal. ", {}, {"unit": "Satuan Pengawas Internal"}),
        (Field.PURPOSE, "audit", {}, {"purpose": "audit"}),
        (Field.LETTER_NUMBER, "nomor 12 tahun 2026", {}, {"letter_number": "nomor 12 tahun 2026"}),
        (Field.LETTER_NUMBER, "tidak ada", {}, {}),
        (Field.LETTER_DATE, "2026-03-17", {"date": "2026-03-17"},
         {"letter_date": date(2026, 3, 17)}),
        (Field.ACTIVE_UNTIL, "2026-02-01", {"date": "2026-02-01"},
         {"active_until": date(2026, 2, 1)}),
        (Field.ACTIVE_UNTIL, "nanti", {}, {}),
        (Field.CONTACT_NAME, "Ibu Yulia, 0857-2114-7437", {"phone": "0857-2114-7437"},
         {"contact_name": "Ibu Yulia", "contact_phone": "0857-2114-7437"}),
        (Field.CONTACT_PHONE, "ext 022 2511 438", {}, {"contact_phone": "022 2511 438"}),
        (Field.CONTACT_PHONE, "tidak ada", {}, {}),
        (Field.UNIT, "   ", {}, {}),
    ],
)  # fmt: skip
def test_the_answer_to_a_question(asked, text, entities, expected):
    assert read(text, asked=asked, **entities) == replace(Draft(), **expected)


def test_a_list_grows_over_several_messages_without_doubles():
    draft = absorb(Draft(), meaning("", people=(Person("Ulfa"), Person("Wynne"))), None, TODAY)
    again = meaning("", people=(Person("ulfa", "KAP", "u@example.com"), Person("Naufal")))
    draft = absorb(draft, again, Field.PEOPLE, TODAY)
    assert draft.people == (
        Person("Ulfa", "KAP", "u@example.com"),
        Person("Wynne"),
        Person("Naufal"),
    )


def test_one_institution_is_for_everybody_who_has_none():
    draft = Draft(people=(Person("Ulfa", "KAP"), Person("Wynne")))
    filled = read("Bank Contoh", draft=draft, asked=Field.INSTITUTIONS)
    assert [person.institution for person in filled.people] == ["KAP", "Bank Contoh"]


def test_addresses_are_given_in_order_to_those_who_have_none():
    draft = Draft(people=(Person("A", "K", "a@x.id"), Person("B", "K"), Person("C", "K")))
    filled = read("b@x.id", draft=draft, asked=Field.EMAILS, email="b@x.id")
    assert [person.email for person in filled.people] == ["a@x.id", "b@x.id", ""]
    assert missing(replace(FULL, people=filled.people)) is Field.EMAILS


def test_addresses_elsewhere_are_nobodys():
    draft = Draft(people=(Person("A", "K"),))
    assert read("b@x.id", draft=draft, email="b@x.id").people == draft.people


def test_no_more_people_than_a_day_holds():
    crowd = tuple(Person(f"Tamu {n}", "K", f"{n}@x.id") for n in range(MAX_PEOPLE + 1))
    assert len(absorb(Draft(), meaning("", people=crowd), None, TODAY).people) == MAX_PEOPLE


def test_texts_fit_the_wire():
    long = absorb(Draft(), meaning("", people=(Person("x" * 500),)), Field.PEOPLE, TODAY)
    assert len(long.people[0].name) == 200
    assert len(read("x" * 500, asked=Field.UNIT).unit) == 200


@pytest.mark.parametrize("field", Field)
def test_a_cleared_field_is_the_one_that_is_missing(field):
    assert missing(FULL) is None
    assert missing(cleared(FULL, field)) is field


def test_fewer_people_than_announced_are_missing():
    assert missing(replace(FULL, expected=2)) is Field.PEOPLE
    assert missing(replace(FULL, expected=1)) is None


LISTED = (Person("Rina Lestari", "Bank Contoh", "r@x.id"), Person("Joko", "SPI", "j@x.id"))
PASTED = "1. Rina Lestari - Bank Contoh - r@x.id\n2. Joko, SPI, j@x.id"


@pytest.mark.parametrize(
    ("asked", "text", "rest", "expected"),
    [
        pytest.param(Field.UNIT, PASTED, {"people": LISTED, "unit": "SPI"},
                     {"people": LISTED}, id="a list is no unit, nor is the unit of a guest"),
        pytest.param(Field.UNIT, "Direktorat Umum\n" + PASTED, {"people": LISTED},
                     {"people": LISTED, "unit": "Direktorat Umum"}, id="a unit above its list"),
        pytest.param(Field.PURPOSE, "sampai 2026-12-31", {"date": "2026-12-31"},
                     {"active_until": date(2026, 12, 31)}, id="a date is no purpose"),
        pytest.param(Field.PURPOSE, "2026-12-31", {"date": "2026-12-31"},
                     {"active_until": date(2026, 12, 31)}, id="a bare date is none either"),
        pytest.param(Field.PURPOSE, "audit, sampai tanggal 2026-12-31", {"date": "2026-12-31"},
                     {"active_until": date(2026, 12, 31), "purpose": "audit"}, id="both"),
        pytest.param(Field.PURPOSE, "workshop 2026-12-31", {"date": "2026-12-31"},
                     {"purpose": "workshop 2026-12-31"}, id="the day of the purpose"),
        pytest.param(Field.PURPOSE, "surat nomor 1/A, untuk audit", {"letter_number": "1/A"},
                     {"letter_number": "1/A", "purpose": "audit"}, id="after a letter"),
        pytest.param(Field.PURPOSE, "pelatihan untuk 5 orang", {"count": "5"},
                     {"expected": 5, "purpose": "pelatihan untuk 5 orang"}, id="a count stays"),
        pytest.param(Field.PURPOSE, "cp Ibu Yulia 0857", {"phone": "0857"},
                     {"contact_name": "Ibu Yulia", "contact_phone": "0857"}, id="a contact"),
        pytest.param(Field.PURPOSE, "unitnya SPI, audit kas", {},
                     {"unit": "SPI", "purpose": "audit kas"}, id="a correction on the way"),
        pytest.param(None, "keperluan audit kas sampai 2026-12-31", {"date": "2026-12-31"},
                     {"active_until": date(2026, 12, 31), "purpose": "audit kas"},
                     id="in the opening"),
        pytest.param(None, "keperluan: workshop 2026-12-31", {"date": "2026-12-31"},
                     {"purpose": "workshop 2026-12-31"}, id="the day of a named purpose"),
        pytest.param(Field.PURPOSE, "keperluan workshop 2026-12-01 sampai 2026-12-31",
                     {"date": ["2026-12-01", "2026-12-31"]},
                     {"active_until": date(2026, 12, 31), "purpose": "workshop 2026-12-01"},
                     id="a day of each"),
        pytest.param(Field.LETTER_NUMBER, "tanggal 2026-02-27", {"date": "2026-02-27"},
                     {"letter_date": date(2026, 2, 27)}, id="a date is no letter's number"),
        pytest.param(Field.LETTER_NUMBER, "2 orang", {"count": "2"}, {"expected": 2},
                     id="nor is a count"),
        pytest.param(Field.CONTACT_PHONE, "27 02 2026-02-27", {"date": "27 02 2026-02-27"}, {},
                     id="nor is a date a phone"),
        pytest.param(Field.CONTACT_NAME, "Ibu Yulia hp 0857", {"phone": "0857"},
                     {"contact_name": "Ibu Yulia", "contact_phone": "0857"}, id="name and phone"),
        pytest.param(Field.CONTACT_NAME, "Ibu Yulia, y@x.id",
                     {"people": (Person("Ibu Yulia", "", "y@x.id"),)},
                     {"contact_name": "Ibu Yulia, y@x.id"}, id="the contact is no guest"),
    ],
)  # fmt: skip
def test_what_one_field_took_does_not_fill_the_asked_one(asked, text, rest, expected):
    assert read(text, asked=asked, **rest) == replace(Draft(), **expected)


@pytest.mark.parametrize(
    ("text", "entities", "expected"),
    [
        ("unitnya Satuan Umum", {"unit": "Satuan Umum"}, {"unit": "Satuan Umum"}),
        ("unit kerjanya jadi Satuan Umum, ya", {}, {"unit": "Satuan Umum"}),
        ("the unit is Internal Audit", {}, {"unit": "Internal Audit"}),
        ("Satuan Umum.", {"unit": "Satuan Umum"}, {"unit": "Satuan Umum"}),
        ("bukan Satuan Umum", {"unit": "Satuan Umum"}, {}),
        ("keperluannya audit kas", {}, {"purpose": "audit kas"}),
        ("narahubungnya pak Andi", {}, {"contact_name": "pak Andi"}),
        ("CP: Andi 0857-2114-7437", {}, {"contact_name": "Andi"}),
        ("unitnya?", {}, {}),
    ],
)
def test_a_field_is_corrected_by_its_name(text, entities, expected):
    assert read(text, draft=FULL, **entities) == replace(FULL, **expected)


@pytest.mark.parametrize("unit", ["sd.", "s/d. ", "untuk ", "no. hp "])
def test_what_leads_in_may_be_repeated_as_often_as_one_likes(unit):
    """Read in two ways, a hundred of them would take longer than anybody waits."""
    text = f"audit x {unit * 300}x 2026-03-12"
    assert read(text, asked=Field.PURPOSE, date="2026-03-12").purpose.startswith("audit x")
