import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.accounts import Account, AccountType
from backend.domain.blocklist import (
    COMMON_LIST,
    COMMON_WORDS,
    context_words,
    is_mostly_words,
    with_words,
)

ONE = with_words({}, ["rumahku"])
TWO = with_words({}, ["rumahku", "kebunmu"])
SITI = Account(
    id="a1",
    username="siti.rahma",
    account_type=AccountType.LECTURER,
    display_name="Siti Rahma, Ph.D.",
    employee_number="198503122010122001",
    institutional_email="srahma@kampus.ac.example",
    recovery_email="bunga.siti@example.net",
    unit="Teknik Sipil",
)


@pytest.mark.parametrize(
    ("candidate", "mostly"),
    [
        pytest.param("rumahku", True, id="the word"),
        pytest.param("RuMaHkU", True, id="capitals"),
        pytest.param("123rumahku!!", True, id="decorated at the ends"),
        pytest.param("rumah-ku", True, id="a separator within"),
        pytest.param("r.u.m.a.h.k.u", True, id="separators everywhere"),
        pytest.param("ukhamur", True, id="backwards"),
        pytest.param("rum4hku", True, id="leet digit"),
        pytest.param("rum@hku", True, id="leet symbol"),
        pytest.param("rumahkuuuuu", True, id="a drawn-out letter"),
        pytest.param("rumahkuab", True, id="two letters more"),
        pytest.param("arumahkub", True, id="a letter at each end"),
        pytest.param("rumahkuabc", False, id="three letters more"),
        pytest.param("rumahk", False, id="not the whole word"),
        pytest.param("7391#4482", False, id="no word at all"),
        pytest.param("x", False, id="a letter"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_one_word_and_its_decoration(candidate, mostly):
    assert is_mostly_words(candidate, ONE) is mostly


@pytest.mark.parametrize(
    ("candidate", "mostly"),
    [
        pytest.param("rumahku-kebunmu-77", True, id="two words"),
        pytest.param("rumahkurumahku", True, id="the same word twice"),
        pytest.param("rumahku-kebunmu-rumahku", False, id="three words make a phrase"),
        pytest.param("rumahku-xyz-kebunmu", False, id="three other letters between"),
        pytest.param("rumahku-xy-kebunmu", True, id="two other letters between"),
    ],
)
def test_two_words_and_their_decoration(candidate, mostly):
    assert is_mostly_words(candidate, TWO) is mostly


@pytest.mark.parametrize(
    ("leet", "word"),
    [("1ndah", "indah"), ("5e7ia", "setia"), ("+im|ah", "timlah"), ("8@9u5", "bagus")],
)
def test_leet_is_undone(leet, word):
    assert is_mostly_words(leet, with_words({}, [word]))


def test_digits_can_be_the_word():
    assert is_mostly_words("13519001!!", with_words({}, ["13519001"]))


def test_words_under_three_letters_are_left_out():
    assert not is_mostly_words("ab", with_words({}, ["ab"]))


def test_adding_words_leaves_the_list_as_it_was():
    with_words(COMMON_WORDS, ["wirayudha"])
    assert not is_mostly_words("wirayudha", COMMON_WORDS)


def test_the_list_is_lower_case_letters_without_repetition():
    assert all(set(word) <= set(string.ascii_lowercase) for word in COMMON_LIST)
    assert min(map(len, COMMON_LIST)) == 3
    assert len(COMMON_LIST) == len(set(COMMON_LIST))


@given(
    st.sampled_from(COMMON_LIST),
    st.text(alphabet=string.digits + "#-_.?", max_size=6),
    st.text(alphabet=string.digits + "#-_.?", max_size=6),
)
def test_no_decoration_hides_a_listed_word(word, before, after):
    assert is_mostly_words(f"{before}{word.capitalize()}{after}", COMMON_WORDS)


@given(st.text(max_size=64))
def test_any_text_can_be_asked_about(text):
    assert is_mostly_words(text, COMMON_WORDS) in {True, False}


def test_the_words_an_owner_is_known_by():
    assert set(context_words(SITI)) == {
        "siti", "rahma", "sitirahma", "sitirahmaphd", "srahma", "kampus", "bunga", "example",
        "teknik", "sipil", "tekniksipil",
        "198503122010122001", "19850312", "12031985", "120385",
    }  # fmt: skip


def test_an_account_with_little_on_file_has_few_words():
    bare = Account(id="a2", username="ab", account_type=AccountType.TEST, display_name="X")
    assert context_words(bare) == ()


def test_only_a_civil_servants_number_holds_a_birth_date():
    student = Account(
        id="a3",
        username="uji",
        account_type=AccountType.STUDENT,
        display_name="Uji",
        student_number="13519001",
    )
    assert context_words(student) == ("uji", "13519001")
