"""What `helpdesk up` prints once everything is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from bot.settings import BotSettings
    from rich.console import RenderableType

    from backend.settings import BackendSettings


def banner(bot: BotSettings, backend: BackendSettings) -> RenderableType:
    """Return the addresses and, on the embedded default, the demo accounts and what to try."""
    lines = Table(box=None, show_header=False, pad_edge=False)
    lines.add_row("Web chat", f"http://{bot.bind}/")
    if not backend.is_development:
        return lines
    lines.add_row("Captured mail", f"{backend.pages}/dev/mail")
    lines.add_row("Terminal chat", "helpdesk chat")
    lines.add_row("Working cases", "helpdesk tickets list")
    return Group(lines, Text(), Text("Demo accounts", style="bold"), _accounts(), Text(), _tries())


def _accounts() -> Table:
    from backend.service.demo import DEMO_ACCOUNTS

    table = Table(box=None, header_style="dim", pad_edge=False)
    for column in ("username", "type", "number", "recovery e-mail", "note"):
        table.add_column(column)
    for account in DEMO_ACCOUNTS:
        number = account.student_number or account.employee_number or "-"
        table.add_row(
            account.username,
            account.account_type,
            number,
            account.recovery_email or "-",
            account.shows,
        )
    return table


def _tries() -> Text:
    return Text.from_markup(
        "[bold]Try in the web chat[/]\n"
        "  1. halo min, saya lupa password   (login: budi.santoso, the code is on the mail page)\n"
        "  2. akun saya kekunci, NIM 13519004\n"
        "  3. mau minta akun tamu untuk 2 auditor   (then: helpdesk tickets approve …)"
    )
