"""Agents read on a ticket that somebody else may sit behind its chat."""

import pytest
from cases_world import ANI, BUDI

from backend.service.identities import Identities
from backend_client import wire


async def changed(world, conversation="c1"):
    service = Identities(world.book, world.vault, world.grants)
    await service.changed(wire.IdentityChanged(conversation, BUDI))


@pytest.mark.parametrize(("language", "word"), [("id", "berubah"), ("en", "has changed")])
async def test_open_tickets_say_so_to_agents_alone(small, language, word):
    number = await small.claimed(language=wire.Language(language))
    await changed(small)
    (note,) = (await small.tickets.show(number)).messages
    assert (note.author, note.public, word in note.text) == (wire.Author.SYSTEM, False, True)
    view = await small.say(number, "halo?")
    assert view.last_public_reply is None


async def test_other_tickets_do_not(small):
    resolved = await small.resolved()
    elsewhere = (await small.open(conversation="c2", category=wire.TicketCategory.OTHER)).number
    await changed(small)
    for number in (resolved, elsewhere):
        assert (await small.tickets.show(number)).messages == ()
    assert (await small.tickets.show(resolved)).assignee == ANI
