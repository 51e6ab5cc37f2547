"""Dates in both languages, resolved against Monday, 2 March 2026."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.entities.calendar import add_months, end_of_month, next_day_of_month, next_month_day
from nlu.entities.dates import dates
from nlu.entities.span import words_of

MONDAY = date(2026, 3, 2)

CASES = [
    ("17 Maret 2023", "17 Maret 2023", "2023-03-17"),
    ("tanggal 8 maret 2023", "8 maret 2023", "2023-03-08"),
    ("17 mar 23", "17 mar 23", "2023-03-17"),
    ("17 Maret", "17 Maret", "2026-03-17"),
    ("1 Maret", "1 Maret", "2027-03-01"),
    ("2 Maret", "2 Maret", "2026-03-02"),
    ("17/3/2023", "17/3/2023", "2023-03-17"),
    ("17-03-2023", "17-03-2023", "2023-03-17"),
    ("17.3.23", "17.3.23", "2023-03-17"),
    ("2023-03-17", "2023-03-17", "2023-03-17"),
    ("March 17, 2023", "March 17, 2023", "2023-03-17"),
    ("17th of March 2026", "17th of March 2026", "2026-03-17"),
    ("Dec 1st", "Dec 1st", "2026-12-01"),
    ("5 akun sampai 17 Maret 10 orang", "17 Maret", "2026-03-17"),
    ("hari ini", "hari ini", "2026-03-02"),
    ("besok ya", "besok", "2026-03-03"),
    ("bsk", "bsk", "2026-03-03"),
    ("lusa", "lusa", "2026-03-04"),
    ("kemarin", "kemarin", "2026-03-01"),
    ("tomorrow", "tomorrow", "2026-03-03"),
    ("the day after tomorrow", "the day after tomorrow", "2026-03-04"),
    ("minggu depan", "minggu depan", "2026-03-09"),
    ("bulan depan", "bulan depan", "2026-04-02"),
    ("next month", "next month", "2026-04-02"),
    ("tahun depan", "tahun depan", "2027-03-02"),
    ("akhir bulan", "akhir bulan", "2026-03-31"),
    ("akhir bulan ini", "akhir bulan ini", "2026-03-31"),
    ("sampai akhir bulan depan", "akhir bulan depan", "2026-04-30"),
    ("end of next month", "end of next month", "2026-04-30"),
    ("the end of the month", "the end of the month", "2026-03-31"),
    ("awal bulan depan", "awal bulan depan", "2026-04-01"),
    ("pertengahan bulan", "pertengahan bulan", "2026-03-15"),
    ("akhir tahun", "akhir tahun", "2026-12-31"),
    ("awal tahun depan", "awal tahun depan", "2027-01-01"),
    ("tengah tahun depan", "tengah tahun depan", "2027-06-30"),
    ("akhir pekan", "akhir pekan", "2026-03-08"),
    ("akhir Maret", "akhir Maret", "2026-03-31"),
    ("awal April", "awal April", "2026-04-01"),
    ("akhir Februari", "akhir Februari", "2027-02-28"),
    ("sampai Maret 2026", "Maret 2026", "2026-03-31"),
    ("sampai Jumat", "Jumat", "2026-03-06"),
    ("hari senin", "hari senin", "2026-03-09"),
    ("senin ini", "senin ini", "2026-03-02"),
    ("senin depan", "senin depan", "2026-03-09"),
    ("jum'at depan", "jum'at depan", "2026-03-13"),
    ("Jumat minggu depan", "Jumat minggu depan", "2026-03-13"),
    ("hari minggu", "hari minggu", "2026-03-08"),
    ("next Friday", "next Friday", "2026-03-13"),
    ("this Friday", "this Friday", "2026-03-06"),
    ("3 hari lagi", "3 hari lagi", "2026-03-05"),
    ("dua minggu ke depan", "dua minggu ke depan", "2026-03-16"),
    ("in two weeks", "in two weeks", "2026-03-16"),
    ("three months from now", "three months from now", "2026-06-02"),
    ("for a week", "for a week", "2026-03-09"),
    ("selama sebulan", "selama sebulan", "2026-04-02"),
    ("seminggu lagi", "seminggu lagi", "2026-03-09"),
    ("setahun ke depan", "setahun ke depan", "2027-03-02"),
    ("dalam 10 hari", "dalam 10 hari", "2026-03-12"),
    ("tgl 15", "tgl 15", "2026-03-15"),
    ("tanggal 1", "tanggal 1", "2026-04-01"),
    ("29 Februari", "29 Februari", "2028-02-29"),
    # abbreviated, as on a phone
    ("akhir bln dpn", "akhir bln dpn", "2026-04-30"),
    ("bln depan", "bln depan", "2026-04-02"),
    ("akhir thn ini", "akhir thn ini", "2026-12-31"),
    ("3 hr lagi", "3 hr lagi", "2026-03-05"),
    ("2 mgg lagi", "2 mgg lagi", "2026-03-16"),
    ("6 bln ke depan", "6 bln ke depan", "2026-09-02"),
    ("day after tmr", "day after tmr", "2026-03-04"),
    # a day of a month that is named otherwise
    ("5/12/2026", "5/12/2026", "2026-12-05"),
    ("tgl 5/12 ya", "5/12", "2026-12-05"),
    ("sampai 5/12", "5/12", "2026-12-05"),
    ("17/Mar/2023", "17/Mar/2023", "2023-03-17"),
    ("tanggal 15 bulan depan", "tanggal 15 bulan depan", "2026-04-15"),
    ("tanggal 31 bulan depan", "tanggal 31 bulan depan", "2026-04-30"),
    ("tgl 1 bln ini", "tgl 1 bln ini", "2026-03-01"),
    ("the 5th of next month", "the 5th of next month", "2026-04-05"),
    ("until the 15th", "the 15th", "2026-03-15"),
    ("mid March", "mid March", "2026-03-15"),
    ("pertengahan April 2027", "pertengahan April 2027", "2027-04-15"),
    # weekdays beside other words
    ("Jumat, 17 Maret 2023", "17 Maret 2023", "2023-03-17"),
    ("on Friday, March 17, 2023", "March 17, 2023", "2023-03-17"),
    ("Jumat 17/3/2023", "17/3/2023", "2023-03-17"),
    ("friday next week", "friday next week", "2026-03-13"),
    ("jumat besok", "jumat besok", "2026-03-06"),
    ("jum\u2019at", "jum\u2019at", "2026-03-06"),
    ("next weekend", "next weekend", "2026-03-15"),
    ("a week from now", "a week from now", "2026-03-09"),
    ("in a fortnight", "in a fortnight", "2026-03-16"),
    ("dua puluh lima hari lagi", "dua puluh lima hari lagi", "2026-03-27"),
]

NONE = [
    "31 Februari 2026",
    "31/2/2026",
    "32 Maret",
    "tanggal 45",
    "dua minggu",
    "minggu",
    "5 akun",
    "192.168.1.1",
    "1.2.3.4.5",
    "102/IT1.B01/TU.02/2023",
    "you may ask",
    "999 tahun",
    "5/12",
    "the 5th floor",
    "15 bulan",
]


def _dates(text, today):
    return dates(text, today, words_of(text), digits=any(map(str.isdigit, text)))


def _found(text: str) -> list[tuple[str, str]]:
    return [(text[each.start : each.end], each.value) for each in _dates(text, MONDAY)]


@pytest.mark.parametrize(("text", "written", "iso"), CASES, ids=[case[0] for case in CASES])
def test_a_date(text, written, iso):
    assert _found(text) == [(written, iso)]


@pytest.mark.parametrize("text", NONE)
def test_no_date(text):
    assert _found(text) == []


def test_a_range_gives_both_days():
    assert sorted(_found("9-17 Maret 2023")) == [
        ("17 Maret 2023", "2023-03-17"),
        ("9", "2023-03-09"),
    ]


def test_a_range_in_the_american_order_gives_both_days():
    assert _found("March 9-17, 2023") == [("March 9", "2023-03-09"), ("17, 2023", "2023-03-17")]
    assert _found("from March 9 to 17") == [("March 9", "2026-03-09"), ("17", "2026-03-17")]
    assert _found("31-28 Februari 2026") == [("28 Februari 2026", "2026-02-28")]
    assert _found("June 30-31") == [("June 30", "2026-06-30")]


def test_a_span_past_the_calendar_is_no_date():
    assert list(_dates("999 tahun lagi", date(9500, 1, 1))) == []
    assert list(_dates("in 999 days", date(9999, 12, 31))) == []


DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2200, 1, 1))


@given(DAYS, st.integers(min_value=0, max_value=60))
def test_adding_months_keeps_the_day_or_takes_the_last_one(day, months):
    later = add_months(day, months)

    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == min(day.day, end_of_month(later).day)


@given(DAYS)
def test_the_day_after_the_end_of_a_month_is_a_first(day):
    assert (end_of_month(day) + timedelta(days=1)).day == 1


@given(DAYS, st.integers(min_value=1, max_value=31))
def test_the_next_such_day_is_not_in_the_past(today, day):
    found = next_day_of_month(today, day)

    assert found is not None
    assert found >= today
    assert found.day == day


@given(DAYS, st.integers(min_value=1, max_value=12), st.integers(min_value=1, max_value=28))
def test_the_next_such_day_of_the_year_is_within_a_year(today, month, day):
    found = next_month_day(today, month, day)

    assert found is not None
    assert timedelta() <= found - today <= timedelta(days=366)
