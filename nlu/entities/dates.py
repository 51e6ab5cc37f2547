"""Dates, absolute and relative, in both languages: a small grammar, no guessing.

"Next Friday" and "Jumat depan" are the Friday of next week; a weekday alone is the next one to
come; a month alone ends with its last day, because people name the end of a validity with it.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from nlu.entities.calendar import (
    MONTHS,
    WEEKDAYS,
    add_months,
    end_of_month,
    make,
    next_day_of_month,
    next_month_day,
)
from nlu.entities.numerals import NUMERAL, number
from nlu.entities.span import Claims
from nlu.types import Entity, EntityKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    _Reading = Callable[[re.Match[str], date], date | None]

_Match = re.Match[str]
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_WEEKDAY = "|".join(sorted(WEEKDAYS, key=len, reverse=True))
_DAY = r"(?:3[01]|[12]\d|0?[1-9])"
_N = rf"\d{{1,3}}|{NUMERAL}"


def _numeric(match: _Match, _today: date) -> date | None:
    year = int(match["year"])
    return make(year + 2000 if year < 100 else year, int(match["month"]), int(match["day"]))  # noqa: PLR2004 - two digits


def _day_month(match: _Match, today: date) -> date | None:
    month, day = MONTHS[match["name"].lower()], int(match["day"])
    year = match["year"]
    if year is None:
        return next_month_day(today, month, day)
    return make(int(year) + (2000 if len(year) == 2 else 0), month, day)  # noqa: PLR2004 - two digits


def _month_alone(match: _Match, today: date) -> date | None:
    month = MONTHS[match["name"].lower()]
    year = int(match["year"] or today.year + (month < today.month))
    first = make(year, month, 1)
    if first is None or (match["start"] and not match["end"]):
        return first
    return end_of_month(first)


def _day_alone(match: _Match, today: date) -> date | None:
    return next_day_of_month(today, int(match["day"]))


def _weekday(match: _Match, today: date) -> date | None:
    weekday = WEEKDAYS[" ".join(match["name"].lower().split())]
    if match["next"] or match["depan"]:
        return today + timedelta(days=7 - today.weekday() + weekday)
    ahead = (weekday - today.weekday()) % 7
    if match["this"] or match["ini"]:
        return today + timedelta(days=ahead)
    return today + timedelta(days=ahead or 7)


def _span(match: _Match, today: date) -> date | None:
    # "dua minggu lagi", "in 3 days", "selama sebulan"
    groups = match.groupdict()
    unit = groups["unit"].lower()
    one = groups.get("n") is None
    amount = 1 if one else number(groups["n"])
    if amount is None:
        return None
    return _later(today, amount, unit)


def _later(today: date, amount: int, unit: str) -> date | None:
    try:
        if unit.startswith(("hari", "day")):
            return today + timedelta(days=amount)
        if unit.startswith(("minggu", "pekan", "week")):
            return today + timedelta(weeks=amount)
        return add_months(today, amount * (12 if unit.startswith(("tahun", "year")) else 1))
    except OverflowError:
        return None


def _relative_period(match: _Match, today: date) -> date | None:
    # "akhir bulan depan", "end of next week", "awal tahun depan"
    unit = match["unit"].lower()
    ahead = 1 if match["ahead"] or (match["later"] or "").lower() == "depan" else 0
    if unit in {"bulan", "month"}:
        first = add_months(today.replace(day=1), ahead)
        last = end_of_month(first)
        return {"start": first, "middle": first.replace(day=15), "end": last}[_edge(match)]
    if unit in {"tahun", "year"}:
        year = today.year + ahead
        edges = {"start": (1, 1), "middle": (6, 30), "end": (12, 31)}
        return make(year, *edges[_edge(match)])
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=ahead)
    return monday + timedelta(days={"start": 0, "middle": 2, "end": 6}[_edge(match)])


def _edge(match: _Match) -> str:
    word = match["edge"].lower()
    if word.startswith(("awal", "begin", "start")):
        return "start"
    return "middle" if word.startswith(("tengah", "pertengahan", "mid")) else "end"


def _next_period(match: _Match, today: date) -> date | None:
    unit = next(value for value in (match["a"], match["b"]) if value).lower()
    return _later(today, 1, unit)


_NAMED_DAYS = {
    "hari ini": 0, "hr ini": 0, "today": 0, "malam ini": 0, "tonight": 0, "sekarang juga": 0,
    "besok": 1, "bsk": 1, "esok": 1, "tomorrow": 1, "tmrw": 1, "besok lusa": 2,
    "lusa": 2, "the day after tomorrow": 2, "day after tomorrow": 2,
    "kemarin lusa": -2, "kemarin": -1, "kmrn": -1, "kemaren": -1, "yesterday": -1,
}  # fmt: skip


def _named_day(match: _Match, today: date) -> date | None:
    name = " ".join(match.group().lower().split())
    return today + timedelta(days=_NAMED_DAYS[name])


_NAMED = "|".join(sorted((key.replace(" ", r"\s") for key in _NAMED_DAYS), key=len, reverse=True))
_UNIT = r"(?:hari|minggu|pekan|bulan|tahun|days?|weeks?|months?|years?)"
_START = r"(?P<start>awal|start\sof|beginning\sof)"
_END = r"(?P<end>akhir|(?:the\s)?end\sof)"
_EDGE = (
    r"(?P<edge>akhir|awal|(?:per)?tengahan|tengah|mid(?:dle\sof)?"
    r"|(?:the\s)?(?:end|start|beginning)\sof)"
)
_FROM_NOW = r"(?:lagi|ke\s?depan|mendatang|dari\s(?:sekarang|hari\sini)|from\s(?:now|today))"
_YEAR_AFTER = (
    r"(?:,?[\s-](?P<year>(?:19|20)\d\d"
    r"|\d\d(?!\d|\s*(?:akun|orang|accounts?|people|guests?|buah))))?"
)


_TRIGGER = re.compile(
    rf"\d\s?[/.-]\s?\d|20\d\d|{_UNIT}|\b(?:{_MONTH}|{_WEEKDAY})\b|tanggal|tgl|\b(?:{_NAMED})\b",
    re.IGNORECASE | re.ASCII,
)
"""Every date holds one of these; most messages hold none."""


def _rule(pattern: str, rule: _Reading) -> tuple[re.Pattern[str], _Reading]:
    return re.compile(pattern, re.IGNORECASE | re.ASCII), rule


_RULES = (
    # 2023-03-17, 17/3/2023, 17.3.23
    _rule(
        rf"(?<![\w/.-])(?P<year>20\d\d)[-/.](?P<month>0?[1-9]|1[0-2])[-/.](?P<day>{_DAY})"
        r"(?![\w/-]|\.\d)",
        _numeric,
    ),
    _rule(
        rf"(?<![\w/.-])(?P<day>{_DAY})(?P<sep>[-/.])(?P<month>0?[1-9]|1[0-2])(?P=sep)"
        r"(?P<year>(?:19|20)\d\d|\d\d)(?![\w/-]|\.\d)",
        _numeric,
    ),
    # 17 Maret 2023, 17th of March, March 17, 2023
    _rule(
        rf"(?<![\w/.])(?P<day>{_DAY})(?:st|nd|rd|th)?[\s-](?:of\s)?(?P<name>{_MONTH})\b\.?"
        rf"{_YEAR_AFTER}(?!\w)",
        _day_month,
    ),
    _rule(
        rf"\b(?P<name>{_MONTH})\.?\s(?P<day>{_DAY})(?:st|nd|rd|th)?(?!\d)"
        r"(?:,?\s(?P<year>(?:19|20)\d\d))?(?!\w)",
        _day_month,
    ),
    # Maret 2026, akhir Maret
    _rule(
        rf"(?<!\d\s)\b(?:{_END}\s|{_START}\s)?(?:bulan\s)?(?P<name>{_MONTH})\s(?P<year>20\d\d)\b",
        _month_alone,
    ),
    _rule(rf"\b(?:{_END}|{_START})\s(?:bulan\s)?(?P<name>{_MONTH})\b(?P<year>)", _month_alone),
    # akhir bulan depan, end of next week
    _rule(
        rf"\b{_EDGE}\s(?:the\s)?(?:(?P<ahead>next)\s|this\s)?"
        r"(?P<unit>bulan|minggu|pekan|tahun|month|week|year)\b(?:\s(?P<later>depan|ini)\b)?",
        _relative_period,
    ),
    # Jumat, next Friday, senin depan
    _rule(
        rf"\b(?P<next>next\s)?(?P<this>this\s)?(?:hari\s)?(?P<name>{_WEEKDAY})\b"
        r"(?:\s(?P<depan>(?:minggu\s)?depan)\b|\s(?P<ini>(?:minggu\s)?ini)\b)?",
        _weekday,
    ),
    # dua minggu lagi, in 3 days, for a week, selama sebulan, sebulan lagi
    _rule(rf"\b(?P<n>{_N})\s(?P<unit>{_UNIT})\s{_FROM_NOW}\b", _span),
    _rule(
        r"\b(?:in|dalam|selama|for|within)\s(?:the\snext\s)?"
        rf"(?P<n>{_N})\s(?P<unit>{_UNIT})\b",
        _span,
    ),
    _rule(r"\b(?:in|for|within)\s(?:an?|one)\s(?P<unit>day|week|month|year)\b", _span),
    _rule(rf"\bse(?P<unit>hari|minggu|pekan|bulan|tahun)\s{_FROM_NOW}\b", _span),
    _rule(r"\b(?:selama|dalam)\sse(?P<unit>hari|minggu|pekan|bulan|tahun)\b", _span),
    # minggu depan, next month
    _rule(
        r"\b(?:(?P<a>minggu|pekan|bulan|tahun)\s(?:depan|dpn)|next\s(?P<b>week|month|year))\b",
        _next_period,
    ),
    # besok, tomorrow; tanggal 15
    _rule(rf"(?<!\w)(?:{_NAMED})(?!\w)", _named_day),
    _rule(rf"\b(?:tanggal|tgl\.?)\s(?P<day>{_DAY})(?![/.-]?\w)", _day_alone),
)
_RANGE = re.compile(
    rf"(?<![\w/.-])(?P<day>{_DAY})\s?(?:-|\u2013|sampai|s\.?d\.?|hingga|to|until)\s?"
    rf"(?={_DAY}[\s](?P<name>{_MONTH})\b(?:\s(?P<year>20\d\d))?)",
    re.IGNORECASE,
)


def dates(text: str, today: date) -> Iterator[Entity]:
    """Find dates; the value is ISO 8601. Impossible ones (31 February) are left out."""
    if _TRIGGER.search(text) is None:
        return
    claims = Claims()
    for pattern, rule in _RULES:
        claims.add(_dated(pattern, rule, text, today))
    claims.add(_range_starts(text, today))
    yield from claims.entities


def _dated(pattern: re.Pattern[str], rule: _Reading, text: str, today: date) -> Iterator[Entity]:
    for match in pattern.finditer(text):
        value = rule(match, today)
        if value is not None:
            yield Entity(EntityKind.DATE, match.start(), match.end(), value.isoformat())


def _range_starts(text: str, today: date) -> Iterator[Entity]:
    """The first day of "9-17 Maret 2023"."""
    for match in _RANGE.finditer(text):
        value = _day_month(match, today)
        if value is not None:
            start, end = match.span("day")
            yield Entity(EntityKind.DATE, start, end, value.isoformat())
