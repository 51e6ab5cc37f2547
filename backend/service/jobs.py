"""Periodic jobs: each on one process at a time, none forgotten while nothing ran.

A job is a row. Whoever runs it holds a lease on the row and keeps extending it; a process that is
killed stops doing so, and another takes over when the lease has run out. A job that came due while
everything was down runs once as soon as something is up: jobs look for all that is due, so one
run catches up. Jobs must bear being cut off and repeated.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
import structlog
from prometheus_client import Counter, Histogram
from sqlalchemy.exc import SQLAlchemyError

from backend.store.database import Instant
from backend.store.jobs import JOBS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.store.database import Database
    from ops.clock import Clock

log = structlog.get_logger(__name__)

RUNS = Counter("helpdesk_job_runs_total", "Runs of periodic jobs, by outcome.", ["job", "outcome"])
SECONDS = Histogram("helpdesk_job_seconds", "How long a periodic job took.", ["job"])

_RETRY = timedelta(seconds=30)
_MAX_RETRY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do every so often."""

    name: str
    every: timedelta
    run: Callable[[], Awaitable[None]]


class LeaseLost(Exception):
    """Another process has taken the job over; this one must stop doing it."""


class Scheduler:
    """Runs jobs when they are due.

    Args:
        db: where the leases are kept.
        clock: tells what is due. Processes that share a database need clocks that agree to
            within a few seconds (NTP).
        jobs: what to run; names are unique.
        lease: after this long without a sign of life a job is taken over.
        look: seconds between looks for due jobs.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        jobs: Sequence[Job],
        *,
        lease: timedelta = timedelta(seconds=60),
        look: float = 1.0,
    ) -> None:
        self._db = db
        self._clock = clock
        self._jobs = {job.name: job for job in jobs}
        self._lease = lease
        self._look = look
        self._holder = secrets.token_hex(8)
        self._poked = {job.name: asyncio.Event() for job in jobs}

    async def run_due(self) -> tuple[str, ...]:
        """Run every job that is due and free, one after the other, and return their names."""
        await self._register()
        return tuple([name for name in self._jobs if await self._run_if_due(self._jobs[name])])

    async def run(self) -> None:
        """Run jobs for ever; cancel to stop. A slow job does not hold up another."""
        await self._register()
        async with asyncio.TaskGroup() as group:
            for job in self._jobs.values():
                group.create_task(self._keep_running(job), name=f"job {job.name}")

    async def poke(self, name: str) -> None:
        """Make a job due now, in whichever process looks first."""
        async with self._db.begin() as tx:
            due = sa.update(JOBS).where(JOBS.c.name == name).values(due_at=self._clock.now())
            await tx.execute(due)
        self._poked[name].set()

    async def _register(self) -> None:
        rows = [{"name": name, "due_at": self._clock.now(), "failures": 0} for name in self._jobs]
        if rows:
            async with self._db.begin() as tx:
                await tx.execute(self._db.insert(JOBS).values(rows).on_conflict_do_nothing())

    async def _keep_running(self, job: Job) -> None:
        while True:
            self._poked[job.name].clear()
            try:
                ran = await self._run_if_due(job)
            except SQLAlchemyError as error:
                log.warning("job_database_away", job=job.name, error=type(error).__name__)
                ran = False
            if not ran:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._poked[job.name].wait(), self._look)

    async def _run_if_due(self, job: Job) -> bool:
        if not await self._is_due(job) or not await self._take(job):
            return False
        taken_at, outcome = self._clock.now(), "stopped"
        try:
            with SECONDS.labels(job.name).time():
                await self._run_held(job)
            outcome = "done"
        except LeaseLost:
            outcome = "lost"
        except Exception:  # a failing job must not take the others down
            log.exception("job_failed", job=job.name)
            outcome = "failed"
        finally:
            # Reached by a cancellation too: another process may go on at once.
            await asyncio.shield(self._give_back(job, outcome, taken_at))
        RUNS.labels(job.name, outcome).inc()
        return True

    async def _run_held(self, job: Job) -> None:
        work = asyncio.ensure_future(job.run())
        beat = asyncio.create_task(self._keep_lease(job))
        try:
            await asyncio.wait({work, beat}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                beat.result()
            await work
        finally:
            for task in (work, beat):
                task.cancel()
            await asyncio.wait({work, beat})
            for task in (work, beat):
                # Looked at, so that asyncio does not report it as forgotten.
                if not task.cancelled():
                    task.exception()

    async def _keep_lease(self, job: Job) -> None:
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            now = self._clock.now()
            async with self._db.begin() as tx:
                if not await self._update_held(tx, job, held_until=now + self._lease):
                    raise LeaseLost

    async def _is_due(self, job: Job) -> bool:
        async with self._db.read() as tx:
            return (
                await tx.execute(sa.select(JOBS.c.name).where(self._free(job)))
            ).first() is not None

    async def _take(self, job: Job) -> bool:
        until = self._clock.now() + self._lease
        take = sa.update(JOBS).where(self._free(job)).values(holder=self._holder, held_until=until)
        async with self._db.begin() as tx:
            return (await tx.execute(take)).rowcount == 1

    def _free(self, job: Job) -> sa.ColumnElement[bool]:
        now = self._clock.now()
        unheld = JOBS.c.held_until.is_(None) | (JOBS.c.held_until <= now)
        return (JOBS.c.name == job.name) & (JOBS.c.due_at <= now) & unheld

    async def _give_back(self, job: Job, outcome: str, taken_at: datetime) -> None:
        now = self._clock.now()
        async with self._db.begin() as tx:
            failures = sa.select(JOBS.c.failures).where(JOBS.c.name == job.name)
            failed = (await tx.execute(failures)).scalar_one() + 1 if outcome == "failed" else 0
            free: dict[str, object] = {"holder": None, "held_until": None, "failures": failed}
            if outcome == "done":
                # Poked while it ran: it may have looked too early, so it is due again.
                poked = JOBS.c.due_at > taken_at
                due = sa.case((poked, JOBS.c.due_at), else_=sa.literal(now + job.every, Instant))
                free |= {"due_at": due, "finished_at": now}
            elif failed:
                free |= {"due_at": now + min(_RETRY * 2 ** min(failed - 1, 7), _MAX_RETRY)}
            await self._update_held(tx, job, **free)

    async def _update_held(self, tx: AsyncConnection, job: Job, **values: object) -> bool:
        mine = (JOBS.c.name == job.name) & (JOBS.c.holder == self._holder)
        return (await tx.execute(sa.update(JOBS).where(mine).values(**values))).rowcount == 1
