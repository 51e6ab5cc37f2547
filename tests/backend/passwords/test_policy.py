import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.password_policy import (
    ITB,
    MAX_LENGTH,
    NIST,
    PROFILES,
    Rule,
    broken_rules,
    charset_rules,
    policy_view,
    shape_rules,
)
from backend.service.strength import zxcvbn_score

PRINTABLE = st.text(alphabet=[chr(code) for code in range(0x20, 0x7F)], max_size=80)
NUMBERS = ("13519001",)
BUDI = ("budi", "santoso", "budisantoso", *NUMBERS)


def strong(_password, _words):
    return 4


def never(_password, _words):
    raise AssertionError


@pytest.mark.parametrize(
    ("candidate", "rules"),
    [
        pytest.param("Xk7-vQm2-Z", [], id="exactly ten"),
        pytest.param("Xk7-vQm2-", [Rule.TOO_SHORT], id="nine"),
        pytest.param("xk7-vqm2-z", [Rule.NEEDS_UPPER], id="no capital"),
        pytest.param("XK7-VQM2-Z", [Rule.NEEDS_LOWER], id="no small letter"),
        pytest.param("Xkv-vQmw-Z", [Rule.NEEDS_DIGIT], id="no digit"),
        pytest.param("Xk70vQm20Z", [Rule.NEEDS_SYMBOL], id="no symbol"),
        pytest.param("Xk7 vQm2 Z", [], id="a space is a symbol"),
        pytest.param(" Xk7-vQm2-Z", [Rule.EDGE_SPACE], id="space in front"),
        pytest.param("Xk7-vQm2-Z ", [Rule.EDGE_SPACE], id="space behind"),
        pytest.param("Xk7-vQm2-é", [Rule.CHARSET], id="a letter outside ASCII"),
        pytest.param("Xk7-vQm2-Z\x00", [Rule.CHARSET], id="NUL"),
        pytest.param("Xk7-vQm2-Z\x7f", [Rule.CHARSET], id="DEL"),
        pytest.param("Xk7-v\tm2-Z", [Rule.CHARSET], id="a tab within"),
        pytest.param("Xk7-٣qm2-Z", [Rule.CHARSET], id="an Arabic digit beside an ASCII one"),
        pytest.param(
            "Xk-v-٣qm-Zz",
            [Rule.CHARSET, Rule.NEEDS_DIGIT],
            id="an Arabic digit is no digit",
        ),
        pytest.param(
            "",
            [
                Rule.TOO_SHORT,
                Rule.NEEDS_UPPER,
                Rule.NEEDS_LOWER,
                Rule.NEEDS_DIGIT,
                Rule.NEEDS_SYMBOL,
            ],
            id="nothing",
        ),
        pytest.param("Xk7-" * 16, [], id="64 characters"),
        pytest.param("Xk7-" * 16 + "x", [Rule.TOO_LONG], id="65 characters"),
        pytest.param("é" * 100_000, [Rule.TOO_LONG], id="a flood is only measured"),
    ],
)
def test_itb_shape(candidate, rules):
    assert broken_rules(candidate, ITB, strong) == rules


@pytest.mark.parametrize(
    ("candidate", "rules"),
    [
        pytest.param("kvjqxwzpmfbgtrd", [], id="fifteen small letters"),
        pytest.param("kvjqxwzpmfbgtr", [Rule.TOO_SHORT], id="fourteen"),
    ],
)
def test_nist_wants_length_and_no_classes(candidate, rules):
    assert broken_rules(candidate, NIST, strong) == rules


@pytest.mark.parametrize(
    "candidate",
    [
        "Mahasiswa#1",
        "Bandung2024!",
        "Password123!",
        "P@ssw0rd2024",
        "Itb12345678!",
        "qwerty12345!A",
        "M4h4s1sw4!!22",
        "mAHASISWAITB-2025",
        "Drowssap#123",
        "P.a.s.s.w.o.r.d.1",
        "Bismillah_2026",
        "1Sayangku!!!",
        "Mahasiswaaaaa#1",
        "Merdeka17081945!",
        "!!!Jakarta99!!!",
    ],
)
def test_a_word_in_disguise_is_common(candidate):
    assert Rule.COMMON in broken_rules(candidate, ITB, zxcvbn_score)


@pytest.mark.parametrize(
    "candidate",
    [
        "Kuda-hijau-makan-7-awan",
        "Tulang.Rusuk.Ikan.88",
        "Sepeda-Ungu-Terbang-42",
        "xK9#mQ2$vL7p",
        "correct Horse 7 battery!",
        "Hujan turun di 3 gudang tua.",
    ],
)
def test_a_sensible_passphrase_is_fine(candidate):
    assert broken_rules(candidate, ITB, zxcvbn_score, BUDI) == []


@pytest.mark.parametrize(
    "candidate", ["Santoso#2026!", "Budi.Santoso.1", "S4nt0s0!!!2026", "NIM-13519001-x"]
)
def test_what_the_owner_is_known_by_is_no_password(candidate):
    broken = broken_rules(candidate, ITB, zxcvbn_score, BUDI)
    assert Rule.PERSONAL in broken or Rule.COMMON in broken


def test_a_name_is_only_personal_to_its_owner():
    assert broken_rules("Wirayudha#2026", ITB, strong, ("wirayudha",)) == [Rule.PERSONAL]
    assert broken_rules("Wirayudha#2026", ITB, strong, ("kusumadewi",)) == []


def test_strength_is_asked_last_and_knows_the_words():
    asked = []

    def weak(password, words):
        asked.append((password, tuple(words)))
        return 2

    assert broken_rules("Xk7-vQm2-Z", ITB, weak, BUDI) == [Rule.WEAK]
    ((password, words),) = asked
    assert password == "Xk7-vQm2-Z"
    assert words[: len(BUDI)] == BUDI
    assert "bandung" in words


@pytest.mark.parametrize("candidate", ["short", "Mahasiswa#1", "Xk7-" * 17])
def test_strength_is_not_asked_where_something_definite_can_be_said(candidate):
    assert broken_rules(candidate, ITB, never)


@pytest.mark.parametrize(("score", "rules"), [(2, [Rule.WEAK]), (3, []), (4, [])])
def test_the_least_score_is_three(score, rules):
    assert broken_rules("Xk7-vQm2-Z", ITB, lambda _p, _w: score) == rules


def test_sequences_are_weak_under_the_nist_profile():
    assert broken_rules("1234567890123456", NIST, zxcvbn_score) == [Rule.WEAK]
    assert broken_rules("zzzzzzzzzzzzzzzz", NIST, zxcvbn_score) == [Rule.WEAK]


@given(PRINTABLE)
def test_adding_what_is_missing_mends_the_shape(start):
    mended = f"{start[: MAX_LENGTH - 12].strip()}Aa1-Zz9_Qq7x"
    assert shape_rules(mended, ITB) == []


@given(st.text(max_size=80))
def test_rules_come_in_the_order_people_read_them(candidate):
    order = list(Rule)
    broken = broken_rules(candidate, ITB, strong, BUDI)
    assert broken == sorted(broken, key=order.index)
    assert len(broken) == len(set(broken))


@given(st.text(max_size=40))
def test_what_every_directory_takes_is_printable_ascii_without_edge_spaces(candidate):
    taken = all(" " <= c <= "~" for c in candidate) and candidate == candidate.strip(" ")
    assert (charset_rules(candidate) == []) == taken


@given(PRINTABLE, st.sampled_from(sorted(PROFILES)))
def test_the_page_checks_what_the_server_checks(candidate, name):
    policy = PROFILES[name]
    failed = [c.rule for c in policy_view(policy).checks if not re.search(c.pattern, candidate)]
    assert failed == shape_rules(candidate, policy)


def test_the_page_is_told_the_numbers():
    view = policy_view(ITB)
    assert (view.name, view.min_length, view.max_length) == ("itb", 10, 64)
    assert [c.value for c in view.checks] == [10, 64, *[None] * 6]
    assert [c.rule for c in policy_view(NIST).checks][-1] is Rule.EDGE_SPACE


@pytest.mark.parametrize("symbol", list(string.punctuation + " "))
def test_every_printable_symbol_counts(symbol):
    assert broken_rules(f"Xk7vQm2Z{symbol}kk7", ITB, strong) == []
