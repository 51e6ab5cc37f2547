"""Tickets from the requester's side."""

import asyncio

import pytest
from cases_world import ANI, BUDI

from backend.service.errors import GrantInvalid, NotFound, StateConflict
from backend.store.tickets import HANDOFF, MESSAGES, TICKETS
from backend_client import wire

OTHER = wire.ChatIdentity("telegram", "4711")
CODE = wire.TicketCategory.CODE_DELIVERY
BANDUNG = "sandi saya Bandung#2026"


async def test_a_new_ticket_tells_when_somebody_answers(world):
    view = await world.open()
    assert view.number == "ITB-2026-000001"
    assert view.status is wire.TicketStatus.NEW
    assert (view.first_response_due - view.opened_at).total_seconds() == 15 * 60
    assert view.in_service_hours
    assert view.next_opening is None
    assert not view.already_open


async def test_out_of_hours_the_clock_starts_at_the_next_opening(world):
    world.clock.forward(hours=9)  # Monday 19:00
    view = await world.open()
    assert not view.in_service_hours
    assert view.next_opening.isoformat() == "2026-03-03T01:00:00+00:00"  # Tuesday 08:00
    assert view.first_response_due.isoformat() == "2026-03-03T01:15:00+00:00"


async def test_the_year_of_the_number_is_the_local_one(small):
    small.clock.instant = small.clock.instant.replace(year=2026, month=12, day=31, hour=17)
    assert (await small.open()).number == "ITB-2027-000001"


async def test_numbers_are_unique_under_concurrency(world):
    people = [wire.ChatIdentity("web", f"p{n}") for n in range(30)]
    opened = await asyncio.gather(
        *(world.open(identity=one, conversation=one.user) for one in people)
    )
    assert {view.number for view in opened} == {f"ITB-2026-{n:06d}" for n in range(1, 31)}


async def test_opening_twice_is_harmless(world):
    first = await world.open()
    again = await world.open()
    assert again.number == first.number
    assert again.already_open
    assert await world.rows(MESSAGES) == []


async def test_opening_at_the_same_moment_makes_one_ticket(world):
    opened = await asyncio.gather(*(world.open() for _ in range(12)))
    assert len({view.number for view in opened}) == 1
    assert sorted(view.already_open for view in opened) == [False] + [True] * 11
    assert len(await world.rows(TICKETS)) == 1


async def test_what_a_repeated_opening_adds_is_kept_once(world):
    view = await world.open()
    for _ in range(2):
        await world.open("masih belum bisa", conversation="c2")
    (message,) = await world.rows(MESSAGES)
    assert message.text == "masih belum bisa"
    # Answers go to where the person wrote last, and both conversations may go on.
    await world.tickets.claim(view.number, wire.ClaimTicket(ANI))
    assert (await world.events())[-1].conversation == "c2"
    await world.say(view.number, "halo", "c1")


async def test_other_categories_and_other_people_get_their_own(world):
    numbers = {
        (await world.open()).number,
        (await world.open(category=CODE)).number,
        (await world.open(identity=OTHER, conversation="t1")).number,
    }
    assert len(numbers) == 3


async def test_the_handoff_is_kept_in_order_redacted_and_only_once(world):
    at = world.clock.now()
    first = (
        wire.TranscriptLine(wire.Author.USER, "halo min", at),
        wire.TranscriptLine(wire.Author.BOT, "Ada yang bisa dibantu?", at),
    )
    world.clock.forward(minutes=1)
    later = wire.TranscriptLine(wire.Author.USER, BANDUNG, world.clock.now())
    await world.open(transcript=first)
    await world.open(transcript=(*first, later))
    lines = await world.rows(HANDOFF, HANDOFF.c.position)
    assert [(line.author, line.text) for line in lines] == [
        ("user", "halo min"),
        ("bot", "Ada yang bisa dibantu?"),
        ("user", "sandi saya [***]"),
    ]


async def test_nothing_a_person_writes_is_stored_with_a_password_in_it(world):
    view = await world.open(BANDUNG, claimed_login="Budi#santoso1")
    await world.say(view.number, BANDUNG)
    shown = await world.tickets.show(view.number)
    assert shown.summary == "sandi saya [***]"
    assert shown.claimed_login == "[***]"
    assert shown.messages[0].text == "sandi saya [***]"


async def test_a_grant_proves_the_account_and_a_claimed_login_proves_nothing(world):
    grant = await world.prove(purpose=wire.Purpose.RESET_PASSWORD)
    proven = await world.tickets.show((await world.open(grant=grant)).number)
    claimed = await world.tickets.show(
        (await world.open(identity=OTHER, conversation="t1", claimed_login="budi")).number
    )
    assert (proven.account, proven.claimed_login) == ("acc-budi", None)
    assert (claimed.account, claimed.claimed_login) == (None, "budi")


@pytest.mark.parametrize("grant", ["unknown", "late", "of another conversation"])
async def test_a_grant_that_is_over_still_gets_help(world, grant):
    token = "x" if grant == "unknown" else await world.prove()
    if grant == "late":
        world.clock.forward(minutes=16)
    conversation = "c2" if grant.endswith("conversation") else "c1"
    view = await world.open(grant=token, conversation=conversation)
    assert (await world.tickets.show(view.number)).account is None


async def test_one_person_on_two_channels_is_one_after_a_code_on_each(world):
    first = await world.open(grant=await world.prove())
    token = await world.prove(conversation="t1", channel="telegram", user=OTHER.user)
    second = await world.open("lagi", identity=OTHER, conversation="t1", grant=token)
    assert second.number == first.number
    assert second.already_open


async def test_an_unproven_ticket_becomes_proven_when_the_same_chat_proves(world):
    first = await world.open()
    again = await world.open(grant=await world.prove())
    assert again.number == first.number
    assert (await world.tickets.show(first.number)).account == "acc-budi"


async def test_two_accounts_proven_by_one_chat_are_kept_apart(world):
    first = await world.open(grant=await world.prove("acc-budi"))
    second = await world.open(grant=await world.prove("acc-siti"))
    assert second.number != first.number
    assert (await world.open()).already_open  # unproven: the same chat's newest one


async def test_search_lists_the_proven_persons_tickets_newest_first(world):
    unproven = await world.open(category=CODE)  # by the chat, before it proved anything
    world.clock.forward(minutes=1)
    proven = await world.open(grant=await world.prove())
    await world.open(category=wire.TicketCategory.OTHER, grant=await world.prove("acc-siti"))
    await world.open(identity=OTHER, conversation="t1")
    found = await world.tickets.search(wire.ListTickets(await world.prove(), "c1"))
    assert [view.number for view in found.tickets] == [proven.number, unproven.number]


async def test_search_lists_at_most_ten(small):
    for category in list(wire.TicketCategory):
        await small.resolved(category=category)
    for category in list(wire.TicketCategory)[:3]:
        await small.open("lagi", category=category)
    found = await small.tickets.search(wire.ListTickets(await small.prove(), "c1"))
    assert len(found.tickets) == 10
    assert found.tickets[0].number == "ITB-2026-000012"


@pytest.mark.parametrize("wrong", ["token", "conversation", "purpose"])
async def test_search_needs_a_grant_for_it(world, wrong):
    purposes = {"purpose": wire.Purpose.RESET_PASSWORD} if wrong == "purpose" else {}
    token = await world.prove(**purposes)
    body = wire.ListTickets(
        "x" if wrong == "token" else token, "c2" if wrong == "conversation" else "c1"
    )
    with pytest.raises(GrantInvalid):
        await world.tickets.search(body)


async def test_the_public_reply_is_shown_and_notes_are_not(world):
    number = await world.claimed()
    await world.tickets.reply(number, wire.ReplyToTicket(ANI, "Sudah kami cek."))
    await world.tickets.note(number, wire.AddNote(ANI, "akun ganda"))
    view = await world.say(number, "baik")
    assert view.last_public_reply == "Sudah kami cek."


@pytest.mark.parametrize("what", ["append", "cancel"])
@pytest.mark.parametrize("whose", ["unknown", "another's"])
async def test_a_strangers_ticket_is_as_good_as_none(world, what, whose):
    await world.open(identity=OTHER, conversation="t1")
    number = "ITB-2026-000001" if whose == "another's" else "ITB-2026-999999"
    with pytest.raises(NotFound):
        if what == "append":
            await world.say(number, "halo")
        else:
            await world.tickets.cancel(number, wire.CancelTicket("c1"))


async def test_withdrawing_twice_is_harmless(world):
    view = await world.open()
    for _ in range(2):
        cancelled = await world.tickets.cancel(view.number, wire.CancelTicket("c1"))
        assert cancelled.status is wire.TicketStatus.CANCELLED
    assert await world.audited("ticket_user_cancelled") == [("ticket_user_cancelled", view.number)]
    assert not (await world.open()).already_open


async def test_no_withdrawing_after_a_human_replied(world):
    number = await world.claimed()
    await world.tickets.reply(number, wire.ReplyToTicket(ANI, "Sebentar ya"))
    with pytest.raises(StateConflict):
        await world.tickets.cancel(number, wire.CancelTicket("c1"))


async def test_claimed_but_unanswered_can_be_withdrawn(world):
    number = await world.claimed()
    view = await world.tickets.cancel(number, wire.CancelTicket("c1"))
    assert view.status is wire.TicketStatus.CANCELLED


async def test_identity_is_kept_as_the_channel_vouches_for_it(world):
    shown = await world.tickets.show((await world.open()).number)
    assert shown.identity == BUDI
    assert "budi-browser" not in str(await world.audited())
