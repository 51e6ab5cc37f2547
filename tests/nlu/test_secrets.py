"""Passwords typed into a chat are found; what is no password stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.secrets import MARKER, redact
from tests.nlu.passwords import ENGLISH, INDONESIAN, SYMBOLS, Typed, everywhere, generated

DEV = Path(__file__).parents[3] / "shared/data/nlu-dev.jsonl"

SECRETS = [
    ("password saya Bandung#2024", "password saya [redacted]"),
    ("pw: kucing123", "pw: [redacted]"),
    ("pw:kucing123", "pw:[redacted]"),
    ("sandinya rahasia-ku", "sandinya [redacted]"),
    ("my password is sunshine", "my password is [redacted]"),
    ("pass baru: qwerty", "pass baru: [redacted]"),
    ("password saya 'kuda lari'", "password saya [redacted]"),
    ("password saya Bandung 2024!", "password saya [redacted]"),
    ("password saya 12345678 gabisa", "password saya [redacted] gabisa"),
    ("password akun budi.santoso itu kucing123", "password akun budi.santoso itu [redacted]"),
    ("ubah password jadi Kucing99", "ubah password jadi [redacted]"),
    ("kucing123 itu password saya", "[redacted] itu password saya"),
    ("Username: budi.santoso\nPassword: kucing", "Username: budi.santoso\nPassword: [redacted]"),
    ("my password is correct horse battery staple", "my password is [redacted]"),
    ("sandi: kuda makan rumput tolong cek", "sandi: [redacted] tolong cek"),
    ("ini pw gue ya min: asdfgh", "ini pw gue ya min: [redacted]"),
    ("ganti password jadi kelinci", "ganti password jadi [redacted]"),
    ("change my password to 123456 please", "change my password to [redacted] please"),
    ("password akun 13519001 itu kucing123", "password akun 13519001 itu [redacted]"),
    ("Tr0ub4dor&3x", "[redacted]"),
    ("budi.santoso:kucing123", "budi.santoso:[redacted]"),
    ("login pakai 13519001 / kucing123", "login pakai 13519001 / [redacted]"),
    ("P@ssword: kucing123", "[redacted] [redacted]"),
    ("pw-nya kucing123", "pw-nya [redacted]"),
    ("kata kunci saya kucing123", "kata kunci saya [redacted]"),
    ("password saya kayaknya masih kucing123", "password saya kayaknya masih [redacted]"),
    ("PIN akun saya kucing123", "PIN akun saya [redacted]"),
    ("password akun:kucing123", "password [redacted]"),
    ('sandi saya "kuda lari"!! salah', "sandi saya [redacted] salah"),
    ("password saya 12#34 salah", "password saya [redacted] salah"),
    ("my password's kucing123", "my password's [redacted]"),
    ("i typed kucing123 as my password", "i typed [redacted] as my password"),
    ("udah coba Bandung#2024, tetep gagal", "udah coba [redacted] tetep gagal"),
    ("password from the letter: 12345678", "password from the letter: [redacted]"),
    ("sandi yang dikirim petugas yaitu 281199", "sandi yang dikirim petugas yaitu [redacted]"),
    (
        "whenever i type kucing123 it says wrong password",
        "whenever i type [redacted] it says wrong password",
    ),
    (
        "please reset, the password kucing123 is known",
        "please reset, the password [redacted] is known",
    ),
    ("tadinya 4nakKost sandiku", "tadinya [redacted] sandiku"),
    ("budi.santoso kucing123", "budi.santoso [redacted]"),
    ("budi.santoso@itb.ac.id kucing123", "budi.santoso@itb.ac.id [redacted]"),
    ("13519001 kucing123", "13519001 [redacted]"),
    ("NIM 13519001 kucing123", "NIM 13519001 [redacted]"),
    ("user: budi.santoso\nkucing123", "user: budi.santoso\n[redacted]"),
    ("halo min, budi.santoso kucing123, gagal", "halo min, budi.santoso [redacted] gagal"),
    ("login pakai budi.santoso kucing123 gabisa", "login pakai budi.santoso [redacted] gabisa"),
    ("p/w: katasaja", "p/w: [redacted]"),
    ("psswd=katasaja", "psswd=[redacted]"),
    ("psword katasaja99", "psword [redacted]"),
    (
        "password nya masih yg lama yaitu katasaja",
        "password nya masih yg lama yaitu [redacted]",
    ),
    ("sandi saya tetap yang lama: katasaja", "sandi saya tetap yang lama: [redacted]"),
    ("my pw's katasaja", "my pw's [redacted]"),
    ("my pw\u2019s katasaja, please check", "my pw\u2019s [redacted] please check"),
    ("my password's katasaja but it fails", "my password's [redacted] but it fails"),
    ("pw->katasaja", "pw->[redacted]"),
    ("pw\u2192katasaja", "pw\u2192[redacted]"),
    ("sandine kucing19", "sandine [redacted]"),
    ("sandina kucing19", "sandina [redacted]"),
    ("pas word kucing19", "pas word [redacted]"),
    ("pas wordnya: katasaja", "pas wordnya: [redacted]"),
]

HARMLESS = [
    "lupa password akun saya nim: 13519001",
    "lupa password akun berikut: budi.santoso",
    "masalah password yang saya alami adalah gagal verifikasi",
    "password saya tidak diterima dengan kode: 50126",
    "laptop type X441U lupa password",
    "lupa password NIM 13519001",
    "reset password: budi.santoso",
    "Reset password: budi.santoso@itb.ac.id",
    "lupa password 198503122010122001",
    "reset sandi akun 13519001 dong",
    "saya bsantoso12, lupa password",
    "lupa password, username bsantoso12",
    "akun budi123 lupa password",
    "budi.santoso / 13519001 lupa password",
    "nama/NIM: Budi/13519001 lupa password",
    "akun.contoh.ac.id/reset2 password error",
    "error 0x80070005 pas ganti password",
    "ganti password muncul AADSTS50126",
    "reset password matkul IF2110",
    "password minimal 8karakter",
    "lupa password laptop kantor, tiket ITB-2026-000123",
    "kode saya 1234 5678",
    "kodenya 12345678",
    "1234-5678",
    "password saya salah terus",
    "password saya salah-salah terus",
    "sandi saya salah2 terus",
    "password: lupa",
    "password saya apa ya?",
    "kok password saya gk bs ya 2x",
    "my password is not working",
    "my password keeps getting rejected 3 times",
    "my password isn't accepted",
    "kata sandi yang benar adalah yang mana",
    "nik&password benar",
    "lupa password akun Portal48 saya",
    'muncul tulisan password "salah"',
    'password saya "tidak bisa dipakai, tolong',
    "password saya ''",
    'password "satu dua tiga empat lima enam tujuh delapan sembilan sepuluh kata kuda ijo"',
    "password jadi terkunci",
    "ganti password jadi ditolak",
    "change my password to 12",
    "ganti sandi ke budi.santoso",
    "password saya, tolong",
    "password akun saya. tolong",
    "passwordnya di akun siti.rahma 13519001 salah",
    "Pass/Fail saya belum keluar",
    "dari semester3 sampai angkatan2019 belum bisa",
    "hubungi saya:budi@contoh.id,siti@contoh.id",
    "102/IT1.B01/TU.02/2023",
    "No.102/IT1.B01/TU.02/2023 tanggal 8 Maret 2023",
    "ITB-2026-000123",
    "10.Muhammad Ali, PT Sejahtera, ali@contoh.co.id",
    "1. Dr. Ir. Siti Rahma, M.T.; KAP Contoh; siti@contoh.co.id",
    "Dr. Ir. Siti Rahma, M.T.",
    "+62 812-3456-7890",
    "https://akun.contoh.ac.id/Reset?x=Ab12#Cd34",
    "17/3/2023",
    "Rp50.000/bulan",
    "laptop saya Windows11 dan iPhone15ProMax",
    "gimana sih!Tolong dong min",
    "Fakultas Teknik Sipil dan Lingkungan",
    "lupa password username saya bsantoso99",
    "lupa password, usernamenya bsantoso99",
    "username adalah bsantoso99, password lupa",
    "user bsantoso99 password lupa",
    "lupa password LMS Moodle4.1",
    "lupa password LMS Moodle4",
    "password saya error: AUTH_401",
    "password error AUTH_401 muncul",
    "hp saya Samsung-A52 ga bisa login password salah",
    "lupa password, hapenya Samsung-A52",
    "laptop saya xy441u lupa password",
    "budi.santoso semester3",
    "budi.santoso katasaja",
    "akun budi.santoso angkatan2019",
    "contoh.com kucing123",
    "dosen budi.santoso kelas3 kucing123x",
    "NIM saya 13519001 bsantoso12",
    "13519001 bsantoso12 terkunci",
    "my password's gone",
    "my password's expiry, please",
    "my password's expiry date",
    "my password's",
    "password masih salah",
    "password saya masih sama saja",
    "masalah passwordnya masih sama yaitu gagal",
    "ubah password->gagal",
    "pas word saya dibuka error",
    "microsoft word saya error, password juga",
    "",
]


@pytest.mark.parametrize(("text", "expected"), SECRETS)
def test_a_typed_password_disappears(text, expected):
    redacted = redact(text)

    assert redacted.text == expected
    assert redacted.found


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_password_stays(text):
    redacted = redact(text)

    assert redacted.text == text
    assert not redacted.found


def _left_over(typed: Typed) -> bool:
    """Whether a piece of four characters of the password is still to be read."""
    around = typed.text.replace(typed.password, "")
    after = redact(typed.text).text.replace(MARKER, "\0")
    pieces = {typed.password[at : at + 4] for at in range(len(typed.password) - 3)}
    return any(piece in after and piece not in around for piece in pieces)


def test_recall_on_generated_passwords_is_at_least_99_percent():
    typed = generated(6000)

    missed = [each for each in typed if _left_over(each)]

    assert len(missed) <= 0.01 * len(typed), missed[:10]


def test_recall_in_every_kind_of_sentence_is_at_least_99_percent():
    typed = everywhere()

    assert len({*INDONESIAN, *ENGLISH}) >= 200
    missed = [each for each in typed if _left_over(each) or not redact(each.text).found]
    assert len(missed) <= 0.01 * len(typed), missed[:40]


@pytest.mark.skipif(not DEV.exists(), reason="the shared folder is not on this machine")
def test_at_most_one_real_message_in_a_hundred_is_taken_for_a_password():
    texts = [json.loads(line)["text"] for line in DEV.read_text(encoding="utf-8").splitlines()]
    alarms = sum(redact(text).found for text in texts)
    total = len(texts)
    del texts  # a failure must print no sentence
    assert alarms <= 0.01 * total


@given(
    st.text(alphabet=f"abcXYZ123{SYMBOLS}", min_size=1, max_size=30).filter(
        lambda text: any(map(str.isalpha, text)) and any(map(str.isdigit, text))
    )
)
def test_after_a_colon_nothing_of_the_value_stays(value):
    # A word in quotation marks or brackets loses them, too: the whole run of characters goes.
    assert redact(f"password: {value}").text == f"password: {MARKER}"


PIECES = st.sampled_from(
    [
        "pw",
        "sandi",
        "budi.s:kucingKu1",
        "[redacted]",
        "13519001",
        "/",
        ":",
        "is",
        "Mei",
        "9999",
        "a1b2c",
    ]
)


@given(st.text(max_size=200) | st.lists(PIECES, max_size=25).map(" ".join))
def test_any_text_is_survived_and_redacting_twice_changes_nothing(text):
    once = redact(text)

    assert once.found or once.text == text
    assert redact(once.text).text == once.text


@pytest.mark.parametrize(
    "block",
    [
        "password ",
        "pw:",
        "a",
        "kata ",
        "1.",
        "a.b",
        "a/",
        "password is ",
        "'\"",
        "a!",
        "1a",
        "itu ",
        "pw a1b2c3 ",
        "a.b:c1d2 ",
        "a.bc / x1y2z ",
    ],
)
def test_the_scan_is_linear(block):
    # Twice the text may take twice the steps; steps are counted, not seconds.
    assert _steps(block * (10_000 // len(block))) <= 2.5 * _steps(block * (5_000 // len(block)))


def _steps(text: str) -> int:
    import sys  # noqa: PLC0415 - only this helper traces

    count = 0

    def trace(*_):
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        redact(text)
    finally:
        sys.settrace(before)
    return count + len(text)
