"""Somebody else may sit behind a chat: nothing that was proven there before counts (1.3)."""

import pytest
from identity_world import RESET

from backend.service.errors import GrantInvalid
from backend.service.identities import Identities
from backend.service.ticket_book import TicketBook
from backend_client import wire

CHAT = {"channel": "whatsapp", "user": "628111"}
Human = wire.HumanReason


async def changed(world, conversation="c1", **chat):
    parts = (world.db, world.clock, world.vault, world.audit, world.feed)
    book = TicketBook(*parts, clocks=None, zone=None)
    identity = wire.ChatIdentity(**CHAT | chat)
    service = Identities(book, world.vault, world.grants)
    await service.changed(wire.IdentityChanged(conversation, identity))


async def test_open_codes_and_grants_die(small):
    outcome = await small.proven(**CHAT)
    elsewhere = await small.proven(**CHAT, conversation="c2")
    challenge = await small.start(**CHAT)
    code = await small.code()
    await changed(small)
    assert await small.check(challenge, code) == wire.CodeDead(wire.DeadReason.VOID)
    with pytest.raises(GrantInvalid):
        async with small.db.begin() as tx:
            await small.grants.consume(tx, outcome.grant, "c1", RESET)
    async with small.db.begin() as tx:
        assert await small.grants.consume(tx, elsewhere.grant, "c2", RESET)
    assert "identity.changed" in [row["event"] for row in await small.trail()]


async def test_the_next_reset_goes_to_a_human_until_the_identity_has_settled(world, clock):
    assert (await world.proven(**CHAT)).human is None
    await changed(world)
    assert (await world.proven(**CHAT)).human is Human.IDENTITY_CHANGED
    await changed(world)
    clock.forward(days=2)
    assert (await world.proven(**CHAT)).human is Human.IDENTITY_CHANGED
    clock.forward(days=7)
    assert (await world.proven(**CHAT)).human is None


async def test_another_identity_is_not_touched(small):
    assert (await small.proven(**CHAT)).human is None
    await changed(small, "c2", user="628222")
    assert (await small.proven(**CHAT)).human is None
