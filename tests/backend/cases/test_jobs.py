"""Periodic jobs: one process at a time, caught up after downtime, safe against kills."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from backend.service.jobs import RUNS, Job, Scheduler
from backend.store.database import Database, metadata
from backend.store.jobs import JOBS

HOUR = timedelta(hours=1)
LEASE = timedelta(seconds=60)


@pytest.fixture
async def db(database_url):
    made = Database(database_url)
    async with made.engine.begin() as tx:
        await tx.run_sync(lambda connection: metadata.create_all(connection, tables=[JOBS]))
    yield made
    await made.close()


class Work:
    """A job that counts its runs, and may fail, hang or die."""

    def __init__(self):
        self.runs = 0
        self.error = None
        self.go = asyncio.Event()
        self.go.set()
        self.started = asyncio.Event()

    async def run(self):
        self.started.set()
        await self.go.wait()
        self.runs += 1
        if self.error:
            raise self.error

    def job(self, name="work", every=HOUR):
        return Job(name, every, self.run)


async def row_of(db, name="work"):
    async with db.read() as tx:
        return (await tx.execute(sa.select(JOBS).where(JOBS.c.name == name))).one()


async def until(db, holds, name="work"):
    """Wait until the job's row is as `holds` says: another connection is about to write it."""
    async with asyncio.timeout(20):
        while not holds(await row_of(db, name)):  # noqa: ASYNC110 - rows have no events
            await asyncio.sleep(0.005)


async def test_a_job_runs_at_once_and_then_when_it_is_due(db, clock):
    work = Work()
    scheduler = Scheduler(db, clock, [work.job()])
    assert await scheduler.run_due() == ("work",)
    assert await scheduler.run_due() == ()
    clock.forward(minutes=59, seconds=59)
    assert await scheduler.run_due() == ()
    clock.forward(seconds=1)
    assert await scheduler.run_due() == ("work",)
    assert work.runs == 2


async def test_a_long_downtime_is_caught_up_with_one_run(db, clock):
    work = Work()
    await Scheduler(db, clock, [work.job()]).run_due()
    clock.forward(days=30)
    assert await Scheduler(db, clock, [work.job()]).run_due() == ("work",)
    assert await Scheduler(db, clock, [work.job()]).run_due() == ()


async def test_no_jobs(db, clock):
    assert await Scheduler(db, clock, []).run_due() == ()


async def test_twenty_processes_run_it_once(db, clock):
    work = Work()
    schedulers = [Scheduler(db, clock, [work.job()]) for _ in range(20)]
    ran = await asyncio.gather(*(one.run_due() for one in schedulers))
    assert sorted(ran) == [()] * 19 + [("work",)]
    assert work.runs == 1


async def test_a_killed_process_is_followed_when_its_lease_has_run_out(db, clock):
    work = Work()
    scheduler = Scheduler(db, clock, [work.job()], lease=LEASE)
    await scheduler._register()
    assert await scheduler._take(work.job())  # and then it was killed
    heir = Scheduler(db, clock, [work.job()], lease=LEASE)
    clock.forward(seconds=59)
    assert await heir.run_due() == ()
    clock.forward(seconds=1)
    assert await heir.run_due() == ("work",)
    assert work.runs == 1


async def test_a_slow_job_keeps_its_lease(db, clock):
    work = Work()
    work.go.clear()
    holder = Scheduler(db, clock, [work.job()], lease=timedelta(seconds=0.06))
    running = asyncio.create_task(holder.run_due())
    await work.started.wait()
    before = (await row_of(db)).held_until
    clock.forward(seconds=0.05)
    await until(db, lambda row: row.held_until != before)
    work.go.set()
    assert await running == ("work",)
    assert work.runs == 1


async def test_whoever_lost_the_lease_stops_and_leaves_the_row_alone(db, clock):
    work = Work()
    work.go.clear()
    before = RUNS.labels("work", "lost")._value.get()
    loser = Scheduler(db, clock, [work.job()], lease=timedelta(seconds=0.03))
    running = asyncio.create_task(loser.run_due())
    await work.started.wait()
    async with db.begin() as tx:
        await tx.execute(sa.update(JOBS).values(holder="another"))
    await running
    assert work.runs == 0
    assert (await row_of(db)).holder == "another"
    assert RUNS.labels("work", "lost")._value.get() == before + 1


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 30), (2, 60), (3, 120), (8, 3600), (20, 3600)]
)
async def test_a_failing_job_is_tried_again_later_and_later(db, clock, failures, seconds):
    work = Work()
    work.error = ValueError("broken")
    scheduler = Scheduler(db, clock, [work.job()])
    for _ in range(failures):
        assert await scheduler.run_due() == ("work",)
        clock.instant = (await row_of(db)).due_at
    row = await row_of(db)
    assert row.failures == failures
    assert row.holder is None
    clock.forward(seconds=-seconds - 1)
    assert await scheduler.run_due() == ()
    clock.forward(seconds=seconds + 1)
    work.error = None
    assert await scheduler.run_due() == ("work",)
    assert (await row_of(db)).failures == 0


async def test_a_failing_job_does_not_keep_the_others(db, clock):
    bad, good = Work(), Work()
    bad.error = ValueError("broken")
    scheduler = Scheduler(db, clock, [bad.job("bad"), good.job("good")])
    assert await scheduler.run_due() == ("bad", "good")
    assert good.runs == 1


async def test_the_loop_runs_jobs_beside_each_other_and_stops_when_cancelled(db, clock):
    slow, quick = Work(), Work()
    slow.go.clear()
    jobs = [slow.job("slow"), quick.job("quick")]
    scheduler = Scheduler(db, clock, jobs, look=0.01)
    running = asyncio.create_task(scheduler.run())
    await asyncio.wait_for(slow.started.wait(), 20)
    await asyncio.wait_for(quick.started.wait(), 20)
    await until(db, lambda row: row.finished_at is not None, "quick")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    left = await row_of(db, "slow")
    assert left.holder is None  # given back: another process may go on at once
    assert left.due_at <= clock.now()
    assert left.failures == 0
    assert slow.runs == 0


async def test_a_poke_makes_a_job_due(db, clock):
    work = Work()
    scheduler = Scheduler(db, clock, [work.job()], look=60)
    running = asyncio.create_task(scheduler.run())
    await asyncio.wait_for(work.started.wait(), 20)
    await until(db, lambda row: row.finished_at is not None)
    work.started.clear()
    await scheduler.poke("work")
    await asyncio.wait_for(work.started.wait(), 20)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_poke_during_a_run_is_not_lost(db, clock):
    work = Work()
    work.go.clear()
    scheduler = Scheduler(db, clock, [work.job()])
    running = asyncio.create_task(scheduler.run_due())
    await work.started.wait()
    clock.forward(seconds=1)
    await scheduler.poke("work")
    work.go.set()
    await running
    assert await scheduler.run_due() == ("work",)
    assert await scheduler.run_due() == ()


async def test_the_loop_outlives_a_database_that_is_away(db, clock, monkeypatch):
    work = Work()
    scheduler = Scheduler(db, clock, [work.job()], look=0.01)
    real, failed = scheduler._is_due, asyncio.Event()

    async def away_once(job):
        if not failed.is_set():
            failed.set()
            raise sa.exc.OperationalError("SELECT", {}, OSError("gone"))
        return await real(job)

    monkeypatch.setattr(scheduler, "_is_due", away_once)
    running = asyncio.create_task(scheduler.run())
    await asyncio.wait_for(work.started.wait(), 20)
    assert failed.is_set()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
