"""Clocks in service hours: started, paused, stopped, started again, warned once."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain import sla
from backend.domain.service_hours import ServiceHours
from backend.domain.sla import ClockKind, Policy, ServiceClass, Target, class_of
from backend_client import wire

HOURS = ServiceHours.parse("Mon-Fri 08:00-12:00 13:00-16:00", ZoneInfo("Asia/Jakarta"))
MONDAY_10 = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
QUARTER = Target(minutes=15, clause="PB B.4.6.4.a")
DAY = Target(days=1)


def first_response():
    return sla.start(ClockKind.FIRST_RESPONSE, QUARTER, MONDAY_10, HOURS)


def resolution():
    return sla.start(ClockKind.RESOLUTION, DAY, MONDAY_10, HOURS)


@pytest.mark.parametrize(
    ("kind", "service", "service_time", "clause"),
    [
        (ClockKind.FIRST_RESPONSE, ServiceClass.LIGHT, 15 * MINUTE, "PB B.4.6.4.a"),
        (ClockKind.NEXT_RESPONSE, ServiceClass.LIGHT, 60 * MINUTE, "own"),
        (ClockKind.RESOLUTION, ServiceClass.SOFTWARE, timedelta(hours=7), "PB B.4.6.4.c"),
        (ClockKind.RESOLUTION, ServiceClass.LIGHT, timedelta(hours=21), "PB B.4.6.4.b"),
        (
            ClockKind.RESOLUTION,
            ServiceClass.INFORMATION_SYSTEM,
            timedelta(hours=70),
            "PB B.4.6.4.e",
        ),
        (ClockKind.RESOLUTION, ServiceClass.HEAVY, timedelta(hours=140), "PB B.4.6.4.d"),
        (ClockKind.RESOLUTION, ServiceClass.DEVELOPMENT, timedelta(hours=140), "PB B.4.6.4.f"),
    ],
)
def test_targets_of_the_procedure(kind, service, service_time, clause):
    target = Policy().target(kind, service)
    assert target.within(HOURS) == service_time
    assert target.clause == clause


def test_every_category_has_a_class_and_every_class_a_target():
    for category in wire.TicketCategory:
        assert Policy().target(ClockKind.RESOLUTION, class_of(category)).days > 0
    assert class_of("password") is ServiceClass.SOFTWARE
    assert class_of("other") is ServiceClass.LIGHT


def test_waiting_for_the_user_moves_the_end_by_the_service_time_that_passed():
    clock = resolution()
    assert clock.due_at == MONDAY_10 + timedelta(days=1)
    # Paused Monday 11:00 to Tuesday 09:00: 4 hours of service (11-12, 13-16) and one on Tuesday.
    paused = sla.pause(clock, MONDAY_10 + 60 * MINUTE)
    back = sla.resume(paused, MONDAY_10 + timedelta(hours=23), HOURS)
    assert back.paused == timedelta(hours=5)
    assert back.due_at == datetime(2026, 3, 3, 9, 0, tzinfo=UTC)  # Tuesday 16:00
    assert not paused.runs
    assert back.runs


@pytest.mark.parametrize(
    ("stopped_after", "late"),
    [(14 * MINUTE, False), (15 * MINUTE, False), (15 * MINUTE + timedelta(seconds=1), True)],
)
def test_stopped_in_time_or_late(stopped_after, late):
    clock = sla.stop(first_response(), MONDAY_10 + stopped_after, HOURS)
    assert clock.is_late(MONDAY_10) is late
    assert not clock.runs


def test_a_running_clock_is_late_after_its_end_and_a_paused_one_is_not():
    clock = first_response()
    assert not clock.is_late(clock.due_at)
    assert clock.is_late(clock.due_at + MINUTE)
    assert not sla.pause(clock, MONDAY_10).is_late(clock.due_at + MINUTE)


def test_what_changes_nothing():
    clock = resolution()
    stopped = sla.stop(clock, MONDAY_10 + MINUTE, HOURS)
    assert sla.resume(clock, MONDAY_10 + MINUTE, HOURS) == clock
    assert sla.restart(clock, MONDAY_10 + MINUTE, HOURS) == clock
    assert sla.pause(stopped, MONDAY_10 + 2 * MINUTE) == stopped
    assert sla.stop(stopped, MONDAY_10 + 2 * MINUTE, HOURS) == stopped
    paused = sla.pause(clock, MONDAY_10)
    assert sla.pause(paused, MONDAY_10 + MINUTE) == paused


def test_stopping_while_paused_counts_the_pause():
    paused = sla.pause(resolution(), MONDAY_10 + 10 * MINUTE)
    stopped = sla.stop(paused, MONDAY_10 + 30 * MINUTE, HOURS)
    assert stopped.paused == 20 * MINUTE
    assert stopped.paused_at is None


def test_coming_back_counts_the_time_away_as_a_pause():
    stopped = sla.stop(resolution(), MONDAY_10 + 60 * MINUTE, HOURS)
    again = sla.restart(stopped, MONDAY_10 + 90 * MINUTE, HOURS)
    assert again.runs
    assert again.paused == 30 * MINUTE
    assert again.due_at == HOURS.add(MONDAY_10, timedelta(hours=7, minutes=30))


def test_another_class_moves_the_end_and_keeps_the_pauses():
    clock = replace(resolution(), paused=30 * MINUTE)
    heavy = sla.retarget(clock, Target(days=20, clause="PB B.4.6.4.d"), HOURS)
    assert heavy.clause == "PB B.4.6.4.d"
    assert heavy.due_at == HOURS.add(MONDAY_10, timedelta(hours=140, minutes=30))


def test_an_edited_holiday_moves_the_end():
    holiday = HOURS.with_holidays(frozenset({date(2026, 3, 3)}))
    assert sla.recompute(resolution(), holiday).due_at == MONDAY_10 + timedelta(days=2)


@pytest.mark.parametrize(
    ("passed", "warned", "due"),
    [
        (timedelta(minutes=7, seconds=29), 0, 0),
        (timedelta(minutes=7, seconds=30), 0, 50),
        (timedelta(minutes=7, seconds=30), 50, 0),
        (timedelta(minutes=11, seconds=59), 50, 0),
        (timedelta(minutes=12), 50, 80),
        (timedelta(minutes=12), 0, 80),  # nothing ran for a while: only the latest
        (timedelta(minutes=15), 80, 100),
        (timedelta(minutes=15), 100, 0),
        (timedelta(days=30), 100, 0),
    ],
)
def test_warnings_come_once_at_50_80_and_100_per_cent(passed, warned, due):
    clock = replace(first_response(), warned=warned)
    assert sla.warning_due(clock, MONDAY_10 + passed, HOURS) == due


@pytest.mark.parametrize(("warned", "minutes"), [(0, 7.5), (50, 12), (80, 15)])
def test_when_to_look_again(warned, minutes):
    clock = replace(first_response(), warned=warned)
    assert sla.next_look(clock, HOURS) == MONDAY_10 + timedelta(minutes=minutes)


def test_nothing_to_look_at_after_the_last_warning_or_while_time_stands():
    clock = first_response()
    assert sla.next_look(replace(clock, warned=100), HOURS) is None
    for still in (sla.pause(clock, MONDAY_10), sla.stop(clock, MONDAY_10, HOURS)):
        assert sla.next_look(still, HOURS) is None
        assert sla.warning_due(still, clock.due_at, HOURS) == 0


steps = st.lists(
    st.tuples(
        st.sampled_from(["pause", "resume", "stop", "restart"]),
        st.timedeltas(timedelta(0), timedelta(days=2)),
    ),
    max_size=12,
)


@settings(deadline=None)  # other work shares the machine
@given(steps, st.frozensets(st.dates(date(2026, 3, 2), date(2026, 4, 30)), max_size=8))
def test_whatever_happens_only_running_service_time_counts(happened, holidays):
    """The end is where the target plus every pause ends: measured against a plain re-count."""
    hours = HOURS.with_holidays(holidays)
    clock, now = sla.start(ClockKind.RESOLUTION, DAY, MONDAY_10, hours), MONDAY_10
    stood = timedelta(0)
    for name, later in happened:
        standing = not clock.runs
        stood += hours.between(now, now + later) if standing else timedelta(0)
        now += later
        match name:
            case "pause":
                clock = sla.pause(clock, now)
            case "resume":
                clock = sla.resume(clock, now, hours)
            case "stop":
                clock = sla.stop(clock, now, hours)
            case _:
                clock = sla.restart(clock, now, hours)
        if clock.runs:
            assert clock.paused == stood
            assert clock.due_at == hours.add(MONDAY_10, timedelta(hours=7) + stood)
            assert hours.is_open(clock.due_at - timedelta(microseconds=1))
