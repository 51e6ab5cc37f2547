"""A grant: one purpose, one account, one conversation, 15 minutes, spent once."""

import asyncio

import pytest
from identity_world import BUDI, RESET, SITI, UNLOCK

from backend.service.errors import GrantInvalid, HumanNeeded
from backend.service.grants import Proof
from backend.store.verification import grants
from backend_client import wire

PROOF = Proof(
    account_id=BUDI.id,
    purpose=RESET,
    conversation="c1",
    channel="web",
    identity="i",
    password_version=3,
)


async def issue(world, **changes):
    fields = {name: getattr(PROOF, name) for name in Proof.__slots__} | changes
    async with world.db.begin() as tx:
        return await world.grants.issue(tx, Proof(**fields))


async def peek(world, token, conversation="c1", purposes=(RESET,)):
    async with world.db.read() as tx:
        return await world.grants.peek(tx, token, conversation, purposes)


async def consume(world, token, conversation="c1", purpose=RESET):
    async with world.db.begin() as tx:
        return await world.grants.consume(tx, token, conversation, purpose)


async def test_a_grant_says_what_was_proven(world, clock):
    token = await issue(world)
    grant = await peek(world, token)
    assert {name: getattr(grant, name) for name in Proof.__slots__} == {
        name: getattr(PROOF, name) for name in Proof.__slots__
    }
    assert (grant.expires_at - clock.now()).total_seconds() == 15 * 60
    assert await consume(world, token) == grant


async def test_only_the_digest_is_stored(small):
    token = await issue(small)
    assert token not in str(await small.rows(grants))
    assert (await peek(small, token)).digest == small.vault.digest(token)


async def test_a_grant_is_spent_once(world):
    token = await issue(world)
    await peek(world, token)
    await consume(world, token)
    for call in (peek, consume):
        with pytest.raises(GrantInvalid):
            await call(world, token)


async def test_64_at_once_spend_it_once(world):
    token = await issue(world)
    answers = await asyncio.gather(
        *(consume(world, token) for _ in range(64)), return_exceptions=True
    )
    assert [type(a) for a in answers].count(GrantInvalid) == 63


async def test_a_rolled_back_spending_did_not_happen(world):
    token = await issue(world)
    with pytest.raises(ZeroDivisionError):
        async with world.db.begin() as tx:
            await world.grants.consume(tx, token, "c1", RESET)
            raise ZeroDivisionError
    assert await consume(world, token)


@pytest.mark.parametrize(
    ("seconds", "alive"), [(0, True), (899, True), (900, False), (901, False)]
)
async def test_a_grant_lives_fifteen_minutes(small, clock, seconds, alive):
    token = await issue(small)
    clock.forward(seconds=seconds)
    if alive:
        assert await peek(small, token) == await consume(small, token)
    else:
        for call in (peek, consume):
            with pytest.raises(GrantInvalid):
                await call(small, token)


@pytest.mark.parametrize(
    ("conversation", "purpose"),
    [("c2", RESET), ("c1", UNLOCK), ("", RESET)],
    ids=["another conversation", "another purpose", "no conversation"],
)
async def test_elsewhere_a_grant_is_worthless(small, conversation, purpose):
    token = await issue(small)
    with pytest.raises(GrantInvalid):
        await peek(small, token, conversation, {purpose})
    with pytest.raises(GrantInvalid):
        await consume(small, token, conversation, purpose)
    assert await consume(small, token)


@pytest.mark.parametrize("token", ["", "x", "~" * 43])
async def test_an_invented_grant_is_worthless(small, token):
    await issue(small)
    with pytest.raises(GrantInvalid):
        await consume(small, token)
    with pytest.raises(GrantInvalid):
        await peek(small, token, purposes=set(wire.Purpose))


async def test_a_gated_grant_proves_but_opens_nothing(world):
    token = await issue(world, human=wire.HumanReason.PRIVILEGED)
    with pytest.raises(HumanNeeded):
        await consume(world, token)
    assert (await peek(world, token)).human is wire.HumanReason.PRIVILEGED
    with pytest.raises(GrantInvalid):
        await consume(world, token, purpose=UNLOCK)


async def test_revoking_kills_an_accounts_grants_and_no_others(world):
    tokens = [await issue(world), await issue(world, purpose=UNLOCK, conversation="c2")]
    other = await issue(world, account_id=SITI.id)
    async with world.db.begin() as tx:
        await world.grants.revoke_for_account(tx, BUDI.id)
    with pytest.raises(GrantInvalid):
        await consume(world, tokens[0])
    with pytest.raises(GrantInvalid):
        await peek(world, tokens[1], "c2", {UNLOCK})
    assert await consume(world, other)
