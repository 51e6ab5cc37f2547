"""Codes as people write and read them out: found whole, and made unreadable for others."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.entities.codes import hide_codes
from nlu.entities.extract import extract
from nlu.entities.numerals import NUMERAL, number
from nlu.types import EntityKind as Kind

TODAY = date(2026, 3, 2)

WRITTEN = [
    ("1234  5678", "12345678"),
    ("1234 - 5678", "12345678"),
    ("1234--5678", "12345678"),
    ("1234\u20135678", "12345678"),
    ("1234\u00a05678", "12345678"),
    ("1234\n5678", "12345678"),
    ("12, 34, 56, 78", "12345678"),
    ("satu dua tiga empat lima enam tujuh delapan", "12345678"),
    ("satu, dua, tiga, empat. lima, enam, tujuh, delapan", "12345678"),
    ("one two three four, five six seven eight", "12345678"),
    ("double five one two three four seven eight", "55123478"),
    ("dobel lima, satu dua tiga, tripel nol", "55123000"),
    ("satu dua tiga empat 5678", "12345678"),
    ("oh one two three oh five six seven", "01230567"),
    ("\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18", "12345678"),
]
CARRIERS = ["kode saya {} ya", "the code is {}, thanks", "kodenya {}", "{} itu kode yang masuk"]


def _codes(text: str) -> list[tuple[str, str]]:
    return [
        (text[each.start : each.end], each.value)
        for each in extract(text, TODAY).entities
        if each.kind is Kind.CODE
    ]


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize(("written", "code"), WRITTEN)
def test_a_code_inside_a_sentence(written, code, carrier):
    assert (written, code) in _codes(carrier.format(written))


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("written", [written for written, _ in WRITTEN])
def test_a_code_is_unreadable_however_it_is_written(written, carrier):
    assert hide_codes(carrier.format(written), "***") == carrier.format("***")


@pytest.mark.parametrize(
    "text",
    [
        "akun sampai 2025-2026",
        "dua akun untuk tiga orang",
        "one or two of them",
        "double room for four",
        "satu dua tiga",
        "semester 2 tahun 2026",
    ],
)
def test_what_is_no_code(text):
    assert _codes(text) == []
    assert hide_codes(text, "***") in {text, "akun sampai ***"}


@pytest.mark.parametrize(
    ("text", "kind", "written"),
    [
        ("NIM13519001 tolong", Kind.STUDENT_NUMBER, "13519001"),
        ("OTP12345678", Kind.CODE, "12345678"),
        ("nopeg104000123", Kind.EMPLOYEE_NUMBER, "104000123"),
        ("nim 135-19-001", Kind.STUDENT_NUMBER, "135-19-001"),
        ("nim 135 19 001 ya", Kind.STUDENT_NUMBER, "135 19 001"),
    ],
)
def test_numbers_close_to_the_word_that_names_them(text, kind, written):
    assert [
        (each.kind, text[each.start : each.end]) for each in extract(text, TODAY).entities
    ] == [(kind, written)]


def test_a_word_with_too_few_digits_names_nothing():
    assert _codes("nim123456") == []


DIGITS = st.text(alphabet="0123456789", min_size=8, max_size=8)
SEPARATORS = st.sampled_from([" ", "  ", ", ", "-", ". ", "\n"])
ALPHABETS = st.sampled_from(
    [
        "nol satu dua tiga empat lima enam tujuh delapan sembilan".split(),  # noqa: SIM905
        "zero one two three four five six seven eight nine".split(),  # noqa: SIM905
    ]
)


@given(DIGITS, SEPARATORS, ALPHABETS, st.sampled_from(CARRIERS))
def test_any_spelled_code_is_found_and_hidden(digits, separator, alphabet, carrier):
    written = separator.join(alphabet[int(digit)] for digit in digits)
    text = carrier.format(written)

    assert _codes(text) == [(written, digits)]
    assert written not in hide_codes(text, "***")


@given(st.text(alphabet="0123 ,.-\nsatu dua one x", max_size=80))
def test_whatever_is_taken_for_a_code_can_be_hidden(text):
    hidden = hide_codes(text, "")
    for written, code in _codes(text):
        if len(code) > 4:
            assert written not in hidden


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        ("dua belas", 12),
        ("dua puluh", 20),
        ("dua puluh lima", 25),
        ("seratus dua puluh", 120),
        ("tiga ratus", 300),
        ("twenty-five", 25),
        ("a hundred and two", 102),
        ("ninety nine", 99),
        ("banyak", None),
    ],
)
def test_numbers_in_words(text, value):
    assert number(text) == value
    assert value is None or text.isdecimal() or re.fullmatch(NUMERAL, text)
