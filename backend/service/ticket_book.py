"""What requesters' and agents' side of a ticket share: reading, moving and talking, in one place.

Whoever changes a ticket holds its row first and its clocks second, so that transactions wait for
each other in one direction only; the audit chain and the feed come last (`store.at_commit`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from prometheus_client import Counter

from backend.domain import secret_text
from backend.domain.sla import ClockKind, ServiceClass, class_of
from backend.domain.thanks import is_thanks
from backend.domain.tickets import ENDED, NotAllowed, Status, Trigger, after, format_number
from backend.service.errors import BackendBusy, NotFound, StateConflict
from backend.store import ticket_clocks as kept
from backend.store import tickets as store
from backend_client import wire

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import tzinfo

    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.service.audit import Audit
    from backend.service.feed import Feed
    from backend.service.ticket_clocks import TicketClocks
    from backend.service.vault import Vault
    from backend.store.database import Database
    from backend.store.tickets import Ticket
    from ops.clock import Clock

    GuestRequestOf = Callable[[AsyncConnection, int], Awaitable[wire.GuestRequestView | None]]

MOVED = Counter(
    "helpdesk_tickets_total", "Things that happened to tickets.", ["category", "trigger"]
)
_TRIES = 5
_LONGEST_HANDOFF = 200
"""Lines of a conversation kept for the agent; the newest are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A ticket about to be opened. Texts are redacted when it is written."""

    category: wire.TicketCategory
    channel: str
    person: str
    conversation: str
    summary: str
    language: str
    topic: str = ""
    priority: wire.TicketPriority = wire.TicketPriority.NORMAL
    account_id: str | None = None
    claimed_login: str | None = None
    linked_to: str | None = None
    transcript: Sequence[wire.TranscriptLine] = ()

    @classmethod
    def like(cls, ticket: Ticket) -> Opening:
        """Return the opening of another ticket of the same person and kind."""
        return cls(
            category=wire.TicketCategory(ticket.category),
            topic=ticket.topic,
            channel=ticket.channel,
            person=ticket.person,
            conversation=ticket.conversation,
            summary=ticket.summary,
            language=ticket.language,
            account_id=ticket.account_id,
            claimed_login=ticket.claimed_login,
        )


class TicketBook:
    """The tickets.

    Args:
        db: the database.
        clock: tells the time.
        vault: finds out under which name a chat identity has proven accounts.
        audit: hears of everything that happens to a ticket.
        feed: tells the conversations.
        clocks: the service levels.
        zone: whose year a ticket's number carries.
        prefix: first part of ticket numbers.
        redact: takes secrets out of text (the language layer's); `domain.secret_text.redact` is
            always applied as well.
    """

    def __init__(  # noqa: PLR0913 - one place that knows what tickets need
        self,
        db: Database,
        clock: Clock,
        vault: Vault,
        audit: Audit,
        feed: Feed,
        clocks: TicketClocks,
        zone: tzinfo,
        *,
        prefix: str = "ITB",
        redact: Callable[[str], str] = secret_text.redact,
    ) -> None:
        self.db = db
        self.clock = clock
        self.audit = audit
        self.feed = feed
        self.clocks = clocks
        self._vault = vault
        self.zone = zone
        self._prefix = prefix
        self._redact = redact
        self.guest_request: GuestRequestOf | None = None
        """Shows the guest request that a ticket carries; set by `backend.service.guests`."""

    def clean(self, text: str) -> str:
        """Return `text` without anything that looks like a secret."""
        return secret_text.redact(self._redact(text))

    def index_of(self, person: str) -> str:
        """Return the name under which a chat identity's proofs are kept."""
        return self._vault.index(person)

    async def get(self, tx: AsyncConnection, number: str) -> Ticket:
        """Return a ticket. Raises NotFound."""
        return _found(await store.get(tx, number))

    async def hold(self, tx: AsyncConnection, number: str) -> Ticket:
        """Return a ticket that nobody else changes until the commit. Raises NotFound."""
        return _found(await store.get(tx, number, lock=True))

    async def find_open(self, tx: AsyncConnection, opening: Opening) -> Ticket | None:
        """Return the open ticket this person has of this kind."""
        return await store.find_active(
            tx,
            channel=opening.channel,
            person_index=self.index_of(opening.person),
            account_id=opening.account_id,
            category=opening.category,
            topic=opening.topic,
        )

    async def open_or_join(self, tx: AsyncConnection, opening: Opening) -> tuple[Ticket, bool]:
        """Open a ticket, or add to the open one; tell whether it was open already.

        Doing it twice is harmless: what was said already is not said again. Raises BackendBusy.
        """
        for _ in range(_TRIES):
            found = await self.find_open(tx, opening)
            if found is not None:
                return await self.join(tx, found, opening), True
            created = await self.create(tx, opening)
            if created is not None:
                return created, False
        raise BackendBusy("the person's tickets change too fast")

    async def create(self, tx: AsyncConnection, opening: Opening) -> Ticket | None:
        """Open a ticket; None when the person has an open one of this kind by now."""
        now = self.clock.now()
        service = class_of(opening.category)
        year = now.astimezone(self.zone).year
        count = await store.next_count(self.db, tx, year)
        number = format_number(self._prefix, year, count)
        fixed = {"service_class": service, "status": Status.NEW, "opened_at": now}
        row = {"number": number, **fixed, **self._columns(opening)}
        ticket = await store.insert(self.db, tx, row)
        if ticket is None:
            return None
        await store.add_conversation(self.db, tx, ticket.id, opening.conversation)
        await self.keep_handoff(tx, ticket, opening.transcript)
        await self.clocks.opened(tx, ticket.id, service)
        await self.note_down(tx, ticket, "ticket_opened", self.requester(ticket))
        MOVED.labels(ticket.category, "opened").inc()
        return ticket

    async def keep_handoff(
        self, tx: AsyncConnection, ticket: Ticket, lines: Sequence[wire.TranscriptLine]
    ) -> None:
        """Keep the conversation that led here, for the agent."""
        newest = lines[-_LONGEST_HANDOFF:]
        kept_lines = [(line.author.value, self.clean(line.text), line.at) for line in newest]
        await store.extend_handoff(tx, ticket.id, kept_lines)

    async def change(self, tx: AsyncConnection, ticket: Ticket, **values: object) -> Ticket:
        """Change a ticket that is as it was read. Raises StateConflict."""
        changed = await store.update(tx, ticket, **values)
        if changed is None:
            raise StateConflict("someone else was faster")
        return changed

    async def move(
        self, tx: AsyncConnection, ticket: Ticket, trigger: Trigger, actor: str, **values: object
    ) -> Ticket:
        """Let `trigger` happen to a held ticket. Raises StateConflict."""
        try:
            status = after(ticket.status, trigger)
        except NotAllowed as refusal:
            raise StateConflict(str(refusal)) from None
        now = self.clock.now()
        if status is not ticket.status:
            values |= {"status": status, "ended_at": now if status in ENDED else None}
            if status is not Status.CLOSED:
                values["resolved_at"] = now if status is Status.RESOLVED else None
            await self.clocks.moved(tx, ticket.id, status)
        moved = await self.change(tx, ticket, **values)
        await self.note_down(tx, moved, f"ticket_{trigger}", actor)
        MOVED.labels(ticket.category, trigger.value).inc()
        return moved

    async def say(
        self,
        tx: AsyncConnection,
        ticket: Ticket,
        author: wire.Author,
        text: str,
        *,
        agent: str | None = None,
        public: bool = True,
    ) -> Ticket:
        """Add a message (redacted) to a held ticket."""
        seq = ticket.last_seq + 1
        row = {"ticket_id": ticket.id, "seq": seq, "author": author.value, "agent": agent}
        row |= {"public": public, "text": self.clean(text), "at": self.clock.now()}
        await tx.execute(sa.insert(store.MESSAGES).values(row))
        return await self.change(tx, ticket, last_seq=seq)

    async def hear(self, tx: AsyncConnection, ticket: Ticket, text: str) -> Ticket:
        """Add the requester's words to a held ticket, with what they cause."""
        waits = ticket.status in {Status.WAIT_USER, Status.WAIT_OTHER}
        if waits and not is_thanks(text):
            ticket = await self.move(tx, ticket, Trigger.USER_WROTE, self.requester(ticket))
        ticket = await self.say(tx, ticket, wire.Author.USER, text)
        if ticket.status in {Status.NEW, Status.OPEN} and not is_thanks(text):
            await self.clocks.heard(tx, ticket.id, ServiceClass(ticket.service_class))
        return ticket

    async def note_down(
        self, tx: AsyncConnection, ticket: Ticket, event: str, actor: str, **detail: str | int
    ) -> None:
        """Record something that happened to a ticket."""
        facts = {"status": ticket.status.value, "version": ticket.version, **detail}
        await self.audit.record(tx, event, actor=actor, subject=ticket.number, detail=facts)

    def requester(self, ticket: Ticket) -> str:
        """Name the requester in the audit trail, by fingerprint."""
        return f"chat:{ticket.person_index[:16]}"

    async def view(
        self,
        tx: AsyncConnection,
        ticket: Ticket,
        *,
        already_open: bool = False,
        reopened: bool = False,
    ) -> wire.TicketView:
        """Return a ticket as its requester may see it."""
        now = self.clock.now()
        hours = await self.clocks.hours(tx)
        is_open = hours.is_open(now)
        clocks = (await kept.of_ticket(tx, ticket.id)).values()
        answers = [clock for clock in clocks if clock.kind is not ClockKind.RESOLUTION]
        owed = next((clock for clock in answers if clock.stopped_at is None), answers[-1])
        return wire.TicketView(
            number=ticket.number,
            status=wire.TicketStatus(ticket.status.value),
            category=wire.TicketCategory(ticket.category),
            opened_at=ticket.opened_at,
            first_response_due=owed.due_at,
            in_service_hours=is_open,
            next_opening=None if is_open else hours.next_opening(now),
            already_open=already_open,
            reopened=reopened,
            last_public_reply=await store.last_reply(tx, ticket.id),
        )

    async def join(self, tx: AsyncConnection, ticket: Ticket, opening: Opening) -> Ticket:
        """Add what a repeated opening brings to the ticket that is open."""
        ticket = await self.attach(tx, ticket, opening)
        text = self.clean(opening.summary)
        said = text == ticket.summary or await store.has_said(tx, ticket.id, text)
        if not said or ticket.status not in {Status.NEW, Status.OPEN}:
            return await self.hear(tx, ticket, text)
        # The same words again, after an answer: another answer is owed.
        await self.clocks.heard(tx, ticket.id, ServiceClass(ticket.service_class))
        return ticket

    async def attach(self, tx: AsyncConnection, ticket: Ticket, opening: Opening) -> Ticket:
        """Bring conversation, proof and transcript of an opening to a ticket; answers go there."""
        await store.add_conversation(self.db, tx, ticket.id, opening.conversation)
        news: dict[str, object] = {}
        if ticket.conversation != opening.conversation:
            news["conversation"] = opening.conversation
        if ticket.account_id is None and opening.account_id is not None:
            news["account_id"] = opening.account_id
        if news:
            ticket = await self.change(tx, ticket, **news)
        await self.keep_handoff(tx, ticket, opening.transcript)
        return ticket

    def _columns(self, opening: Opening) -> dict[str, Any]:
        return {
            "category": opening.category.value,
            "topic": opening.topic,
            "priority": opening.priority.value,
            "channel": opening.channel,
            "person": opening.person,
            "person_index": self.index_of(opening.person),
            "conversation": opening.conversation,
            "account_id": opening.account_id,
            "claimed_login": opening.claimed_login and self.clean(opening.claimed_login),
            "language": opening.language,
            "summary": self.clean(opening.summary),
            "linked_to": opening.linked_to,
        }


def _found(ticket: Ticket | None) -> Ticket:
    if ticket is None:
        raise NotFound
    return ticket
