"""Service hours: boundaries, several intervals a day, holidays, a zone with summer time."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.service_hours import BadServiceHours, ServiceHours, parse_holidays, parse_week

JAKARTA = ZoneInfo("Asia/Jakarta")
HOURS = ServiceHours.parse("Mon-Fri 08:00-12:00 13:00-16:00", JAKARTA)
MONDAY = date(2026, 3, 2)


def local(text):
    """Return an instant of the week of 2 March 2026 (a Monday), such as `Mon 08:00`."""
    day, clock = text.split()
    days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Mon+"].index(day)
    hour, minute = map(int, clock.split(":"))
    wall = datetime(2026, 3, 2, hour, minute, tzinfo=JAKARTA) + timedelta(days=days)
    return wall.astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        ("Mon 10:00", 15, "Mon 10:15"),
        ("Mon 07:00", 15, "Mon 08:15"),
        ("Mon 08:00", 240, "Mon 12:00"),  # fills the morning exactly: its end, not 13:00
        ("Mon 08:00", 241, "Mon 13:01"),
        ("Mon 11:50", 15, "Mon 13:05"),
        ("Mon 12:00", 15, "Mon 13:15"),
        ("Mon 15:59", 1, "Mon 16:00"),
        ("Mon 16:00", 15, "Tue 08:15"),
        ("Fri 15:50", 15, "Mon+ 08:05"),
        ("Sat 10:00", 15, "Mon+ 08:15"),
        ("Mon 10:00", 7 * 60, "Tue 10:00"),  # a day of service
    ],
)
def test_adding_service_time(start, minutes, due):
    assert HOURS.add(local(start), timedelta(minutes=minutes)) == local(due)


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("Mon 10:00", "Mon 10:00", 0),
        ("Mon 11:00", "Mon 10:00", 0),
        ("Mon 11:50", "Mon 13:05", 15),
        ("Mon 12:10", "Mon 12:50", 0),
        ("Fri 15:00", "Mon+ 09:00", 120),
        ("Mon 00:00", "Mon+ 00:00", 5 * 420),
    ],
)
def test_service_time_between(start, end, minutes):
    assert HOURS.between(local(start), local(end)) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("at", "is_open", "opening"),
    [
        ("Mon 07:59", False, "Mon 08:00"),
        ("Mon 08:00", True, "Mon 08:00"),
        ("Mon 11:59", True, "Mon 11:59"),
        ("Mon 12:00", False, "Mon 13:00"),
        ("Mon 16:00", False, "Tue 08:00"),
        ("Fri 16:00", False, "Mon+ 08:00"),
        ("Sun 23:59", False, "Mon+ 08:00"),
    ],
)
def test_open_and_next_opening(at, is_open, opening):
    assert HOURS.is_open(local(at)) is is_open
    assert HOURS.next_opening(local(at)) == local(opening)


def test_a_holiday_is_closed_all_day():
    closed = HOURS.with_holidays(frozenset({MONDAY, date(2026, 3, 3)}))
    assert not closed.is_open(local("Mon 10:00"))
    assert closed.next_opening(local("Mon 10:00")) == local("Wed 08:00")
    assert closed.add(local("Mon 10:00"), timedelta(minutes=1)) == local("Wed 08:01")


def test_the_holiday_is_the_local_day():
    evening = ServiceHours.parse("Mon-Sun 00:00-24:00", JAKARTA, "2026-03-02")
    assert evening.is_open(datetime(2026, 3, 1, 16, 59, tzinfo=UTC))
    assert not evening.is_open(datetime(2026, 3, 1, 17, 0, tzinfo=UTC))
    assert evening.is_open(datetime(2026, 3, 2, 17, 0, tzinfo=UTC))


def test_an_interval_swallowed_by_summer_time_is_no_service():
    berlin = ServiceHours.parse("Sun 02:15-02:45", ZoneInfo("Europe/Berlin"))
    before = datetime(2026, 3, 28, tzinfo=UTC)
    # On 29 March 2026 the clock jumps from 02:00 to 03:00.
    assert berlin.next_opening(before) >= datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert berlin.add(before, timedelta(minutes=10)) > berlin.next_opening(before)


def test_an_hour_lost_to_summer_time_is_not_counted():
    berlin = ServiceHours.parse("Sun 01:00-04:00", ZoneInfo("Europe/Berlin"))
    day = datetime(2026, 3, 29, tzinfo=UTC)
    assert berlin.between(day - timedelta(days=1), day + timedelta(days=1)) == timedelta(hours=2)
    vanished = ServiceHours.parse("Sun 02:00-03:00", ZoneInfo("Europe/Berlin"))
    assert vanished.next_opening(day).date() == date(2026, 4, 5)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Mon",
        "Mon-Foo 08:00-12:00",
        "Fri-Mon 08:00-12:00",
        "Mon 08:00",
        "Mon 12:00-08:00",
        "Mon 08:00-12:00 11:00-13:00",
        "Mon 08:00-24:01",
    ],
)
def test_what_is_no_week_is_refused(text):
    with pytest.raises(BadServiceHours):
        ServiceHours.parse(text, JAKARTA)


def test_a_week_has_seven_days():
    with pytest.raises(BadServiceHours):
        ServiceHours(JAKARTA, (((480, 720),),))


def test_later_parts_refine_earlier_ones():
    week = parse_week("Mon-Fri 08:00-16:00; fri 08:00-11:30 13:00-16:00;")
    assert week[0] == ((480, 960),)
    assert week[4] == ((480, 690), (780, 960))
    assert week[5] == ()
    assert ServiceHours(JAKARTA, week).day_length == timedelta(hours=8)


def test_holidays_are_read():
    assert parse_holidays(" 2026-08-17, 2026-12-25,") == {date(2026, 8, 17), date(2026, 12, 25)}
    with pytest.raises(BadServiceHours):
        parse_holidays("17 Agustus")


instants = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
durations = st.timedeltas(timedelta(seconds=1), timedelta(days=12))
days = st.dates(date(2025, 12, 25), date(2027, 3, 1))
weeks = st.sampled_from(
    [
        "Mon-Fri 08:00-12:00 13:00-16:00",
        "Mon-Thu 08:00-16:00; Fri 08:00-11:30 13:30-16:00; Sat 09:00-10:00",
        "Wed 10:00-10:30",
        "Mon-Sun 00:00-24:00",
    ]
)
zones = st.sampled_from([JAKARTA, ZoneInfo("Europe/Berlin"), ZoneInfo("America/St_Johns")])
calendars = st.builds(ServiceHours, zones, weeks.map(parse_week), st.frozensets(days, max_size=20))


@settings(deadline=None)  # other work shares the machine
@given(calendars, instants, durations)
def test_due_lies_inside_an_interval(hours, start, service):
    due = hours.add(start, service)
    assert hours.is_open(due - timedelta(microseconds=1))


@settings(deadline=None)  # other work shares the machine
@given(calendars, instants, durations, days)
def test_another_holiday_never_makes_it_earlier(hours, start, service, holiday):
    more = hours.with_holidays(hours.holidays | {holiday})
    assert more.add(start, service) >= hours.add(start, service)


@settings(deadline=None)  # other work shares the machine
@given(calendars, instants, durations)
def test_adding_and_measuring_agree(hours, start, service):
    assert hours.between(start, hours.add(start, service)) == service


@settings(deadline=None)  # other work shares the machine
@given(calendars, instants, durations, durations)
def test_time_adds_up(hours, start, first, second):
    assert hours.add(hours.add(start, first), second) == hours.add(start, first + second)
