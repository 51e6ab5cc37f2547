"""The risk gate at work: told after the code only, and the grant then opens nothing."""

from datetime import timedelta

import pytest
from identity_world import RESET, UNLOCK

from backend.service.errors import HumanNeeded
from backend_client import wire

CHECK, STATUS, CLAIM = (
    wire.Purpose.CHECK_ACCOUNT,
    wire.Purpose.TICKET_STATUS,
    wire.Purpose.CLAIM_GUEST,
)
Human = wire.HumanReason


async def human(world, **more):
    return (await world.proven(**more)).human


async def spend(world, outcome, purpose=RESET):
    async with world.db.begin() as tx:
        await world.grants.consume(tx, outcome.grant, "c1", purpose)


@pytest.mark.parametrize("purpose", [RESET, UNLOCK, CLAIM])
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"privileged": True}, Human.PRIVILEGED),
        ({"enabled": False}, Human.ACCOUNT_NOT_USABLE),
    ],
    ids=["privileged", "disabled"],
)
async def test_changes_are_gated_after_a_right_code(world, purpose, change, reason):
    world.directory.change("acc-budi", **change)
    outcome = await world.proven(purpose=purpose)
    assert outcome.human is reason
    with pytest.raises(HumanNeeded):
        await spend(world, outcome, purpose)
    async with world.db.read() as tx:
        proof = await world.grants.peek(tx, outcome.grant, "c1", set(wire.Purpose))
    assert proof.account_id == "acc-budi"


@pytest.mark.parametrize("purpose", [CHECK, STATUS])
async def test_looking_is_not_gated(world, clock, purpose):
    world.directory.change(
        "acc-budi",
        privileged=True,
        enabled=False,
        recovery_email_changed_at=clock.now(),
        frozen_until=clock.now() + timedelta(hours=72),
    )
    assert await human(world, purpose=purpose) is None


@pytest.mark.parametrize(("days", "reason"), [(6.99, Human.RECOVERY_EMAIL_CHANGED), (7, None)])
async def test_a_new_recovery_address_is_gated_for_a_week(small, clock, days, reason):
    small.directory.change("acc-budi", recovery_email_changed_at=clock.now() - timedelta(days))
    assert await human(small) is reason


async def test_no_code_for_a_change_goes_to_the_frozen(world, clock):
    world.directory.change("acc-budi", frozen_until=clock.now() + timedelta(seconds=1))
    await world.start()
    assert await world.mails() == []
    clock.forward(seconds=1)
    assert await human(world) is None


async def test_frozen_while_the_code_was_on_its_way(world, clock):
    challenge = await world.start()
    code = await world.code()
    world.directory.change("acc-budi", frozen_until=clock.now() + timedelta(hours=72))
    assert (await world.check(challenge, code)).human is Human.FROZEN


async def test_the_third_reset_of_a_day_needs_a_human(world, clock):
    for number in range(2):
        await spend(world, await world.proven())
        clock.forward(hours=number + 1)
    assert await human(world) is Human.REPEATED_RESETS
    assert await human(world, purpose=UNLOCK) is Human.REPEATED_RESETS
    clock.forward(hours=21)
    assert await human(world) is None


async def test_unspent_and_other_grants_are_no_resets(small):
    await small.proven()
    for _ in range(2):
        await spend(small, await small.proven(purpose=UNLOCK), UNLOCK)
    assert await human(small) is None


async def test_another_telegram_user_than_before_needs_a_human(world, clock):
    assert await human(world, channel="telegram", user="1") is None
    clock.forward(hours=25)
    assert await human(world, channel="telegram", user="2") is Human.IDENTITY_CHANGED
    assert await human(world, channel="telegram", user="1") is None
    assert await human(world, channel="whatsapp", user="2") is None
    assert await human(world, channel="telegram", user="2", purpose=CHECK) is None
    clock.forward(days=7)
    assert await human(world, channel="telegram", user="2") is None


async def test_an_identity_forgotten_for_90_days_starts_anew(world, clock):
    assert await human(world, channel="telegram", user="1") is None
    clock.forward(days=91)
    assert await human(world, channel="telegram", user="2") is None
    clock.forward(hours=1)
    assert await human(world, channel="telegram", user="1") is Human.IDENTITY_CHANGED
    clock.forward(days=1)
    assert await human(world, channel="telegram", user="1") is Human.IDENTITY_CHANGED


async def test_every_browser_is_a_new_web_chat_user(small):
    assert await human(small, user="browser 1") is None
    assert await human(small, user="browser 2") is None
