"""Tables for the rules of codes and caps: 0, one less, one more, just before, just after."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.codes import (
    BreakerRules,
    Cap,
    Challenge,
    CodeRules,
    Death,
    Hit,
    breaker_opens,
    code_at,
    full_until,
    members_full_until,
    network_of,
    normalise_code,
    same_code,
    seconds_until,
    within,
)

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
TICK = timedelta(microseconds=1)
RULES = CodeRules()
LIVE = Challenge(
    id="c",
    purpose="reset_password",
    conversation="web:1",
    channel="web",
    identity="i",
    login="sealed",
    login_index="l",
    account="a",
    destination="d",
    password_version=1,
    language="id",
    nonce="00",
    mailed=True,
    started_at=NOW,
    expires_at=NOW + timedelta(minutes=10),
    next_try_at=NOW,
    resend_at=NOW + timedelta(seconds=60),
)


def test_the_numbers_are_those_of_the_procedure():
    assert RULES.code_length == 8
    assert RULES.lifetime == timedelta(minutes=10)
    assert RULES.tries == 5
    assert [delay.seconds for delay in RULES.delays] == [0, 5, 10, 20, 40]
    assert RULES.account_failures == Cap(10, timedelta(hours=24))
    assert RULES.consecutive_failures == 100
    assert (RULES.resend_after, RULES.resends) == (timedelta(seconds=60), 3)
    assert RULES.mails == (Cap(5, timedelta(hours=1)), Cap(10, timedelta(hours=24)))
    assert RULES.identity_challenges == Cap(10, timedelta(hours=24))
    assert RULES.identity_logins == Cap(3, timedelta(hours=24))
    assert RULES.network_challenges == Cap(30, timedelta(minutes=5))
    assert RULES.grant_lifetime == timedelta(minutes=15)
    assert RULES.challenge_retention == timedelta(hours=24)
    assert RULES.longest_window == timedelta(hours=24)


@pytest.mark.parametrize(
    ("changes", "allowed"),
    [
        ({"code_length": 5}, False),
        ({"code_length": 6}, True),
        ({"code_length": 10}, True),
        ({"code_length": 11}, False),
        ({"tries": 0, "delays": ()}, False),
        ({"tries": 1, "delays": (timedelta(0),)}, True),
        ({"tries": 4}, False),
        ({"tries": 6}, False),
    ],
    ids=str,
)
def test_rules_that_contradict_themselves_are_refused(changes, allowed):
    if allowed:
        assert replace(RULES, **changes)
    else:
        with pytest.raises(ValueError, match=r"digits|each try"):
            replace(RULES, **changes)


@pytest.mark.parametrize(("attempts", "wait"), [(1, 5), (2, 10), (3, 20), (4, 40), (5, 0), (6, 0)])
def test_the_wait_rises_and_ends_with_the_last_try(attempts, wait):
    assert RULES.delay_after(attempts) == timedelta(seconds=wait)


@pytest.mark.parametrize(
    ("attempts", "failures", "left"),
    [
        (0, 0, 5),
        (1, 1, 4),
        (4, 4, 1),
        (5, 5, 0),
        (6, 6, 0),
        (1, 6, 4),
        (1, 7, 3),
        (1, 9, 1),
        (1, 10, 0),
        (1, 11, 0),
    ],
)
def test_tries_left_is_what_challenge_and_day_both_leave(attempts, failures, left):
    assert RULES.tries_left(attempts, failures) == left


# RFC 4226 has test values for SHA-1 only; these of SHA-256 are RFC 6238's (appendix B).
@pytest.mark.parametrize(
    ("counter", "code"),
    [
        (0x1, "46119246"),
        (0x23523EC, "68084774"),
        (0x23523ED, "67062674"),
        (0x273EF07, "91819424"),
        (0x3F940AA, "90698825"),
        (0x27BC86AA, "77737706"),
    ],
)
def test_codes_are_hotp_with_sha256(counter, code):
    assert code_at(b"12345678901234567890123456789012", counter, 8) == code
    assert code_at(b"12345678901234567890123456789012", counter, 6) == code[2:]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("12345678", "12345678"),
        (" 1234 5678\n", "12345678"),
        ("1234-5678", "12345678"),
        ("1234\u20135678", "12345678"),
        ("1234\u00a05678", "12345678"),
        ("1234\u200b5678", "12345678"),
        ("12\t34 56-78", "12345678"),
        ("\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18", "12345678"),
        ("\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668", "12345678"),
        ("1234567B", "1234567B"),
        ("1234.5678", "1234.5678"),
        ("", ""),
    ],
)
def test_what_keyboards_do_to_a_code_is_undone(typed, code):
    assert normalise_code(typed) == code


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("1234 5678", True),
        ("12345679", False),
        ("1234567", False),
        ("123456780", False),
        ("", False),
        ("\ud800", False),
        ("é" * 8, False),
    ],
)
def test_a_code_is_right_or_wrong_whatever_is_typed(typed, same):
    assert same_code(typed, "12345678") is same


@pytest.mark.parametrize(
    "change",
    [
        {"id": "other"},
        {"purpose": "unlock_account"},
        {"account": "b"},
        {"channel": "telegram"},
        {"identity": "j"},
        {"conversation": "web:2"},
        {"password_version": 2},
        {"destination": "e"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_key_is_bound_to_each_part(change):
    assert replace(LIVE, **change).key_info() != LIVE.key_info()


def test_parts_of_the_key_do_not_run_into_each_other():
    one = replace(LIVE, channel="ab", identity="c")
    other = replace(LIVE, channel="a", identity="bc")
    assert one.key_info() != other.key_info()


@pytest.mark.parametrize(
    ("changes", "death"),
    [
        ({}, None),
        ({"attempts": 4}, None),
        ({"attempts": 5}, Death.EXHAUSTED),
        ({"attempts": 6}, Death.EXHAUSTED),
        ({"expires_at": NOW + TICK}, None),
        ({"expires_at": NOW}, Death.EXPIRED),
        ({"expires_at": NOW - TICK}, Death.EXPIRED),
        ({"voided_at": NOW}, Death.VOID),
        ({"used_at": NOW}, Death.USED),
        ({"used_at": NOW, "voided_at": NOW, "attempts": 5, "expires_at": NOW}, Death.USED),
        ({"voided_at": NOW, "attempts": 5, "expires_at": NOW}, Death.VOID),
        ({"attempts": 5, "expires_at": NOW}, Death.EXHAUSTED),
    ],
    ids=str,
)
def test_a_challenge_dies_of_one_thing(changes, death):
    assert replace(LIVE, **changes).death(RULES, NOW) is death


@pytest.mark.parametrize(
    ("delta", "seconds"),
    [(-SECOND, 0), (timedelta(0), 0), (TICK, 1), (SECOND, 1), (SECOND + TICK, 2)],
    ids=str,
)
def test_waits_are_told_in_whole_seconds_rounded_up(delta, seconds):
    assert seconds_until(NOW + delta, NOW) == seconds


def hits(*ages, member=""):
    return [Hit(NOW - timedelta(seconds=age), member) for age in ages]


MINUTE = Cap(3, timedelta(seconds=60))


@pytest.mark.parametrize(
    ("ages", "room_in"),
    [
        ((), None),
        ((1, 2), None),
        ((1, 2, 3), 57),
        ((59, 2, 1), 1),
        ((60, 2, 1), None),
        ((61, 2, 1), None),
        ((4, 3, 2, 1), 57),
        ((0, 0, 0), 60),
    ],
)
def test_a_cap_is_full_until_a_hit_leaves_the_window(ages, room_in):
    expected = None if room_in is None else NOW + timedelta(seconds=room_in)
    assert full_until(MINUTE, hits(*ages), NOW) == expected


@pytest.mark.parametrize(
    ("history", "member", "room_in"),
    [
        ([], "x", None),
        ([("a", 1), ("b", 2)], "x", None),
        ([("a", 3), ("b", 2), ("c", 1)], "x", 57),
        ([("a", 3), ("b", 2), ("c", 1)], "b", None),
        ([("a", 9), ("a", 3), ("b", 2), ("c", 1)], "x", 57),
        ([("a", 60), ("b", 2), ("c", 1)], "x", None),
        ([("a", 59), ("b", 2), ("c", 1)], "x", 1),
    ],
    ids=str,
)
def test_only_different_members_fill_a_cap_of_members(history, member, room_in):
    past = [hit for name, age in history for hit in hits(age, member=name)]
    expected = None if room_in is None else NOW + timedelta(seconds=room_in)
    assert members_full_until(MINUTE, past, member, NOW) == expected


def test_a_cap_of_none_is_always_full():
    cap = Cap(0, timedelta(seconds=60))
    assert full_until(cap, [], NOW) == full_until(cap, hits(30), NOW) == NOW + cap.window


@given(st.lists(st.integers(0, 120), max_size=12), st.integers(1, 5))
def test_when_a_cap_says_there_is_room_there_is(ages, limit):
    cap = Cap(limit, timedelta(seconds=60))
    past = hits(*ages)
    until = full_until(cap, past, NOW)
    assert (until is None) == (len(within(cap, past, NOW)) < limit)
    if until is not None:
        assert full_until(cap, past, until) is None
        assert full_until(cap, past, until - TICK) is not None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", " 192.0.2.1 ", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8:0:0:ffff::2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("rubbish", "more rubbish", True),
        ("rubbish", "192.0.2.1", False),
    ],
)
def test_one_site_is_one_caller(one, other, same):
    assert (network_of(one) == network_of(other)) is same


@pytest.mark.parametrize(
    ("checks", "failures", "opens"),
    [
        (0, 0, False),
        (199, 199, False),
        (200, 200, True),
        (400, 200, True),
        (401, 200, False),
        (399, 199, False),
        (1000, 500, True),
        (1000, 499, False),
    ],
)
def test_the_breaker_wants_many_failures_and_a_large_share(checks, failures, opens):
    assert breaker_opens(BreakerRules(), checks, failures) is opens
