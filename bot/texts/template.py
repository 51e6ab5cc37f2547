"""One sentence of the catalogue: text with places to fill, read once when the catalogue loads.

A place is `{name}` or `{name:kind}`:

| kind | value | shown as |
| --- | --- | --- |
| (none) | anything | as it is |
| `date` | ISO day or instant | 17 Maret 2026 |
| `datetime` | ISO instant | Senin, 2 Maret 2026 pukul 10.00 WIB |
| `duration` | seconds | 10 menit; 45 detik |
| `name FAMILY` | an identifier | the text `name.FAMILY.<identifier>` |
| `plural ONE|OTHER` | a number | the form the language asks for; `#` is the number |
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from string import Formatter
from typing import TYPE_CHECKING, Final

from babel.dates import format_date, format_datetime, get_timezone_name
from babel.numbers import format_decimal
from babel.units import format_unit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from zoneinfo import ZoneInfo

    from babel import Locale

Value = str | int
_KINDS: Final = frozenset({"", "date", "datetime", "duration", "name", "plural"})
_MINUTE: Final = 60
_HOUR: Final = 3600


class BadTemplate(Exception):
    """The catalogue holds a sentence that cannot be read: found when it loads."""


@dataclass(frozen=True, slots=True)
class Speech:
    """How a language shows what is filled in. `name` finds the texts of a family."""

    locale: Locale
    zone: ZoneInfo
    name: Callable[[str], str]

    def show(self, value: Value, kind: str, detail: str) -> str:
        """Return `value` in words. Raises ValueError for a day or instant that is none."""
        match kind:
            case "date":
                return format_date(_day(str(value), self.zone), "long", locale=self.locale)
            case "datetime":
                return self._instant(str(value))
            case "duration":
                return self._duration(int(value))
            case "name":
                return self.name(f"name.{detail}.{value}")
            case "plural":
                return self._plural(int(value), *detail.split("|"))
            case _:
                return str(value)

    def _instant(self, value: str) -> str:
        local = datetime.fromisoformat(value).astimezone(self.zone)
        pattern = "EEEE, d MMMM y 'pukul' HH.mm"
        if self.locale.language == "en":
            pattern = "EEEE, d MMMM y, HH:mm"
        # CLDR knows "WIB" in Indonesian only, and everybody here says WIB.
        zone = get_timezone_name(local, "short", locale="id")
        return f"{format_datetime(local, pattern, tzinfo=self.zone, locale=self.locale)} {zone}"

    def _duration(self, seconds: int) -> str:
        """Round up: nobody is told to come back too early."""
        seconds = max(seconds, 1)
        if seconds < 2 * _MINUTE and seconds % _MINUTE:
            return self._counted(seconds, "second")
        if seconds < 2 * _HOUR and seconds % _HOUR:
            return self._counted(-(-seconds // _MINUTE), "minute")
        return self._counted(-(-seconds // _HOUR), "hour")

    def _counted(self, number: int, unit: str) -> str:
        return format_unit(number, f"duration-{unit}", "long", locale=self.locale)

    def _plural(self, number: int, one: str, other: str) -> str:
        form = one if self.locale.plural_form(number) == "one" else other
        return form.replace("#", self._number(number))

    def _number(self, number: int) -> str:
        return format_decimal(number, locale=self.locale)


def _day(value: str, zone: ZoneInfo) -> date:
    if "T" in value:
        return datetime.fromisoformat(value).astimezone(zone).date()
    return date.fromisoformat(value)


@dataclass(frozen=True, slots=True)
class Template:
    """A sentence, parsed: (text before, name, kind, detail); the last has no name."""

    parts: tuple[tuple[str, str, str, str], ...]

    @property
    def places(self) -> frozenset[str]:
        """Return the names that have to be given."""
        return frozenset(name for _, name, _, _ in self.parts if name)

    def fill(self, args: Mapping[str, Value], speech: Speech) -> str:
        """Return the sentence. Raises KeyError when a place is not given."""
        return "".join(
            text + (speech.show(args[name], kind, detail) if name else "")
            for text, name, kind, detail in self.parts
        )


def parse(source: str) -> Template:
    """Read one sentence. Raises BadTemplate."""
    parts: list[tuple[str, str, str, str]] = []
    try:
        pieces = list(Formatter().parse(source))
    except ValueError as error:
        raise BadTemplate(f"{source!r}: {error}") from None
    for text, name, spec, _ in pieces:
        kind, _, detail = (spec or "").partition(" ")
        if kind not in _KINDS or (kind == "plural" and detail.count("|") != 1):
            raise BadTemplate(f"{source!r}: {spec!r} is no way to show a value")
        parts.append((text, name or "", kind, detail))
    return Template(tuple(parts))
