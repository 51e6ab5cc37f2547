"""Every way a link can end before, or without, a password."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa
from password_world import GOOD, OTHER

from backend.domain.links import LinkEnd
from backend.service.errors import BackendBusy
from backend.service.identities import Identities
from backend.service.link_views import Away, Changed, LinkOver, Over
from backend.service.ports import Unavailable
from backend.service.ticket_book import TicketBook
from backend.store.accounts import accounts, recovery_freezes
from backend.store.links import links
from backend_client import wire


async def end_of(awaitable):
    with pytest.raises(LinkOver) as over:
        await awaitable
    return over.value.end


async def issue(world, grant):
    return await world.links.issue(wire.IssueLink(grant, "c1"))


async def test_a_frozen_account_opens_no_page_whoever_froze_it(small):
    token, _ = await small.issue()
    until = small.clock.now() + timedelta(hours=1)
    async with small.db.begin() as tx:
        freeze = sa.insert(recovery_freezes)
        account_id = (await small.account()).id
        await tx.execute(freeze.values(account_id=account_id, frozen_until=until))
    assert await end_of(small.links.exchange(token)) is LinkEnd.FROZEN


async def test_an_account_that_is_gone_opens_no_page(small):
    token, _ = await small.issue()
    cookie = (await small.links.exchange(token)).cookie
    async with small.db.begin() as tx:
        await tx.execute(sa.delete(accounts))
    assert await end_of(small.links.exchange(token)) is LinkEnd.UNKNOWN
    assert await end_of(small.links.view(cookie)) is LinkEnd.UNKNOWN


async def test_no_page_opens_while_the_directory_is_away(small):
    token, number = await small.issue()
    cookie = (await small.links.exchange(token)).cookie
    small.directory.failing["get"] = Unavailable()
    for ask in (small.links.exchange(token), small.links.view(cookie)):
        with pytest.raises(BackendBusy):
            await ask
    assert await small.submit(cookie, number, GOOD) == Away()
    small.directory.failing.clear()
    assert await small.submit(cookie, number, GOOD) == Changed()


async def test_a_token_is_good_for_fifteen_minutes_and_a_page_for_ten_idle_ones(small):
    token, number = await small.issue()
    small.clock.forward(minutes=15, microseconds=-1)
    cookie = (await small.links.exchange(token)).cookie
    small.clock.forward(microseconds=1)
    assert await end_of(small.links.exchange(token)) is LinkEnd.EXPIRED
    small.clock.forward(minutes=9)
    await small.links.view(cookie)
    small.clock.forward(seconds=59)
    assert await small.submit(cookie, number, GOOD) == Changed()


async def test_an_idle_page_is_over(small):
    cookie, number = await small.page()
    small.clock.forward(minutes=10)
    assert await end_of(small.links.view(cookie)) is LinkEnd.SESSION_OVER
    assert await small.submit(cookie, number, GOOD) == Over(LinkEnd.SESSION_OVER)


async def test_an_unused_link_expires_and_the_chat_hears_once(world):
    await world.issue()
    world.clock.forward(minutes=15, microseconds=-1)
    await world.links.expire()
    assert await world.told() == ()
    world.clock.forward(microseconds=1)
    await world.links.expire()
    await world.links.expire()
    assert [event.reason for event in await world.told()] == ["expired"]


async def test_a_page_that_is_open_is_not_taken_away_when_the_token_expires(small):
    token, number = await small.issue()
    small.clock.forward(minutes=14)
    cookie = (await small.links.exchange(token)).cookie
    small.clock.forward(minutes=2)
    await small.links.expire()
    assert await small.submit(cookie, number, GOOD) == Changed()
    small.clock.forward(minutes=60)
    await small.links.expire()
    assert [type(event) for event in await small.told()] == [wire.PasswordChanged]


@pytest.mark.parametrize(
    ("change", "end"),
    [
        ({"password_version": 5}, LinkEnd.ACCOUNT_CHANGED),
        ({"recovery_index": "x", "recovery_email": None}, LinkEnd.ACCOUNT_CHANGED),
        ({"enabled": False}, LinkEnd.ACCOUNT_NOT_USABLE),
        ({"privileged": True}, LinkEnd.ACCOUNT_NOT_USABLE),
    ],
    ids=["password set elsewhere", "recovery address removed", "switched off", "privileged"],
)
@pytest.mark.parametrize("opened", [False, True], ids=["before the page", "on the page"])
async def test_an_account_that_changed_meanwhile_ends_the_link(small, change, end, opened):
    token, number = await small.issue()
    cookie = (await small.links.exchange(token)).cookie
    await small.set(accounts, **change)
    if opened:
        assert await small.submit(cookie, number, GOOD) == Over(end)
    else:
        assert await end_of(small.links.exchange(token)) is end
    assert await end_of(small.links.exchange(token)) is end
    assert small.directory.writes == 0


async def test_a_newer_link_replaces_the_older_one(world):
    old, old_number = await world.issue()
    old_cookie = (await world.links.exchange(old)).cookie
    cookie, number = await world.page()
    assert await end_of(world.links.exchange(old)) is LinkEnd.REPLACED
    assert await world.submit(old_cookie, old_number, OTHER) == Over(LinkEnd.REPLACED)
    assert await world.submit(cookie, number, GOOD) == Changed()


async def test_links_of_two_accounts_live_beside_each_other(small):
    budi, siti = await small.page(), await small.page("siti.rahma", conversation="c2")
    assert await small.submit(*budi, GOOD) == Changed()
    assert await small.submit(*siti, GOOD) == Changed()
    assert [event.conversation for event in await small.told()] == ["c1", "c2"]


async def test_many_requests_at_once_leave_one_live_link(world):
    grants = [await world.grant() for _ in range(12)]
    await asyncio.gather(*(issue(world, grant) for grant in grants))
    rows = await world.rows(links)
    assert len(rows) == 12
    assert [row["ended"] for row in rows].count(None) == 1


async def test_old_links_are_forgotten_after_a_week(small):
    token, number = await small.issue()
    cookie = (await small.links.exchange(token)).cookie
    await small.submit(cookie, number, GOOD)
    small.clock.forward(days=7)
    await small.links.purge()
    assert await end_of(small.links.exchange(token)) is LinkEnd.USED
    small.clock.forward(microseconds=1)
    await small.links.purge()
    assert await end_of(small.links.exchange(token)) is LinkEnd.UNKNOWN


async def test_a_link_of_a_chat_that_is_somebody_elses_sets_no_password(small):
    cookie, number = await small.page()
    parts = (small.db, small.clock, small.vault, small.audit, small.feed)
    book = TicketBook(*parts, clocks=None, zone=None)
    identities = Identities(book, small.vault, small.grants)
    other = wire.IdentityChanged("c2", wire.ChatIdentity("whatsapp", "628222"))
    await identities.changed(other)
    assert (await small.links.view(cookie)).number_digits
    own = wire.IdentityChanged("c1", wire.ChatIdentity("whatsapp", "628111"))
    await identities.changed(own)
    assert await small.submit(cookie, number, GOOD) == Over(LinkEnd.IDENTITY_CHANGED)
    assert [(type(told), told.reason) for told in await small.told()] == [
        (wire.LinkEnded, "identity_changed")
    ]
    assert not await small.verifies(GOOD)
