"""What is left of a message: enough to be labelled, nothing that tells who wrote it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.review import LONGEST, mark_of, masked, sample_of
from nlu.entities.extract import extract
from nlu.types import Intent, Person, Understanding

TODAY = date(2026, 3, 2)


def meaning(text, **fields):
    found = extract(text, TODAY)
    plain = Understanding(text, Intent.CHECK_ACCOUNT, 0.314, entities=found.entities)
    return replace(plain, **fields)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("lupa pw, nim 13519001", "lupa pw, nim [student_number]"),
        ("nip 198503122010122001 gabisa masuk", "nip [employee_number] gabisa masuk"),
        ("akun budi.santoso keblokir", "akun [login] keblokir"),
        ("email saya budi@example.net", "email saya [email]"),
        ("hp saya 0812 3456 7890", "hp saya [phone]"),
        ("kodenya 4821 0007 kok salah", "kodenya [code] kok salah"),
        ("tiket ITB-2026-000123 sampai mana", "tiket [ticket_number] sampai mana"),
        ("surat 102/IT1.B01/TU.02/2026 kok lama", "surat [letter_number] kok lama"),
        ("saya lahir 12 Maret 2001", "saya lahir [date]"),
        ("aktif sampai minggu depan?", "aktif sampai minggu depan?"),
        ("cek http://contoh.example/x?u=budi ya", "cek [link] ya"),
        ("alamatku budi(at)x@y", "alamatku [email]"),
        ("nomor 12 34 5 aja", "nomor [number] aja"),
        ("halo, nama saya budi santoso, lupa sandi", "halo, nama saya [name], lupa sandi"),
        ("my name is John Smith and i forgot", "my name is [name] and i forgot"),
        ("Pak Bambang tolong akun saya", "Pak [name] tolong akun saya"),
        ("Ratna Sarumpaet lupa password", "[name] lupa password"),
        ("Tolong Dong Akun Saya", "Tolong Dong Akun Saya"),
        ("lupa [login] saya", "lupa (login) saya"),
    ],
)
def test_who_wrote_it_is_masked(text, kept):
    assert masked(meaning(text)) == kept
    assert sample_of(meaning(text), asked=False).text == kept


@pytest.mark.parametrize(
    "unfit",
    [
        pytest.param(meaning("lupa pw", secret=True), id="held a password"),
        pytest.param(meaning("passwordku Kucing#123 salah"), id="holds a password"),
        pytest.param(meaning("ini orangnya", people=(Person("Rina Lestari"),)), id="a list"),
        pytest.param(meaning("lupa " * LONGEST), id="a story"),
        pytest.param(meaning("13519001"), id="only a number"),
        pytest.param(meaning("budi@example.net 0812 3456 7890"), id="only addresses"),
    ],
)
def test_what_is_not_kept_at_all(unfit):
    assert sample_of(unfit, asked=False) is None


@pytest.mark.parametrize(
    ("text", "kept"),
    [("saya lupa username saya", True), ("joko widagdo", False), ("akun 13519001 itu", True)],
)
def test_an_answer_is_kept_only_when_its_words_are_everybodys(text, kept):
    assert (sample_of(meaning(text), asked=True) is not None) is kept


def test_the_same_words_are_one_message():
    assert mark_of("Lupa  password!!") == mark_of("lupa password") != mark_of("lupa sandi")


@given(st.text(max_size=80), st.sampled_from(["13519001", "budi@example.net", "budi.santoso"]))
def test_no_identifier_survives_any_neighbourhood(noise, identifier):
    kept = sample_of(meaning(f"{noise} lupa {identifier} dong {noise}"), asked=False)
    assert kept is None or identifier not in kept.text
