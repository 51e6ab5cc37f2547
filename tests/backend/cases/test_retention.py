"""Nothing is kept longer than it may be, and people can disappear from what is kept."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from cases_world import ANI, BUDI

from backend.service.errors import StateConflict
from backend.service.retention import PurgeFailed, Retention, five_years_before
from backend.store.feed import FEED
from backend.store.guests import GUESTS, REQUESTS
from backend.store.idempotency import answers
from backend.store.tickets import CLOCKS, CONVERSATIONS, HANDOFF, MESSAGES, TICKETS
from backend_client import wire


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (datetime(2031, 3, 2, 3, tzinfo=UTC), datetime(2026, 3, 2, 3, tzinfo=UTC)),
        (datetime(2028, 2, 29, tzinfo=UTC), datetime(2023, 2, 28, tzinfo=UTC)),
    ],
)
def test_five_years(now, then):
    assert five_years_before(now) == then


async def test_tickets_are_kept_for_five_years_after_their_end(world):
    line = wire.TranscriptLine(wire.Author.USER, "halo", world.clock.now())
    number = (await world.open(transcript=(line,))).number
    await world.say(number, "halo?")
    await world.tickets.cancel(number, wire.CancelTicket("c1"))
    request = (await world.guests.file(world.guest_request())).number
    await world.tickets.cancel(request, wire.CancelTicket("c1"))
    still_open = (await world.open()).number
    retention = Retention(world.db, world.clock, world.audit)
    world.clock.instant = world.clock.instant.replace(year=2031)
    await retention.run()
    assert len(await world.rows(TICKETS)) == 3
    world.clock.forward(seconds=1)
    await retention.run()
    assert [row.number for row in await world.rows(TICKETS)] == [still_open]
    for table in (MESSAGES, HANDOFF, GUESTS, REQUESTS):
        assert await world.rows(table) == []
    assert len(await world.rows(CLOCKS)) == 2
    assert len(await world.rows(CONVERSATIONS)) == 1


async def test_the_audit_trail_is_kept_for_five_years_and_cut_by_whole_months(world):
    await world.open()
    retention = Retention(world.db, world.clock, world.audit)
    world.clock.instant = datetime(2031, 3, 31, 23, 59, tzinfo=UTC)
    await retention.run()
    assert len(await world.audited("ticket_opened")) == 1
    world.clock.forward(minutes=1)
    for _ in range(3):
        await retention.run()
    assert await world.audited() == [("audit_truncated", None)]
    assert (await world.audit.verify(world.db)).first_broken is None


async def test_a_guest_who_still_has_an_account_keeps_the_ticket(small):
    number = await small.approved("Ulfa Pratiwi")
    await small.guests.accounts.create_due()
    small.clock.forward(days=8)
    await small.tickets.close_resolved()
    small.clock.forward(days=6 * 365)
    await Retention(small.db, small.clock, small.audit).run()
    assert (await small.tickets.show(number)).status == "closed"
    await small.guests.accounts.tend_due()
    await Retention(small.db, small.clock, small.audit).run()
    assert await small.rows(TICKETS) == []


async def test_feed_and_answers_are_kept_thirty_days(world):
    # Longer than a bot may be away and still repeat a call under its key (a week).
    await world.claimed()
    row = {"principal": "bot", "key": "k", "request_hash": "h", "at": world.clock.now()}
    async with world.db.begin() as tx:
        await tx.execute(sa.insert(answers).values(row))
    kept = []
    for days in (30, 1):
        world.clock.forward(days=days)
        await Retention(world.db, world.clock, world.audit).run()
        kept.append((len(await world.rows(answers)), len(await world.rows(FEED))))
    assert kept == [(1, 1), (0, 0)]


async def test_other_parts_are_purged_too_and_one_failing_does_not_keep_the_others(small):
    done = []

    async def broken():
        raise ValueError

    async def fine():
        done.append("fine")

    retention = Retention(small.db, small.clock, small.audit, {"broken": broken, "fine": fine})
    with pytest.raises(PurgeFailed, match="broken"):
        await retention.run()
    assert done == ["fine"]
    assert [job.name for job in retention.jobs()] == ["retention"]


async def test_erasure_keeps_the_work_and_loses_the_person(world):
    request = await world.approved("Ulfa Pratiwi")
    await world.guests.accounts.create_due()
    await world.say(request, "terima kasih")
    world.clock.forward(days=20)
    await world.guests.accounts.tend_due()
    await world.tickets.close_resolved()
    retention = Retention(world.db, world.clock, world.audit)
    erased = await retention.erase_requester(BUDI.channel, BUDI.user, actor="agent:ani")
    assert erased == 1
    tables = (TICKETS, MESSAGES, HANDOFF, CONVERSATIONS, GUESTS, REQUESTS)
    left = "".join([str(await world.rows(table)) for table in tables])
    for personal in (BUDI.user, "Ulfa Pratiwi", "terima kasih", "KAP Contoh"):
        assert personal not in left
    shown = await world.tickets.show(request)
    assert (shown.status, shown.resolution) == ("closed", "guest_accounts_created")
    assert shown.guest_request.contact_name == ""
    assert await world.audited("requester_erased") == [("requester_erased", request)]


async def test_nobody_is_erased_while_waiting_for_help(small):
    await small.claimed(ANI)
    retention = Retention(small.db, small.clock, small.audit)
    with pytest.raises(StateConflict):
        await retention.erase_requester(BUDI.channel, BUDI.user, actor="agent:ani")
    assert await retention.erase_requester("web", "nobody", actor="agent:ani") == 0
