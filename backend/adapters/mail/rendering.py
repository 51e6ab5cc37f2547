"""Mails from Jinja2 templates: `templates/<name>.<id|en>.<txt|html>`.

The text template begins with `Subject: …` and an empty line. Nothing a template is given can start
a header, load anything remote, or be left out unnoticed.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from backend.service.mail_rules import Rendered

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER: Final = Path(__file__).parent / "templates"
_MARK: Final = "Subject: "

PURPOSES: Final[Mapping[str, Mapping[str, str]]] = {
    "id": {
        "check_account": "memeriksa akun Anda",
        "reset_password": "mengatur ulang password Anda",
        "unlock_account": "membuka kunci akun Anda",
        "ticket_status": "melihat perkembangan tiket Anda",
        "claim_guest": "mengaktifkan akun tamu Anda",
    },
    "en": {
        "check_account": "to check your account",
        "reset_password": "to reset your password",
        "unlock_account": "to unlock your account",
        "ticket_status": "to see how your tickets stand",
        "claim_guest": "to activate your guest account",
    },
}
"""What a code is for, as its mail says it: `wire.Purpose` → words."""


class TemplateBroken(Exception):
    """A text template does not begin with its subject."""


class JinjaTemplates:
    """Renders every mail we send.

    `organisation` signs the mails; dates are shown in `time_zone` (an IANA name).
    """

    def __init__(
        self, *, organisation: str = "IT Helpdesk", time_zone: str = "Asia/Jakarta"
    ) -> None:
        self._organisation = organisation
        self._zone = ZoneInfo(time_zone)
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=select_autoescape(enabled_extensions=("html",), default=False),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, template: str, language: str, context: Mapping[str, object]) -> Rendered:
        """Render one mail. Raises UndefinedError, TemplateNotFound, TemplateBroken."""
        values = dict(context)
        values["language"] = language
        values["organisation"] = self._organisation
        values["when"] = partial(self._when, language)
        if "purpose" in values:
            values["purpose"] = PURPOSES[language][str(values["purpose"])]
        text = self._environment.get_template(f"{template}.{language}.txt").render(values)
        head, gap, body = text.partition("\n\n")
        if not head.startswith(_MARK) or not gap:
            raise TemplateBroken(template)
        values["subject"] = " ".join(head.removeprefix(_MARK).split())
        html = self._environment.get_template(f"{template}.{language}.html").render(values)
        return Rendered(str(values["subject"]), body.strip() + "\n", html)

    def _when(self, language: str, value: object) -> str:
        """Write an ISO 8601 date or instant the way people read it; anything else as it is."""
        text = str(value)
        try:
            if len(text) == len("2026-03-02"):
                return format_date(date.fromisoformat(text), "long", locale=language)
            at = datetime.fromisoformat(text)
        except ValueError:
            return text
        local = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(self._zone)
        pattern = "d MMMM yyyy HH.mm" if language == "id" else "d MMMM yyyy, HH:mm"
        return f"{format_datetime(local, pattern, locale=language)} {_zone_name(local)}"


def _zone_name(local: datetime) -> str:
    """Name the zone as Indonesians do; elsewhere by its own abbreviation."""
    name = local.tzname() or ""
    return name if name.isalpha() else f"UTC{local:%z}"
