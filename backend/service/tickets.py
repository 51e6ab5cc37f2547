"""Tickets as their requesters use them: open, write, withdraw, ask how they stand (agents.md)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
import structlog

from backend.domain.tickets import ACTIVE, CLOSES_AFTER, Heard, Status, Trigger, hear, may_cancel
from backend.service.desk import Desk
from backend.service.errors import GrantInvalid, NotFound, StateConflict
from backend.service.jobs import Job
from backend.service.ticket_book import Opening
from backend.store import tickets as store
from backend_client import wire

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.service.grants import Grants
    from backend.service.ticket_book import TicketBook
    from backend.store.tickets import Ticket

log = structlog.get_logger(__name__)

_LISTED = 10
_BATCH = 200
_CLOSING_EVERY = timedelta(minutes=10)


class Tickets(Desk):
    """Both sides of the tickets: what agents do is inherited, what requesters do stands here."""

    def __init__(self, book: TicketBook, grants: Grants) -> None:
        super().__init__(book)
        self._grants = grants

    async def open(self, body: wire.OpenTicket) -> wire.TicketView:
        """Open a ticket, or return the open one this person has in the category.

        One that was resolved in the last 7 days is opened again where `body.reopens` names it.
        A grant that is over (the call may have waited long for us) opens the ticket unproven:
        whoever asks for help gets it, only with less known about them.
        """
        async with self._book.db.begin() as tx:
            opening = Opening(
                category=body.category,
                channel=body.identity.channel,
                person=body.identity.user,
                conversation=body.conversation,
                summary=body.summary,
                language=body.language,
                priority=body.priority,
                account_id=await self._proven(tx, body),
                claimed_login=body.claimed_login,
                transcript=body.transcript,
            )
            before = await self._before(tx, body)
            if before is not None and before.status in ACTIVE:
                ticket = await self._book.join(tx, before, opening)
                return await self._book.view(tx, ticket, already_open=True)
            if before is not None and await self._may_return(tx, before, opening):
                ticket = await self._back_in_queue(tx, before)
                ticket = await self._book.attach(tx, ticket, opening)
                ticket = await self._book.hear(tx, ticket, opening.summary)
                return await self._book.view(tx, ticket, reopened=True)
            opening = replace(opening, linked_to=before and before.number)
            ticket, already_open = await self.open_within(tx, opening)
            return await self._book.view(tx, ticket, already_open=already_open)

    async def open_within(self, tx: AsyncConnection, opening: Opening) -> tuple[Ticket, bool]:
        """Open a ticket in the caller's transaction; tell whether it was open already."""
        return await self._book.open_or_join(tx, opening)

    def jobs(self) -> tuple[Job, ...]:
        """Return what is to be done every so often."""
        return (Job("close_resolved_tickets", _CLOSING_EVERY, self.close_resolved),)

    async def append(self, number: str, body: wire.AppendMessage) -> wire.TicketView:
        """Add the requester's message; it may bring the ticket back or open a new one.

        The returned view is that of the ticket the message went to. Raises NotFound, also for a
        conversation the ticket does not belong to.
        """
        async with self._book.db.begin() as tx:
            ticket = await self._hold_own(tx, number, body.conversation)
            heard = hear(
                ticket.status,
                body.text,
                resolved_at=ticket.resolved_at,
                now=self._book.clock.now(),
            )
            match heard:
                case Heard.FORWARDED:
                    ticket = await self._forward(tx, ticket, body)
                case Heard.FOLLOWED_UP:
                    ticket = await self._follow_up(tx, ticket, body)
                case Heard.REOPENED:
                    ticket = await self._reopen(tx, ticket, body)
                case Heard.ADDED:
                    ticket = await self._add(tx, ticket, body)
            return await self._book.view(tx, ticket)

    async def cancel(self, number: str, body: wire.CancelTicket) -> wire.TicketView:
        """Withdraw a ticket no human has replied to. Raises NotFound, StateConflict."""
        async with self._book.db.begin() as tx:
            ticket = await self._hold_own(tx, number, body.conversation)
            if ticket.status is not Status.CANCELLED:
                if not may_cancel(ticket.status, human_replied=ticket.human_replied):
                    raise StateConflict("a human has replied, or the ticket has ended")
                actor = self._book.requester(ticket)
                ticket = await self._book.move(
                    tx, ticket, Trigger.USER_CANCELLED, actor, held=False
                )
            return await self._book.view(tx, ticket)

    async def search(self, body: wire.ListTickets) -> wire.TicketList:
        """List the newest tickets of the account the grant proves. Raises GrantInvalid."""
        async with self._book.db.read() as tx:
            grant = await self._grants.peek(
                tx, body.grant, body.conversation, {wire.Purpose.TICKET_STATUS}
            )
            found = await store.of_account(tx, grant.account_id, _LISTED)
            return wire.TicketList(tuple([await self._book.view(tx, one) for one in found]))

    async def close_resolved(self) -> None:
        """Close what was resolved 7 days ago and not brought back: a job."""
        while numbers := await self._closable(self._book.clock.now() - CLOSES_AFTER):
            for number in numbers:
                async with self._book.db.begin() as tx:
                    ticket = await self._book.hold(tx, number)
                    if _is_over(ticket, self._book.clock.now() - CLOSES_AFTER):
                        await self._book.move(tx, ticket, Trigger.CLOSED, "system")

    async def _proven(self, tx: AsyncConnection, body: wire.OpenTicket) -> str | None:
        if body.grant is None:
            return None
        try:
            proof = await self._grants.peek(tx, body.grant, body.conversation, set(wire.Purpose))
        except GrantInvalid:
            log.info("ticket_grant_over")
            return None
        return proof.account_id

    async def _before(self, tx: AsyncConnection, body: wire.OpenTicket) -> Ticket | None:
        """Return the conversation's own ticket that is to be opened again, held."""
        if body.reopens is None:
            return None
        try:
            return await self._hold_own(tx, body.reopens, body.conversation)
        except NotFound:
            return None

    async def _may_return(self, tx: AsyncConnection, ticket: Ticket, opening: Opening) -> bool:
        resolved_at, now = ticket.resolved_at, self._book.clock.now()
        heard = hear(ticket.status, opening.summary, resolved_at=resolved_at, now=now)
        if ticket.status is not Status.RESOLVED or heard is not Heard.REOPENED:
            return False
        return await self._book.find_open(tx, Opening.like(ticket)) is None

    async def _back_in_queue(self, tx: AsyncConnection, ticket: Ticket) -> Ticket:
        # Who resolved it may be off duty; until somebody replies anew it can be withdrawn.
        actor = self._book.requester(ticket)
        news = {"assignee": None, "resolution": None, "human_replied": False}
        return await self._book.move(tx, ticket, Trigger.USER_WROTE, actor, **news)

    async def _hold_own(self, tx: AsyncConnection, number: str, conversation: str) -> Ticket:
        ticket = await self._book.hold(tx, number)
        if not await store.belongs_to(tx, ticket.id, conversation):
            raise NotFound
        return ticket

    async def _add(self, tx: AsyncConnection, ticket: Ticket, body: wire.AppendMessage) -> Ticket:
        ticket = await self._come_from(tx, ticket, body.conversation)
        return await self._book.hear(tx, ticket, body.text)

    async def _reopen(
        self, tx: AsyncConnection, ticket: Ticket, body: wire.AppendMessage
    ) -> Ticket:
        if ticket.status is not Status.RESOLVED:
            return await self._add(tx, ticket, body)
        newer = await self._book.find_open(tx, Opening.like(ticket))
        if newer is not None:
            await store.add_conversation(self._book.db, tx, newer.id, body.conversation)
            return await self._add(tx, newer, body)
        return await self._add(tx, await self._back_in_queue(tx, ticket), body)

    async def _forward(
        self, tx: AsyncConnection, ticket: Ticket, body: wire.AppendMessage
    ) -> Ticket:
        """Give the message to the ticket this one was merged into."""
        while ticket.status is Status.MERGED and ticket.merged_into is not None:
            ticket = await self._book.hold(tx, ticket.merged_into)
        await store.add_conversation(self._book.db, tx, ticket.id, body.conversation)
        heard = hear(
            ticket.status, body.text, resolved_at=ticket.resolved_at, now=self._book.clock.now()
        )
        if heard is Heard.FOLLOWED_UP:
            return await self._follow_up(tx, ticket, body)
        if heard is Heard.REOPENED:
            return await self._reopen(tx, ticket, body)
        return await self._add(tx, ticket, body)

    async def _follow_up(
        self, tx: AsyncConnection, ticket: Ticket, body: wire.AppendMessage
    ) -> Ticket:
        opening = replace(
            Opening.like(ticket),
            conversation=body.conversation,
            summary=body.text,
            linked_to=ticket.number,
        )
        return (await self.open_within(tx, opening))[0]

    async def _come_from(self, tx: AsyncConnection, ticket: Ticket, conversation: str) -> Ticket:
        """Let answers go to where the requester wrote last."""
        if ticket.conversation == conversation:
            return ticket
        return await self._book.change(tx, ticket, conversation=conversation)

    async def _closable(self, resolved_before: datetime) -> list[str]:
        query = sa.select(store.TICKETS.c.number).where(
            store.TICKETS.c.status == Status.RESOLVED,
            store.TICKETS.c.resolved_at <= resolved_before,
        )
        async with self._book.db.read() as tx:
            return list((await tx.execute(query.limit(_BATCH))).scalars())


def _is_over(ticket: Ticket, resolved_before: datetime) -> bool:
    return (
        ticket.status is Status.RESOLVED
        and ticket.resolved_at is not None
        and ticket.resolved_at <= resolved_before
    )
