"""The rules of guest accounts, at their boundaries."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.guests import (
    Finding,
    Guest,
    GuestProblem,
    GuestRules,
    already_past,
    check_request,
    next_action,
    next_try,
    topic_of,
    username_for,
    valid_until,
    warning_due,
)

JAKARTA = ZoneInfo("Asia/Jakarta")
TODAY = date(2026, 3, 9)
DAY = timedelta(days=1)
ULFA = Guest("Ulfa Pratiwi", "KAP Contoh", "ulfa@example.net")


def findings(*people, letter_date=TODAY, active_until=TODAY):
    found = check_request(
        people or (ULFA,),
        letter_date=letter_date,
        active_until=active_until,
        today=TODAY,
        rules=GuestRules(),
    )
    return [(finding.problem, finding.row) for finding in found]


@pytest.mark.parametrize(
    ("active_until", "problem"),
    [
        (TODAY - DAY, GuestProblem.END_IN_PAST),
        (TODAY, None),
        (TODAY + 180 * DAY, None),
        (TODAY + 181 * DAY, GuestProblem.END_TOO_FAR),
    ],
)
def test_last_day(active_until, problem):
    assert findings(active_until=active_until) == ([(problem, None)] if problem else [])


@pytest.mark.parametrize(
    ("letter_date", "problems"),
    [
        (TODAY - 400 * DAY, []),
        (TODAY, []),
        (TODAY + DAY, [(GuestProblem.LETTER_IN_FUTURE, None)]),
    ],
)
def test_letter_date(letter_date, problems):
    assert findings(letter_date=letter_date) == problems


@pytest.mark.parametrize(
    ("person", "problems"),
    [
        (Guest("Wynne Taslim", "KAP", "wynne@example.net"), []),
        (Guest("123", "KAP", "a@example.net"), [GuestProblem.NAME_MISSING]),
        (Guest("Ulfa", "KAP", "  "), [GuestProblem.EMAIL_MISSING]),
        (Guest("Ulfa", "KAP", "ulfa@example"), [GuestProblem.EMAIL_INVALID]),
        (Guest("Ulfa", "KAP", "a@example.net, b@example.net"), [GuestProblem.EMAIL_INVALID]),
        (Guest("", "", ""), [GuestProblem.NAME_MISSING, GuestProblem.EMAIL_MISSING]),
        (Guest("Andi", "KAP", "ULFA@example.net "), [GuestProblem.DUPLICATE]),
        (Guest(" ulfa  PRATIWI", "kap contoh", "u2@example.net"), [GuestProblem.DUPLICATE]),
        (Guest("Ulfa Pratiwi", "Another", "u2@example.net"), []),
    ],
)
def test_people(person, problems):
    assert findings(ULFA, person) == [(problem, 2) for problem in problems]


def test_nobody_to_make_an_account_for():
    found = check_request(
        (), letter_date=TODAY, active_until=TODAY, today=TODAY, rules=GuestRules()
    )
    assert found == (Finding(GuestProblem.NO_PEOPLE),)


@pytest.mark.parametrize(
    ("name", "username"),
    [
        ("Ulfa Pratiwi", "guest-ulfa-pratiwi"),
        ("Ulfa Pratiwi Kusumaningrum", "guest-ulfa-pratiwi-k"),
        ("Andi Prasetyo W Wijaya", "guest-andi-prasetyo"),  # no hyphen at the cut
        ("José D'Arc", "guest-jose-darc"),
        ("Dr. Go", "guest-dr-go"),
    ],
)
def test_readable_usernames(name, username):
    assert username_for(name, request="T", email="x@example.net") == username


def test_a_taken_name_gets_a_mark_of_the_request_and_the_person():
    def second(**changes):
        return username_for(
            "Ulfa Pratiwi", **{"request": "T1", "email": "u@example.net", "attempt": 1} | changes
        )

    assert second() == second()
    assert second().startswith("guest-ulfa-prat-")
    assert second(email=" U@example.NET") == second()
    others = {second(request="T2"), second(email="w@example.net"), second(attempt=2)}
    assert len(others | {second()}) == 4


@settings(deadline=None)
@given(st.text(max_size=60), st.text(max_size=20), st.emails(), st.integers(0, 50))
def test_usernames_are_always_short_ascii_and_repeatable(name, request, email, attempt):
    username = username_for(name, request=request, email=email, attempt=attempt)
    assert username == username_for(name, request=request, email=email, attempt=attempt)
    assert 6 < len(username) <= 20
    assert set(username) <= set("abcdefghijklmnopqrstuvwxyz234567-")
    assert not username.endswith("-")


@pytest.mark.parametrize(
    ("active_until", "until"),
    [
        (date(2026, 3, 17), datetime(2026, 3, 17, 17, 0, tzinfo=UTC)),
        (date(2026, 3, 9), datetime(2026, 3, 9, 17, 0, tzinfo=UTC)),
        (date(2027, 3, 9), datetime(2026, 9, 5, 17, 0, tzinfo=UTC)),  # 180 days
    ],
)
def test_validity_ends_with_the_last_day_in_jakarta_or_with_the_policy(active_until, until):
    now = datetime(2026, 3, 9, 3, 0, tzinfo=UTC)
    assert valid_until(active_until, now, GuestRules(), JAKARTA) == until


UNTIL = datetime(2026, 3, 17, 17, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("before_end", "warned", "due"),
    [
        (3 * DAY + SECOND, None, None),
        (3 * DAY, None, 3),
        (3 * DAY, 3, None),
        (DAY + SECOND, None, 3),
        (DAY, 3, 1),
        (DAY, None, 1),  # nothing ran for days: only the latest
        (SECOND, 1, None),
        (0 * DAY, 3, None),  # over
    ],
)
def test_warnings(before_end, warned, due):
    assert warning_due(UNTIL, UNTIL - before_end, warned) == due


@pytest.mark.parametrize(
    ("life", "past"), [(4 * DAY, None), (3 * DAY, 3), (2 * DAY, 3), (DAY, 1), (SECOND, 1)]
)
def test_short_lives_skip_warnings_that_came_before_them(life, past):
    assert already_past(UNTIL, UNTIL - life) == past


@pytest.mark.parametrize(("warned", "days"), [(None, 3), (3, 1), (1, 0)])
def test_next_action(warned, days):
    assert next_action(UNTIL, warned) == UNTIL - days * DAY


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(0, 30), (1, 30), (2, 60), (7, 1920), (8, 3600), (100, 3600)]
)
def test_next_try(attempts, seconds):
    assert next_try(attempts, UNTIL) == UNTIL + timedelta(seconds=seconds)


def test_letter_numbers_are_compared_without_case_and_spacing():
    assert topic_of(" 102/it1.b01 / TU") == topic_of("102/IT1.B01  / tu ")
