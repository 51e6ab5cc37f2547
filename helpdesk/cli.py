"""The command `helpdesk`."""

from __future__ import annotations

import click

from helpdesk.commands import accounts, chat, doctor, nlu, services, tickets


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="campus-helpdesk", prog_name="helpdesk")
def main() -> None:
    """Self-service account assistant for a university's IT helpdesk."""


for command in (
    services.up,
    services.bot,
    services.backend,
    chat.chat,
    doctor.doctor,
    tickets.tickets,
    accounts.accounts,
    nlu.nlu,
):
    main.add_command(command)
