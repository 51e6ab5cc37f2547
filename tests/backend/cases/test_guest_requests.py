"""Guest requests: filed by a unit, decided by an agent."""

import asyncio
from datetime import date

import pytest
from cases_world import ANI, BAYU

from backend.service.errors import Invalid, NotFound, StateConflict
from backend.service.guests import GuestRequestInvalid
from backend.store.guests import GUESTS, REQUESTS
from backend_client import wire


async def test_filing_makes_a_ticket_with_the_request_attached(world):
    view = await world.guests.file(world.guest_request())
    assert view.category is wire.TicketCategory.GUEST_REQUEST
    request = (await world.tickets.show(view.number)).guest_request
    assert request.letter_number == "102/IT1.B01/TU.02/2026"
    assert request.active_until == date(2026, 3, 17)
    assert (request.contact_name, request.contact_phone) == ("Yulia", "+628123456789")
    assert [(one.name, one.state) for one in request.people] == [
        ("Ulfa Pratiwi", "requested"),
        ("Wynne Taslim", "requested"),
    ]
    assert request.approved is None


async def test_addresses_and_phone_numbers_are_sealed_and_masked(world):
    view = await world.guests.file(world.guest_request())
    shown = str(await world.tickets.show(view.number))
    stored = str(await world.rows(GUESTS)) + str(await world.rows(REQUESTS))
    assert "ulfa0@example.net" not in shown + stored
    assert "+628123456789" not in stored


async def test_the_same_letter_again_is_the_same_request(world):
    first = await world.guests.file(world.guest_request())
    again = await world.guests.file(world.guest_request(letter_number=" 102/it1.B01/TU.02/2026"))
    assert (again.number, again.already_open) == (first.number, True)
    assert len(await world.rows(GUESTS)) == 2


async def test_the_same_letter_at_the_same_moment(world):
    views = await asyncio.gather(*(world.guests.file(world.guest_request()) for _ in range(8)))
    assert len({view.number for view in views}) == 1
    assert len(await world.rows(GUESTS)) == 2


async def test_another_letter_is_another_request(small):
    first = await small.guests.file(small.guest_request())
    second = await small.guests.file(small.guest_request(letter_number="103"))
    assert first.number != second.number


async def test_what_is_wrong_is_named_with_its_row_and_nothing_is_stored(small):
    twice = small.guest_request("Ulfa Pratiwi", "Ulfa Pratiwi", active_until=date(2026, 3, 1))
    with pytest.raises(GuestRequestInvalid, match="guest_end_in_past, guest_duplicate:2"):
        await small.guests.file(twice)
    assert await small.rows(REQUESTS) == []
    assert (await small.tickets.list()).tickets == ()


async def test_approval_is_told_and_is_the_first_response(world):
    view = await world.guests.file(world.guest_request())
    shown = await world.guests.approve(view.number, wire.ApproveGuests(ANI))
    assert shown.guest_request.approved is True
    assert shown.assignee == ANI
    first = next(clock for clock in shown.clocks if clock.kind == "first_response")
    assert first.state == "met"
    (event,) = await world.events()
    assert (event.approved, event.count, event.reason) == (True, 2, None)
    await world.guests.approve(view.number, wire.ApproveGuests(BAYU))  # again: harmless
    assert len(await world.events()) == 1


async def test_approval_asks_for_the_accounts_to_be_made_soon(small):
    asked = []

    async def poke():
        asked.append(small.guests.JOB)

    small.guests.on_approved = poke
    await small.approved()
    assert asked == [job.name for job in small.guests.jobs()][:1]


async def test_refusal_is_told_with_its_reason_and_resolves(world):
    view = await world.guests.file(world.guest_request())
    shown = await world.guests.refuse(
        view.number, wire.RefuseGuests(ANI, "surat tanpa tanda tangan")
    )
    assert (shown.status, shown.resolution) == ("resolved", "guests_refused")
    assert shown.guest_request.reason == "surat tanpa tanda tangan"
    assert {one.state for one in shown.guest_request.people} == {"refused"}
    (event,) = await world.events()
    assert (event.approved, event.reason) == (False, "surat tanpa tanda tangan")
    await world.guests.refuse(view.number, wire.RefuseGuests(ANI, "lagi"))  # again: harmless
    assert len(await world.events()) == 1


async def test_a_conversation_a_human_holds_is_given_back_with_the_refusal(small):
    view = await small.guests.file(small.guest_request())
    await small.tickets.claim(view.number, wire.ClaimTicket(ANI))
    await small.guests.refuse(view.number, wire.RefuseGuests(ANI, "tidak lengkap"))
    kinds = [type(event) for event in await small.events()]
    assert kinds == [wire.TicketClaimed, wire.GuestsDecided, wire.TicketResolved]


async def test_a_decision_is_made_once(small):
    refused = (await small.guests.file(small.guest_request())).number
    await small.guests.refuse(refused, wire.RefuseGuests(ANI, "x"))
    with pytest.raises(StateConflict, match="refused"):
        await small.guests.approve(refused, wire.ApproveGuests(ANI))
    approved = await small.approved(letter_number="103")
    with pytest.raises(StateConflict, match="approved"):
        await small.guests.refuse(approved, wire.RefuseGuests(ANI, "x"))


async def test_ten_agents_decide_at_once(world):
    number = (await world.guests.file(world.guest_request())).number

    async def decide(n):
        try:
            if n % 2:
                await world.guests.approve(number, wire.ApproveGuests(f"a{n}"))
            else:
                await world.guests.refuse(number, wire.RefuseGuests(f"a{n}", "tidak"))
        except StateConflict:
            return

    await asyncio.gather(*(decide(n) for n in range(10)))
    decided = [event for event in await world.events() if isinstance(event, wire.GuestsDecided)]
    assert len(decided) == 1


async def test_what_another_agent_has_claimed_is_theirs_to_decide(small):
    view = await small.guests.file(small.guest_request())
    await small.tickets.claim(view.number, wire.ClaimTicket(BAYU))
    with pytest.raises(StateConflict, match="bayu"):
        await small.guests.approve(view.number, wire.ApproveGuests(ANI))


async def test_a_withdrawn_request_cannot_be_approved(small):
    view = await small.guests.file(small.guest_request())
    await small.tickets.cancel(view.number, wire.CancelTicket("c1"))
    with pytest.raises(StateConflict, match="cancelled"):
        await small.guests.approve(view.number, wire.ApproveGuests(ANI))


async def test_a_request_whose_last_day_has_passed_cannot_be_approved(small):
    view = await small.guests.file(small.guest_request())
    small.clock.forward(days=16)
    with pytest.raises(GuestRequestInvalid, match="guest_end_in_past"):
        await small.guests.approve(view.number, wire.ApproveGuests(ANI))
    assert (await small.tickets.show(view.number)).guest_request.approved is None


async def test_only_guest_requests_are_decided(small):
    number = (await small.open()).number
    with pytest.raises(NotFound):
        await small.guests.approve(number, wire.ApproveGuests(ANI))
    with pytest.raises(Invalid):
        await small.guests.refuse(number, wire.RefuseGuests(ANI, "  "))
    assert (await small.tickets.show(number)).guest_request is None
    bare = (await small.open(category=wire.TicketCategory.GUEST_REQUEST)).number
    assert (await small.tickets.show(bare)).guest_request is None
