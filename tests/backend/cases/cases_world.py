"""Tickets, guests, audit and feed over a real database, a real directory and a real mail queue.

Only the edges are stand-ins: the mail server, and the service that mails claim links (it queues
its mail in the caller's transaction like the real one).
"""

from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import sqlalchemy as sa

import backend.store.tables  # noqa: F401 - registers every table
from backend.adapters.directory.sql import SqlDirectory
from backend.adapters.mail.rendering import JinjaTemplates
from backend.domain.guests import GuestRules
from backend.domain.service_hours import ServiceHours
from backend.service.audit import Audit
from backend.service.feed import Feed
from backend.service.grants import Grants, Proof
from backend.service.guests import Guests
from backend.service.mailer import Mailer
from backend.service.ticket_book import TicketBook
from backend.service.ticket_clocks import TicketClocks
from backend.service.tickets import Tickets
from backend.service.vault import Vault
from backend.store.audit import AUDIT
from backend.store.database import Database, metadata
from backend.store.mail import mail_outbox
from backend.store.verification import proven_identities
from backend_client import wire

JAKARTA = ZoneInfo("Asia/Jakarta")
HOURS = "Mon-Fri 08:00-12:00 13:00-16:00"
BUDI = wire.ChatIdentity("web", "budi-browser")
ANI = "ani"  # agents
BAYU = "bayu"
RULES = GuestRules()


class DeadMailServer:
    async def send(self, mail):
        raise AssertionError("these tests look at the queue, nothing is sent")

    async def close(self):
        pass


class QueuedClaims:
    """Mails claim links through the real queue."""

    def __init__(self, mailer):
        self.mailer = mailer
        self.before = self.after = lambda: None

    async def issue_claim(self, tx, *, account_id, to, ticket, language):
        self.before()
        context = {"link": f"https://akun.example/#{ticket}", "username": "x", "hours": 24}
        await self.mailer.queue(
            tx,
            op=f"claim:{account_id}",
            template="claim_link",
            to=to,
            language=language,
            context=context,
        )
        self.after()
        return "42"


@dataclass
class World:
    db: Database
    clock: object
    vault: Vault
    audit: Audit
    feed: Feed
    clocks: TicketClocks
    book: TicketBook
    grants: Grants
    tickets: Tickets
    directory: SqlDirectory
    mailer: Mailer
    claims: QueuedClaims
    guests: Guests

    async def prove(self, account="acc-budi", purpose=wire.Purpose.TICKET_STATUS, **more):
        """Return a grant as a right code earns it."""
        facts = {"conversation": "c1", "channel": BUDI.channel, "user": BUDI.user} | more
        identity = self.vault.index(facts.pop("user"))
        proof = Proof(
            account_id=account, purpose=purpose, identity=identity, password_version=1, **facts
        )
        known = {"account": account, "channel": facts["channel"], "identity": identity}
        seen = {"first_proven_at": self.clock.now(), "last_proven_at": self.clock.now()}
        async with self.db.begin() as tx:
            row = self.db.insert(proven_identities).values(known | seen)
            await tx.execute(row.on_conflict_do_nothing())
            return await self.grants.issue(tx, proof)

    async def open(self, summary="lupa password", **changes):
        asked = {
            "category": wire.TicketCategory.PASSWORD,
            "conversation": "c1",
            "identity": BUDI,
            "summary": summary,
        }
        return await self.tickets.open(wire.OpenTicket(**asked | changes))

    async def claimed(self, agent=ANI, **changes):
        view = await self.open(**changes)
        await self.tickets.claim(view.number, wire.ClaimTicket(agent))
        return view.number

    async def resolved(self, agent=ANI, **changes):
        number = await self.claimed(agent, **changes)
        await self.tickets.resolve(number, wire.ResolveTicket(agent, "explained"))
        return number

    async def say(self, number, text, conversation="c1"):
        return await self.tickets.append(number, wire.AppendMessage(conversation, text))

    async def events(self, after=0):
        return (await self.feed.page(after, 0)).events

    async def audited(self, *events):
        query = sa.select(AUDIT.c.event, AUDIT.c.subject).order_by(AUDIT.c.seq)
        async with self.db.read() as tx:
            rows = (await tx.execute(query)).all()
        return [tuple(row) for row in rows if not events or row.event in events]

    async def mails(self, template):
        query = sa.select(mail_outbox.c.op).where(mail_outbox.c.template == template)
        async with self.db.read() as tx:
            return sorted((await tx.execute(query)).scalars())

    async def rows(self, table, *order):
        async with self.db.read() as tx:
            return (await tx.execute(sa.select(table).order_by(*order))).all()

    def guest_request(self, *names, **changes):
        """Return the request of the procedure's example, for these people."""
        people = tuple(
            wire.GuestPerson(name, "KAP Contoh", f"{name.split()[0].lower()}{i}@example.net")
            for i, name in enumerate(names or ("Ulfa Pratiwi", "Wynne Taslim"))
        )
        asked = {
            "conversation": "c1",
            "identity": BUDI,
            "unit": "Satuan Pengawas Internal",
            "letter_number": "102/IT1.B01/TU.02/2026",
            "letter_date": date(2026, 3, 1),
            "purpose": "audit",
            "active_until": date(2026, 3, 17),
            "contact_name": "Yulia",
            "contact_phone": "+628123456789",
            "people": people,
        }
        return wire.FileGuestRequest(**asked | changes)

    async def approved(self, *names, **changes):
        view = await self.guests.file(self.guest_request(*names, **changes))
        await self.guests.approve(view.number, wire.ApproveGuests(ANI))
        return view.number


@asynccontextmanager
async def opened(url, clock, rules=RULES):
    db = Database(url)
    async with db.engine.begin() as tx:
        await tx.run_sync(metadata.create_all)
    try:
        yield assembled(db, clock, rules)
    finally:
        await db.close()


def assembled(db, clock, rules=RULES):
    """Put the services together over a database whose tables stand: one process of several."""
    vault = Vault("k" * 40)
    audit, feed = Audit(clock, vault), Feed(db, clock)
    hours = ServiceHours.parse(HOURS, JAKARTA)
    clocks = TicketClocks(db, clock, hours, audit)
    book = TicketBook(db, clock, vault, audit, feed, clocks, JAKARTA)
    grants = Grants(vault, clock)
    directory = SqlDirectory(db, vault, clock)
    mailer = Mailer(db, vault, DeadMailServer(), JinjaTemplates(), clock, feed)
    claims = QueuedClaims(mailer)
    return World(
        db=db,
        clock=clock,
        vault=vault,
        audit=audit,
        feed=feed,
        clocks=clocks,
        book=book,
        grants=grants,
        tickets=Tickets(book, grants),
        directory=directory,
        mailer=mailer,
        claims=claims,
        guests=Guests(book, directory, vault, mailer, claims, rules),
    )
