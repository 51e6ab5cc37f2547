"""A change happens once, is told honestly, and survives being killed at any point."""

import asyncio

import pytest
from password_world import GOOD, OTHER, fails_with
from pydantic import SecretStr

from backend.domain.password_policy import ITB, NIST, Rule
from backend.service.errors import BackendBusy, GrantInvalid
from backend.service.link_views import (
    Away,
    Busy,
    Changed,
    NeedsHuman,
    Over,
    Refused,
)
from backend.service.password_types import (
    ChangeApplied,
    ChangeInFlight,
    ChangeOrder,
    ChangeRefused,
    ChangeUnknown,
)
from backend.service.ports import (
    AccountNotFound,
    Capability,
    Conflict,
    ManagedElsewhere,
    Misconfigured,
    NotPermitted,
    PasswordRejected,
    Throttled,
    Unavailable,
    Why,
)
from backend.store.accounts import accounts, password_history, password_operations
from backend_client import wire

APPLIED = wire.ChangeState.APPLIED


async def order(world, op_id="op1", **more):
    return ChangeOrder(op_id=op_id, account=await world.account(), language="id", **more)


async def states(world):
    return [event.state for event in await world.told()]


async def test_sixty_four_submits_at_once_change_one_password_once(world):
    cookie, number = await world.page()
    passwords = [f"Tulang.Rusuk.Ikan.{n}-{n}" for n in range(10, 74)]
    outcomes = await asyncio.gather(*(world.submit(cookie, number, p) for p in passwords))
    assert outcomes.count(Changed()) == 1
    assert all(isinstance(outcome, Changed | Busy | Over) for outcome in outcomes)
    assert world.directory.writes == 1
    assert (await world.account()).password_version == 1
    assert await world.verifies(passwords[outcomes.index(Changed())])
    assert await states(world) == [APPLIED]
    assert len(await world.mails()) == 2


async def test_a_change_does_all_that_follows_in_one_go(world):
    other_grant = await world.grant(conversation="c9")
    await world.set(accounts, locked=True)
    await world.change(GOOD)
    account = await world.account()
    assert not account.locked
    with pytest.raises(GrantInvalid):
        await world.links.issue(wire.IssueLink(other_grant, "c9"))
    (row,) = await world.rows(password_operations)
    assert (row["state"], row["decided_at"]) == ("applied", world.clock.now())
    assert len(await world.rows(password_history)) == 1


async def test_the_same_operation_changes_nothing_twice(world):
    first = await order(world)
    assert await world.passwords.change(first, SecretStr(GOOD)) == ChangeApplied()
    assert await world.passwords.change(first, SecretStr(OTHER)) == ChangeApplied()
    assert world.directory.writes == 1
    assert await world.verifies(GOOD)


async def test_a_repeated_refusal_is_the_same_refusal(small):
    small.directory.before = fails_with(PasswordRejected(Why.BANNED, Why.TOO_YOUNG))
    refusal = ChangeRefused((Rule.COMMON, Rule.TOO_YOUNG))
    for _ in range(2):
        assert await small.passwords.change(await order(small), SecretStr(GOOD)) == refusal


async def test_the_last_24_passwords_do_not_come_back(small):
    passwords = [f"Tulang.Rusuk.Ikan.{n}x{n}" for n in range(25)]
    for number, password in enumerate(passwords):
        made = await order(small, f"op{number}")
        assert await small.passwords.change(made, SecretStr(password)) == ChangeApplied()
    assert len(await small.rows(password_history)) == ITB.history_depth == 24
    used = ChangeRefused((Rule.USED_BEFORE,))
    for number in (24, 12, 1):
        made = await order(small, f"again{number}")
        assert await small.passwords.change(made, SecretStr(passwords[number])) == used
    made = await order(small, "again0")
    assert await small.passwords.change(made, SecretStr(passwords[0])) == ChangeApplied()


async def test_passwords_of_another_account_may_be_the_same(small):
    await small.change(GOOD)
    await small.change(GOOD, "siti.rahma")
    rows = await small.rows(password_history)
    assert len({row["fingerprint"] for row in rows}) == 2
    assert "Tulang" not in repr(rows)


async def test_a_directory_with_a_history_of_its_own_is_left_to_it(small):
    small.directory.capabilities |= Capability.HISTORY_ON_RESET
    small.build()
    await small.change(GOOD)
    assert await small.rows(password_history) == []
    small.directory.before = fails_with(PasswordRejected(Why.IN_HISTORY))
    cookie, number = await small.page()
    assert await small.submit(cookie, number, GOOD) == Refused((Rule.USED_BEFORE,), 9)


async def test_the_directorys_own_refusal_is_never_shown_as_success(world):
    world.directory.before = fails_with(PasswordRejected(Why.COMPLEXITY, Why.UNSPECIFIED))
    cookie, number = await world.page()
    refused = Refused((Rule.WEAK, Rule.DIRECTORY), 9)
    assert await world.submit(cookie, number, GOOD) == refused
    assert await world.told() == ()
    world.directory.before = None
    assert await world.submit(cookie, number, GOOD) == Changed()
    assert "password_change_refused" in await world.events()


@pytest.mark.parametrize(
    "error", [Unavailable(), Throttled(3), Conflict(), Misconfigured(), AccountNotFound()]
)
async def test_a_directory_that_cannot_now_costs_nothing(small, error):
    cookie, number = await small.page()
    small.directory.before = fails_with(error)
    for _ in range(12):
        assert await small.submit(cookie, number, GOOD) == Away()
    small.directory.before = None
    assert await small.submit(cookie, number, GOOD) == Changed()


@pytest.mark.parametrize("error", [NotPermitted(), ManagedElsewhere()])
async def test_what_only_a_human_may_change_ends_the_link(small, error):
    cookie, number = await small.page()
    small.directory.before = fails_with(error)
    assert await small.submit(cookie, number, GOOD) == NeedsHuman()
    assert isinstance(await small.submit(cookie, number, GOOD), Over)


async def test_two_changes_of_one_account_are_never_under_way_at_once(world):
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def wait():
        reached.set()
        await go_on.wait()

    world.directory.before = wait
    first = asyncio.create_task(world.passwords.change(await order(world), SecretStr(GOOD)))
    await reached.wait()
    with pytest.raises(ChangeInFlight):
        await world.passwords.change(await order(world, "op2"), SecretStr(OTHER))
    assert await world.passwords.change(await order(world), SecretStr(OTHER)) == ChangeUnknown()
    go_on.set()
    assert await first == ChangeApplied()


async def test_a_link_replaced_under_a_submit_loses_against_the_newer_one(world):
    cookie, number = await world.page()
    get = world.directory.inner.get

    async def replace_meanwhile(account_id):
        account = await get(account_id)
        world.directory.inner.get = get
        newer.append(await world.page())
        return account

    newer = []
    world.directory.inner.get = replace_meanwhile
    assert await world.submit(cookie, number, OTHER) == Over("replaced")
    assert world.directory.writes == 0
    assert await world.submit(*newer[0], GOOD) == Changed()


async def test_a_change_that_was_given_up_can_be_asked_for_anew(small):
    small.directory.before = fails_with(Unavailable())
    for _ in range(2):
        with pytest.raises(BackendBusy):
            await small.passwords.change(await order(small), SecretStr(GOOD))
    small.directory.before = None
    made = await order(small, "op2")
    assert await small.passwords.change(made, SecretStr(GOOD)) == ChangeApplied()


async def test_the_nist_profile_is_enforced_and_shown(small):
    small.build(policy=NIST)
    cookie, number = await small.page()
    assert (await small.links.view(cookie)).policy.name == "nist"
    assert await small.submit(cookie, number, "Xk7-vQm2-Z") == Refused((Rule.TOO_SHORT,), 9)
    assert await small.submit(cookie, number, "tujuh panci bocor sejak subuh") == Changed()


async def test_decided_operations_are_forgotten_after_a_month(small):
    await small.change(GOOD, "siti.rahma")
    small.clock.forward(days=30)
    await small.passwords.purge()
    assert len(await small.rows(password_operations)) == 1
    small.clock.forward(microseconds=1)
    await small.passwords.purge()
    assert await small.rows(password_operations) == []
    assert len(await small.rows(password_history)) == 1


def test_services_name_their_jobs(small):
    names = [job.name for job in (*small.passwords.jobs(), *small.links.jobs())]
    assert len(names) == len(set(names)) == 5
