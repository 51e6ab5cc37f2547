"""The feed: nothing skipped, nothing twice, in the order of the commits."""

import asyncio

import msgspec
import pytest
import sqlalchemy as sa
from cases_world import assembled

from backend.service import feed
from backend.store.database import Database
from backend.store.feed import FEED
from backend_client import wire


async def publish(world, *tickets):
    for ticket in tickets:
        async with world.db.begin() as tx:
            await world.feed.publish(tx, wire.TicketReleased, "c1", ticket=ticket)


def tickets(page):
    return [event.ticket for event in page.events]


async def test_pages_go_on_where_the_last_one_ended(world):
    await publish(world, "a", "b")
    first = await world.feed.page(0, 0)
    assert tickets(first) == ["a", "b"]
    await publish(world, "c")
    second = await world.feed.page(first.next, 0)
    assert tickets(second) == ["c"]
    assert await world.feed.page(second.next, 0) == wire.FeedPage((), second.next)


async def test_every_event_comes_back_as_it_was(world):
    told = {
        wire.TicketClaimed: {"ticket": "T", "agent": "ani"},
        wire.AgentReplied: {"ticket": "T", "agent": "ani", "text": "halo"},
        wire.TicketReleased: {"ticket": "T"},
        wire.HandedBack: {"ticket": "T"},
        wire.TicketResolved: {"ticket": "T", "resolution": "explained"},
        wire.PasswordChanged: {"account": "b***o", "state": wire.ChangeState.APPLIED},
        wire.LinkEnded: {"reason": "expired"},
        wire.MailDelayed: {},
        wire.GuestsDecided: {"ticket": "T", "approved": False, "count": 5, "reason": "x"},
    }
    for kind, fields in told.items():
        async with world.db.begin() as tx:
            await world.feed.publish(tx, kind, "c9", **fields)
    events = await world.events()
    at = world.clock.now()
    assert list(events) == [
        kind(seq=event.seq, conversation="c9", at=at, **fields)
        for event, (kind, fields) in zip(events, told.items(), strict=True)
    ]


async def test_fields_of_another_event_are_refused(world):
    async with world.db.begin() as tx:
        with pytest.raises(msgspec.ValidationError):
            await world.feed.publish(tx, wire.TicketClaimed, "c1", ticket="T")


async def test_a_rolled_back_event_is_never_heard(world):
    with pytest.raises(ZeroDivisionError):
        async with world.db.begin() as tx:
            await world.feed.publish(tx, wire.MailDelayed, "c1")
            1 / 0  # noqa: B018 - the failure
    assert await world.events() == ()


async def test_a_waiting_reader_is_woken_by_the_commit(world, monkeypatch):
    monkeypatch.setattr(feed, "_POLL", 60)  # by itself it would look too late
    reader = asyncio.create_task(world.feed.page(0, 60))
    await asyncio.sleep(0.05)
    await publish(world, "a")
    assert tickets(await asyncio.wait_for(reader, 20)) == ["a"]


async def test_a_reader_hears_what_another_process_publishes(world, database_url):
    db = Database(database_url)
    other = assembled(db, world.clock)
    reader = asyncio.create_task(other.feed.page(0, 30))
    await asyncio.sleep(0.05)
    await publish(world, "a")
    assert tickets(await asyncio.wait_for(reader, 10)) == ["a"]
    await db.close()


async def test_waiting_ends_empty_handed_after_its_time(world):
    assert await world.feed.page(7, 0.05) == wire.FeedPage((), 7)


async def test_a_stop_lets_waiting_readers_go_at_once(world):
    reading = asyncio.create_task(world.feed.page(0, 60))
    await asyncio.sleep(0.05)
    world.feed.stop()
    assert await asyncio.wait_for(reading, 5) == wire.FeedPage((), 0)


async def test_numbers_are_not_reused_after_a_purge(world):
    await publish(world, "a", "b")
    last = (await world.feed.page(0, 0)).next
    world.clock.forward(days=31)
    assert await world.feed.purge() == 2
    await publish(world, "c")
    assert (await world.feed.page(last, 0)).next > last


async def test_the_purge_keeps_30_days(world):
    await publish(world, "a")
    world.clock.forward(days=30)
    assert await world.feed.purge() == 0


async def test_long_pages_are_cut(small):
    async with small.db.begin() as tx:
        for n in range(501):
            await small.feed.publish(tx, wire.TicketReleased, "c", ticket=str(n))
    first = await small.feed.page(0, 0)
    assert len(first.events) == 500
    assert tickets(await small.feed.page(first.next, 0)) == ["500"]


async def test_nothing_is_skipped_under_20_writers(world):
    """Writers start their transactions in one order and commit in another."""
    writers, each = 20, 10

    async def write(writer):
        for n in range(each):
            async with world.db.begin() as tx:
                await world.feed.publish(tx, wire.TicketReleased, "c", ticket=f"{writer}/{n}")
                # The number is given at the commit, so dawdling here must not matter.
                await tx.execute(sa.text("SELECT 1" if writer % 2 else "SELECT 2"))
                await asyncio.sleep(0.002 * (writer % 3))

    async def read():
        seen, after = [], 0
        while len(seen) < writers * each:
            page = await world.feed.page(after, 10)
            seen += [(event.seq, event.ticket) for event in page.events]
            after = page.next
        return seen

    reader = asyncio.create_task(read())
    await asyncio.gather(*(write(n) for n in range(writers)))
    seen = await asyncio.wait_for(reader, 60)
    assert [seq for seq, _ in seen] == sorted({seq for seq, _ in seen})
    assert {ticket for _, ticket in seen} == {
        f"{writer}/{n}" for writer in range(writers) for n in range(each)
    }
    assert len(await world.rows(FEED)) == writers * each
