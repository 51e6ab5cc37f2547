"""A million closed rows must cost nothing: every statement finds its rows by an index."""

from contextlib import contextmanager
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import event

from backend.service.ports import MailPostponed, MailUnavailable
from backend.store.mail import mail_outbox


@contextmanager
def statements(db):
    """Collect what is executed on the outbox, with its parameters."""
    seen = []

    def keep(_connection, _cursor, statement, parameters, _context, _many):
        if "mail_outbox" in statement and not statement.startswith(("INSERT", "EXPLAIN")):
            seen.append((statement, parameters))

    event.listen(db.engine.sync_engine, "before_cursor_execute", keep)
    yield seen
    event.remove(db.engine.sync_engine, "before_cursor_execute", keep)


async def everything_the_mailer_does(desk):
    desk.post.away = MailUnavailable()
    await desk.code("c1", conversation="web:1")
    await desk.warning("w1")
    await desk.notice("n1", to="late@x.id")
    for _ in range(40):
        await desk.mailer.run_due()
        desk.clock.forward(seconds=1)
    desk.post.away = None
    desk.clock.forward(seconds=15)
    desk.post.failures["late@x.id"] = [MailPostponed()]
    await desk.mailer.run_due()
    desk.clock.forward(days=2)
    await desk.mailer.run_due()
    await desk.mailer.purge()


async def fill(db, now, count):
    """Put closed rows into the outbox."""
    closed = now - timedelta(hours=1)
    row = {
        "template": "code", "language": "id", "priority": 0, "state": "done", "attempts": 1,
        "created_at": closed, "expires_at": closed, "ends_by_itself": True, "closed_at": closed,
    }  # fmt: skip
    rows = [{**row, "op": f"old{number}", "thread": f"t{number}"} for number in range(count)]
    async with db.begin() as tx:
        for start in range(0, count, 2000):
            await tx.execute(sa.insert(mail_outbox), rows[start : start + 2000])
    async with db.begin() as tx:
        await tx.exec_driver_sql("ANALYZE mail_outbox")


async def plan_of(db, statement, parameters):
    """Return how the database would go about a statement, as text."""
    explain = "EXPLAIN QUERY PLAN" if db.is_sqlite else "EXPLAIN"
    async with db.read() as tx:
        found = await tx.exec_driver_sql(f"{explain} {statement}", parameters)
        return "\n".join(str(row[-1]) for row in found)


async def test_no_statement_reads_the_whole_table(desk, db):
    await fill(db, desk.clock.now(), 20_000)
    with statements(db) as seen:
        await everything_the_mailer_does(desk)
    distinct = dict(seen)
    assert len(distinct) >= 10
    for statement, parameters in distinct.items():
        plan = await plan_of(db, statement, parameters)
        assert "Seq Scan on mail_outbox" not in plan, (statement, plan)
        scans = [line for line in plan.splitlines() if line.startswith("SCAN mail_outbox")]
        assert all("USING" in line for line in scans), (statement, plan)
