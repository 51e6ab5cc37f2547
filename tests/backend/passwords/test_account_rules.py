from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.accounts import (
    MAX_LOGIN,
    Account,
    AccountType,
    Status,
    end_instant,
    first_instant,
    is_frozen,
    is_usable,
    last_day,
    normalise_login,
    status_of,
)
from backend.service.accounts import account_view
from backend_client import wire

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
JAKARTA = ZoneInfo("Asia/Jakarta")
BUDI = Account(
    id="a1",
    username="budi.santoso",
    account_type=AccountType.STUDENT,
    display_name="Budi Santoso",
    recovery_email="budi@example.net",
)


@pytest.mark.parametrize(
    ("changes", "status", "usable"),
    [
        pytest.param({}, Status.ACTIVE, True, id="no limits"),
        pytest.param({"locked": True}, Status.LOCKED, True, id="locked"),
        pytest.param({"valid_from": NOW}, Status.ACTIVE, True, id="begins now"),
        pytest.param({"valid_from": NOW + TICK}, Status.NOT_YET_VALID, False, id="begins next"),
        pytest.param({"valid_until": NOW + TICK}, Status.ACTIVE, True, id="ends next"),
        pytest.param({"valid_until": NOW}, Status.EXPIRED, False, id="ends now"),
        pytest.param({"valid_until": NOW - TICK}, Status.EXPIRED, False, id="ended before"),
        pytest.param({"enabled": False}, Status.DISABLED, False, id="off"),
        pytest.param(
            {"enabled": False, "locked": True, "valid_until": NOW},
            Status.DISABLED,
            False,
            id="off counts first",
        ),
        pytest.param(
            {"locked": True, "valid_until": NOW}, Status.EXPIRED, False, id="the end beats a lock"
        ),
    ],
)
def test_how_an_account_stands(changes, status, usable):
    account = replace(BUDI, **changes)
    assert status_of(account, NOW) is status
    assert is_usable(account, NOW) is usable
    assert account_view(account, NOW).status.value == status.value


def test_every_status_has_its_word_on_the_wire():
    assert {status.value for status in Status} == {one.value for one in wire.AccountStatus}


@pytest.mark.parametrize(
    ("until", "frozen"),
    [(None, False), (NOW - TICK, False), (NOW, False), (NOW + TICK, True)],
    ids=["never", "over", "just over", "still"],
)
def test_a_freeze_ends(until, frozen):
    assert is_frozen(replace(BUDI, frozen_until=until), NOW) is frozen


@pytest.mark.parametrize(
    ("typed", "login"),
    [
        ("budi.santoso", "budi.santoso"),
        ("  Budi.SANTOSO\t", "budi.santoso"),
        ("\uff22\uff35", "\uff42\uff55"),
        ("Bu\u0308di", "b\u00fcdi"),
        ("a" * MAX_LOGIN, "a" * MAX_LOGIN),
        ("a" * (MAX_LOGIN + 1), None),
        ("", None),
        ("   ", None),
        ("bu\x00di", None),
        ("bu\ndi", None),
        ("bu\u202edi", None),
        ("\ud800", None),
    ],
)
def test_a_typed_login_is_brought_to_one_form(typed, login):
    assert normalise_login(typed) == login


@given(st.text(max_size=300))
def test_normalising_twice_changes_nothing_more(text):
    once = normalise_login(text)
    assert once is None or normalise_login(once) == once


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_a_day_runs_from_its_first_instant_to_its_end_in_its_zone(day):
    begins, ends = first_instant(day, JAKARTA), end_instant(day, JAKARTA)
    assert ends - begins == timedelta(days=1)
    assert last_day(ends, JAKARTA) == day
    assert last_day(ends + TICK, JAKARTA) == day + timedelta(days=1)
    assert begins.tzinfo is UTC


def test_an_account_valid_until_a_date_works_on_that_evening_in_jakarta():
    ends = end_instant(date(2023, 3, 17), JAKARTA)
    assert ends == datetime(2023, 3, 17, 17, 0, tzinfo=UTC)


def test_the_owners_view_masks_the_address_and_names_the_last_day():
    account = replace(BUDI, valid_until=end_instant(date(2026, 3, 17), JAKARTA), must_change=True)
    assert account_view(account, NOW) == wire.AccountView(
        username="budi.santoso",
        account_type="student",
        status=wire.AccountStatus.ACTIVE,
        recovery_email="b***@example.net",
        valid_until=date(2026, 3, 17),
        must_change=True,
    )


def test_a_view_without_an_address_says_so_with_nothing():
    assert account_view(replace(BUDI, recovery_email=None), NOW).recovery_email == ""
