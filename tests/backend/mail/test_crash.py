"""Killed at any moment: sent once more at worst, never lost. Several processes: each mail once."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from backend.service.mailer import MailRules
from backend.store import mail as rows
from backend.store.mail import mail_outbox
from ops.clock import SystemClock

ROOT = Path(__file__).parents[3]

_WORKER = """
import asyncio, contextlib, sys
sys.path.insert(0, {root!r})
import structlog
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
from backend.adapters.mail.rendering import JinjaTemplates
from backend.service.feed import Feed
from backend.service.mailer import Mailer, MailRules
from backend.service.vault import Vault
from backend.store.database import Database
from ops.clock import SystemClock
from datetime import timedelta

class Post:
    async def check(self): ...
    async def close(self): ...
    async def send(self, mail):
        print(mail.to, mail.message_id, flush=True)
        await asyncio.sleep(0.002)

async def main():
    db, clock = Database({url!r}), SystemClock()
    rules = MailRules(lease=timedelta(seconds=1), sweep_seconds=0.05)
    mailer = Mailer(
        db, Vault("k" * 43), Post(), JinjaTemplates(), clock, Feed(db, clock), rules=rules
    )
    await mailer.run()

with contextlib.suppress(KeyboardInterrupt):
    asyncio.run(main())
"""


class Worker:
    """A mailer in a process of its own, that a test kills."""

    def __init__(self, url):
        code = _WORKER.format(root=str(ROOT), url=url)
        self.process = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
        )

    def read(self, lines):
        return [self.process.stdout.readline().split() for _ in range(lines)]

    def read_all_of(self, recipients):
        """Return what is sent until each of the recipients has got a mail."""
        sent, missing = [], set(recipients)
        while missing:
            sent += self.read(1)
            missing.discard(sent[-1][0])
        return sent

    def end(self, how):
        """Send a signal, and return what was sent but not read yet."""
        os.kill(self.process.pid, how)
        rest = self.process.stdout.read().splitlines()
        self.process.stdout.close()
        self.process.wait()
        return [line.split() for line in rest]


async def open_rows(db):
    count = sa.select(sa.func.count()).where(mail_outbox.c.next_at.is_not(None))
    async with db.read() as tx:
        return await tx.scalar(count.select_from(mail_outbox))


@pytest.mark.slow
async def test_kills_while_sending_lose_nothing(make_desk, db, database_url):
    desk = make_desk(clock=SystemClock())
    for number in range(120):
        await desk.notice(f"o{number}", to=f"u{number}@x.id")
    sent, kills = [], 0
    for lines in (1, 7, 19, 3, 30):
        worker = Worker(database_url)
        sent += await asyncio.to_thread(worker.read, lines)
        sent += worker.end(signal.SIGKILL)
        kills += 1
    everybody = {f"u{number}@x.id" for number in range(120)}
    missing = everybody - {to for to, _ in sent}
    worker = Worker(database_url)
    sent += await asyncio.to_thread(worker.read_all_of, missing)
    await asyncio.sleep(1.1)  # the last lease of a killed worker
    sent += worker.end(signal.SIGINT)
    assert await open_rows(db) == 0
    assert {to for to, _ in sent} == everybody
    assert len(sent) <= 120 + kills  # at most the one in flight at each kill
    assert len({message_id for _, message_id in sent}) == 120


async def test_a_row_in_flight_is_left_alone_until_its_lease_ends(desk, make_desk):
    hold, held = asyncio.Event(), asyncio.Event()

    async def slow(_mail):
        held.set()
        await hold.wait()

    real, desk.post.send = desk.post.send, slow
    await desk.notice("o1")
    first = asyncio.create_task(desk.mailer.run_due())
    await held.wait()
    desk.post.send = real
    second = make_desk()
    desk.clock.forward(seconds=44)
    assert await second.mailer.run_due() == 0
    desk.clock.forward(seconds=1)
    assert await second.mailer.run_due() == 1
    hold.set()
    await first
    assert len(desk.post.sent) == 1


async def test_workers_side_by_side_send_each_mail_once(make_desk):
    desks = [make_desk() for _ in range(4)]
    for number in range(60):
        await desks[0].notice(f"o{number}", to=f"u{number}@x.id")
    tried = await asyncio.gather(*(desk.mailer.run_due() for desk in desks))
    assert sum(tried) == 60
    assert len(set(desks[0].recipients)) == len(desks[0].post.sent) == 60


async def test_stopping_lets_the_message_in_flight_end(make_desk, db):
    desk = make_desk(rules=MailRules(grace_seconds=10))
    go, held = asyncio.Event(), asyncio.Event()
    real = desk.post.send

    async def slow(mail):
        held.set()
        await go.wait()
        await real(mail)

    desk.post.send = slow
    await desk.notice("o1")
    worker = asyncio.create_task(desk.mailer.run())
    await held.wait()
    worker.cancel()
    await asyncio.sleep(0)
    go.set()
    await asyncio.wait([worker])
    assert worker.cancelled()
    assert len(desk.post.sent) == 1
    assert await open_rows(db) == 0


async def test_a_database_that_is_away_for_a_moment_does_not_end_the_worker(
    make_desk, monkeypatch
):
    desk = make_desk(rules=MailRules(sweep_seconds=0.02))
    real, errors = rows.overdue, [ConnectionError(), OSError()]

    async def overdue(tx, now):
        if errors:
            raise errors.pop()
        return await real(tx, now)

    monkeypatch.setattr(rows, "overdue", overdue)
    await desk.notice("o1")
    worker = asyncio.create_task(desk.mailer.run())
    await asyncio.wait_for(desk.post.arrived.wait(), 10)
    worker.cancel()
    await asyncio.wait([worker])
    assert errors == []


async def test_stopping_does_not_wait_for_ever(make_desk, db):
    desk = make_desk(rules=MailRules(grace_seconds=0.05))
    held = asyncio.Event()

    async def hang(_mail):
        held.set()
        await asyncio.Event().wait()

    desk.post.send = hang
    await desk.notice("o1")
    worker = asyncio.create_task(desk.mailer.run())
    await held.wait()
    worker.cancel()
    await asyncio.wait([worker], timeout=10)
    assert worker.done()
    assert await open_rows(db) == 1


async def test_a_message_that_kills_its_process_is_not_adopted_for_ever(desk, db):
    """On SQLite a start makes rows in flight due at once: but only three times."""
    await desk.notice("poison")
    columns = mail_outbox.c
    for attempts, adopted in ((3, True), (4, False)):
        later = desk.clock.now().replace(year=2027)
        async with db.begin() as tx:
            await tx.execute(
                mail_outbox.update()
                .where(columns.op == "poison")
                .values(state="sending", attempts=attempts, next_at=later)
            )
        worker = asyncio.create_task(desk.mailer.run())
        if adopted and db.is_sqlite:
            await asyncio.wait_for(desk.post.arrived.wait(), 10)
        else:
            await asyncio.sleep(0.05)
        worker.cancel()
        await asyncio.wait([worker])
        assert len(desk.post.sent) == (1 if db.is_sqlite else 0)
