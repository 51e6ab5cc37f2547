"""Guest requests: a unit asks, an agent decides (ITB, last two letters).

Nobody ever sees a password: each guest gets a link and a number by e-mail and chooses one
(`backend.service.guest_accounts` makes the accounts).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa

from backend.domain import guests as rules_of
from backend.domain.guests import Finding, GuestProblem, GuestRules
from backend.domain.masking import mask_email
from backend.domain.tickets import ACTIVE, Trigger
from backend.service.desk import Desk
from backend.service.errors import Invalid, NotFound, StateConflict
from backend.service.guest_accounts import GuestAccounts, email_place
from backend.service.jobs import Job
from backend.service.ticket_book import Opening
from backend.store import guests as store
from backend.store.guests import State
from backend_client import wire

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.service.guest_accounts import ClaimLinks
    from backend.service.mailer import Mailer
    from backend.service.ports import Directory
    from backend.service.ticket_book import TicketBook
    from backend.service.vault import Vault
    from backend.store.tickets import Ticket

RESOLVED_REFUSED = "guests_refused"
_MAKING_EVERY = timedelta(seconds=15)
_TENDING_EVERY = timedelta(minutes=5)


class GuestRequestInvalid(Invalid):
    """The guest request cannot be; `findings` say what is wrong and in which rows.

    `detail` names them (`guest_duplicate:3, guest_end_in_past`): no personal data in it.
    """

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(", ".join(_name(finding) for finding in findings))
        self.findings = findings


class Contact(msgspec.Struct, frozen=True):
    """The unit's contact person."""

    name: str
    phone: str


class Guests:
    """Files, shows and decides guest requests.

    Args:
        book: guest requests are tickets; `book.guest_request` is set to show them.
        directory: where the accounts are made.
        vault: seals addresses and phone numbers.
        mailer: mails the warnings before the end.
        links: mails the claim links.
        rules: what the institution allows.

    `on_approved` may be set later: it is called within the approving transaction, so that the
    accounts are made soon (`Scheduler.poke` with `JOB`). Without it the job finds them by itself.
    """

    JOB = "make_guest_accounts"

    def __init__(
        self,
        book: TicketBook,
        directory: Directory,
        vault: Vault,
        mailer: Mailer,
        links: ClaimLinks,
        rules: GuestRules = GuestRules(),  # noqa: B008 - frozen
    ) -> None:
        self._book = book
        self._desk = Desk(book)
        self._vault = vault
        self._rules = rules
        self.accounts = GuestAccounts(book, directory, links, mailer, vault, rules)
        self.on_approved: Callable[[], Awaitable[None]] | None = None
        book.guest_request = self.view

    def jobs(self) -> tuple[Job, ...]:
        """Return what is to be done every so often."""
        return (
            Job(self.JOB, _MAKING_EVERY, self.accounts.create_due),
            Job("tend_guest_accounts", _TENDING_EVERY, self.accounts.tend_due),
        )

    async def file(self, body: wire.FileGuestRequest) -> wire.TicketView:
        """File a request; the same letter again returns the open ticket, with further documents.

        Raises GuestRequestInvalid.
        """
        findings = rules_of.check_request(
            [rules_of.Guest(one.name, one.institution, one.email) for one in body.people],
            letter_date=body.letter_date,
            active_until=body.active_until,
            today=self._today(),
            rules=self._rules,
        )
        if findings:
            raise GuestRequestInvalid(findings)
        async with self._book.db.begin() as tx:
            ticket, already_open = await self._book.open_or_join(tx, _opening(body))
            if not already_open:
                await self._attach(tx, ticket, body)
            await store.add_documents(self._book.db, tx, _document_rows(ticket.id, body.documents))
            return await self._book.view(tx, ticket, already_open=already_open)

    async def approve(self, number: str, body: wire.ApproveGuests) -> wire.AgentTicket:
        """Approve: the accounts are made soon after, at most so many a day (ITB a.3).

        Raises NotFound, StateConflict, GuestRequestInvalid when the last day has passed.
        """
        async with self._book.db.begin() as tx:
            ticket, request = await self._undecided(tx, number, body.agent)
            if request.approved is None:
                end = rules_of.check_end(request.active_until, self._today(), self._rules)
                if end is not None:
                    raise GuestRequestInvalid((end,))
                ticket = await self._approve(tx, ticket, body.agent)
            elif not request.approved:
                raise StateConflict("the request was refused")
        return await self._desk.show(number)

    async def refuse(self, number: str, body: wire.RefuseGuests) -> wire.AgentTicket:
        """Refuse; the unit is told the reason. Raises NotFound, StateConflict, Invalid."""
        reason = self._book.clean(body.reason).strip()
        if not reason:
            raise Invalid("a refusal needs a reason")
        async with self._book.db.begin() as tx:
            ticket, request = await self._undecided(tx, number, body.agent)
            if request.approved is None:
                ticket = await self._refuse(tx, ticket, body.agent, reason)
            elif request.approved:
                raise StateConflict("the request was approved")
        return await self._desk.show(number)

    async def view(self, tx: AsyncConnection, ticket_id: int) -> wire.GuestRequestView | None:
        """Return the request a ticket carries, addresses masked."""
        request = await store.request_of(tx, ticket_id)
        if request is None:
            return None
        contact = self._contact(request)
        people = await store.people_of(tx, ticket_id)
        return wire.GuestRequestView(
            unit=request.unit,
            letter_number=request.letter_number,
            letter_date=request.letter_date,
            purpose=request.purpose,
            active_until=request.active_until,
            contact_name=contact.name,
            contact_phone=contact.phone,
            people=tuple(self._person(guest) for guest in people),
            approved=request.approved,
            reason=request.reason,
            documents=tuple(
                wire.DocumentRef(row.sha256, row.name, wire.DocumentType(row.mime), row.size)
                for row in await store.documents_of(tx, ticket_id)
            ),
        )

    async def _attach(
        self, tx: AsyncConnection, ticket: Ticket, body: wire.FileGuestRequest
    ) -> None:
        contact = msgspec.json.encode(Contact(body.contact_name, body.contact_phone)).decode()
        place = f"guest_contact:{ticket.id}"
        request = {
            "ticket_id": ticket.id,
            "unit": body.unit,
            "letter_number": body.letter_number,
            "letter_date": body.letter_date,
            "purpose": self._book.clean(body.purpose),
            "active_until": body.active_until,
            "contact": self._vault.seal(contact, bound_to=place),
        }
        await tx.execute(sa.insert(store.REQUESTS).values(request))
        people = [
            {
                "ticket_id": ticket.id,
                "position": position,
                "name": " ".join(person.name.split()),
                "institution": " ".join(person.institution.split()),
                "email": self._vault.seal(
                    person.email.strip(), bound_to=email_place(ticket.id, position)
                ),
                "state": State.REQUESTED.value,
                "name_tries": 0,
                "failures": 0,
            }
            for position, person in enumerate(body.people, 1)
        ]
        await tx.execute(sa.insert(store.GUESTS), people)

    async def _undecided(
        self, tx: AsyncConnection, number: str, agent: str
    ) -> tuple[Ticket, store.Request]:
        """Return a guest request's ticket, held, and the request: ready to be decided on."""
        ticket = await self._book.hold(tx, number)
        request = await store.request_of(tx, ticket.id)
        if request is None:
            raise NotFound
        if request.approved is None and ticket.status not in ACTIVE:
            raise StateConflict(f"the ticket is {ticket.status}")
        if request.approved is None and ticket.assignee not in {None, agent}:
            raise StateConflict(f"already taken by {ticket.assignee}")
        return ticket, request

    async def _approve(self, tx: AsyncConnection, ticket: Ticket, agent: str) -> Ticket:
        ticket = await self._decide(tx, ticket, agent, approved=True, reason=None)
        now = self._book.clock.now()
        count = await store.change_all(
            tx, ticket.id, State.REQUESTED, state=State.APPROVED.value, next_at=now
        )
        text = _APPROVED[ticket.language].format(count=count)
        ticket = await self._book.say(tx, ticket, wire.Author.SYSTEM, text)
        await self._tell(tx, ticket, approved=True, count=count, reason=None)
        if self.on_approved is not None:
            await self.on_approved()
        return ticket

    async def _refuse(
        self, tx: AsyncConnection, ticket: Ticket, agent: str, reason: str
    ) -> Ticket:
        held = ticket.held
        ticket = await self._decide(tx, ticket, agent, approved=False, reason=reason)
        count = await store.change_all(
            tx, ticket.id, State.REQUESTED, state=State.REFUSED.value, next_at=None
        )
        text = _REFUSED[ticket.language].format(reason=reason)
        ticket = await self._book.say(tx, ticket, wire.Author.SYSTEM, text)
        await self._tell(tx, ticket, approved=False, count=count, reason=reason)
        ticket = await self._book.move(
            tx,
            ticket,
            Trigger.RESOLVED,
            f"agent:{agent}",
            resolution=RESOLVED_REFUSED,
            held=False,
        )
        if held:
            await self._book.feed.publish(
                tx,
                wire.TicketResolved,
                ticket.conversation,
                ticket=ticket.number,
                resolution=RESOLVED_REFUSED,
            )
        return ticket

    async def _decide(
        self,
        tx: AsyncConnection,
        ticket: Ticket,
        agent: str,
        *,
        approved: bool,
        reason: str | None,
    ) -> Ticket:
        """Write the decision down; it is the human answer the ticket was waiting for."""
        actor = f"agent:{agent}"
        decision = {"approved": approved, "decided_by": agent, "reason": reason}
        await tx.execute(
            sa.update(store.REQUESTS)
            .where(store.REQUESTS.c.ticket_id == ticket.id)
            .values(decided_at=self._book.clock.now(), **decision)
        )
        if ticket.assignee is None:
            ticket = await self._book.move(tx, ticket, Trigger.CLAIMED, actor, assignee=agent)
        ticket = await self._book.move(tx, ticket, Trigger.TAKEN_UP, actor, human_replied=True)
        await self._book.clocks.replied(tx, ticket.id)
        event = "guests_approved" if approved else "guests_refused"
        await self._book.note_down(tx, ticket, event, actor)
        return ticket

    async def _tell(
        self,
        tx: AsyncConnection,
        ticket: Ticket,
        *,
        approved: bool,
        count: int,
        reason: str | None,
    ) -> None:
        await self._book.feed.publish(
            tx,
            wire.GuestsDecided,
            ticket.conversation,
            ticket=ticket.number,
            approved=approved,
            count=count,
            reason=reason,
        )

    def _contact(self, request: store.Request) -> Contact:
        if not request.contact:  # erased
            return Contact("", "")
        place = f"guest_contact:{request.ticket_id}"
        sealed = self._vault.unseal(request.contact, bound_to=place)
        return msgspec.json.decode(sealed, type=Contact)

    def _person(self, guest: store.Guest) -> wire.GuestView:
        place = email_place(guest.ticket_id, guest.position)
        email = self._vault.unseal(guest.email, bound_to=place) if guest.email else None
        return wire.GuestView(
            name=guest.name,
            institution=guest.institution,
            email=mask_email(email),
            state=wire.GuestState(guest.state),
            username=guest.username,
            valid_until=guest.valid_until,
        )

    def _today(self) -> date:
        return self._book.clock.now().astimezone(self._book.zone).date()


_APPROVED = {
    "id": "Permohonan disetujui untuk {count} akun tamu. Setiap tamu menerima tautan lewat email.",
    "en": "Approved for {count} guest accounts. Each guest receives a link by e-mail.",
}
_REFUSED = {"id": "Permohonan ditolak: {reason}", "en": "The request was refused: {reason}"}
_SUMMARY = {
    "id": "Permohonan {count} akun tamu, {unit}, surat {letter}, aktif sampai {until}",
    "en": "Request for {count} guest accounts, {unit}, letter {letter}, active until {until}",
}


def _document_rows(
    ticket_id: int, documents: tuple[wire.DocumentRef, ...]
) -> list[dict[str, Any]]:
    return [
        {
            "ticket_id": ticket_id,
            "sha256": each.sha256,
            "position": position,
            "name": each.name,
            "mime": each.mime.value,
            "size": each.size,
        }
        for position, each in enumerate(documents, 1)
    ]


def _opening(body: wire.FileGuestRequest) -> Opening:
    summary = _SUMMARY[body.language].format(
        count=len(body.people),
        unit=body.unit,
        letter=body.letter_number,
        until=body.active_until.isoformat(),
    )
    return Opening(
        category=wire.TicketCategory.GUEST_REQUEST,
        topic=rules_of.topic_of(body.letter_number),
        channel=body.identity.channel,
        person=body.identity.user,
        conversation=body.conversation,
        summary=summary,
        language=body.language,
    )


def _name(finding: Finding) -> str:
    problem: GuestProblem = finding.problem
    return problem.value if finding.row is None else f"{problem.value}:{finding.row}"
