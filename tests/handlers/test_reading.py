"""How an answer is read out of a message."""

import pytest
from builders import Intent, meaning

from handlers import reading


@pytest.mark.parametrize(
    ("text", "rest", "code"),
    [
        ("12345678", {}, "12345678"),
        ("akun yang benar 13530005", {"student_number": "13530005", "code": "13530005"}, None),
        ("kode akun saya 13530005", {"student_number": "13530005"}, "13530005"),
        ("akun 79170224", {"code": "79170224"}, "79170224"),
        ("13530005", {"student_number": "13530005"}, "13530005"),
        ("nim 13530005", {"student_number": "13530005"}, None),
    ],
)
def test_an_account_is_no_code(text, rest, code):
    assert reading.code_in(meaning(text, **rest), 8) == code


@pytest.mark.parametrize(
    ("message", "login"),
    [
        (meaning("budi", Intent.THANK, 0.58), "budi"),
        (meaning("makasih", Intent.THANK, 0.98), None),
        (meaning("reset", Intent.RESET_PASSWORD, 0.6), None),
        (meaning("hmm"), None),
        (meaning("nanti"), None),
        (meaning("budi99", Intent.RESET_PASSWORD, 0.99), "budi99"),
    ],
)
def test_one_word_that_may_be_a_login(message, login):
    assert reading.login_in(message) == login


@pytest.mark.parametrize(
    ("text", "login", "forgot"),
    [
        ("saya lupa username", None, True),
        ("lupa NIM juga", None, True),
        ("username saya lupa", None, True),
        ("i don't know my username", None, True),
        ("lupa password dan username", None, True),
        ("lupa username dan password", None, True),
        ("lupa password", None, False),
        ("lupa password NIM 1351900", None, False),
        ("username saya lupa password", None, False),
        ("lupa password, username saya budi.s", "budi.s", False),
    ],
)
def test_who_does_not_know_the_login(text, login, forgot):
    entities = {"login": login} if login else {}
    assert reading.forgot_login(meaning(text, **entities)) is forgot


@pytest.mark.parametrize(
    ("text", "forgotten"),
    [
        ("lupa", True),
        ("udah ga inget", True),
        ("I don't remember", True),
        ("bu***", False),
        ("saya lupa, tetapi yang jelas alamatnya dari gmail", False),
    ],
)
def test_who_does_not_remember(text, forgotten):
    assert reading.forgotten(meaning(text)) is forgotten


@pytest.mark.parametrize("text", ["gak dapet email", "emailnya ga masuk", "belum", "not received"])
def test_what_is_not_there(text):
    assert reading.not_there(meaning(text))
    assert not reading.not_there(meaning("sudah masuk"))
    assert reading.not_there(meaning("?", Intent.OTP_PROBLEM))


@pytest.mark.parametrize("text", ["itu bukan akun saya", "bukan saya", "salah akun", "not mine"])
def test_what_is_not_mine(text):
    assert reading.not_mine(meaning(text))
    assert not reading.not_mine(meaning("itu akun saya"))
    assert not reading.not_mine(meaning("bukan, saya belum terima kodenya"))
    assert not reading.not_mine(meaning("I have not got my code"))


@pytest.mark.parametrize("text", ["tidak, saya tidak mau cek akun", "ga jadi", "I don't want it"])
def test_what_is_not_wanted(text):
    assert reading.not_wanted(meaning(text))
    assert not reading.not_wanted(meaning("saya mau"))
    assert not reading.not_wanted(meaning("kodenya ga mau masuk"))
    assert not reading.not_wanted(meaning("kodenya ga jadi dikirim?"))
