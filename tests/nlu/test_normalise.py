"""What people write becomes the words the classifier knows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.normalise import Normaliser, plain
from nlu.tables import pairs, words
from nlu.typos import Corrector, distance

CASES = [
    ("gk bs login min", "tidak bisa login min"),
    ("lupa pw", "lupa password"),
    ("LUPA PASSWORD!!!", "lupa password"),
    ("paswordnya lupa", "password lupa"),
    ("passwordku gak diterima", "password tidak terima"),
    ("kata sandi", "password"),
    ("kata sandinya", "password"),
    ("mereset", "reset"),
    ("di-reset", "reset"),
    ("ngereset", "reset"),
    ("ke-lock", "terkunci"),
    ("kekunci", "terkunci"),
    ("kode ga masuk-masuk", "kode tidak masuk"),
    ("kode ga masuk2", "kode tidak masuk"),
    ("kodenya dikirim\u00b2", "kode kirim"),
    ("lamaaaa bangeeet", "lama sekali"),
    ("haloo kakk", "halo kak"),
    ("terima kasih", "makasih"),
    ("thank you", "makasih"),
    ("can't log in", "can not login"),
    ("can\u2019t log in", "can not login"),
    ("pls resett my pasword", "tolong reset my password"),
    ("verivikasi", "verifikasi"),
    ("assalamu'alaikum", "assalamualaikum"),
    ("passport saya", "passport saya"),
    ("tidak aktif", "nonaktif"),
    ("no hp saya", "nomor hp saya"),
    ("no, thanks", "no makasih"),
    ("jgn direset", "jangan reset"),
    ("gara-gara telat", "karena lama"),
    ("gara gara telat", "karena lama"),
    ("gmn caranya?", "bagaimana cara ?"),
    ("NIM 13519001", "nim codemask"),
    ("budi.santoso@itb.ac.id", "emailmask"),
    ("https://contoh.id/a?b=c", "linkmask"),
    ("ITB-2026-000123", "ticketmask"),
    ("102/IT1.B01/TU.02/2023", "lettermask"),
    ("budi.santoso", "loginmask"),
    ("198503122010122001", "longmask"),
    ("0812-3456-7890", "phonemask"),
    ("password [redacted]", "password secretmask"),
    ("caf\u00e9", "cafe"),
    ("\U0001f602", ""),
    ("", ""),
]


@pytest.mark.parametrize(("written", "canonical"), CASES)
def test_canonical_words(written, canonical):
    assert " ".join(Normaliser().words(written)) == canonical


def test_a_known_word_is_not_corrected():
    assert Normaliser().words("paseword") == ["password"]
    assert Normaliser({"paseword"}).words("paseword") == ["paseword"]


def test_only_the_first_10_000_characters_are_read():
    assert "password" not in Normaliser().words("a " * 5_000 + "password")


@given(st.text(max_size=300))
def test_any_text_gives_plain_words(text):
    for word in Normaliser().words(text):
        assert word == "?" or word.replace("'", "").replace("-", "").isalnum()


@pytest.mark.parametrize(
    ("one", "two", "edits"),
    [
        ("kode", "kode", 0),
        ("kode", "kod", 1),
        ("kode", "kodee", 1),
        ("kode", "kide", 1),
        ("kode", "kdoe", 1),
        ("password", "pasword", 1),
        ("password", "psaswrod", 2),
        ("", "abc", 3),
    ],
)
def test_distance(one, two, edits):
    assert distance(one, two) == edits
    assert distance(two, one) == edits


WORD = st.text(alphabet="abcde", max_size=7)


@given(WORD, WORD)
def test_distance_is_symmetric_and_zero_only_for_equal_words(one, two):
    assert distance(one, two) == distance(two, one)
    assert (distance(one, two) == 0) == (one == two)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("pasword", "password"),
        ("passwrod", "password"),
        ("pssword", "password"),
        ("pawwsord", "password"),
        ("psswrd", None),  # short words may have one error only
        ("login", "login"),
        ("lgin", None),  # too short to correct
        ("xassword", None),  # the first letter is seldom wrong
        ("tikat", None),  # as near to "tiket" as to "tikar"
        ("x" * 40, None),
    ],
)
def test_the_nearest_word(written, meant):
    assert Corrector({"password", "login", "tiket", "tikar"}).nearest(written) == meant


def test_tables_are_read_with_continued_lines():
    assert pairs("a b: c d\n  e\nf: g") == {"c": "a b", "d": "a b", "e": "a b", "g": "f"}
    assert words("a b\nc") == {"a", "b", "c"}


def test_the_words_are_kept_as_written_beside_the_canonical_ones():
    reading = Normaliser().read("PW sy lpua, kodenya 123456 gmn?")

    assert reading.written == ["pw", "sy", "lpua", "kodenya", "gmn"]
    assert reading.words[:2] == ["password", "saya"]
    assert "codemask" in reading.words


def test_for_intents_not_ours_words_stand_as_they_are():
    assert plain("What\u2019s my PIN?") == (["what's", "my", "pin", "?"], ())
