"""What `helpdesk up` says: that it waits, and, once everything is ready, where and what to try."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

import aiohttp
from rich.console import Group
from rich.table import Table
from rich.text import Text

from backend.settings import BackendSettings
from bot.settings import BotSettings
from helpdesk.output import console, errors
from nlu.embedded import is_fresh, model_path

if TYPE_CHECKING:
    from rich.console import RenderableType

READY_WITHIN: Final = 180.0
"""Seconds: the first start trains the understanding."""
OK: Final = 200
WIDE: Final = 110


async def announce() -> int:
    """Wait until both services are ready and print the addresses; return the exit code."""
    bot, backend = BotSettings(), BackendSettings()
    started = time.monotonic()
    if not is_fresh(model_path(bot.state_dir)):
        console.print("First start: training the understanding, about half a minute.")
    urls = (f"http://{backend.backend_bind}/readyz", f"http://{bot.bind}/readyz")
    timeout = aiohttp.ClientTimeout(total=2)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        while not all([await _is_ready(session, url) for url in urls]):
            if time.monotonic() - started > READY_WITHIN:
                errors.print("Not ready yet: `helpdesk doctor` tells what is missing.")
                return 1
            await asyncio.sleep(0.05)
    seconds = time.monotonic() - started
    console.width = max(console.width, WIDE)  # a table that is folded cannot be read
    console.print(_banner(bot, backend), f"\nReady after {seconds:.1f} s. Ctrl-C stops.\n")
    return 0


async def _is_ready(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url) as response:
            return response.status == OK
    except (aiohttp.ClientError, TimeoutError, OSError):
        return False


def _banner(bot: BotSettings, backend: BackendSettings) -> RenderableType:
    lines = Table(box=None, show_header=False, pad_edge=False)
    lines.add_row("Web chat", f"http://{bot.bind}/")
    if not backend.is_development:
        return lines
    lines.add_row("Captured mail", f"{backend.pages}/dev/mail")
    lines.add_row("Terminal chat", "helpdesk chat")
    lines.add_row("Working cases", "helpdesk tickets list")
    return Group(Text(), lines, Text(), _accounts(), Text(), _tries())


def _accounts() -> Table:
    from backend.service.demo import DEMO_ACCOUNTS

    table = Table(box=None, header_style="dim", pad_edge=False, title="Demo accounts")
    table.title_justify = "left"
    for column in ("username", "type", "number", "recovery e-mail", "what it shows"):
        table.add_column(column)
    for account in DEMO_ACCOUNTS:
        table.add_row(
            account.username,
            account.account_type,
            account.student_number or account.employee_number or "-",
            account.recovery_email or "-",
            account.shows,
        )
    return table


def _tries() -> Text:
    return Text.from_markup(
        "[bold]Try in the web chat[/]\n"
        "  1. halo min, saya lupa password     (login: budi.santoso; codes: the mail page)\n"
        "  2. akun saya kekunci, agus.wijaya\n"
        "  3. mau minta akun tamu untuk 2 auditor   (then: helpdesk tickets approve …)"
    )
