"""The command `helpdesk`.

A command's module is imported when it is asked for, not before: a service must load only its own
side, and the process that watches both must stay small.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

import click

COMMANDS: Final = {
    "up": "services",
    "bot": "services",
    "backend": "services",
    "announce": "services",
    "chat": "chat",
    "doctor": "doctor",
    "tickets": "tickets",
    "accounts": "accounts",
    "nlu": "nlu",
}
"""Where each command stands, below `helpdesk.commands`."""


class LazyGroup(click.Group):
    """Finds its commands in `COMMANDS`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names, in the order in which help shows them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import and return one command."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"helpdesk.commands.{COMMANDS[cmd_name]}")
        return getattr(module, cmd_name)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="campus-helpdesk", prog_name="helpdesk")
def main() -> None:
    """Self-service account assistant for a university's IT helpdesk."""
