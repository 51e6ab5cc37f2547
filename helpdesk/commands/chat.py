"""`helpdesk chat`: the assistant in the terminal."""

from __future__ import annotations

import asyncio
import sys

import click


@click.command()
@click.option("--url", help="Address of the bot. Default: the one of this machine's settings.")
def chat(url: str | None) -> None:
    """Chat with a running assistant in the terminal. Ctrl-D ends."""
    from bot.settings import BotSettings
    from bot.terminal import run_terminal

    sys.exit(asyncio.run(run_terminal(url or f"http://{BotSettings().bind}")))
