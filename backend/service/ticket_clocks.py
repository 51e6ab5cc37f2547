"""The service-level clocks of tickets: started, paused, stopped, watched (agents.md)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
import structlog
from prometheus_client import Counter

from backend.domain import sla
from backend.domain.sla import ClockKind, Policy, ServiceClass
from backend.domain.tickets import ACTIVE, Status
from backend.service.jobs import Job
from backend.store import ticket_clocks as kept
from backend.store.tickets import HOLIDAYS, TICKETS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.domain.service_hours import ServiceHours
    from backend.service.audit import Audit
    from backend.store.database import Database
    from ops.clock import Clock

log = structlog.get_logger(__name__)

WARNED = Counter(
    "helpdesk_sla_warnings_total",
    "Clocks that passed 50, 80 or 100 per cent of their target.",
    ["clock", "level"],
)
STOPPED = Counter(
    "helpdesk_sla_clocks_total", "Clocks that were stopped, met or late.", ["clock", "outcome"]
)
_BATCH = 200
_WATCH_EVERY = timedelta(seconds=15)


class TicketClocks:
    """Keeps the clocks of tickets in step with what happens to them.

    Args:
        db: the database.
        clock: tells the time.
        hours: the working week; holidays entered in the database are added to its own.
        audit: hears of warnings and of edited holidays.
        policy: the targets new clocks start with.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        hours: ServiceHours,
        audit: Audit,
        policy: Policy = Policy(),  # noqa: B008 - frozen
    ) -> None:
        self._db = db
        self._clock = clock
        self._hours = hours
        self._audit = audit
        self._policy = policy

    def jobs(self) -> tuple[Job, ...]:
        """Return what is to be done every so often."""
        return (Job("watch_service_levels", _WATCH_EVERY, self.watch),)

    async def hours(self, tx: AsyncConnection) -> ServiceHours:
        """Return the service hours as of now, entered holidays included."""
        entered = await kept.holidays(tx)
        return self._hours.with_holidays(self._hours.holidays | entered)

    async def opened(self, tx: AsyncConnection, ticket_id: int, service: ServiceClass) -> None:
        """Start the clocks of a new ticket."""
        hours = await self.hours(tx)
        for kind in (ClockKind.FIRST_RESPONSE, ClockKind.RESOLUTION):
            await self._start(tx, ticket_id, kind, service, hours)

    async def heard(self, tx: AsyncConnection, ticket_id: int, service: ServiceClass) -> None:
        """The requester wrote: an answered case owes an answer again."""
        clocks = await kept.of_ticket(tx, ticket_id, lock=True)
        waiting = {clock.kind for clock in clocks.values() if clock.stopped_at is None}
        if not waiting & {ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE}:
            hours = await self.hours(tx)
            await self._start(tx, ticket_id, ClockKind.NEXT_RESPONSE, service, hours)

    async def replied(self, tx: AsyncConnection, ticket_id: int) -> None:
        """A human's public message went out: no answer is owed any more."""

        def answer(clock: sla.Clock, hours: ServiceHours) -> sla.Clock:
            if clock.kind is ClockKind.RESOLUTION:
                return clock
            return sla.stop(clock, self._clock.now(), hours)

        await self._change(tx, ticket_id, answer)

    async def moved(self, tx: AsyncConnection, ticket_id: int, to: Status) -> None:
        """Let the clocks follow the ticket's new state.

        Only waiting for the user pauses, and only the resolution clock. What ends a ticket stops
        every clock; coming back starts the resolution clock again.
        """
        now = self._clock.now()

        def follow(clock: sla.Clock, hours: ServiceHours) -> sla.Clock:
            if to not in ACTIVE:
                return sla.stop(clock, now, hours)
            if clock.kind is not ClockKind.RESOLUTION:
                return clock
            clock = sla.restart(clock, now, hours)
            if to is Status.WAIT_USER:
                return sla.pause(clock, now)
            return sla.resume(clock, now, hours)

        await self._change(tx, ticket_id, follow)

    async def reclassed(self, tx: AsyncConnection, ticket_id: int, service: ServiceClass) -> None:
        """Give the resolution clock the target of another class."""
        target = self._policy.target(ClockKind.RESOLUTION, service)

        def aim(clock: sla.Clock, hours: ServiceHours) -> sla.Clock:
            if clock.kind is ClockKind.RESOLUTION and clock.stopped_at is None:
                return sla.retarget(clock, target, hours)
            return clock

        await self._change(tx, ticket_id, aim)

    async def watch(self) -> None:
        """Warn of every clock that passed 50, 80 or 100 per cent: a job, each warning once."""
        while True:
            async with self._db.read() as tx:
                ids = await kept.ids_to_look_at(tx, self._clock.now(), _BATCH)
            for clock_id in ids:
                await self._look_at(clock_id)
            if len(ids) < _BATCH:
                return

    async def add_holiday(self, day: date, name: str, *, actor: str) -> None:
        """Close the helpdesk on a day; the due instants of open tickets follow."""
        async with self._db.begin() as tx:
            row = self._db.insert(HOLIDAYS).values(day=day, name=name)
            await tx.execute(
                row.on_conflict_do_update(index_elements=[HOLIDAYS.c.day], set_={"name": name})
            )
            await self._holidays_changed(tx, "holiday_added", day, actor)

    async def remove_holiday(self, day: date, *, actor: str) -> None:
        """Open the helpdesk on a day after all; the due instants of open tickets follow."""
        async with self._db.begin() as tx:
            await tx.execute(sa.delete(HOLIDAYS).where(HOLIDAYS.c.day == day))
            await self._holidays_changed(tx, "holiday_removed", day, actor)

    async def _holidays_changed(
        self, tx: AsyncConnection, event: str, day: date, actor: str
    ) -> None:
        hours = await self.hours(tx)
        last = 0
        while batch := await kept.running_after(tx, last, _BATCH):
            for clock_id, clock in batch.items():
                await self._save(tx, clock_id, sla.recompute(clock, hours), hours)
                last = clock_id
        await self._audit.record(tx, event, actor=actor, detail={"day": day.isoformat()})

    async def _look_at(self, clock_id: int) -> None:
        async with self._db.begin() as tx:
            found = await kept.take(tx, clock_id)
            if found is None:
                return
            ticket_id, clock = found
            hours = await self.hours(tx)
            clock = sla.recompute(clock, hours)
            level = sla.warning_due(clock, self._clock.now(), hours)
            warned = replace(clock, warned=max(level, clock.warned))
            await self._save(tx, clock_id, warned, hours)
            if level:
                await self._warn(tx, ticket_id, clock.kind, level)

    async def _warn(
        self, tx: AsyncConnection, ticket_id: int, kind: ClockKind, level: int
    ) -> None:
        number = sa.select(TICKETS.c.number).where(TICKETS.c.id == ticket_id)
        ticket = (await tx.execute(number)).scalar_one()
        detail = {"clock": kind.value, "level": level}
        await self._audit.record(tx, "sla_warned", actor="system", subject=ticket, detail=detail)
        log.warning("sla_warned", ticket=ticket, clock=kind.value, level=level)
        WARNED.labels(kind.value, str(level)).inc()

    async def _start(
        self,
        tx: AsyncConnection,
        ticket_id: int,
        kind: ClockKind,
        service: ServiceClass,
        hours: ServiceHours,
    ) -> None:
        clock = sla.start(kind, self._policy.target(kind, service), self._clock.now(), hours)
        await kept.add(tx, ticket_id, clock, sla.next_look(clock, hours))

    async def _change(
        self,
        tx: AsyncConnection,
        ticket_id: int,
        change: Callable[[sla.Clock, ServiceHours], sla.Clock],
    ) -> None:
        hours = await self.hours(tx)
        for clock_id, clock in (await kept.of_ticket(tx, ticket_id, lock=True)).items():
            changed = change(clock, hours)
            if changed != clock:
                await self._save(tx, clock_id, changed, hours)
            if changed.stopped_at is not None and clock.stopped_at is None:
                outcome = "late" if changed.is_late(self._clock.now()) else "met"
                STOPPED.labels(clock.kind.value, outcome).inc()

    async def _save(
        self, tx: AsyncConnection, clock_id: int, clock: sla.Clock, hours: ServiceHours
    ) -> None:
        await kept.save(tx, clock_id, clock, sla.next_look(clock, hours))
