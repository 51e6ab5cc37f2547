"""`helpdesk up`, `helpdesk bot`, `helpdesk backend`."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

BAD_SETTINGS = 2
"""Exit code: the settings are wrong or unsafe."""


@click.command()
def up() -> None:
    """Run everything on this machine: backend, bot, web chat."""
    from helpdesk.up import Supervisor

    sys.exit(asyncio.run(Supervisor().run()))


@click.command(hidden=True)
def announce() -> None:
    """Say when both services are ready, and what to try. `helpdesk up` runs it."""
    from helpdesk.announcement import announce as wait_and_say

    sys.exit(wait_and_say())


@click.command()
@click.option(
    "--register-webhooks",
    is_flag=True,
    help="Tell the chat platforms where we are, and end: once, and after every move.",
)
def bot(*, register_webhooks: bool) -> None:
    """Run the bot service: channels, conversations."""
    _start_small()
    from bot.channels.port import ChannelError
    from bot.main import register, run_bot
    from bot.settings import BotSettings, UnsafeSettings
    from ops.migrations import MigrationFailed

    try:
        if not register_webhooks:
            _run(run_bot(BotSettings()))
            return
        for channel, told in asyncio.run(register(BotSettings())).items():
            click.echo(f"{channel}: {told}")
    except UnsafeSettings as error:
        _refuse(error)
    except MigrationFailed as error:
        _give_up(error)
    except ChannelError as error:
        click.echo(f"Not registered. {error}", err=True)
        sys.exit(1)


@click.command()
def backend() -> None:
    """Run the backend service: accounts, codes, tickets, one-time pages."""
    _start_small()
    from backend.main import run_backend
    from backend.settings import BackendSettings, UnsafeSettings
    from nlu.secrets import redact
    from ops.migrations import MigrationFailed

    try:
        _run(run_backend(BackendSettings(), lambda text: redact(text).text))
    except UnsafeSettings as error:
        _refuse(error)
    except MigrationFailed as error:
        _give_up(error)


def _start_small() -> None:
    from ops import lean

    lean.share_arenas()
    lean.forgo_rich()


def _run(service: Coroutine[Any, Any, None]) -> None:
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(service)


def _refuse(error: Exception) -> None:
    click.echo(f"Not started. {error}", err=True)
    sys.exit(BAD_SETTINGS)


def _give_up(error: Exception) -> None:
    click.echo(f"Not started: {error}", err=True)
    sys.exit(1)
