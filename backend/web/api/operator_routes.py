"""What the helpdesk's operators may ask: work tickets, decide guest requests, tend accounts.

An operator starts a reset by answering a chat; no call here sets, shows or chooses a password
(ASVS 6.4.6).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta, Struct

from backend.domain.accounts_csv import AccountRow
from backend.service.accounts import BATCH, ImportReport
from backend.service.errors import Invalid, NotFound, StateConflict
from backend.web.api.routing import Call, Param, Principal, Route
from backend_client import wire

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from backend.web.api.services import Services

    Action = Callable[[Services, str, Any], Awaitable[wire.AgentTicket]]

MAX_LIST = 200


class ImportBatch(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/agent/accounts/import`: rows as `backend.domain.accounts_csv` reads them."""

    rows: Annotated[tuple[AccountRow, ...], Meta(max_length=BATCH)]


def _action(name: str, request: Any, summary: str, do: Action) -> Route:  # noqa: ANN401 - a type
    async def handle(services: Services, call: Call) -> wire.AgentTicket:
        if call.body.agent != call.actor:
            raise Invalid("the body names another agent than the signed actor")
        return await do(services, call.params["number"], call.body)

    verb, *rest = name.split("-")
    return Route(
        "POST",
        f"/v1/agent/tickets/{{number}}/{name}",
        f"{verb}{''.join(part.capitalize() for part in rest)}Ticket",
        summary,
        Principal.OPERATOR,
        handle,
        request=request,
        answer=wire.AgentTicket,
        refusals=(NotFound, StateConflict, Invalid),
    )


async def list_tickets(services: Services, call: Call) -> wire.AgentTicketList:
    """List tickets."""
    return await services.tickets.list(
        status=call.query["status"],
        category=call.query["category"],
        limit=call.query["limit"],
        before=call.query["before"],
    )


async def show_ticket(services: Services, call: Call) -> wire.AgentTicket:
    """Show one ticket."""
    return await services.tickets.show(call.params["number"])


async def show_account(services: Services, call: Call) -> wire.AccountView:
    """Show one account, masked; who looked is written down."""
    view = await services.accounts.view(call.params["key"])
    async with services.db.begin() as tx:
        await services.audit.record(tx, "account_shown", actor=f"agent:{call.actor}")
    return view


async def import_accounts(services: Services, call: Call) -> ImportReport:
    """Import a batch of accounts."""
    report = await services.accounts.upsert(call.body.rows)
    counts = {"added": report.added, "updated": report.updated, "bad": len(report.bad)}
    async with services.db.begin() as tx:
        await services.audit.record(
            tx, "accounts_imported", actor=f"agent:{call.actor}", detail=counts
        )
    return report


async def verify_audit(services: Services, _call: Call) -> wire.AuditReport:
    """Check the audit trail."""
    return await services.audit.verify(services.db)


OPERATOR_ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/v1/agent/tickets",
        "listAgentTickets",
        "List tickets, newest first",
        Principal.OPERATOR,
        list_tickets,
        answer=wire.AgentTicketList,
        query=(
            Param("status", "Only this status; `open` work when left out.", str, None),
            Param("category", "Only this category.", str, None),
            Param("limit", "How many at most.", int, 50, low=1, high=MAX_LIST),
            Param("before", "Go on behind this ticket number.", str, None),
        ),
        refusals=(Invalid,),
    ),
    Route(
        "GET",
        "/v1/agent/tickets/{number}",
        "showTicket",
        "Show a ticket: messages, clocks, guest request",
        Principal.OPERATOR,
        show_ticket,
        answer=wire.AgentTicket,
        refusals=(NotFound,),
    ),
    _action("claim", wire.ClaimTicket, "Take a ticket", lambda s, n, m: s.tickets.claim(n, m)),
    _action(
        "release",
        wire.ReleaseTicket,
        "Put a ticket back into the queue at its age",
        lambda s, n, m: s.tickets.release(n, m),
    ),
    _action(
        "transfer",
        wire.TransferTicket,
        "Give a ticket to another agent",
        lambda s, n, m: s.tickets.transfer(n, m),
    ),
    _action(
        "reply",
        wire.ReplyToTicket,
        "Answer the requester in the chat",
        lambda s, n, m: s.tickets.reply(n, m),
    ),
    _action("note", wire.AddNote, "Add an internal note", lambda s, n, m: s.tickets.note(n, m)),
    _action(
        "park",
        wire.ParkTicket,
        "Wait for the requester or for others, or go on",
        lambda s, n, m: s.tickets.park(n, m),
    ),
    _action(
        "hand-back",
        wire.HandBack,
        "Let the bot answer again",
        lambda s, n, m: s.tickets.hand_back(n, m),
    ),
    _action(
        "resolve",
        wire.ResolveTicket,
        "Resolve a ticket with a resolution code",
        lambda s, n, m: s.tickets.resolve(n, m),
    ),
    _action(
        "reopen",
        wire.ReopenTicket,
        "Open a resolved ticket again",
        lambda s, n, m: s.tickets.reopen(n, m),
    ),
    _action(
        "triage",
        wire.TriageTicket,
        "Change priority or service class",
        lambda s, n, m: s.tickets.triage(n, m),
    ),
    _action(
        "merge",
        wire.MergeTicket,
        "Merge a ticket into another of the same case",
        lambda s, n, m: s.tickets.merge(n, m),
    ),
    _action(
        "approve",
        wire.ApproveGuests,
        "Approve a guest request",
        lambda s, n, m: s.guests.approve(n, m),
    ),
    _action(
        "refuse",
        wire.RefuseGuests,
        "Refuse a guest request, with a reason",
        lambda s, n, m: s.guests.refuse(n, m),
    ),
    Route(
        "GET",
        "/v1/agent/accounts/{key}",
        "showAccount",
        "Show an account, masked",
        Principal.OPERATOR,
        show_account,
        answer=wire.AccountView,
        refusals=(NotFound,),
    ),
    Route(
        "POST",
        "/v1/agent/accounts/import",
        "importAccounts",
        "Create or update a batch of accounts; bad rows are reported and left out",
        Principal.OPERATOR,
        import_accounts,
        request=ImportBatch,
        answer=ImportReport,
        refusals=(Invalid,),
    ),
    Route(
        "GET",
        "/v1/agent/audit/verify",
        "verifyAudit",
        "Check the audit trail row by row",
        Principal.OPERATOR,
        verify_audit,
        answer=wire.AuditReport,
    ),
)
