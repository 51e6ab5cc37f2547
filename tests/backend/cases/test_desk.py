"""Tickets from the agents' side."""

import asyncio

import pytest
from cases_world import ANI, BAYU, BUDI

from backend.service.errors import Invalid, NotFound, StateConflict
from backend_client import wire

WAIT_USER = wire.TicketStatus.WAIT_USER
OTHER = wire.ChatIdentity("telegram", "4711")


def kinds(events):
    return [type(event).__name__ for event in events]


async def test_fifty_claims_at_once_and_one_gets_it(world):
    number = (await world.open()).number

    async def claim(n):
        try:
            return await world.tickets.claim(number, wire.ClaimTicket(f"agent{n}"))
        except StateConflict as conflict:
            return conflict

    answers = await asyncio.gather(*(claim(n) for n in range(50)))
    (winner,) = [answer for answer in answers if isinstance(answer, wire.AgentTicket)]
    told = {str(answer) for answer in answers if isinstance(answer, StateConflict)}
    assert told == {f"already taken by {winner.assignee}"}
    assert kinds(await world.events()) == ["TicketClaimed"]
    assert await world.audited("ticket_claimed") == [("ticket_claimed", number)]


async def test_claiming_twice_is_harmless(world):
    number = await world.claimed()
    again = await world.tickets.claim(number, wire.ClaimTicket(ANI))
    assert again.assignee == ANI
    assert len(await world.events()) == 1


async def test_a_claim_of_what_was_shown_before_a_change(small):
    number = (await small.open()).number
    version = (await small.tickets.show(number)).version
    await small.say(number, "halo?")
    with pytest.raises(StateConflict, match="changed"):
        await small.tickets.claim(number, wire.ClaimTicket(ANI, version=version))
    version = (await small.tickets.show(number)).version
    assert (await small.tickets.claim(number, wire.ClaimTicket(ANI, version))).assignee == ANI


async def test_a_case_from_claim_to_resolution(world):
    number = await world.claimed()
    await world.tickets.reply(number, wire.ReplyToTicket(ANI, "NIM Anda?", wait_for_user=True))
    await world.say(number, "13519001")
    await world.tickets.resolve(number, wire.ResolveTicket(ANI, "explained", "Selesai."))
    shown = await world.tickets.show(number)
    assert shown.status is wire.TicketStatus.RESOLVED
    assert shown.resolution == "explained"
    said = [(message.author, message.text) for message in shown.messages]
    assert said == [("agent", "NIM Anda?"), ("user", "13519001"), ("agent", "Selesai.")]
    events = await world.events()
    assert kinds(events) == ["TicketClaimed", "AgentReplied", "AgentReplied", "TicketResolved"]
    assert {event.conversation for event in events} == {"c1"}


async def test_what_agents_write_is_redacted_in_the_ticket_and_in_the_feed(world):
    number = await world.claimed()
    text = "password baru: Bandung#2026"
    await world.tickets.reply(number, wire.ReplyToTicket(ANI, text))
    await world.tickets.note(number, wire.AddNote(ANI, text))
    await world.tickets.resolve(number, wire.ResolveTicket(ANI, "Bandung#2026x", text))
    shown = await world.tickets.show(number)
    assert {message.text for message in shown.messages} == {"password baru: [***]"}
    assert shown.resolution == "[***]"
    assert "Bandung" not in str(await world.events())


async def test_an_injected_redaction_comes_on_top(small):
    small.book._redact = lambda text: text.replace("13519001", "[nim]")
    number = await small.claimed()
    await small.tickets.note(number, wire.AddNote(ANI, "13519001 sandi: x"))
    assert (await small.tickets.show(number)).messages[0].text == "[nim] sandi: [***]"


ACTIONS = {
    "release": lambda t, n, a: t.release(n, wire.ReleaseTicket(a)),
    "transfer": lambda t, n, a: t.transfer(n, wire.TransferTicket(a, BAYU, "tolong")),
    "reply": lambda t, n, a: t.reply(n, wire.ReplyToTicket(a, "halo")),
    "hand back": lambda t, n, a: t.hand_back(n, wire.HandBack(a)),
    "park": lambda t, n, a: t.park(n, wire.ParkTicket(a, WAIT_USER)),
    "resolve": lambda t, n, a: t.resolve(n, wire.ResolveTicket(a, "done")),
}


@pytest.mark.parametrize("action", ACTIONS)
async def test_only_whoever_has_claimed_it_works_on_it(small, action):
    act, number = ACTIONS[action], (await small.open()).number
    with pytest.raises(StateConflict, match="claim"):
        await act(small.tickets, number, ANI)
    await small.tickets.claim(number, wire.ClaimTicket(ANI))
    with pytest.raises(StateConflict, match="already taken by ani"):
        await act(small.tickets, number, BAYU)
    with pytest.raises(NotFound):
        await act(small.tickets, "ITB-2026-999999", ANI)
    await act(small.tickets, number, ANI)


@pytest.mark.parametrize("action", ACTIONS)
async def test_a_resolved_case_must_be_reopened_first(small, action):
    number = await small.resolved()
    with pytest.raises(StateConflict, match="resolved"):
        await ACTIONS[action](small.tickets, number, ANI)


async def test_release_puts_it_back_and_another_may_claim(world):
    number = await world.claimed()
    released = await world.tickets.release(number, wire.ReleaseTicket(ANI))
    assert released.assignee is None
    await world.tickets.claim(number, wire.ClaimTicket(BAYU))
    assert kinds(await world.events()) == ["TicketClaimed", "TicketReleased", "TicketClaimed"]


async def test_transfer_needs_a_note_and_leaves_it(small):
    number = await small.claimed()
    with pytest.raises(Invalid):
        await small.tickets.transfer(number, wire.TransferTicket(ANI, BAYU, "  "))
    moved = await small.tickets.transfer(number, wire.TransferTicket(ANI, BAYU, "shift habis"))
    assert moved.assignee == BAYU
    assert [(m.text, m.public, m.agent) for m in moved.messages] == [("shift habis", False, ANI)]
    assert (await small.events())[-1].agent == BAYU


async def test_a_resolution_code_is_mandatory(small):
    number = await small.claimed()
    with pytest.raises(Invalid):
        await small.tickets.resolve(number, wire.ResolveTicket(ANI, "   "))


async def test_a_reply_that_crosses_a_message_is_refused_once(small):
    number = await small.claimed()
    await small.say(number, "satu")
    seen = (await small.tickets.show(number)).messages[-1].seq
    await small.say(number, "dua")
    with pytest.raises(StateConflict, match="written"):
        await small.tickets.reply(number, wire.ReplyToTicket(ANI, "ya", last_seen=seen))
    await small.tickets.reply(number, wire.ReplyToTicket(ANI, "ya", last_seen=seen + 1))
    # Messages of the agent's own are no reason to refuse.
    await small.tickets.reply(number, wire.ReplyToTicket(ANI, "dan", last_seen=seen + 1))


async def test_handing_back_keeps_the_case_with_the_agent(small):
    number = await small.claimed()
    back = await small.tickets.hand_back(number, wire.HandBack(ANI))
    assert (back.assignee, back.status) == (ANI, wire.TicketStatus.OPEN)
    assert kinds(await small.events())[-1] == "HandedBack"


@pytest.mark.parametrize("status", ["wait_user", "wait_other", "open"])
async def test_parking(small, status):
    number = await small.claimed()
    body = wire.ParkTicket(ANI, wire.TicketStatus(status))
    assert (await small.tickets.park(number, body)).status == status


async def test_parking_as_something_else_is_refused(small):
    number = await small.claimed()
    with pytest.raises(Invalid):
        await small.tickets.park(number, wire.ParkTicket(ANI, wire.TicketStatus.CLOSED))


async def test_agents_reopen_whenever_they_like(small):
    number = await small.resolved()
    small.clock.forward(days=30)
    await small.tickets.close_resolved()
    again = await small.tickets.reopen(number, wire.ReopenTicket(BAYU))
    assert (again.status, again.assignee) == (wire.TicketStatus.OPEN, BAYU)
    assert again.resolution is None
    with pytest.raises(StateConflict):
        await small.tickets.reopen(number, wire.ReopenTicket(BAYU))


async def test_reopening_beside_an_open_one_of_the_same_kind_is_refused(small):
    number = await small.resolved()
    await small.open("lagi")
    with pytest.raises(StateConflict, match="another open"):
        await small.tickets.reopen(number, wire.ReopenTicket(ANI))


async def test_triage(small):
    number = (await small.open()).number
    body = wire.TriageTicket(ANI, wire.TicketPriority.URGENT, wire.ServiceClass.HEAVY)
    shown = await small.tickets.triage(number, body)
    assert (shown.priority, shown.service_class) == ("urgent", "heavy")
    resolution = next(clock for clock in shown.clocks if clock.kind == "resolution")
    assert resolution.target == 20 * 7 * 3600
    unchanged = await small.tickets.triage(number, wire.TriageTicket(ANI))
    assert unchanged.priority == "urgent"


async def test_merging_takes_the_conversation_and_later_messages_along(world):
    first = (await world.open(conversation="c1")).number
    second = (await world.open("kode", category=wire.TicketCategory.OTHER)).number
    into = await world.tickets.merge(second, wire.MergeTicket(ANI, first))
    assert into.number == first
    assert into.messages[-1].text == f"{second}: kode"
    merged = await world.tickets.show(second)
    assert (merged.status, merged.merged_into) == ("merged", first)
    assert (await world.say(second, "masih sama")).number == first
    assert (await world.tickets.show(first)).messages[-1].text == "masih sama"


@pytest.mark.parametrize("why", ["itself", "another person", "ended"])
async def test_what_cannot_be_merged(small, why):
    number = (await small.open()).number
    person = OTHER if why == "another person" else BUDI
    into = (
        await small.open(category=wire.TicketCategory.OTHER, identity=person, conversation="c3")
    ).number
    if why == "ended":
        await small.tickets.cancel(into, wire.CancelTicket("c3"))
    body = wire.MergeTicket(ANI, number if why == "itself" else into)
    with pytest.raises(StateConflict):
        await small.tickets.merge(number, body)


async def test_lists(small):
    people = [wire.ChatIdentity("web", f"p{n}") for n in range(5)]
    numbers = [(await small.open(identity=one, conversation=one.user)).number for one in people]
    await small.tickets.cancel(numbers[0], wire.CancelTicket("p0"))
    page = await small.tickets.list(limit=3)
    assert [row.number for row in page.tickets] == [numbers[4], numbers[3], numbers[2]]
    assert page.tickets[0].first_response_due is not None
    rest = await small.tickets.list(limit=3, before=page.before)
    assert ([row.number for row in rest.tickets], rest.before) == ([numbers[1]], None)
    cancelled = await small.tickets.list(status="cancelled", category="password")
    assert [row.number for row in cancelled.tickets] == [numbers[0]]
    assert (await small.tickets.list(category="security")).tickets == ()


@pytest.mark.parametrize("wrong", [{"status": "lost"}, {"category": "coffee"}])
async def test_a_list_of_something_unknown_is_refused(small, wrong):
    with pytest.raises(Invalid):
        await small.tickets.list(**wrong)


async def test_showing_what_does_not_exist(small):
    with pytest.raises(NotFound):
        await small.tickets.show("ITB-2026-000001")


# -- coming back ---------------------------------------------------------------------------------
async def test_an_agent_who_reopens_is_announced_in_the_chat(small):
    number = await small.resolved()
    before = (await small.events())[-1].seq
    await small.tickets.reopen(number, wire.ReopenTicket(BAYU))
    (told,) = await small.events(before)
    assert (type(told), told.ticket, told.agent) == (wire.TicketClaimed, number, BAYU)
    await small.tickets.hand_back(number, wire.HandBack(BAYU))


async def test_a_claim_of_what_one_handed_back_is_announced(small):
    number = await small.claimed()
    await small.tickets.hand_back(number, wire.HandBack(ANI))
    with pytest.raises(StateConflict, match="already taken by ani"):
        await small.tickets.claim(number, wire.ClaimTicket(BAYU))
    await small.tickets.claim(number, wire.ClaimTicket(ANI))
    assert kinds(await small.events()) == ["TicketClaimed", "HandedBack", "TicketClaimed"]


async def test_a_release_tells_when_agents_are_back(small, clock):
    number = await small.claimed()
    await small.tickets.release(number, wire.ReleaseTicket(ANI))
    view = await small.say(number, "halo?")
    (told,) = [event for event in await small.events() if isinstance(event, wire.TicketReleased)]
    assert told.next_opening == view.next_opening
    await small.tickets.claim(number, wire.ClaimTicket(ANI))
    clock.forward(hours=12)
    view = await small.say(number, "halo??")
    assert (view.next_opening is None) is not (told.next_opening is None)
    await small.tickets.release(number, wire.ReleaseTicket(ANI))
    assert (await small.events())[-1].next_opening == view.next_opening


async def test_what_was_said_to_a_human_is_not_handed_over_again(small, clock):
    def line(author, text):
        clock.forward(seconds=1)
        return wire.TranscriptLine(wire.Author(author), text, clock.now())

    first = line("user", "petugas")
    number = await small.claimed(transcript=(first,))
    while_human = line("user", "NIM 13519001")
    await small.say(number, while_human.text)
    await small.tickets.reply(number, wire.ReplyToTicket(ANI, "Sudah saya cek."))
    reply = line("agent", "Sudah saya cek.")
    await small.tickets.note(number, wire.AddNote(ANI, "Tunggu kabar."))
    await small.tickets.hand_back(number, wire.HandBack(ANI))
    news = (line("system", "- - -"), line("user", "petugas dong"))
    await small.tickets.note(number, wire.AddNote(ANI, "Belum ada kabar."))
    view = await small.open("petugas dong", transcript=(first, while_human, reply, *news))
    assert (view.number, view.already_open) == (number, True)
    handed = (await small.tickets.show(number)).handoff
    assert [each.text for each in handed] == ["petugas", "- - -", "petugas dong"]


async def test_asking_again_in_the_same_words_owes_another_answer(small, clock):
    number = await small.claimed()
    await small.tickets.reply(number, wire.ReplyToTicket(ANI, "Sudah?"))
    await small.tickets.hand_back(number, wire.HandBack(ANI))
    clock.forward(hours=1)
    again = await small.open()
    assert (again.number, again.already_open) == (number, True)
    assert again.first_response_due > clock.now()
