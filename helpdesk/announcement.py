"""What `helpdesk up` says: that it waits, and, once everything is ready, where and what to try.

The services need the processors to start: until they are ready, this loads little and gives way.
"""

from __future__ import annotations

import http.client
import os
import time
from typing import TYPE_CHECKING, Final

from backend.settings import BackendSettings
from bot.settings import BotSettings

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

READY_WITHIN: Final = 180.0
"""Seconds: the first start trains the understanding."""
USUAL: Final = 4.0
"""Seconds after which a start that goes on is explained."""
GIVES_WAY: Final = 10
"""Added to the niceness of this process."""
OK: Final = 200
WIDE: Final = 110


def announce() -> int:
    """Wait until both services are ready and print the addresses; return the exit code."""
    started = time.monotonic()
    os.nice(GIVES_WAY)
    bot, backend = BotSettings(), BackendSettings()
    explained = False
    while not (_is_ready(backend.backend_bind) and _is_ready(bot.bind)):
        waited = time.monotonic() - started
        if waited > USUAL and not explained:
            explained = True
            _explain(bot)
        if waited > READY_WITHIN:
            from helpdesk.output import errors

            errors.print("Not ready yet: `helpdesk doctor` tells what is missing.")
            return 1
        time.sleep(0.05)
    seconds = time.monotonic() - started
    from helpdesk.output import console

    console.width = max(console.width, WIDE)  # a table that is folded cannot be read
    console.print(_banner(bot, backend), f"\nReady after {seconds:.1f} s. Ctrl-C stops.\n")
    return 0


def _is_ready(bind: str) -> bool:
    connection = http.client.HTTPConnection(bind, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == OK
    except (http.client.HTTPException, OSError):
        return False
    finally:
        connection.close()


def _explain(bot: BotSettings) -> None:
    from helpdesk.output import console
    from nlu.embedded import is_fresh, model_path

    if not is_fresh(model_path(bot.state_dir)):
        console.print("First start: training the understanding, about half a minute.")


def _banner(bot: BotSettings, backend: BackendSettings) -> RenderableType:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    lines = Table(box=None, show_header=False, pad_edge=False)
    lines.add_row("Web chat", f"http://{bot.bind}/")
    if not backend.is_development:
        return lines
    lines.add_row("Captured mail", f"{backend.pages}/dev/mail")
    lines.add_row("Terminal chat", "helpdesk chat")
    lines.add_row("Working cases", "helpdesk tickets list")
    return Group(Text(), lines, Text(), _accounts(), Text(), _tries())


def _accounts() -> Table:
    from rich.table import Table

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
    from rich.text import Text

    return Text.from_markup(
        "[bold]Try in the web chat[/]\n"
        "  1. halo min, saya lupa password     (login: budi.santoso; codes: the mail page)\n"
        "  2. akun saya kekunci, agus.wijaya\n"
        "  3. mau minta akun tamu untuk 2 auditor   (then: helpdesk tickets approve …)"
    )
