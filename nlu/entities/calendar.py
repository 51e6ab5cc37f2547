"""Names of months and weekdays, and arithmetic with days."""

from __future__ import annotations

from datetime import date, timedelta

from nlu.tables import pairs

MONTHS = {
    name: int(number)
    for name, number in pairs("""
1: januari january jan
2: februari pebruari february feb peb
3: maret march mar mrt
4: april apr
5: mei may
6: juni june jun
7: juli july jul
8: agustus august aug agu agt agst ags
9: september sept sep
10: oktober october okt oct
11: november nopember nov nop
12: desember december des dec
""").items()
}
WEEKDAYS = {
    name: int(number)
    for name, number in pairs("""
0: senin monday
1: selasa tuesday
2: rabu wednesday
3: kamis thursday
4: jumat jum'at jum\u2019at friday
5: sabtu saturday
6: ahad sunday
""").items()
} | {"jumat": 4, "hari minggu": 6}


UNITS = pairs("""
day: hari hr day days
week: minggu mgg pekan week weeks
fortnight: fortnight fortnights
month: bulan bln month months
year: tahun thn year years
""")


def make(year: int, month: int, day: int) -> date | None:
    """Return the date, or None when there is no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def end_of_month(day: date) -> date:
    """Return the last day of the month `day` is in."""
    return add_months(day.replace(day=1), 1) - timedelta(days=1)


def add_months(day: date, months: int) -> date:
    """Return the same day `months` later, or the last day of that month.

    Raises:
        OverflowError: the year is past 9999.
    """
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    if year > 9_998:  # noqa: PLR2004 - the calendar's end
        raise OverflowError
    for last in (day.day, 30, 29, 28):
        made = make(year, month, min(day.day, last))
        if made is not None:
            return made
    raise OverflowError  # pragma: no cover - every month has 28 days


def later(day: date, amount: int, unit: str) -> date | None:
    """Return the day so many units ("minggu", "months") later; None past the calendar's end."""
    try:
        match UNITS[unit.lower()]:
            case "day":
                return day + timedelta(days=amount)
            case "week":
                return day + timedelta(weeks=amount)
            case "fortnight":
                return day + timedelta(weeks=2 * amount)
            case "month":
                return add_months(day, amount)
            case _:
                return add_months(day, 12 * amount)
    except OverflowError:
        return None


def next_month_day(today: date, month: int, day: int) -> date | None:
    """Return the next such day of the year, today included (29 February: the next leap year)."""
    years = range(today.year, today.year + 9)
    found = (make(year, month, day) for year in years)
    return next((each for each in found if each is not None and each >= today), None)


def next_day_of_month(today: date, day: int) -> date | None:
    """Return the next day with that number, today included."""
    first = today.replace(day=1)
    months = (add_months(first, ahead) for ahead in range(4))
    found = (make(month.year, month.month, day) for month in months)
    return next((each for each in found if each is not None and each >= today), None)
