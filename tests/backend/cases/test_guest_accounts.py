"""Guest accounts: each made exactly once whatever is killed, capped, warned, ended."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa
from cases_world import ANI, opened

from backend.domain.guests import GuestRules
from backend.service.errors import BackendBusy
from backend.service.ports import (
    Misconfigured,
    NewGuest,
    OutcomeUnknown,
    Unavailable,
)
from backend.store.accounts import accounts
from backend.store.guests import GUESTS, QUOTA
from backend_client import wire

NAMES = ("Ulfa Pratiwi", "Wynne Taslim", "Naufal Satira")


class Killed(BaseException):
    """The process died here."""


async def states(world):
    return [row.state for row in await world.rows(GUESTS, GUESTS.c.id)]


async def usernames(world):
    guests = sa.select(accounts.c.username).where(accounts.c.account_type == "guest")
    async with world.db.read() as tx:
        return sorted((await tx.execute(guests)).scalars())


async def test_each_guest_gets_an_account_and_a_claim_link(world):
    number = await world.approved(*NAMES)
    await world.guests.accounts.create_due()
    assert await usernames(world) == [
        "guest-naufal-satira",
        "guest-ulfa-pratiwi",
        "guest-wynne-taslim",
    ]
    assert len(await world.mails("claim_link")) == 3
    shown = await world.tickets.show(number)
    assert (shown.status, shown.resolution) == ("resolved", "guest_accounts_created")
    assert {one.state for one in shown.guest_request.people} == {"active"}
    account = await world.directory.find("guest-ulfa-pratiwi")
    assert account.valid_from == world.clock.now()
    assert account.valid_until.isoformat() == "2026-03-17T17:00:00+00:00"
    assert account.recovery_email == "ulfa0@example.net"
    assert len(await world.audited("guest_created")) == 3


POINTS = ("before the directory", "after the directory", "before the link", "after the link")


def arm(world, point, countdown, strike=Killed):
    """Let the process die at the n-th passing of a point; return how to disarm it."""
    create, left = world.directory.create_guest, [countdown]

    def pass_by(here):
        left[0] -= here == point
        if here == point and left[0] == 0:
            raise strike

    async def deadly(guest):
        pass_by("before the directory")
        account = await create(guest)
        pass_by("after the directory")
        return account

    world.directory.create_guest = deadly
    world.claims.before = lambda: pass_by("before the link")
    world.claims.after = lambda: pass_by("after the link")


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("person", [1, 2, 3])
async def test_a_kill_anywhere_and_every_guest_still_exactly_once(world, point, person):
    number = await world.approved(*NAMES)
    arm(world, point, person)
    with pytest.raises(Killed):
        await world.guests.accounts.create_due()
    await world.guests.accounts.create_due()
    assert len(await usernames(world)) == 3
    assert len(await world.mails("claim_link")) == 3
    assert await states(world) == ["active"] * 3
    assert len(await world.audited("guest_created")) == 3
    assert (await world.rows(QUOTA))[0].used == 3
    assert (await world.tickets.show(number)).status == "resolved"


async def test_two_runs_at_once_make_each_account_once(world):
    await world.approved(*NAMES)
    await asyncio.gather(*(world.guests.accounts.create_due() for _ in range(3)))
    await world.guests.accounts.create_due()
    assert len(await usernames(world)) == 3
    assert len(await world.audited("guest_created")) == 3


async def test_a_name_that_is_taken_by_a_stranger_is_not_adopted(world):
    now = world.clock.now()
    stranger = NewGuest(
        "guest-ulfa-pratiwi", "Ulfa", "other@example.net", "X", "Y", now, now + timedelta(days=9)
    )
    await world.directory.create_guest(stranger)
    number = await world.approved("Ulfa Pratiwi")
    await world.guests.accounts.create_due()
    (guest,) = (await world.tickets.show(number)).guest_request.people
    assert guest.username.startswith("guest-ulfa-prat-")
    assert len(await usernames(world)) == 2


async def test_a_guest_who_comes_back_gets_a_new_account(small):
    await small.approved("Ulfa Pratiwi")
    await small.guests.accounts.create_due()
    await small.approved("Ulfa Pratiwi", letter_number="103")
    await small.guests.accounts.create_due()
    names = await usernames(small)
    assert len(names) == 2
    assert names[1] == "guest-ulfa-pratiwi"


async def test_the_day_has_room_for_so_many(tmp_path, clock):
    url = f"sqlite:///{tmp_path / 'cap.db'}"
    async with opened(url, clock, GuestRules(per_day=300)) as world:
        people = [f"Tamu {chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(299)]
        await world.approved(*people)
        await world.approved(*NAMES, letter_number="103")
        await world.guests.accounts.create_due()
        assert len(await usernames(world)) == 300
        clock.instant = clock.instant.replace(hour=16, minute=59)  # 23:59 in Jakarta
        await world.guests.accounts.create_due()
        assert len(await usernames(world)) == 300
        clock.forward(minutes=1)
        await world.guests.accounts.create_due()
        assert len(await usernames(world)) == 302
        assert [row.used for row in await world.rows(QUOTA, QUOTA.c.day)] == [300, 2]


async def test_an_outage_waits_and_goes_on(world):
    number = await world.approved(*NAMES)
    arm(world, "before the directory", 2, Unavailable)
    await world.guests.accounts.create_due()
    assert await states(world) == ["active", "creating", "approved"]
    assert (await world.tickets.show(number)).status == "open"
    world.clock.forward(seconds=30)
    await world.guests.accounts.create_due()
    assert await states(world) == ["active"] * 3


async def test_a_lost_answer_is_looked_up(world):
    await world.approved("Ulfa Pratiwi")
    arm(world, "after the directory", 1, OutcomeUnknown)
    await world.guests.accounts.create_due()
    world.clock.forward(seconds=30)
    await world.guests.accounts.create_due()
    assert await usernames(world) == ["guest-ulfa-pratiwi"]
    assert await states(world) == ["active"]


async def test_a_busy_link_service_waits_and_goes_on(small):
    await small.approved(*NAMES)
    arm(small, "before the link", 1, BackendBusy)
    await small.guests.accounts.create_due()
    assert await states(small) == ["creating", "approved", "approved"]
    small.clock.forward(seconds=30)
    await small.guests.accounts.create_due()
    assert len(await small.mails("claim_link")) == 3


async def test_a_directory_that_keeps_refusing_is_left_to_a_human(small):
    number = await small.approved("Ulfa Pratiwi", "Wynne Taslim")
    create = small.directory.create_guest

    async def refuse_ulfa(guest):
        if guest.display_name == "Ulfa Pratiwi":
            raise Misconfigured
        return await create(guest)

    small.directory.create_guest = refuse_ulfa
    for _ in range(15):
        await small.guests.accounts.create_due()
        small.clock.forward(hours=1)
    assert await states(small) == ["failed", "active"]
    shown = await small.tickets.show(number)
    assert shown.status == "open"
    assert not shown.messages[-1].public
    assert await small.audited("guest_failed") == [("guest_failed", number)]


async def test_an_account_that_vanished_after_a_lost_answer_is_asked_for_again(small):
    await small.approved("Ulfa Pratiwi")
    find = small.directory.find

    async def nothing(_key):
        return None

    arm(small, "after the directory", 1)
    with pytest.raises(Killed):
        await small.guests.accounts.create_due()
    small.directory.find = nothing
    await small.guests.accounts.create_due()
    assert await states(small) == ["creating"]
    small.directory.find = find
    small.clock.forward(minutes=1)
    await small.guests.accounts.create_due()
    assert await states(small) == ["active"]


async def test_a_ticket_resolved_by_hand_stays_as_it_is(small):
    number = await small.approved("Ulfa Pratiwi")
    await small.tickets.resolve(number, wire.ResolveTicket(ANI, "by_phone"))
    await small.guests.accounts.create_due()
    assert (await small.tickets.show(number)).resolution == "by_phone"


async def test_a_conversation_a_human_holds_is_given_back_when_all_is_made(small):
    view = await small.guests.file(small.guest_request())
    await small.tickets.claim(view.number, wire.ClaimTicket(ANI))
    await small.guests.approve(view.number, wire.ApproveGuests(ANI))
    await small.guests.accounts.create_due()
    assert isinstance((await small.events())[-1], wire.TicketResolved)
