"""Resending: a minute apart, three times, the old code dies; and what a mailbox is spared."""

from datetime import timedelta

import pytest
from identity_world import NO_DELAYS, SITI, opened, wrong

from backend.domain.codes import Challenge, CodeRules
from backend.service.errors import ChallengeDead, TooMany, TooSoon
from backend.store.verification import challenges
from backend_client import wire


async def test_a_resend_kills_the_old_code_and_keeps_the_spent_tries(world, clock):
    challenge = await world.start()
    old = await world.code()
    await world.check(challenge, wrong(old))
    clock.forward(seconds=60)
    started = await world.resend(challenge)
    assert started == wire.ChallengeStarted(challenge, 8, 600, 60)
    new = await world.code()
    assert new != old
    assert await world.check(challenge, old) == wire.CodeRejected(3, 10)
    clock.forward(seconds=10)
    assert isinstance(await world.check(challenge, new), wire.CodeAccepted)


@pytest.mark.parametrize(("seconds", "retry_after"), [(0, 60), (1, 59), (59, 1), (60, None)])
async def test_resends_are_a_minute_apart(small, clock, seconds, retry_after):
    challenge = await small.start()
    clock.forward(seconds=seconds)
    if retry_after is None:
        await small.resend(challenge)
        with pytest.raises(TooSoon) as soon:
            await small.resend(challenge)
        assert soon.value.retry_after == 60
    else:
        with pytest.raises(TooSoon) as soon:
            await small.resend(challenge)
        assert soon.value.retry_after == retry_after


async def test_there_are_three_resends(world, clock):
    challenge = await world.start()
    for _ in range(3):
        clock.forward(seconds=60)
        await world.resend(challenge)
    clock.forward(seconds=60)
    with pytest.raises(TooMany, match="resends"):
        await world.resend(challenge)
    assert [row["counter"] for row in await world.rows(challenges)] == [3]


async def test_each_code_has_its_own_ten_minutes(small, clock):
    challenge = await small.start()
    await small.mails()
    clock.forward(seconds=599)
    await small.resend(challenge)
    code = await small.code()
    clock.forward(seconds=599)
    assert isinstance(await small.check(challenge, code), wire.CodeAccepted)


@pytest.mark.parametrize("end", ["expired", "exhausted", "void", "used"])
async def test_a_dead_challenge_is_not_resent(small, clock, end):
    challenge = await small.start()
    code = await small.code()
    if end == "expired":
        clock.forward(seconds=600)
    elif end == "void":
        await small.void(challenge)
    elif end == "used":
        await small.check(challenge, code)
    else:
        for _ in range(5):
            await small.check(challenge, wrong(code))
            clock.forward(seconds=40)
    clock.forward(seconds=60)
    with pytest.raises(ChallengeDead, match=end):
        await small.resend(challenge)


@pytest.mark.parametrize("change", [{"password_version": 1}, {"recovery_email": "x@example.net"}])
async def test_after_a_change_a_resend_mails_nothing(world, clock, change):
    challenge = await world.start()
    await world.mails()
    world.directory.change("acc-budi", **change)
    clock.forward(seconds=60)
    await world.resend(challenge)
    assert await world.mails() == []


async def test_a_mail_that_was_overtaken_by_a_resend_carries_no_code(world, clock):
    challenge = await world.start()
    clock.forward(seconds=60)
    await world.resend(challenge)
    ((_, code),) = await world.mails()
    assert isinstance(await world.check(challenge, code), wire.CodeAccepted)


@pytest.mark.parametrize("end", ["expired", "void", "unheard-of"])
async def test_there_is_no_code_for_a_dead_challenge(small, clock, end):
    challenge = await small.start()
    assert await small.verification.code_for(challenge, 0) is not None
    assert await small.verification.code_for(challenge, 1) is None
    if end == "expired":
        clock.forward(seconds=600)
    elif end == "void":
        await small.void(challenge)
    else:
        challenge = end
    assert await small.verification.code_for(challenge, 0) is None


@pytest.mark.parametrize("login", ["nobody", "tono"])
async def test_no_mail_no_code(small, login):
    challenge = await small.start(login)
    assert await small.mails() == []
    assert await small.verification.code_for(challenge, 0) is None


async def start_many(world, count, **more):
    """Start challenges from ever new chats; return whether a mail came, for each."""
    came = []
    for number in range(count):
        await world.start(user=f"{len(came)}-{number}", conversation=f"m{number}", **more)
        came.append(bool(await world.mails()))
    return came


async def test_five_mails_an_hour_reach_a_mailbox(world, clock):
    assert await start_many(world, 6) == [True] * 5 + [False]
    clock.forward(seconds=3599)
    assert await start_many(world, 1) == [False]
    clock.forward(seconds=1)
    assert await start_many(world, 1) == [True]


async def test_ten_mails_a_day_reach_a_mailbox(small, clock):
    assert await start_many(small, 5) == [True] * 5
    clock.forward(hours=1)
    assert await start_many(small, 6) == [True] * 5 + [False]
    clock.forward(hours=22, minutes=59, seconds=59)
    assert await start_many(small, 1) == [False]
    clock.forward(seconds=1)
    assert await start_many(small, 1) == [True]


async def test_accounts_that_share_a_mailbox_share_its_cap(small):
    small.directory.change(SITI.id, recovery_email="BUDI@example.net")
    assert await start_many(small, 5) == [True] * 5
    assert await start_many(small, 1, login="siti.rahma") == [False]


async def test_a_resend_counts_as_a_mail_and_is_silent_beyond_the_cap(small, clock):
    challenge = await small.start()
    await small.mails()
    assert await start_many(small, 4) == [True] * 4
    clock.forward(seconds=60)
    assert (await small.resend(challenge)).challenge == challenge
    assert await small.mails() == []
    assert await small.verification.code_for(challenge, 1) is None


async def test_a_code_that_was_not_mailed_is_never_right(tmp_path, clock):
    """Even whoever guessed it: its mail was withheld for a reason."""
    rules = CodeRules(delays=NO_DELAYS, resend_after=timedelta(0))
    async with opened(f"sqlite:///{tmp_path / 'x.db'}", clock, rules=rules) as world:
        assert await start_many(world, 5) == [True] * 5
        challenge = await world.start()
        (row,) = [r for r in await world.rows(challenges) if r["id"] == challenge]
        assert row["mailed"] is False
        guessed = world.verification._challenges.code(Challenge(**row))
        assert isinstance(await world.check(challenge, guessed), wire.CodeRejected)
