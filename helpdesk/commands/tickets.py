"""`helpdesk tickets`: work a case from a terminal."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import click
from rich.text import Text

from backend_client import wire
from helpdesk.operator import Operator, ask, me
from helpdesk.output import console, errors, json_option, print_json, print_table
from ops.documents import Damaged, Documents
from ops.settings import OperatorSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    import msgspec

number_argument = click.argument("number")
as_option = click.option("--as", "agent", default=me, help="Who acts. Default: HELPDESK_AGENT.")


@click.group()
def tickets() -> None:
    """List, claim, answer and resolve tickets; decide guest requests."""


@tickets.command("list")
@click.option(
    "--status",
    type=click.Choice([status.value for status in wire.TicketStatus]),
    help="Default: open work.",
)
@click.option("--category", type=click.Choice([each.value for each in wire.TicketCategory]))
@click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True)
@click.option("--before", help="Go on behind this ticket number.")
@json_option
def list_(*, as_json: bool, **query: Any) -> None:  # noqa: ANN401 - click's options
    """List tickets, newest first."""
    wanted = urlencode({name: value for name, value in query.items() if value is not None})
    page: wire.AgentTicketList = ask(
        lambda operator: operator.get(f"/v1/agent/tickets?{wanted}", wire.AgentTicketList)
    )
    if as_json:
        print_json(page)
        return
    print_table(
        ("number", "status", "category", "priority", "assignee", "first response due", "summary"),
        (
            (
                row.number,
                row.status,
                row.category,
                row.priority,
                row.assignee,
                local(row.first_response_due),
                row.summary.splitlines()[0] if row.summary else "",
            )
            for row in page.tickets
        ),
    )
    if page.before:
        console.print(f"More: helpdesk tickets list --before {page.before}", style="dim")


@tickets.command()
@number_argument
@json_option
def show(number: str, *, as_json: bool) -> None:
    """Show a ticket with its messages, clocks and guest request."""
    path = f"/v1/agent/tickets/{quote(number, safe='')}"
    _print(ask(lambda operator: operator.get(path, wire.AgentTicket)), as_json=as_json)


@tickets.command()
@number_argument
@click.argument("position", metavar="[N]", type=click.IntRange(1), default=1)
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="A new file."
)
def document(number: str, position: int, out: Path) -> None:
    """Write document N (1 unless told) of a guest request into a file."""
    path = f"/v1/agent/tickets/{quote(number, safe='')}"
    ticket: wire.AgentTicket = ask(lambda operator: operator.get(path, wire.AgentTicket))
    there = ticket.guest_request.documents if ticket.guest_request else ()
    if position > len(there):
        errors.print(f"{ticket.number} has {len(there)} documents.")
        sys.exit(1)
    chosen, documents = there[position - 1], Documents(OperatorSettings().documents)
    try:
        content = documents.read(chosen.sha256)
        with open(out, "xb", opener=_for_us_only) as file:
            file.write(content)
    except FileExistsError:
        errors.print(f"{out} is there already.")
    except Damaged:
        errors.print("The document was changed after it came: do not use it.")
    except FileNotFoundError:
        place = documents.path_of(chosen.sha256)
        errors.print(f"No {place} here: set HELPDESK_DOCUMENTS_DIR to the bot's folder.")
    except OSError as error:
        errors.print(str(error))
    else:
        console.print(Text(f"{out}: {_described(chosen)}"))
        return
    sys.exit(1)


def _for_us_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _described(document: wire.DocumentRef) -> str:
    return f"{document.name}, {document.mime}, {-(-document.size // 1024)} KB"


def _act(number: str, action: str, agent: str, message: msgspec.Struct, *, as_json: bool) -> None:
    path = f"/v1/agent/tickets/{quote(number, safe='')}/{action}"

    async def work(operator: Operator) -> wire.AgentTicket:
        return await operator.post(path, wire.AgentTicket, message)

    ticket: wire.AgentTicket = ask(work, agent)
    if as_json:
        print_json(ticket)
    else:
        console.print(f"{ticket.number} is {ticket.status}, with {ticket.assignee or 'nobody'}.")


def _simple(action: str, message: Callable[[str], msgspec.Struct], text: str) -> None:
    @tickets.command(action, help=text)
    @number_argument
    @as_option
    @json_option
    def command(number: str, agent: str, *, as_json: bool) -> None:  # pyright: ignore[reportUnusedFunction] - registered by its decorator
        _act(number, action, agent, message(agent), as_json=as_json)


_simple("claim", wire.ClaimTicket, "Take a ticket: the requester is told who they talk to.")
_simple("release", wire.ReleaseTicket, "Put a ticket back into the queue at its age.")
_simple("hand-back", wire.HandBack, "Let the bot answer again; the case stays open.")
_simple("reopen", wire.ReopenTicket, "Open a resolved ticket again.")
_simple("approve", wire.ApproveGuests, "Approve a guest request: the accounts are made.")


@tickets.command()
@number_argument
@click.argument("text")
@click.option("--wait", "wait_for_user", is_flag=True, help="Then wait for the requester.")
@as_option
@json_option
def reply(number: str, text: str, agent: str, *, wait_for_user: bool, as_json: bool) -> None:
    """Answer the requester in the chat."""
    message = wire.ReplyToTicket(agent, text, wait_for_user)
    _act(number, "reply", agent, message, as_json=as_json)


@tickets.command()
@number_argument
@click.argument("text")
@as_option
@json_option
def note(number: str, text: str, agent: str, *, as_json: bool) -> None:
    """Add an internal note."""
    _act(number, "note", agent, wire.AddNote(agent, text), as_json=as_json)


@tickets.command()
@number_argument
@click.argument("to")
@click.argument("text")
@as_option
@json_option
def transfer(number: str, to: str, text: str, agent: str, *, as_json: bool) -> None:
    """Give a ticket to another agent, with a handover note."""
    _act(number, "transfer", agent, wire.TransferTicket(agent, to, text), as_json=as_json)


@tickets.command()
@number_argument
@click.option("--code", required=True, help="Resolution code, such as solved or duplicate.")
@click.option("--text", default="", help="A last word to the requester.")
@as_option
@json_option
def resolve(number: str, code: str, text: str, agent: str, *, as_json: bool) -> None:
    """Resolve a ticket."""
    _act(number, "resolve", agent, wire.ResolveTicket(agent, code, text), as_json=as_json)


@tickets.command()
@number_argument
@click.argument("reason")
@as_option
@json_option
def refuse(number: str, reason: str, agent: str, *, as_json: bool) -> None:
    """Refuse a guest request; the unit is told the reason."""
    _act(number, "refuse", agent, wire.RefuseGuests(agent, reason), as_json=as_json)


def local(at: Any) -> str:  # noqa: ANN401 - an instant or None
    """Show an instant in this machine's zone."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M") if at else ""


def _print(ticket: wire.AgentTicket, *, as_json: bool) -> None:
    if as_json:
        print_json(ticket)
        return
    head = f"{ticket.number}  {ticket.status}  {ticket.category}  {ticket.priority}"
    console.print(Text(head, style="bold"))
    proven = "proven" if ticket.account else "not proven"
    console.print(f"from {ticket.identity.channel}, account {proven}", style="dim")
    console.print(Text(ticket.summary))
    for clock in ticket.clocks:
        line = f"{clock.kind}: {clock.state}, due {local(clock.due_at)}"
        console.print(line, style="dim")
    if ticket.guest_request:
        _print_guests(ticket.guest_request)
    for line in ticket.handoff:
        console.print(Text(f"  {local(line.at)} {line.author}: {line.text}", style="dim"))
    for message in ticket.messages:
        who = message.agent or message.author
        mark = "" if message.public else " (internal)"
        console.print(Text(f"  {local(message.at)} {who}{mark}: {message.text}"))


def _print_guests(request: wire.GuestRequestView) -> None:
    console.print(
        Text(
            f"{request.unit}, letter {request.letter_number} of {request.letter_date}, "
            f"until {request.active_until}, contact {request.contact_name} "
            f"{request.contact_phone}: {request.purpose}"
        )
    )
    for position, each in enumerate(request.documents, 1):
        console.print(Text(f"document {position}: {_described(each)}"))
    print_table(
        ("name", "institution", "e-mail", "state", "username"),
        ((p.name, p.institution, p.email, p.state, p.username) for p in request.people),
    )
