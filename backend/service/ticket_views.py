"""Tickets as agents see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.domain.sla import ClockKind
from backend.store import ticket_clocks as kept
from backend.store import tickets as store
from backend_client import wire

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.domain.sla import Clock
    from backend.store.tickets import Ticket


async def full(
    tx: AsyncConnection,
    ticket: Ticket,
    now: datetime,
    guest_request: wire.GuestRequestView | None = None,
) -> wire.AgentTicket:
    """Return everything an agent may know about a ticket."""
    clocks = (await kept.of_ticket(tx, ticket.id)).values()
    return wire.AgentTicket(
        number=ticket.number,
        status=wire.TicketStatus(ticket.status.value),
        category=wire.TicketCategory(ticket.category),
        priority=wire.TicketPriority(ticket.priority),
        service_class=wire.ServiceClass(ticket.service_class),
        identity=wire.ChatIdentity(ticket.channel, ticket.person),
        conversation=ticket.conversation,
        opened_at=ticket.opened_at,
        language=wire.Language(ticket.language),
        summary=ticket.summary,
        version=ticket.version,
        account=ticket.account_id,
        claimed_login=ticket.claimed_login,
        assignee=ticket.assignee,
        resolution=ticket.resolution,
        linked_to=ticket.linked_to,
        merged_into=ticket.merged_into,
        messages=await _messages(tx, ticket.id),
        handoff=await _handoff(tx, ticket.id),
        clocks=tuple(_clock(clock, now) for clock in clocks),
        guest_request=guest_request,
    )


async def rows(tx: AsyncConnection, tickets: Sequence[Ticket]) -> tuple[wire.AgentTicketRow, ...]:
    """Return tickets for a list, with what is still due."""
    due = await kept.due_instants(tx, [ticket.id for ticket in tickets])
    return tuple(
        wire.AgentTicketRow(
            number=ticket.number,
            status=wire.TicketStatus(ticket.status.value),
            category=wire.TicketCategory(ticket.category),
            priority=wire.TicketPriority(ticket.priority),
            opened_at=ticket.opened_at,
            summary=ticket.summary,
            assignee=ticket.assignee,
            first_response_due=due.get((ticket.id, ClockKind.FIRST_RESPONSE)),
            resolution_due=due.get((ticket.id, ClockKind.RESOLUTION)),
        )
        for ticket in tickets
    )


async def _messages(tx: AsyncConnection, ticket_id: int) -> tuple[wire.TicketMessage, ...]:
    return tuple(
        wire.TicketMessage(
            seq=row.seq,
            author=wire.Author(row.author),
            public=row.public,
            text=row.text,
            at=row.at,
            agent=row.agent,
        )
        for row in await store.messages(tx, ticket_id)
    )


async def _handoff(tx: AsyncConnection, ticket_id: int) -> tuple[wire.TranscriptLine, ...]:
    lines = await store.handoff(tx, ticket_id)
    return tuple(wire.TranscriptLine(wire.Author(row.author), row.text, row.at) for row in lines)


def _clock(clock: Clock, now: datetime) -> wire.ClockView:
    return wire.ClockView(
        kind=wire.ClockKind(clock.kind.value),
        state=_state(clock, now),
        started_at=clock.started_at,
        due_at=clock.due_at,
        target=int(clock.target.total_seconds()),
        paused=int(clock.paused.total_seconds()),
        stopped_at=clock.stopped_at,
    )


def _state(clock: Clock, now: datetime) -> wire.ClockState:
    if clock.is_late(now):
        return wire.ClockState.BREACHED
    if clock.stopped_at is not None:
        return wire.ClockState.MET
    return wire.ClockState.RUNNING if clock.runs else wire.ClockState.PAUSED
