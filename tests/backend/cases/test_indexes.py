"""A million rows must cost what a thousand do: no statement of a whole case scans a table."""

import re
from contextlib import contextmanager

import sqlalchemy as sa
from cases_world import ANI
from sqlalchemy import event

from backend.service.jobs import Scheduler
from backend.service.retention import Retention
from backend_client import wire

SMALL = {
    "holidays",  # a handful of days a year
    "audit_head",  # one row
    "audit_checkpoints",  # one a month
    "jobs",  # one row a job
}


@contextmanager
def recorded(db):
    seen = {}

    def note(_connection, _cursor, statement, parameters, _context, many):
        if not many and re.match(r"SELECT|UPDATE|DELETE", statement):
            seen.setdefault(statement, parameters)

    event.listen(db.engine.sync_engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine.sync_engine, "before_cursor_execute", note)


async def live_through_a_case(world):
    number = (await world.open(grant=await world.prove())).number
    await world.open("lagi")
    await world.say(number, "halo?")
    await world.tickets.claim(number, wire.ClaimTicket(ANI))
    await world.tickets.reply(number, wire.ReplyToTicket(ANI, "ya", last_seen=9))
    await world.tickets.resolve(number, wire.ResolveTicket(ANI, "done"))
    await world.say(number, "belum")
    await world.tickets.cancel(
        (await world.open(category=wire.TicketCategory.OTHER)).number, wire.CancelTicket("c1")
    )
    await world.tickets.search(wire.ListTickets(await world.prove(), "c1"))
    await world.tickets.list(before=number)
    await world.tickets.list(status="open", category="password")
    await world.approved("Ulfa Pratiwi")
    await world.clocks.watch()
    await world.guests.accounts.create_due()
    world.clock.forward(days=20)
    await world.guests.accounts.tend_due()
    await world.tickets.close_resolved()
    await world.feed.page(3, 0)
    retention = Retention(world.db, world.clock, world.audit)
    await retention.run()
    await retention.erase_requester("web", "somebody", actor="agent:ani")
    world.clock.forward(days=6 * 365)
    await retention.run()  # now there are tickets to delete
    await Scheduler(world.db, world.clock, world.tickets.jobs()).run_due()


async def test_every_lookup_has_its_index(small):
    with recorded(small.db) as statements:
        await live_through_a_case(small)
    scans = set()
    async with small.db.engine.connect() as connection:
        for statement, parameters in statements.items():
            plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            found = [re.match(r"SCAN (\w+)$", row.detail) for row in plan]
            scans |= {(one[1], statement) for one in found if one and one[1] not in SMALL}
    assert len(statements) > 60
    assert scans == set()


async def test_the_check_above_would_notice(small):
    async with small.db.engine.connect() as connection:
        query = sa.text("EXPLAIN QUERY PLAN SELECT * FROM tickets WHERE summary = 'x'")
        plan = (await connection.execute(query)).all()
    assert [row.detail for row in plan] == ["SCAN tickets"]
