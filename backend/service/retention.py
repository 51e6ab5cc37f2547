"""What is kept how long, and how people disappear from what must be kept.

Tickets, replies, request records and the audit trail are kept for 5 years (PB 4, security.md 12),
the feed for 30 days, answers by idempotency key for 7. Documents go with the last ticket that
names them. Erasure pseudonymises: the record of the work stays, who asked and what they wrote
goes.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
import structlog
from prometheus_client import Counter

from backend.domain.tickets import ENDED, KEPT_FOR_YEARS
from backend.service.errors import StateConflict
from backend.service.jobs import Job
from backend.store.feed import FEED
from backend.store.guests import DOCUMENTS, GUESTS, REQUESTS, State
from backend.store.idempotency import answers
from backend.store.tickets import CLOCKS, CONVERSATIONS, HANDOFF, MESSAGES, TICKETS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.service.audit import Audit
    from backend.store.database import Database
    from ops.clock import Clock

log = structlog.get_logger(__name__)

PURGED = Counter("helpdesk_purged_total", "Rows deleted because their time was over.", ["what"])
FEED_KEPT = timedelta(days=30)
ANSWERS_KEPT = timedelta(days=30)
ERASED = "[erased]"
_BATCH = 200
_CHILDREN = (MESSAGES, HANDOFF, CLOCKS, CONVERSATIONS, GUESTS, DOCUMENTS, REQUESTS)


class Retention:
    """Deletes what is over, and erases people.

    Args:
        db: the database.
        clock: tells the time.
        audit: is itself cut after 5 years, and hears of erasures.
        others: purges of other parts, by name, run with the rest (`challenges`, `mail`).
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        audit: Audit,
        others: Mapping[str, Callable[[], Awaitable[object]]] | None = None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._audit = audit
        self._others = dict(others or {})

    def jobs(self) -> tuple[Job, ...]:
        """Return what is to be done every so often."""
        return (Job("retention", timedelta(hours=1), self.run),)

    async def run(self) -> None:
        """Delete everything whose time is over; one failing part does not keep the others."""
        now = self._clock.now()
        oldest = five_years_before(now)
        parts: dict[str, Callable[[], Awaitable[object]]] = {
            "tickets": lambda: self._purge_tickets(oldest),
            # By whole months, so that there is a checkpoint a month and not one an hour.
            "audit": lambda: self._audit.forget_before(self._db, month_of(oldest)),
            "feed": lambda: self._purge(FEED, FEED.c.at < now - FEED_KEPT),
            "answers": lambda: self._purge(answers, answers.c.at < now - ANSWERS_KEPT),
            **self._others,
        }
        failed: list[str] = []
        for name, purge in parts.items():
            try:
                gone = await purge()
            except Exception:
                log.exception("purge_failed", what=name)
                failed.append(name)
            else:
                PURGED.labels(name).inc(gone if isinstance(gone, int) else 0)
        if failed:
            raise PurgeFailed(", ".join(failed))

    async def erase_requester(self, channel: str, person: str, *, actor: str) -> int:
        """Take a chat identity out of its ended tickets; return how many there were.

        Raises StateConflict while one of them is open: who asks for help has to be known.
        """
        theirs = (TICKETS.c.channel == channel) & (TICKETS.c.person == person)
        query = sa.select(TICKETS.c.id, TICKETS.c.number, TICKETS.c.status).where(theirs)
        async with self._db.begin() as tx:
            found = (await tx.execute(query.with_for_update())).all()
            if any(row.status not in ENDED for row in found):
                raise StateConflict("a ticket of this person is not closed yet")
            for row in found:
                await self._erase_ticket(tx, row.id)
                await self._audit.record(
                    tx, "requester_erased", actor=actor, subject=row.number, detail={}
                )
        return len(found)

    async def _erase_ticket(self, tx: AsyncConnection, ticket_id: int) -> None:
        nobody = f"erased-{secrets.token_hex(8)}"
        gone = {"person": nobody, "person_index": nobody, "conversation": nobody}
        gone |= {"account_id": None, "claimed_login": None, "summary": ERASED}
        await tx.execute(sa.update(TICKETS).where(TICKETS.c.id == ticket_id).values(gone))
        for table in (MESSAGES, HANDOFF):
            said = (table.c.ticket_id == ticket_id) & (table.c.author != "system")
            await tx.execute(sa.update(table).where(said).values(text=ERASED))
        mine = GUESTS.c.ticket_id == ticket_id
        people = {"name": ERASED, "institution": ERASED, "email": ""}
        await tx.execute(
            sa.update(GUESTS).where(mine, GUESTS.c.state != State.ACTIVE).values(people)
        )
        contact = sa.update(REQUESTS).where(REQUESTS.c.ticket_id == ticket_id)
        await tx.execute(contact.values(contact=""))
        for table in (CONVERSATIONS, DOCUMENTS):
            await tx.execute(sa.delete(table).where(table.c.ticket_id == ticket_id))

    async def _purge_tickets(self, oldest: datetime) -> int:
        total = 0
        while gone := await self._purge_some_tickets(oldest):
            total += gone
        return total

    async def _purge_some_tickets(self, oldest: datetime) -> int:
        # An account that was extended far beyond its request still has to be ended on its day.
        lives = (GUESTS.c.ticket_id == TICKETS.c.id) & (GUESTS.c.state == State.ACTIVE)
        over = sa.select(TICKETS.c.id).where(
            TICKETS.c.ended_at < oldest, ~sa.exists().where(lives)
        )
        async with self._db.begin() as tx:
            ids = list((await tx.execute(over.limit(_BATCH))).scalars())
            if not ids:
                return 0
            for table in _CHILDREN:
                await tx.execute(sa.delete(table).where(table.c.ticket_id.in_(ids)))
            await tx.execute(sa.delete(TICKETS).where(TICKETS.c.id.in_(ids)))
        return len(ids)

    async def _purge(self, table: sa.Table, condition: sa.ColumnElement[bool]) -> int:
        async with self._db.begin() as tx:
            return (await tx.execute(sa.delete(table).where(condition))).rowcount


class PurgeFailed(Exception):
    """Some rows whose time is over could not be deleted; the job will be repeated."""


def five_years_before(now: datetime) -> datetime:
    """Return the same day five years ago; 29 February counts as the 28th."""
    year = now.year - KEPT_FOR_YEARS
    try:
        return now.replace(year=year)
    except ValueError:
        return now.replace(year=year, day=28)


def month_of(instant: datetime) -> datetime:
    """Return the first instant of the month in UTC."""
    return instant.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
