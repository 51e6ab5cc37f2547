"""Tickets as agents work on them: claim, answer, pass on, resolve (agents.md).

An agent is named by the operator who is signed in. What agents write is scanned for secrets like
any other text before it is stored or sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.domain.sla import ServiceClass
from backend.domain.tickets import ACTIVE, Trigger
from backend.service import ticket_views
from backend.service.errors import Invalid, StateConflict
from backend.service.ticket_book import Opening
from backend.store import tickets as store
from backend_client import wire

if TYPE_CHECKING:
    from enum import StrEnum

    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.service.ticket_book import TicketBook
    from backend.store.tickets import Ticket

_PARKING = {
    wire.TicketStatus.WAIT_USER: Trigger.WAITS_FOR_USER,
    wire.TicketStatus.WAIT_OTHER: Trigger.WAITS_FOR_OTHERS,
    wire.TicketStatus.OPEN: Trigger.TAKEN_UP,
}
_LONGEST_LIST = 200


class Desk:
    """The agents' side of the tickets."""

    def __init__(self, book: TicketBook) -> None:
        self._book = book

    async def list(
        self,
        *,
        status: str | None = None,
        category: str | None = None,
        limit: int = 50,
        before: str | None = None,
    ) -> wire.AgentTicketList:
        """List tickets, newest first: those somebody must work on, or those in one state.

        `before` is the `before` of the page that came before this one. Raises Invalid.
        """
        limit = max(1, min(limit, _LONGEST_LIST))
        statuses = [_named(wire.TicketStatus, status)] if status else list(ACTIVE)
        category = _named(wire.TicketCategory, category) if category else None
        async with self._book.db.read() as tx:
            found = await store.page(
                tx, statuses=statuses, category=category, before=before, limit=limit + 1
            )
            rows = await ticket_views.rows(tx, found[:limit])
        return wire.AgentTicketList(rows, rows[-1].number if len(found) > limit else None)

    async def show(self, number: str) -> wire.AgentTicket:
        """Show a ticket. Raises NotFound."""
        async with self._book.db.read() as tx:
            return await self._shown(tx, await self._book.get(tx, number))

    async def claim(self, number: str, body: wire.ClaimTicket) -> wire.AgentTicket:
        """Take a ticket nobody has: of many, one succeeds. Raises NotFound, StateConflict."""
        async with self._book.db.begin() as tx:
            ticket = await self._book.hold(tx, number)
            if ticket.assignee != body.agent or not ticket.held:
                ticket = await self._claim(tx, ticket, body)
            return await self._shown(tx, ticket)

    async def release(self, number: str, body: wire.ReleaseTicket) -> wire.AgentTicket:
        """Put a ticket back into the queue, at its age. Raises NotFound, StateConflict."""
        async with self._book.db.begin() as tx:
            ticket = await self._hold_mine(tx, number, body.agent)
            ticket = await self._book.move(
                tx, ticket, Trigger.RELEASED, _actor(body.agent), assignee=None, held=False
            )
            hours, now = await self._book.clocks.hours(tx), self._book.clock.now()
            opening = None if hours.is_open(now) else hours.next_opening(now)
            await self._tell(tx, ticket, wire.TicketReleased, next_opening=opening)
            return await self._shown(tx, ticket)

    async def transfer(self, number: str, body: wire.TransferTicket) -> wire.AgentTicket:
        """Hand a ticket to another agent, with a note. Raises NotFound, StateConflict, Invalid."""
        if not body.note.strip():
            raise Invalid("a transfer needs a handover note")
        async with self._book.db.begin() as tx:
            ticket = await self._hold_mine(tx, number, body.agent)
            ticket = await self._book.move(
                tx, ticket, Trigger.TRANSFERRED, _actor(body.agent), assignee=body.to, held=True
            )
            ticket = await self._note(tx, ticket, body.agent, body.note)
            await self._tell(tx, ticket, wire.TicketClaimed, agent=body.to)
            return await self._shown(tx, ticket)

    async def reply(self, number: str, body: wire.ReplyToTicket) -> wire.AgentTicket:
        """Answer the requester. Raises NotFound; StateConflict, also when they wrote meanwhile."""
        trigger = Trigger.WAITS_FOR_USER if body.wait_for_user else Trigger.REPLIED
        async with self._book.db.begin() as tx:
            ticket = await self._hold_mine(tx, number, body.agent)
            if body.last_seen is not None and await store.newer(tx, ticket.id, body.last_seen):
                raise StateConflict("the requester has written since")
            ticket = await self._book.move(tx, ticket, trigger, _actor(body.agent))
            ticket = await self._answer(tx, ticket, body.agent, body.text)
            return await self._shown(tx, ticket)

    async def hand_back(self, number: str, body: wire.HandBack) -> wire.AgentTicket:
        """Let the bot answer again; the agent keeps the case. Raises NotFound, StateConflict."""
        async with self._book.db.begin() as tx:
            ticket = await self._hold_mine(tx, number, body.agent)
            ticket = await self._book.move(
                tx, ticket, Trigger.HANDED_BACK, _actor(body.agent), held=False
            )
            await self._tell(tx, ticket, wire.HandedBack)
            return await self._shown(tx, ticket)

    async def resolve(self, number: str, body: wire.ResolveTicket) -> wire.AgentTicket:
        """Finish a case, saying how. Raises NotFound, StateConflict, Invalid."""
        resolution = self._book.clean(body.resolution).strip()
        if not resolution:
            raise Invalid("a resolution code is mandatory")
        async with self._book.db.begin() as tx:
            ticket = await self._hold_mine(tx, number, body.agent)
            if body.text.strip():
                ticket = await self._answer(tx, ticket, body.agent, body.text)
            ticket = await self._book.move(
                tx,
                ticket,
                Trigger.RESOLVED,
                _actor(body.agent),
                resolution=resolution,
                held=False,
            )
            await self._tell(tx, ticket, wire.TicketResolved, resolution=resolution)
            return await self._shown(tx, ticket)

    async def note(self, number: str, body: wire.AddNote) -> wire.AgentTicket:
        """Add an internal note; anyone at the desk may. Raises NotFound."""
        async with self._book.db.begin() as tx:
            ticket = await self._book.hold(tx, number)
            ticket = await self._note(tx, ticket, body.agent, body.text)
            await self._book.note_down(tx, ticket, "ticket_noted", _actor(body.agent))
            return await self._shown(tx, ticket)

    async def park(self, number: str, body: wire.ParkTicket) -> wire.AgentTicket:
        """Wait for the user or for others, or go on. Raises NotFound, StateConflict, Invalid."""
        trigger = _PARKING.get(body.status)
        if trigger is None:
            raise Invalid("a ticket is parked as wait_user or wait_other, and taken up as open")
        async with self._book.db.begin() as tx:
            ticket = await self._hold_mine(tx, number, body.agent)
            ticket = await self._book.move(tx, ticket, trigger, _actor(body.agent))
            return await self._shown(tx, ticket)

    async def reopen(self, number: str, body: wire.ReopenTicket) -> wire.AgentTicket:
        """Take up a resolved or closed case again. Raises NotFound, StateConflict."""
        async with self._book.db.begin() as tx:
            ticket = await self._book.hold(tx, number)
            if await self._book.find_open(tx, Opening.like(ticket)):
                raise StateConflict("the requester has another open ticket of this kind")
            news = {"assignee": body.agent, "resolution": None, "held": True}
            ticket = await self._book.move(
                tx, ticket, Trigger.REOPENED, _actor(body.agent), **news
            )
            await self._tell(tx, ticket, wire.TicketClaimed, agent=body.agent)
            return await self._shown(tx, ticket)

    async def triage(self, number: str, body: wire.TriageTicket) -> wire.AgentTicket:
        """Change priority or class; anyone at the desk may. Raises NotFound."""
        async with self._book.db.begin() as tx:
            ticket = await self._book.hold(tx, number)
            news = {"priority": body.priority, "service_class": body.service_class}
            changed = {name: value.value for name, value in news.items() if value is not None}
            ticket = await self._book.change(tx, ticket, **changed)
            if body.service_class is not None:
                service = ServiceClass(body.service_class.value)
                await self._book.clocks.reclassed(tx, ticket.id, service)
            actor = _actor(body.agent)
            await self._book.note_down(tx, ticket, "ticket_triaged", actor, **changed)
            return await self._shown(tx, ticket)

    async def merge(self, number: str, body: wire.MergeTicket) -> wire.AgentTicket:
        """Declare a ticket the same case as another of the same person, and show that one.

        Raises NotFound, StateConflict.
        """
        async with self._book.db.begin() as tx:
            held = {one: await self._book.hold(tx, one) for one in sorted({number, body.into})}
            ticket, into = held[number], held[body.into]
            if not _may_merge(ticket, into):
                raise StateConflict("only open tickets of one person can be merged")
            news = {"merged_into": into.number, "held": False}
            await self._book.move(tx, ticket, Trigger.MERGED, _actor(body.agent), **news)
            await store.share_conversations(self._book.db, tx, ticket.id, into.id)
            note = f"{ticket.number}: {ticket.summary}"
            return await self._shown(tx, await self._note(tx, into, body.agent, note))

    async def _shown(self, tx: AsyncConnection, ticket: Ticket) -> wire.AgentTicket:
        """Return a ticket as an agent sees it, within a transaction."""
        carries = ticket.category == wire.TicketCategory.GUEST_REQUEST
        request = None
        if carries and self._book.guest_request is not None:
            request = await self._book.guest_request(tx, ticket.id)
        return await ticket_views.full(tx, ticket, self._book.clock.now(), request)

    async def _claim(self, tx: AsyncConnection, ticket: Ticket, body: wire.ClaimTicket) -> Ticket:
        if ticket.assignee not in {None, body.agent}:
            raise StateConflict(f"already taken by {ticket.assignee}")
        if body.version not in {None, ticket.version}:
            raise StateConflict("the ticket has changed since it was shown")
        ticket = await self._book.move(
            tx, ticket, Trigger.CLAIMED, _actor(body.agent), assignee=body.agent, held=True
        )
        await self._tell(tx, ticket, wire.TicketClaimed, agent=body.agent)
        return ticket

    async def _hold_mine(self, tx: AsyncConnection, number: str, agent: str) -> Ticket:
        ticket = await self._book.hold(tx, number)
        if ticket.assignee is None:
            raise StateConflict("claim the ticket first")
        if ticket.assignee != agent:
            raise StateConflict(f"already taken by {ticket.assignee}")
        return ticket

    async def _answer(self, tx: AsyncConnection, ticket: Ticket, agent: str, text: str) -> Ticket:
        text = self._book.clean(text)
        ticket = await self._book.say(tx, ticket, wire.Author.AGENT, text, agent=agent)
        ticket = await self._book.change(tx, ticket, human_replied=True)
        await self._book.clocks.replied(tx, ticket.id)
        await self._tell(tx, ticket, wire.AgentReplied, agent=agent, text=text)
        return ticket

    async def _note(self, tx: AsyncConnection, ticket: Ticket, agent: str, text: str) -> Ticket:
        return await self._book.say(tx, ticket, wire.Author.AGENT, text, agent=agent, public=False)

    async def _tell(
        self, tx: AsyncConnection, ticket: Ticket, event: type[wire.FeedEvent], **fields: object
    ) -> None:
        await self._book.feed.publish(
            tx, event, ticket.conversation, ticket=ticket.number, **fields
        )


def _named(kind: type[StrEnum], value: str) -> str:
    try:
        return kind(value).value
    except ValueError:
        raise Invalid(f"not a {kind.__name__}") from None


def _actor(agent: str) -> str:
    return f"agent:{agent}"


def _may_merge(ticket: Ticket, into: Ticket) -> bool:
    same_chat = (ticket.channel, ticket.person_index) == (into.channel, into.person_index)
    same_account = ticket.account_id is not None and ticket.account_id == into.account_id
    open_both = ticket.status in ACTIVE and into.status in ACTIVE
    return ticket.id != into.id and open_both and (same_chat or same_account)
