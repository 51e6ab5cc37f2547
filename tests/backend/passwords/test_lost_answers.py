"""Killed or left without an answer, a change is neither lost, doubled, nor called done early."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa
from password_world import GOOD, OTHER, fails_with, opened
from pydantic import SecretStr

from backend.domain.password_policy import Rule
from backend.service.link_views import Busy, Changed, Uncertain
from backend.service.password_types import ChangeOrder, ChangeRefused
from backend.service.ports import Capability, OutcomeUnknown, Unavailable
from backend.store.accounts import accounts, password_history, password_operations
from backend.store.links import links
from backend_client import wire

APPLIED, REFUSED, UNKNOWN = (
    wire.ChangeState.APPLIED,
    wire.ChangeState.REFUSED,
    wire.ChangeState.UNKNOWN,
)


class Killed(BaseException):
    """What a kill looks like from inside: nothing after it runs."""


async def states(world):
    return [event.state for event in await world.told()]


async def test_an_answer_that_got_lost_after_the_write_is_read_back(world):
    world.directory.after = fails_with(OutcomeUnknown())
    cookie, number = await world.page()
    assert await world.submit(cookie, number, GOOD) == Changed()
    assert await states(world) == [APPLIED]


@pytest.mark.parametrize("blind", ["verify_password", "get"])
async def test_doubt_stays_doubt_until_the_directory_can_be_asked(world, blind):
    cookie, number = await world.page()

    async def lose():
        world.directory.failing[blind] = Unavailable()
        raise OutcomeUnknown

    world.directory.after = lose
    assert await world.submit(cookie, number, GOOD) == Uncertain()
    assert await states(world) == [UNKNOWN]
    world.clock.forward(seconds=60)
    await world.passwords.reconcile()
    if blind == "get":
        assert await states(world) == [UNKNOWN]
        world.directory.failing.clear()
        await world.passwords.reconcile()
    await world.passwords.reconcile()
    assert await states(world) == [UNKNOWN, APPLIED]
    assert await world.verifies(GOOD) if blind == "get" else True
    assert [row["ended"] for row in await world.rows(links)] == ["used"]


async def test_a_write_that_never_arrived_is_given_up_and_told(world):
    world.directory.before = fails_with(OutcomeUnknown())
    cookie, number = await world.page()
    assert await world.submit(cookie, number, GOOD) == Uncertain()
    world.directory.before = None
    world.clock.forward(seconds=61)
    assert await world.submit(cookie, number, OTHER) == Busy()
    await world.passwords.reconcile()
    assert await states(world) == [UNKNOWN]
    world.clock.forward(minutes=4)
    await world.passwords.reconcile()
    assert await states(world) == [UNKNOWN, REFUSED]
    assert await world.submit(cookie, number, GOOD) == Changed()


async def test_a_directory_that_cannot_verify_is_judged_by_its_version(small):
    small.directory.capabilities &= ~Capability.VERIFY
    small.build()
    small.directory.after = fails_with(OutcomeUnknown())
    cookie, number = await small.page()
    assert await small.submit(cookie, number, GOOD) == Changed()


async def test_an_old_change_by_others_is_not_taken_for_ours(small):
    small.directory.before = fails_with(OutcomeUnknown())
    small.directory.capabilities &= ~Capability.VERIFY
    small.build()
    cookie, number = await small.page()
    assert await small.submit(cookie, number, GOOD) == Uncertain()
    long_ago = small.clock.now() - timedelta(minutes=2)
    await small.set(accounts, password_version=7, password_changed_at=long_ago)
    small.clock.forward(minutes=5)
    await small.passwords.reconcile()
    assert await states(small) == [UNKNOWN, REFUSED]


async def test_killed_between_the_directory_and_the_commit_it_is_caught_up(database_url, clock):
    async with opened(database_url, clock) as first:
        cookie, number = await first.page()
        first.directory.after = fails_with(Killed())
        with pytest.raises(Killed):
            await first.submit(cookie, number, GOOD)
    async with opened(database_url, clock) as second:
        assert await second.verifies(GOOD)
        assert await second.told() == ()
        clock.forward(seconds=59)
        await second.passwords.reconcile()
        assert await second.told() == ()
        clock.forward(seconds=1)
        await asyncio.gather(second.passwords.reconcile(), second.passwords.reconcile())
        assert await states(second) == [APPLIED]
        assert len(await second.rows(password_history)) == 1
        assert len(await second.mails()) == 2
        assert [row["ended"] for row in await second.rows(links)] == ["used"]
        made = ChangeOrder("op2", await second.account(), "id")
        used = ChangeRefused((Rule.USED_BEFORE,))
        assert await second.passwords.change(made, SecretStr(GOOD)) == used


async def test_killed_before_the_directory_the_owner_can_try_again(world):
    cookie, number = await world.page()
    world.directory.before = fails_with(Killed())
    with pytest.raises(Killed):
        await world.submit(cookie, number, GOOD)
    world.directory.before = None
    assert await world.submit(cookie, number, GOOD) == Busy()
    world.clock.forward(minutes=5)
    await world.links.expire()
    await world.passwords.reconcile()
    assert await world.submit(cookie, number, GOOD) == Changed()
    assert world.directory.writes == 1


async def test_a_database_lost_after_the_write_is_doubt_and_then_done(world):
    cookie, number = await world.page()
    lost = [True]

    def lose(_connection, _cursor, statement, *_):
        if lost and "password_history" in statement and statement.startswith("INSERT"):
            raise sa.exc.OperationalError(statement, {}, ConnectionResetError())

    sa.event.listen(world.db.engine.sync_engine, "before_cursor_execute", lose)
    assert await world.submit(cookie, number, GOOD) == Uncertain()
    lost.clear()
    world.clock.forward(minutes=1)
    await world.passwords.reconcile()
    assert await states(world) == [APPLIED]


async def test_an_account_that_is_gone_cannot_keep_its_change_open(small):
    small.directory.before = fails_with(OutcomeUnknown())
    cookie, number = await small.page()
    assert await small.submit(cookie, number, GOOD) == Uncertain()
    async with small.db.begin() as tx:
        await tx.execute(sa.delete(accounts))
    small.clock.forward(minutes=1)
    await small.passwords.reconcile()
    (row,) = await small.rows(password_operations)
    assert (row["state"], row["reasons"]) == ("refused", "not_applied")
