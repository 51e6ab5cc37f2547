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
    UNITS,
    WEEKDAYS,
    add_months,
    end_of_month,
    later,
    make,
    next_day_of_month,
    next_month_day,
)
from nlu.entities.numerals import NUMERAL, number
from nlu.entities.span import Claims, entity
from nlu.types import Entity, EntityKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

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
    groups = match.groupdict()
    if first is None or groups.get("start"):
        return first
    if groups.get("middle"):
        return first.replace(day=15)
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
    amount = number(groups.get("n") or "1")
    return None if amount is None else later(today, amount, groups["unit"])


def _relative_period(match: _Match, today: date) -> date | None:
    # "akhir bulan depan", "end of next week", "awal tahun depan"
    unit = UNITS[match["unit"].lower()]
    ahead = _ahead(match)
    if unit == "month":
        first = add_months(today.replace(day=1), ahead)
        last = end_of_month(first)
        return {"start": first, "middle": first.replace(day=15), "end": last}[_edge(match)]
    if unit == "year":
        year = today.year + ahead
        edges = {"start": (1, 1), "middle": (6, 30), "end": (12, 31)}
        return make(year, *edges[_edge(match)])
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=ahead)
    return monday + timedelta(days={"start": 0, "middle": 2, "end": 6}[_edge(match)])


def _ahead(match: _Match) -> int:
    groups = match.groupdict("")
    return int(bool(groups.get("ahead")) or groups.get("later", "").lower() in {"depan", "dpn"})


def _day_of_month(match: _Match, today: date) -> date | None:
    # "tanggal 15 bulan depan", "the 5th of next month"
    first = add_months(today.replace(day=1), _ahead(match))
    return first.replace(day=min(int(match["day"]), end_of_month(first).day))


def _day_slash_month(match: _Match, today: date) -> date | None:
    return next_month_day(today, int(match["month"]), int(match["day"]))


def _weekend(match: _Match, today: date) -> date | None:
    return today + timedelta(days=6 - today.weekday() + (7 if match["next"] else 0))


def _edge(match: _Match) -> str:
    word = match["edge"].lower()
    if word.startswith(("awal", "begin", "start")):
        return "start"
    return "middle" if word.startswith(("tengah", "pertengahan", "mid")) else "end"


def _next_period(match: _Match, today: date) -> date | None:
    return later(today, 1, match["a"] or match["b"])


_NAMED_DAYS = {
    "hari ini": 0, "hr ini": 0, "today": 0, "malam ini": 0, "tonight": 0, "sekarang juga": 0,
    "besok": 1, "bsk": 1, "bsok": 1, "besuk": 1, "esok": 1,
    "tomorrow": 1, "tmrw": 1, "tmr": 1, "besok lusa": 2, "day after tmr": 2,
    "lusa": 2, "the day after tomorrow": 2, "day after tomorrow": 2,
    "kemarin lusa": -2, "kemarin": -1, "kmrn": -1, "kemaren": -1, "yesterday": -1,
}  # fmt: skip


def _named_day(match: _Match, today: date) -> date | None:
    name = " ".join(match.group().lower().split())
    return today + timedelta(days=_NAMED_DAYS[name])


_NAMED = "|".join(sorted((key.replace(" ", r"\s") for key in _NAMED_DAYS), key=len, reverse=True))
_UNIT = "(?:" + "|".join(sorted(UNITS, key=len, reverse=True)) + ")"
_START = r"(?P<start>awal|start\sof|beginning\sof)"
_END = r"(?P<end>akhir|(?:the\s)?end\sof)"
_MIDDLE = r"(?P<middle>(?:per)?tengahan|tengah|mid|(?:the\s)?middle\sof)"
_EDGE = (
    r"(?P<edge>akhir|awal|(?:per)?tengahan|tengah|mid(?:dle\sof)?"
    r"|(?:the\s)?(?:end|start|beginning)\sof)"
)
_FROM_NOW = r"(?:lagi|ke\s?depan|mendatang|dari\s(?:sekarang|hari\sini)|from\s(?:now|today))"
_NEXT = r"(?:depan|dpn)"
_TH = r"(?:st|nd|rd|th)"
_UP_TO = r"(?:-|\u2013|sampai|s\.?d\.?|s/d|hingga|to|until)"
_BEFORE_DAY = "(?:" + "|".join(
    rf"(?<=\b{word}\s)"
    for word in ("tanggal", "tgl", "sampai", "hingga", "until", "till", "by", "on", "to", "from")
) + ")"  # fmt: skip
_NO_DATE_FOLLOWS = (
    rf"(?!,?\s(?:(?:tanggal|tgl\.?|the)\s)?{_DAY}{_TH}?[\s/.-](?:of\s)?(?:(?:{_MONTH})\b|\d))"
    rf"(?!,?\s(?:{_MONTH})\.?\s\d)"
)
"""After a weekday: "Jumat, 17 Maret 2023" is one date, and the weekday adds nothing."""
_YEAR_AFTER = (
    r"(?:,?[\s-](?P<year>(?:19|20)\d\d"
    r"|\d\d(?!\d|\s*(?:akun|orang|accounts?|people|guests?|buah))))?"
)


_TRIGGER = re.compile(
    rf"\d\s?[/.-]\s?\d|20\d\d|\b(?:se)?{_UNIT}\b|\b(?:{_MONTH}|{_WEEKDAY})\b|tanggal|tgl"
    rf"|\b(?:{_NAMED})\b|\dth\b|weekend|\d(?:st|nd|rd)\b",
    re.IGNORECASE | re.ASCII,
)
"""Every date holds one of these; most messages hold none."""


_MONTHS = frozenset(MONTHS)
_DAYS = frozenset(name.split()[-1].replace("\u2019", "'").partition("'")[0] for name in WEEKDAYS)
_PERIODS = UNITS.keys() | {f"se{unit}" for unit in UNITS}
_COMMON = frozenset({"the", "day", "after", "ini", "sekarang"})
_NAMES = frozenset(word for name in _NAMED_DAYS for word in name.split()) - _COMMON
_ANNOUNCED = frozenset({"tanggal", "tgl"})
_ENDS = frozenset({"weekend"})
_WITH_DIGITS: frozenset[str] = frozenset()
_HINTS = _MONTHS | _DAYS | _PERIODS | _NAMES | _ANNOUNCED | _ENDS


def _rule(
    hints: Collection[str], pattern: str, rule: _Reading
) -> tuple[frozenset[str], re.Pattern[str], _Reading]:
    """What `pattern` finds has one of the words `hints`, or a digit when there are none."""
    return frozenset(hints), re.compile(pattern, re.IGNORECASE | re.ASCII), rule


_RULES = (
    # 2023-03-17, 17/3/2023, 17.3.23
    _rule(
        _WITH_DIGITS,
        rf"(?<![\w/.-])(?P<year>20\d\d)[-/.](?P<month>0?[1-9]|1[0-2])[-/.](?P<day>{_DAY})"
        r"(?![\w/-]|\.\d)",
        _numeric,
    ),
    _rule(
        _WITH_DIGITS,
        rf"(?<![\w/.-])(?P<day>{_DAY})(?P<sep>[-/.])(?P<month>0?[1-9]|1[0-2])(?P=sep)"
        r"(?P<year>(?:19|20)\d\d|\d\d)(?![\w/-]|\.\d)",
        _numeric,
    ),
    # 17/Mar/2023, 5/12 after a word that announces a day
    _rule(
        _MONTHS,
        rf"(?<![\w/.-])(?P<day>{_DAY})(?P<sep>[/-])(?P<name>{_MONTH})(?P=sep)"
        r"(?P<year>(?:19|20)\d\d|\d\d)(?![\w/-])",
        _day_month,
    ),
    _rule(
        _WITH_DIGITS,
        rf"{_BEFORE_DAY}(?P<day>{_DAY})/(?P<month>0?[1-9]|1[0-2])(?![\w/-]|\.\d)",
        _day_slash_month,
    ),
    # 17 Maret 2023, 17th of March, March 17, 2023
    _rule(
        _MONTHS,
        rf"(?<![\w/.])(?P<day>{_DAY})(?:st|nd|rd|th)?[\s-](?:of\s)?(?P<name>{_MONTH})\b\.?"
        rf"{_YEAR_AFTER}(?!\w)",
        _day_month,
    ),
    _rule(
        _MONTHS,
        rf"\b(?P<name>{_MONTH})\.?\s(?P<day>{_DAY})(?:st|nd|rd|th)?(?!\d)"
        r"(?:,?\s(?P<year>(?:19|20)\d\d))?(?!\w)",
        _day_month,
    ),
    # Maret 2026, akhir Maret
    _rule(
        _MONTHS,
        rf"(?<!\d\s)\b(?:(?:{_END}|{_START}|{_MIDDLE})[\s-])?(?:bulan\s)?(?P<name>{_MONTH})\s(?P<year>20\d\d)\b",
        _month_alone,
    ),
    _rule(
        _MONTHS,
        rf"\b(?:{_END}|{_START}|{_MIDDLE})[\s-](?:bulan\s)?(?P<name>{_MONTH})\b(?P<year>)",
        _month_alone,
    ),
    # akhir bulan depan, end of next week
    _rule(
        _PERIODS,
        rf"\b{_EDGE}\s(?:the\s)?(?:(?P<ahead>next)\s|this\s)?"
        r"(?P<unit>bulan|bln|minggu|mgg|pekan|tahun|thn|month|week|year)\b"
        rf"(?:\s(?P<later>{_NEXT}|ini)\b)?",
        _relative_period,
    ),
    # tanggal 15 bulan depan, the 5th of next month
    _rule(
        _ANNOUNCED,
        rf"\b(?:tanggal|tgl\.?)\s(?P<day>{_DAY})\s(?:bulan|bln)\s"
        rf"(?P<later>{_NEXT}|ini)\b",
        _day_of_month,
    ),
    _rule(
        _PERIODS,
        rf"\b(?:the\s)?(?P<day>{_DAY}){_TH}\sof\s(?:(?P<ahead>next)|this|the)\smonth\b",
        _day_of_month,
    ),
    _rule(_WITH_DIGITS, rf"{_BEFORE_DAY}the\s(?P<day>{_DAY}){_TH}(?!\w)", _day_alone),
    # Jumat, next Friday, senin depan
    _rule(
        _DAYS,
        rf"\b(?P<next>next\s)?(?P<this>this\s)?(?:hari\s)?(?P<name>{_WEEKDAY})\b"
        rf"{_NO_DATE_FOLLOWS}(?:\s(?P<depan>(?:(?:minggu|mgg)\s)?{_NEXT}|next\sweek)\b"
        r"|\s(?P<ini>(?:minggu\s)?ini|this\sweek)\b|\sbesok\b)?",
        _weekday,
    ),
    _rule(_ENDS, r"\b(?:(?P<next>next)|this|the)\sweekend\b", _weekend),
    # dua minggu lagi, in 3 days, for a week, selama sebulan, sebulan lagi
    _rule(_PERIODS, rf"\b(?P<n>{_N})\s(?P<unit>{_UNIT})\s{_FROM_NOW}\b", _span),
    _rule(
        _PERIODS,
        r"\b(?:in|dalam|selama|for|within)\s(?:the\snext\s)?"
        rf"(?P<n>{_N})\s(?P<unit>{_UNIT})\b",
        _span,
    ),
    _rule(
        _PERIODS,
        r"\b(?:in|for|within)\s(?:an?|one)\s(?P<unit>day|week|fortnight|month|year)\b",
        _span,
    ),
    _rule(_PERIODS, rf"\ba\s(?P<unit>day|week|fortnight|month|year)\s{_FROM_NOW}\b", _span),
    _rule(_PERIODS, rf"\bse(?P<unit>hari|minggu|pekan|bulan|tahun)\s{_FROM_NOW}\b", _span),
    _rule(_PERIODS, r"\b(?:selama|dalam)\sse(?P<unit>hari|minggu|pekan|bulan|tahun)\b", _span),
    # minggu depan, next month
    _rule(
        _PERIODS,
        rf"\b(?:(?P<a>minggu|mgg|pekan|bulan|bln|tahun|thn)\s{_NEXT}"
        r"|next\s(?P<b>week|month|year))\b",
        _next_period,
    ),
    # besok, tomorrow; tanggal 15
    _rule(_NAMES, rf"(?<!\w)(?:{_NAMED})(?!\w)", _named_day),
    _rule(_ANNOUNCED, rf"\b(?:tanggal|tgl\.?)\s(?P<day>{_DAY})(?![/.-]?\w)", _day_alone),
)
_RANGE = re.compile(
    rf"(?<![\w/.-])(?P<day>{_DAY})\s?{_UP_TO}\s?"
    rf"(?={_DAY}[\s](?P<name>{_MONTH})\b(?:\s(?P<year>20\d\d))?)",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    rf"\b(?P<first>(?P<name>{_MONTH})\.?\s(?P<from>{_DAY}){_TH}?)\s?{_UP_TO}\s?"
    rf"(?P<last>(?P<to>{_DAY}){_TH}?(?:,?\s(?P<year>20\d\d))?)(?![\w/-])",
    re.IGNORECASE,
)


def dates(text: str, today: date, words: frozenset[str], *, digits: bool) -> Iterator[Entity]:
    """Find dates; the value is ISO 8601. Impossible ones (31 February) are left out.

    Args:
        text: the message.
        today: the day relative dates are counted from.
        words: the runs of letters in `text`, in lower case.
        digits: whether there are any.
    """
    if not (digits or words & _HINTS) or _TRIGGER.search(text) is None:
        return
    claims = Claims()
    months = not words.isdisjoint(_MONTHS)
    if months:
        claims.add(_month_first(text, today))
    for hints, pattern, rule in _RULES:
        if words & hints or (digits and not hints):
            claims.add(_dated(pattern, rule, text, today))
    if months:
        claims.add(_range_starts(text, today))
    yield from claims.entities


def _dated(pattern: re.Pattern[str], rule: _Reading, text: str, today: date) -> Iterator[Entity]:
    for match in pattern.finditer(text):
        value = rule(match, today)
        if value is not None:
            yield _date(match, value, 0)


def _date(match: _Match, value: date, group: int | str) -> Entity:
    return entity(EntityKind.DATE, match, value.isoformat(), group)


def _range_starts(text: str, today: date) -> Iterator[Entity]:
    """The first day of "9-17 Maret 2023"."""
    for match in _RANGE.finditer(text):
        value = _day_month(match, today)
        if value is not None:
            yield _date(match, value, "day")


def _month_first(text: str, today: date) -> Iterator[Entity]:
    """Both days of "March 9-17, 2023"."""
    for match in _MONTH_FIRST.finditer(text):
        month = MONTHS[match["name"].lower()]
        for day, place in (("from", "first"), ("to", "last")):
            value = (
                make(int(match["year"]), month, int(match[day]))
                if match["year"]
                else next_month_day(today, month, int(match[day]))
            )
            if value is not None:
                yield _date(match, value, place)
