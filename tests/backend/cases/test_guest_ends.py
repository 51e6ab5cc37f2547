"""Guest accounts near their end: valid until 17 March 24:00 in Jakarta, which is 17:00 UTC."""

import asyncio
from datetime import date, timedelta

import pytest

from backend.service.ports import AccountNotFound, Capability, Unavailable
from backend.store.guests import GUESTS


class Killed(BaseException):
    """The process died here."""


async def states(world):
    return [row.state for row in await world.rows(GUESTS, GUESTS.c.id)]


async def made(world, *names, **changes):
    number = await world.approved(*(names or ("Ulfa Pratiwi",)), **changes)
    await world.guests.accounts.create_due()
    return number


async def at(world, day, hour):
    world.clock.instant = world.clock.instant.replace(day=day, hour=hour, minute=0)
    await asyncio.gather(*(world.guests.accounts.tend_due() for _ in range(2)))


async def test_warned_three_and_one_days_before_and_ended_on_the_day_each_once(world):
    number = await made(world)
    seen = []
    for day, hour in (
        (14, 16),
        (14, 17),
        (15, 17),
        (16, 16),
        (16, 17),
        (17, 16),
        (17, 17),
        (20, 1),
    ):
        await at(world, day, hour)
        account = await world.directory.find("guest-ulfa-pratiwi")
        seen.append((day, hour, len(await world.mails("guest_warning")), account.enabled))
    assert seen == [
        (14, 16, 0, True),
        (14, 17, 1, True),
        (15, 17, 1, True),
        (16, 16, 1, True),
        (16, 17, 2, True),
        (17, 16, 2, True),
        (17, 17, 2, False),
        (20, 1, 2, False),
    ]
    told = [
        event
        for event, _ in await world.audited("guest_warned_3", "guest_warned_1", "guest_ended")
    ]
    assert told == ["guest_warned_3", "guest_warned_1", "guest_ended"]
    said = [message.text for message in (await world.tickets.show(number)).messages]
    assert said[1:] == [
        "Akun tamu guest-ulfa-pratiwi berakhir pada 2026-03-17.",
        "Akun tamu guest-ulfa-pratiwi berakhir pada 2026-03-17.",
        "Akun tamu guest-ulfa-pratiwi sudah berakhir dan dinonaktifkan.",
    ]


async def test_after_days_of_downtime_only_the_latest_warning_is_sent(small):
    await made(small)
    await at(small, 16, 20)
    assert [op.rsplit(":", 1)[1] for op in await small.mails("guest_warning")] == ["1"]


async def test_after_a_long_downtime_accounts_just_end(small):
    await made(small)
    await at(small, 30, 1)
    assert await small.mails("guest_warning") == []
    assert await states(small) == ["ended"]


async def test_a_short_life_is_not_warned_of_what_was_before_it(small):
    await made(small, active_until=date(2026, 3, 3))  # two days
    await small.guests.accounts.tend_due()
    assert await small.mails("guest_warning") == []
    await at(small, 2, 17)
    assert len(await small.mails("guest_warning")) == 1


async def test_a_kill_while_ending_is_repeated_and_counted_once(small):
    await made(small)
    real = small.directory.set_enabled

    async def deadly(*args, **kwargs):
        await real(*args, **kwargs)
        raise Killed

    small.directory.set_enabled = deadly
    with pytest.raises(Killed):
        await at(small, 18, 1)
    small.directory.set_enabled = real
    await small.guests.accounts.tend_due()
    assert len(await small.audited("guest_ended")) == 1


async def test_sessions_end_with_the_account_where_the_directory_can(small):
    await made(small)
    ended = []

    async def revoke(account_id):
        ended.append(account_id)

    small.directory.capabilities = Capability.REVOKE_SESSIONS
    small.directory.revoke_sessions = revoke
    small.clock.forward(days=30)
    await small.guests.accounts.tend_due()
    assert len(ended) == 1


async def test_an_extension_in_the_directory_is_followed(small):
    await made(small)
    account = await small.directory.find("guest-ulfa-pratiwi")
    await small.directory.set_expiry(account.id, account.valid_until + timedelta(days=7))
    await at(small, 17, 17)
    assert await small.mails("guest_warning") == []
    assert (await small.directory.get(account.id)).enabled
    await at(small, 24, 17)
    assert not (await small.directory.get(account.id)).enabled


async def test_an_account_somebody_deleted_is_over(small):
    await made(small)

    async def gone(_account_id):
        raise AccountNotFound

    small.directory.get = gone
    await at(small, 18, 1)
    assert await states(small) == ["ended"]


async def test_a_directory_that_is_away_is_asked_again(small):
    await made(small, "Ulfa Pratiwi", "Wynne Taslim")
    get = small.directory.get

    async def away(_account_id):
        raise Unavailable

    small.directory.get = away
    await at(small, 18, 1)
    assert await states(small) == ["active"] * 2
    small.directory.get = get
    small.clock.forward(minutes=2)
    await small.guests.accounts.tend_due()
    assert await states(small) == ["ended"] * 2
