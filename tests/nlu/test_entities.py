"""Facts inside messages come back with their exact places and normal forms."""

from __future__ import annotations

import string
import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.entities.extract import extract
from nlu.types import EntityKind as Kind

TODAY = date(2026, 3, 2)

CASES = [
    # student numbers and codes
    ("NIM 13519001 lupa password", [(Kind.STUDENT_NUMBER, "13519001", "13519001")]),
    ("nim saya: 13519001", [(Kind.STUDENT_NUMBER, "13519001", "13519001")]),
    ("please unlock student 13519001", [(Kind.ACCOUNT_TYPE, "student", "student"),
                                        (Kind.STUDENT_NUMBER, "13519001", "13519001")]),
    ("kode saya 12345678 ya", [(Kind.CODE, "12345678", "12345678")]),
    ("kodenya 1234-5678", [(Kind.CODE, "1234-5678", "12345678")]),
    ("1234 5678", [(Kind.CODE, "1234 5678", "12345678")]),
    ("ini dia 1234 5678 makasih", [(Kind.CODE, "1234 5678", "12345678")]),
    ("12 34 56 78", [(Kind.CODE, "12 34 56 78", "12345678")]),
    ("1 2 3 4 5 6 7 8", [(Kind.CODE, "1 2 3 4 5 6 7 8", "12345678")]),
    ("otp 123456", [(Kind.CODE, "123456", "123456")]),
    ("123456", [(Kind.CODE, "123456", "123456")]),
    ("kode 12345678 berlaku 5 menit", [(Kind.CODE, "12345678", "12345678")]),
    ("nim 13519001, kodenya 87654321", [(Kind.STUDENT_NUMBER, "13519001", "13519001"),
                                        (Kind.CODE, "87654321", "87654321")]),
    ("satu dua tiga empat lima enam tujuh delapan",
     [(Kind.CODE, "satu dua tiga empat lima enam tujuh delapan", "12345678")]),
    ("the code is one two three four five six seven eight",
     [(Kind.CODE, "one two three four five six seven eight", "12345678")]),
    ("kode: nol nol satu dua, tiga empat lima enam",
     [(Kind.CODE, "nol nol satu dua, tiga empat lima enam", "00123456")]),
    # employee numbers
    ("198503122010122001", [(Kind.EMPLOYEE_NUMBER, "198503122010122001", "198503122010122001")]),
    ("NIP 19850312 201012 2 001",
     [(Kind.EMPLOYEE_NUMBER, "19850312 201012 2 001", "198503122010122001")]),
    ("nopeg 104000123", [(Kind.EMPLOYEE_NUMBER, "104000123", "104000123")]),
    # addresses, phones, logins
    ("email saya Budi@Example.net.", [(Kind.EMAIL, "Budi@Example.net", "budi@example.net")]),
    ("wa 0812-3456-7890", [(Kind.PHONE, "0812-3456-7890", "+6281234567890")]),
    ("hubungi 6281234567890", [(Kind.PHONE, "6281234567890", "+6281234567890")]),
    ("+62 22 2500935", [(Kind.PHONE, "+62 22 2500935", "+62222500935")]),
    ("(022) 2500935 ya", [(Kind.PHONE, "(022) 2500935", "+62222500935")]),
    ("call +65 6516 6666", [(Kind.PHONE, "+65 6516 6666", "+6565166666")]),
    ("akun budi.santoso terkunci", [(Kind.LOGIN, "budi.santoso", "budi.santoso")]),
    ("username saya budi, tolong cek", [(Kind.LOGIN, "budi", "budi")]),
    ("user id: rina_99", [(Kind.LOGIN, "rina_99", "rina_99")]),
    ("akun budi123 kekunci", [(Kind.LOGIN, "budi123", "budi123")]),
    ("username: Budi.Santoso", [(Kind.LOGIN, "Budi.Santoso", "budi.santoso")]),
    ("Budi.Santoso", [(Kind.LOGIN, "Budi.Santoso", "budi.santoso")]),
    ("akun zaki.emily", [(Kind.LOGIN, "zaki.emily", "zaki.emily")]),
    ("lupa password tamu.maya", [(Kind.LOGIN, "tamu.maya", "tamu.maya")]),
    ("tamu.maya", [(Kind.LOGIN, "tamu.maya", "tamu.maya")]),
    ("Staf.Ahli", [(Kind.LOGIN, "Staf.Ahli", "staf.ahli")]),
    ("tolong cek staf.ahli dong", [(Kind.LOGIN, "staf.ahli", "staf.ahli")]),
    ("akun dosen.budi kekunci", [(Kind.LOGIN, "dosen.budi", "dosen.budi")]),
    ("mhs.nomor21 lupa password", [(Kind.LOGIN, "mhs.nomor21", "mhs.nomor21")]),
    ("lupa password admin.rina", [(Kind.LOGIN, "admin.rina", "admin.rina")]),
    ("halo admin.budi lupa password", []),
    ("bukan.maya lupa password", [(Kind.LOGIN, "bukan.maya", "bukan.maya")]),
    ("lupa password bukan.siapa", [(Kind.LOGIN, "bukan.siapa", "bukan.siapa")]),
    ("cek akun bukan.siapa dong", [(Kind.LOGIN, "bukan.siapa", "bukan.siapa")]),
    ("please unlock tamu.maya, a guest", [(Kind.LOGIN, "tamu.maya", "tamu.maya"),
                                          (Kind.ACCOUNT_TYPE, "guest", "guest")]),
    ("mau akun tamu.tolong dibantu", [(Kind.ACCOUNT_TYPE, "tamu", "guest")]),
    ("saya dosen.mohon dibantu", [(Kind.ACCOUNT_TYPE, "dosen", "lecturer")]),
    ("lupa password tamu", [(Kind.ACCOUNT_TYPE, "tamu", "guest")]),
    ("bukan.siapa", []),
    ("password saya.bagaimana", []),
    ("akun terkunci.tolong", []),
    ("lupa password siakad.masih bisa", []),
    ("akun kampus.web", []),
    ("masuk.Tolong", []),
    ("username saya.tolong dibantu", []),
    ("62 812 3456 7890", [(Kind.PHONE, "62 812 3456 7890", "+6281234567890")]),
    ("username apa ya", []),
    ("username dosen", [(Kind.ACCOUNT_TYPE, "dosen", "lecturer")]),
    ("nilai m.t. saya", []),
    ("unduh di contoh.web ya", []),
    ("021 99 999 999 9", []),
    ("+99 99999999999", []),
    ("hubungi kantor", []),
    ("nomor 1/2/3", []),
    ("1 2 3 4 5 6 7 8 9 1 2", []),
    ("direktorat keuangan dan", [(Kind.UNIT, "direktorat keuangan", "direktorat keuangan")]),
    ("Fakultas Teknik sipil", [(Kind.UNIT, "Fakultas Teknik", "Fakultas Teknik")]),
    ("akun saya terkunci", []),
    ("tidak bisa masuk.tolong dibantu", []),
    ("buka https://contoh.id/13519001 ya", []),
    # references
    ("ITB-2026-000123", [(Kind.TICKET_NUMBER, "ITB-2026-000123", "ITB-2026-000123")]),
    ("tiket itb 2026 123", [(Kind.TICKET_NUMBER, "itb 2026 123", "ITB-2026-000123")]),
    ("surat 102/IT1.B01/TU.02/2023",
     [(Kind.LETTER_NUMBER, "102/IT1.B01/TU.02/2023", "102/IT1.B01/TU.02/2023")]),
    ("nomor 208/IT1.B05.3/SI/2023.",
     [(Kind.LETTER_NUMBER, "208/IT1.B05.3/SI/2023", "208/IT1.B05.3/SI/2023")]),
    ("No.102/IT1.B01/TU.02/2023",
     [(Kind.LETTER_NUMBER, "102/IT1.B01/TU.02/2023", "102/IT1.B01/TU.02/2023")]),
    ("015 / IT1.C02 / TU.00 / 2026",
     [(Kind.LETTER_NUMBER, "015 / IT1.C02 / TU.00 / 2026", "015/IT1.C02/TU.00/2026")]),
    ("B-15/IT1.C02/TU.00/2026",
     [(Kind.LETTER_NUMBER, "B-15/IT1.C02/TU.00/2026", "B-15/IT1.C02/TU.00/2026")]),
    ("IT-2026-000123", [(Kind.TICKET_NUMBER, "IT-2026-000123", "IT-2026-000123")]),
    ("kode 2051 1629", [(Kind.CODE, "2051 1629", "20511629")]),
    ("please look at 2051 1629", [(Kind.CODE, "2051 1629", "20511629")]),
    # counts, units, types
    ("dua puluh lima akun", [(Kind.COUNT, "dua puluh lima", "25")]),
    ("seratus dua puluh peserta", [(Kind.COUNT, "seratus dua puluh", "120")]),
    ("twenty-five accounts", [(Kind.COUNT, "twenty-five", "25")]),
    ("butuh 5 akun", [(Kind.COUNT, "5", "5")]),
    ("lima orang", [(Kind.COUNT, "lima", "5")]),
    ("5 (lima) akun", [(Kind.COUNT, "5", "5")]),
    ("dua belas peserta", [(Kind.COUNT, "dua belas", "12")]),
    ("three new accounts", [(Kind.COUNT, "three", "3")]),
    ("nol akun", []),
    ("Fakultas Teknik Sipil dan Lingkungan mau minta",
     [(Kind.UNIT, "Fakultas Teknik Sipil dan Lingkungan",
       "Fakultas Teknik Sipil dan Lingkungan")]),
    ("dari direktorat keuangan, mohon", [(Kind.UNIT, "direktorat keuangan",
                                          "direktorat keuangan")]),
    ("the Directorate of Finance needs", [(Kind.UNIT, "Directorate of Finance",
                                           "Directorate of Finance")]),
    ("kami dari STEI-R", [(Kind.UNIT, "STEI-R", "STEI-R")]),
    ("akun tamu", [(Kind.ACCOUNT_TYPE, "tamu", "guest")]),
    ("akun pihak ketiga", [(Kind.ACCOUNT_TYPE, "pihak ketiga", "third_party")]),
    ("saya dosen", [(Kind.ACCOUNT_TYPE, "dosen", "lecturer")]),
]  # fmt: skip


def _found(text: str) -> list[tuple[Kind, str, str]]:
    return [
        (each.kind, text[each.start : each.end], each.value)
        for each in extract(text, TODAY).entities
    ]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[case[0] for case in CASES])
def test_entities(text, expected):
    assert _found(text) == expected


def test_eight_digits_alone_are_a_student_number_and_a_code():
    assert _found("13519001") == [
        (Kind.CODE, "13519001", "13519001"),
        (Kind.STUDENT_NUMBER, "13519001", "13519001"),
    ]


@pytest.mark.parametrize("number", ["13519001", "104000123", "198503122010122001"])
def test_a_student_or_employee_number_is_no_phone_number(number):
    assert Kind.PHONE not in {kind for kind, _, _ in _found(f"nomor saya {number} tolong")}


_spelled = "nol satu dua tiga empat lima enam tujuh delapan sembilan"
_months = "Januari Februari Maret April Mei Juni July August September October November December"
NAME = st.text(alphabet=string.ascii_lowercase, min_size=4, max_size=8).map(
    lambda part: f"zq{part}"
)
DIGITS = st.integers(min_value=10_000_000, max_value=99_999_999).map(str)
DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31))
INJECTED = {
    Kind.EMAIL: st.builds("{}.{}@contoh.ac.id".format, NAME, NAME),
    Kind.LOGIN: st.builds("{}.{}".format, NAME, NAME),
    Kind.STUDENT_NUMBER: DIGITS,
    Kind.CODE: st.one_of(
        DIGITS,
        DIGITS.map(lambda each: f"{each[:4]} {each[4:]}"),
        DIGITS.map(lambda each: f"{each[:4]}  {each[4:]}"),
        DIGITS.map(lambda each: " ".join(SPELLED[int(digit)] for digit in each)),
    ),
    Kind.EMPLOYEE_NUMBER: st.integers(min_value=10**17, max_value=10**18 - 1).map(str),
    Kind.PHONE: st.one_of(
        DIGITS.map(lambda each: f"0812{each}"),
        DIGITS.map(lambda each: f"+62 812-{each[:4]}-{each[4:]}"),
    ),
    Kind.TICKET_NUMBER: DIGITS.map(lambda each: f"ITB-2026-{each[:6]}"),
    Kind.LETTER_NUMBER: DIGITS.map(lambda each: f"{each[:3]}/IT1.B01/TU.02/2026"),
    Kind.DATE: st.one_of(
        DAYS.map(date.isoformat),
        DAYS.map(lambda day: f"{day.day}/{day.month}/{day.year}"),
        DAYS.map(lambda day: f"{day.day} {MONTHS[day.month - 1]} {day.year}"),
        st.sampled_from(
            ["lusa", "akhir bulan", "senin depan", "besok", "end of next month", "in two weeks"]
        ),
    ),
    Kind.COUNT: st.integers(min_value=1, max_value=300).map(str),
    Kind.UNIT: st.sampled_from(["Fakultas Teknik Kimia", "Directorate of Finance", "STEI"]),
    Kind.ACCOUNT_TYPE: st.sampled_from(["tamu", "guest", "mahasiswa", "lecturer"]),
}
SPELLED = _spelled.split()
MONTHS = _months.split()
CARRIERS = (
    "{}",
    "min tolong {} ya",
    "halo, ini {}, mohon dibantu.",
    "please look at {} for me",
    "hi, it is about {}, thanks",
    "gimana nih\n{}\nmakasih",
    "({})",
    "punya saya: {}!",
)
COUNTED = ("butuh {} akun ya", "we need {} accounts, please", "untuk {} orang tamu")


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.PERSON])
@given(data=st.data())
def test_an_injected_entity_comes_back_with_its_exact_place(kind, data):
    value = data.draw(INJECTED[kind])
    carrier = data.draw(st.sampled_from(COUNTED if kind is Kind.COUNT else CARRIERS))
    text = carrier.format(value)
    start = text.index(value)

    found = [
        each for each in extract(text, TODAY).entities
        if (each.kind, each.start, each.end) == (kind, start, start + len(value))
    ]  # fmt: skip

    assert len(found) == 1, extract(text, TODAY).entities


WORDS = st.sampled_from(
    ["kode", "satu", "1234", "tgl", "31", "/", "-", "nama:", "Budi", "@", "(", "\n", "|", "a.n.",
     "akhir", "bulan", "depan", "+62", "0812", "double", "Mei", "2026", "\u0663", "\u00a0", "dari"]
)  # fmt: skip
ANYTHING = st.text(max_size=400) | st.lists(WORDS, max_size=60).map(" ".join)


@given(ANYTHING)
def test_every_place_is_inside_the_text(text):
    for each in extract(text, TODAY).entities:
        assert 0 <= each.start < each.end <= len(text)


@given(st.lists(st.sampled_from(["12345678", "Budi Santoso", "senin", "a@b.co", "\n", " dan ", "5 akun", "|", "/", "17 Maret"])))  # fmt: skip  # noqa: E501 - pieces of a message
def test_two_facts_share_a_place_only_as_readings_of_it(pieces):
    entities = extract(" ".join(pieces), TODAY).entities
    for at, one in enumerate(entities):
        for two in entities[at + 1 :]:
            same = (one.start, one.end) == (two.start, two.end)
            assert same or one.end <= two.start or two.end <= one.start


BLOCKS = [
    "satu ", "1 ", "a.b", "Aa ", "1. A\n", "senin ", "0812 ", "a@", "/1a", "fakultas ", "Budi, ",
    "- A\n", "1/", "A|", "minggu ", "Budi Santoso\n", "12 34 ", "M.T, ", " dan ", "1-", "a_", "((",
    "double ", "nama: A\n", "a.n. ", "Budi dari ", "*", "[ ] ", "5/", "akhir ", "\u0661", "Mei 1-",
    "seratus ", "tgl ", "> ", "Aa", " / a", "kode 1", "@a.",
]  # fmt: skip
MOST_GROWTH = 3.5
"""Twice the text may take twice the time; four times would be quadratic already."""


def _seconds(text: str) -> float:
    # The processor's time of this thread, the best of three: others on the machine do not count.
    def once() -> float:
        began = time.thread_time()
        extract(text, TODAY)
        return time.thread_time() - began

    return min(once() for _ in range(3))


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.timeout(60)
def test_10_000_characters_of_anything_take_linear_time(block):
    half, whole = (_seconds((block * 10_000)[:length]) for length in (5_000, 10_000))
    assert whole <= MOST_GROWTH * half + 0.005
