"""Lists of people are read in the shapes in which they are pasted."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.entities.extract import extract
from nlu.entities.people import MOST_ROWS
from nlu.types import EntityKind, Person

BUDI = Person("Budi Santoso", "KAP Contoh", "budi@contoh.co.id")
SITI = Person("Dr. Ir. Siti Rahma, M.T.", "PT Maju", "siti@maju.co.id")
NAMES = (Person("Budi Santoso"), Person("Siti Rahma"), Person("Andi Wijaya"))

SHAPES = {
    "numbered": "1. Budi Santoso, KAP Contoh, budi@contoh.co.id\n"
    "2. Dr. Ir. Siti Rahma, M.T., PT Maju, siti@maju.co.id",
    "numbered with brackets": "1) Budi Santoso - KAP Contoh - budi@contoh.co.id\n"
    "2) Dr. Ir. Siti Rahma, M.T. - PT Maju - siti@maju.co.id",
    "dashes": "- Budi Santoso; KAP Contoh; budi@contoh.co.id\n"
    "- Dr. Ir. Siti Rahma, M.T.; PT Maju; siti@maju.co.id",
    "bullets": "\u2022 Budi Santoso (KAP Contoh) budi@contoh.co.id\n"
    "\u2022 Dr. Ir. Siti Rahma, M.T. (PT Maju) siti@maju.co.id",
    "one a line": "Budi Santoso, KAP Contoh, budi@contoh.co.id\n"
    "Dr. Ir. Siti Rahma, M.T., PT Maju, siti@maju.co.id",
    "semicolons": "Budi Santoso; KAP Contoh; budi@contoh.co.id\n"
    "Dr. Ir. Siti Rahma, M.T.; PT Maju; siti@maju.co.id",
    "tabs without header": "Budi Santoso\tKAP Contoh\tbudi@contoh.co.id\n"
    "Dr. Ir. Siti Rahma, M.T.\tPT Maju\tsiti@maju.co.id",
    "tabs with header": "No\tNama\tInstansi\tEmail\n"
    "1\tBudi Santoso\tKAP Contoh\tbudi@contoh.co.id\n"
    "2\tDr. Ir. Siti Rahma, M.T.\tPT Maju\tsiti@maju.co.id",
    "header in another order": "Email | Name | Institution\n"
    "budi@contoh.co.id | Budi Santoso | KAP Contoh\n"
    "siti@maju.co.id | Dr. Ir. Siti Rahma, M.T. | PT Maju",
    "pipes": "| No | Nama | Instansi | Email |\n|---|---|---|---|\n"
    "| 1 | Budi Santoso | KAP Contoh | budi@contoh.co.id |\n"
    "| 2 | Dr. Ir. Siti Rahma, M.T. | PT Maju | siti@maju.co.id |",
    "inside a message": "Selamat pagi, berikut daftar tamunya:\n\n"
    "1. Budi Santoso, KAP Contoh, budi@contoh.co.id\n"
    "2. Dr. Ir. Siti Rahma, M.T., PT Maju, siti@maju.co.id\n\nTerima kasih",
    "markdown": "1. **Budi Santoso**, KAP Contoh, budi@contoh.co.id\n"
    "2. *Dr. Ir. Siti Rahma, M.T.*, PT Maju, siti@maju.co.id",
    "markdown table with links": "| **Nama** | **Instansi** | **Email** |\n|:---|---|---:|\n"
    "| Budi Santoso | KAP Contoh | [budi@contoh.co.id](mailto:budi@contoh.co.id) |\n"
    "| Dr. Ir. Siti Rahma, M.T. | PT Maju | [siti@maju.co.id](mailto:siti@maju.co.id) |",
    "boxes to tick": "- [ ] Budi Santoso, KAP Contoh, budi@contoh.co.id\n"
    "- [x] Dr. Ir. Siti Rahma, M.T., PT Maju, siti@maju.co.id",
    "quoted answer": "> 1. Budi Santoso, KAP Contoh, budi@contoh.co.id\n"
    "> 2. Dr. Ir. Siti Rahma, M.T., PT Maju, siti@maju.co.id",
    "form": "Nama: Budi Santoso\nInstansi: KAP Contoh\nEmail: budi@contoh.co.id\n\n"
    "Nama lengkap = Dr. Ir. Siti Rahma, M.T.\nAsal instansi = PT Maju\nE-mail = siti@maju.co.id",
    "one line, semicolons": "Budi Santoso, KAP Contoh, budi@contoh.co.id; "
    "Dr. Ir. Siti Rahma, M.T., PT Maju, siti@maju.co.id",
}

ONLY_NAMES = {
    "one a line": "Budi Santoso\nSiti Rahma\nAndi Wijaya",
    "numbered": "1. Budi Santoso\n2. Siti Rahma\n3. Andi Wijaya",
    "numbered in one line": "1. Budi Santoso 2. Siti Rahma 3. Andi Wijaya",
    "in a sentence": "akun tamu untuk Budi Santoso, Siti Rahma dan Andi Wijaya",
    "in an English sentence": "accounts for Budi Santoso, Siti Rahma, and Andi Wijaya",
    "commas": "Budi Santoso, Siti Rahma, Andi Wijaya",
    "numbers without a point": "1 Budi Santoso\n2 Siti Rahma\n3 Andi Wijaya",
    "numbers in brackets": "(1) Budi Santoso; (2) Siti Rahma; (3) Andi Wijaya",
    "in the name of": "akun tamu a.n. Budi Santoso, Siti Rahma dan Andi Wijaya",
}

NOBODY = [
    "halo min, saya lupa password",
    "Saya lupa password. Tolong dibantu, terima kasih.",
    "Selamat Pagi",
    "Terima Kasih Banyak",
    "1. lupa password\n2. akun terkunci",
    "- tidak bisa login\n- kode tidak masuk",
    "email saya budi@example.net",
    "reset password for budi@example.net",
    "Fakultas Teknik Sipil dan Lingkungan",
    "17 Maret 2023",
    "13519001",
    "Nama: Siapa?",
    "a,\x1f,b",
    "Dit. Keuangan",
    "Program Studi Teknik Informatika",
    "Nama: Budi Santoso\nKeluhan: lupa password",
    "untuk Budi Santoso",
    "atas nama saya sendiri",
    "Email: b@maju.id\nInstansi: PT Maju",
    "Nama | Instansi\n12 orang | PT Maju",
    "- - - -",
    "",
]


def _people(text: str) -> tuple[Person, ...]:
    return extract(text, date(2026, 3, 2)).people


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES.keys())
def test_a_list_with_institution_and_address(text):
    assert _people(text) == (BUDI, SITI)


@pytest.mark.parametrize("text", ONLY_NAMES.values(), ids=ONLY_NAMES.keys())
def test_a_list_of_names(text):
    assert _people(text) == NAMES


@pytest.mark.parametrize("text", NOBODY)
def test_no_list(text):
    assert _people(text) == ()


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("Budi Santoso", Person("Budi Santoso")),
        ("Budi Santoso, PT Maju, b@maju.id", Person("Budi Santoso", "PT Maju", "b@maju.id")),
        ("1. budi santoso", Person("budi santoso")),
        ("1. Budi Santoso (Universitas Contoh)", Person("Budi Santoso", "Universitas Contoh")),
        ("- Siti Aminah <siti@contoh.id>", Person("Siti Aminah", "", "siti@contoh.id")),
        ("- Maria d'Arc, Universitas Contoh", Person("Maria d'Arc", "Universitas Contoh")),
        ("- Ali bin Karim, S.Kom., M.T., Bank Contoh",
         Person("Ali bin Karim, S.Kom., M.T.", "Bank Contoh")),
        ("1. R. A. Kartini", Person("R. A. Kartini")),
        ("1. Bpk. Budi Santoso - PT Maju", Person("Bpk. Budi Santoso", "PT Maju")),
        ("a.n. Budi Santoso", Person("Budi Santoso")),
        ("akun a/n Budi Santoso tolong dibuatkan", Person("Budi Santoso")),
        ("atas nama Budi Santoso (PT Maju)", Person("Budi Santoso", "PT Maju")),
        ("akun tamu a.n. Budi Santoso, PT Maju, b@maju.id",
         Person("Budi Santoso", "PT Maju", "b@maju.id")),
        ("untuk Budi Santoso dari PT Maju, email b@maju.id",
         Person("Budi Santoso", "PT Maju", "b@maju.id")),
        ("Nama: Budi Santoso\nEmail: b@maju.id", Person("Budi Santoso", "", "b@maju.id")),
    ],
)  # fmt: skip
def test_a_single_person(text, person):
    assert _people(text) == (person,)


def test_people_and_where_they_come_from_in_one_line():
    expected = (Person("Budi Santoso", "PT Maju"), Person("Siti Rahma", "KAP Contoh"))
    assert _people("tamunya Budi Santoso dari PT Maju dan Siti Rahma dari KAP Contoh") == expected
    assert _people("tamunya: Budi Santoso (PT Maju), Siti Rahma (KAP Contoh)") == expected


def test_rows_without_separators():
    assert _people("Budi Santoso PT Maju b@maju.id\nSiti Rahma KAP Contoh s@contoh.id") == (
        Person("Budi Santoso", "PT Maju", "b@maju.id"),
        Person("Siti Rahma", "KAP Contoh", "s@contoh.id"),
    )


def test_a_form_hides_its_address_but_not_what_follows():
    found = extract("Nama: Budi Santoso\nEmail: b@maju.id\nNIM: 13519001", date(2026, 3, 2))
    assert [each.kind for each in found.entities] == [EntityKind.PERSON, EntityKind.STUDENT_NUMBER]


def test_addresses_with_names_in_one_line():
    expected = (
        Person("Budi Santoso", "", "b@contoh.id"),
        Person("Siti Rahma", "", "s@contoh.id"),
    )
    assert _people("Budi Santoso <b@contoh.id>, Siti Rahma <s@contoh.id>") == expected
    assert _people('"Budi Santoso" <b@contoh.id>, "Siti Rahma" <s@contoh.id>') == expected


def test_names_come_with_their_places_and_rows_hide_their_addresses():
    text = SHAPES["numbered"]
    found = extract(text, date(2026, 3, 2)).entities

    assert [(each.kind, text[each.start : each.end]) for each in found] == [
        (EntityKind.PERSON, BUDI.name),
        (EntityKind.PERSON, SITI.name),
    ]


def test_a_very_long_list_is_cut():
    text = "\n".join(f"{at}. Budi Santoso" for at in range(1, 700))
    assert len(_people(text)) == MOST_ROWS


WORDS = ["Budi", "Siti", "Andi", "Rina", "Joko", "Wulan", "Hendra", "Lestari", "Gunawan", "Putra"]
NAME = st.lists(st.sampled_from(WORDS), min_size=2, max_size=4).map(" ".join)
ROW = st.builds(
    Person,
    NAME,
    st.sampled_from(["PT Contoh Jaya", "KAP Uji dan Rekan", "Universitas Contoh"]),
    st.integers(min_value=1, max_value=999).map(lambda number: f"tamu{number}@contoh.co.id"),
)
SEPARATORS = st.sampled_from([", ", "; ", "\t", " | ", " - "])
MARKS = st.sampled_from(["{}. ", "{}) ", "- ", "* ", ""])


@given(st.lists(ROW, min_size=1, max_size=8), SEPARATORS, MARKS)
def test_a_written_list_is_read_back(rows, separator, mark):
    lines = [
        mark.format(at) + separator.join((row.name, row.institution, row.email))
        for at, row in enumerate(rows, start=1)
    ]
    assert _people("\n".join(lines)) == tuple(rows)
