"""When the helpdesk works: several intervals a day, dated holidays, in one time zone.

All arithmetic is on whole intervals: no loop over minutes. Instants go in and come out in UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator  # noqa: TC003 - signatures stay readable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import takewhile

Interval = tuple[int, int]
"""Start and end as minutes of the day; 1440 is midnight at its end."""
Week = tuple[tuple[Interval, ...], ...]
"""Seven days, Monday first."""

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MIDNIGHT = 24 * 60
_WEEK = 7
_INTERVAL = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")


class BadServiceHours(ValueError):
    """The description of the service hours or holidays cannot be read."""


@dataclass(frozen=True, slots=True)
class ServiceHours:
    """A working week with exceptions. Raises BadServiceHours when it never opens."""

    zone: tzinfo
    week: Week
    holidays: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if len(self.week) != _WEEK or not any(self.week):
            raise BadServiceHours("a week has seven days and opens on one of them")
        for day in self.week:
            _check_day(day)

    @classmethod
    def parse(cls, week: str, zone: tzinfo, holidays: str = "") -> ServiceHours:
        """Read the settings' text. Raises BadServiceHours."""
        return cls(zone, parse_week(week), parse_holidays(holidays))

    def with_holidays(self, holidays: frozenset[date]) -> ServiceHours:
        """Return the same week with these exceptions."""
        return replace(self, holidays=holidays)

    @property
    def day_length(self) -> timedelta:
        """Return what one day of service is worth: the longest day of the week."""
        return max(timedelta(minutes=sum(end - start for start, end in day)) for day in self.week)

    def is_open(self, at: datetime) -> bool:
        """Tell whether somebody is there at this instant; at closing time nobody is."""
        return any(start <= at < end for start, end in self._day(self._local_day(at)))

    def next_opening(self, at: datetime) -> datetime:
        """Return the first instant of service at or after `at`."""
        return next(start for start, _ in self._from(at))

    def add(self, start: datetime, service: timedelta) -> datetime:
        """Return the instant at which `service` time (> 0) has passed since `start`.

        It lies inside an interval; when it fills one exactly, it is that interval's end.
        """
        left, ahead = service, self._from(start)
        opens, closes = next(ahead)
        while closes - opens < left:
            left -= closes - opens
            opens, closes = next(ahead)
        return opens + left

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the service time from `start` to `end`; none when `end` is not later."""
        spans = takewhile(lambda span: span[0] < end, self._from(start))
        return sum((min(closes, end) - opens for opens, closes in spans), timedelta(0))

    def _from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield every interval that ends after `at`, the first one cut off at `at`."""
        at = at.astimezone(UTC)
        day = self._local_day(at)
        while True:
            for start, end in self._day(day):
                if end > at:
                    yield max(start, at), end
            day += timedelta(days=1)

    def _day(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        if day in self.holidays:
            return ()
        spans = (
            (self._instant(day, start), self._instant(day, end))
            for start, end in self.week[day.weekday()]
        )
        # A clock put forward can swallow an interval whole.
        return tuple((start, end) for start, end in spans if start < end)

    def _local_day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def _instant(self, day: date, minute: int) -> datetime:
        days, minute = divmod(minute, _MIDNIGHT)
        wall = time(minute // 60, minute % 60)
        local = datetime.combine(day + timedelta(days=days), wall, tzinfo=self.zone)
        return local.astimezone(UTC)


def _check_day(day: tuple[Interval, ...]) -> None:
    free_from = 0
    for start, end in day:
        if not free_from <= start < end <= _MIDNIGHT:
            raise BadServiceHours("intervals of a day must be in order and apart")
        free_from = end


def parse_week(text: str) -> Week:
    """Read service hours such as `Mon-Thu 08:00-12:00 13:00-16:00; Fri 08:00-11:30`.

    Raises BadServiceHours.
    """
    week: list[tuple[Interval, ...]] = [()] * _WEEK
    for part in filter(None, (part.strip() for part in text.split(";"))):
        days, *intervals = part.split()
        parsed = tuple(_parse_interval(interval) for interval in intervals)
        for day in _parse_days(days):
            week[day] = parsed
    return tuple(week)


def parse_holidays(text: str) -> frozenset[date]:
    """Read comma-separated ISO dates. Raises BadServiceHours."""
    try:
        return frozenset(date.fromisoformat(day.strip()) for day in text.split(",") if day.strip())
    except ValueError as error:
        raise BadServiceHours(f"not a list of dates: {text!r}") from error


def _parse_days(text: str) -> tuple[int, ...]:
    first, dash, last = text.casefold().partition("-")
    try:
        start = _DAYS.index(first)
        end = _DAYS.index(last) if dash else start
    except ValueError as error:
        raise BadServiceHours(f"not a day or a range of days: {text!r}") from error
    if end < start:
        raise BadServiceHours(f"a range of days runs from Monday to Sunday: {text!r}")
    return tuple(range(start, end + 1))


def _parse_interval(text: str) -> Interval:
    match = _INTERVAL.fullmatch(text)
    if match is None:
        raise BadServiceHours(f"not an interval such as 08:00-12:00: {text!r}")
    hour, minute, until_hour, until_minute = map(int, match.groups())
    return hour * 60 + minute, until_hour * 60 + until_minute
