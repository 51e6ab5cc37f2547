"""Unlocking: applied only when certain, refused with the reason, else honestly unknown."""

import asyncio
from datetime import timedelta

import pytest
from identity_world import BUDI, UNLOCK

from backend.service.errors import BackendBusy, GrantInvalid, HumanNeeded
from backend.service.ports import (
    AccountNotFound,
    Capability,
    Conflict,
    ManagedElsewhere,
    NotPermitted,
    OutcomeUnknown,
    Throttled,
    Unavailable,
)
from backend.store.verification import unlock_operations
from backend_client import wire

APPLIED = wire.ChangeResult(wire.ChangeState.APPLIED)
UNKNOWN = wire.ChangeResult(wire.ChangeState.UNKNOWN)


@pytest.fixture
async def granted(world):
    """A locked account and a grant to unlock it."""
    world.directory.change(BUDI.id, locked=True)
    outcome = await world.proven(purpose=UNLOCK)
    world.directory.calls.clear()
    return outcome.grant


async def unlock(world, grant, conversation="c1"):
    return await world.unlocks.unlock(wire.Unlock(grant, conversation))


def asked(world):
    return [name for name, _ in world.directory.calls].count("unlock")


async def test_a_grant_lifts_the_lockout(world, granted):
    assert await unlock(world, granted) == APPLIED
    assert world.directory.accounts[BUDI.id].locked is False
    assert (await world.events())[-2:] == ["unlock.started", "unlock.applied"]


async def test_the_same_call_again_gets_the_same_answer_and_does_nothing(world, granted):
    await unlock(world, granted)
    world.directory.change(BUDI.id, locked=True)
    assert await unlock(world, granted) == APPLIED
    assert asked(world) == 1
    assert world.directory.accounts[BUDI.id].locked is True


async def test_64_calls_at_once_are_one_operation(world, granted):
    answers = await asyncio.gather(*(unlock(world, granted) for _ in range(64)))
    assert answers == [APPLIED] * 64
    assert (await world.events())[-2:] == ["unlock.started", "unlock.applied"]
    assert len(await world.rows(unlock_operations)) == 1


async def test_an_account_that_is_not_locked_is_as_wished(world, granted):
    world.directory.change(BUDI.id, locked=False)
    assert await unlock(world, granted) == APPLIED


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (NotPermitted(), "not_permitted"),
        (ManagedElsewhere(), "managed_elsewhere"),
        (AccountNotFound(), "account_not_found"),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_a_refusal_is_told_with_its_reason_and_stays(world, granted, error, reason):
    world.directory.unlock_error = error
    refused = wire.ChangeResult(wire.ChangeState.REFUSED, reason)
    assert await unlock(world, granted) == refused
    world.directory.unlock_error = None
    assert await unlock(world, granted) == refused
    assert asked(world) == 1
    assert world.directory.accounts[BUDI.id].locked is True


@pytest.mark.parametrize(
    ("error", "retry_after"), [(Unavailable(), None), (Throttled(1.5), 2), (Conflict(), None)]
)
async def test_when_the_directory_is_away_the_call_may_be_repeated(
    world, granted, error, retry_after
):
    world.directory.unlock_error = error
    for _ in range(2):
        with pytest.raises(BackendBusy) as busy:
            await unlock(world, granted)
        assert busy.value.retry_after == retry_after
    world.directory.unlock_error = None
    assert await unlock(world, granted) == APPLIED
    assert (await world.events()).count("unlock.started") == 1


async def test_a_directory_that_is_away_from_the_start_costs_no_grant(world, granted):
    world.directory.error = Unavailable()
    with pytest.raises(BackendBusy):
        await unlock(world, granted)
    assert await world.rows(unlock_operations) == []
    world.directory.error = None
    assert await unlock(world, granted) == APPLIED


async def test_a_lost_answer_is_read_back(world, granted):
    """The directory did it and its answer was lost."""
    world.directory.unlock_error = OutcomeUnknown()
    original = world.directory._called

    def called(name, argument):
        original(name, argument)
        if name == "unlock":
            world.directory.change(BUDI.id, locked=False)

    world.directory._called = called
    assert await unlock(world, granted) == APPLIED


async def test_a_lost_answer_without_an_effect_to_see_is_unknown(world, granted):
    world.directory.unlock_error = OutcomeUnknown()
    assert await unlock(world, granted) == UNKNOWN
    assert await unlock(world, granted) == UNKNOWN
    assert asked(world) == 1  # never repeated blindly
    world.directory.change(BUDI.id, locked=False)
    assert await unlock(world, granted) == APPLIED


async def test_done_but_still_locked_is_unknown(world, granted):
    world.directory.during_unlock = lambda: world.directory.change(BUDI.id, locked=True)
    assert await unlock(world, granted) == UNKNOWN


async def test_when_the_read_back_fails_it_is_unknown(world, granted):
    def go_away():
        world.directory.error = Unavailable()

    world.directory.during_unlock = go_away
    assert await unlock(world, granted) == UNKNOWN


@pytest.mark.parametrize(("error", "result"), [(None, APPLIED), (OutcomeUnknown(), UNKNOWN)])
async def test_where_no_lock_can_be_read_the_directorys_word_counts(world, granted, error, result):
    world.directory.capabilities = Capability.NONE
    world.directory.unlock_error = error
    assert await unlock(world, granted) == result
    assert await unlock(world, granted) == result
    assert asked(world) == 1


@pytest.mark.parametrize(
    "change",
    [{"privileged": True}, {"enabled": False}, {"frozen": True}],
    ids=lambda change: next(iter(change)),
)
async def test_what_happened_since_the_code_is_seen(world, clock, granted, change):
    if "frozen" in change:
        change = {"frozen_until": clock.now() + timedelta(hours=72)}
    world.directory.change(BUDI.id, **change)
    with pytest.raises(HumanNeeded):
        await unlock(world, granted)
    assert asked(world) == 0


async def test_frozen_between_two_calls_is_seen(world, clock, granted):
    world.directory.unlock_error = Unavailable()
    with pytest.raises(BackendBusy):
        await unlock(world, granted)
    world.directory.change(BUDI.id, frozen_until=clock.now() + timedelta(hours=72))
    with pytest.raises(HumanNeeded):
        await unlock(world, granted)


async def test_a_password_change_since_the_code_kills_the_grant(world, granted):
    world.directory.change(BUDI.id, password_version=1)
    with pytest.raises(GrantInvalid):
        await unlock(world, granted)


async def test_a_vanished_account_needs_a_human(world, granted):
    del world.directory.accounts[BUDI.id]
    with pytest.raises(HumanNeeded):
        await unlock(world, granted)


async def test_a_grant_for_something_else_unlocks_nothing(small):
    outcome = await small.proven()
    with pytest.raises(GrantInvalid):
        await unlock(small, outcome.grant)


async def test_another_conversation_unlocks_nothing(world, granted):
    with pytest.raises(GrantInvalid):
        await unlock(world, granted, "c2")
    await unlock(world, granted)
    with pytest.raises(GrantInvalid):
        await unlock(world, granted, "c2")


async def test_a_gated_grant_unlocks_nothing(world):
    world.directory.change(BUDI.id, privileged=True, locked=True)
    outcome = await world.proven(purpose=UNLOCK)
    world.directory.change(BUDI.id, privileged=False)
    with pytest.raises(HumanNeeded):
        await unlock(world, outcome.grant)


async def test_within_a_unit_of_work_a_busy_directory_spends_nothing(world, granted):
    """The API runs a call and the record of its answer as one transaction."""
    world.directory.unlock_error = Unavailable()
    with pytest.raises(BackendBusy):
        async with world.db.unit_of_work():
            await unlock(world, granted)
    assert await world.rows(unlock_operations) == []
    world.directory.unlock_error = None
    async with world.db.unit_of_work():
        assert await unlock(world, granted) == APPLIED
    assert [row["state"] for row in await world.rows(unlock_operations)] == ["applied"]
