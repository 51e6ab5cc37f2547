"""Caps of the caller are told, caps of the account are silent (security.md 4-6)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from identity_world import BUDI, NO_DELAYS, opened, wrong

from backend.domain.codes import BreakerRules, Cap, CodeRules
from backend.service.errors import ChallengeDead, Paused, TooMany
from backend.store.limits import recovery_standing
from backend_client import wire

EXHAUSTED = wire.CodeDead(wire.DeadReason.EXHAUSTED)
LOGINS = ["budi.santoso", "nobody", "tono"]
"""An account, none, and one without a recovery address: all must fare the same."""


@pytest.mark.parametrize("login", LOGINS)
async def test_a_chat_identity_starts_ten_challenges_a_day(world, clock, login):
    for number in range(10):
        await world.start(login, conversation=f"c{number}")
    clock.forward(hours=23, minutes=59, seconds=59)
    with pytest.raises(TooMany, match="identity") as full:
        await world.start(login)
    assert full.value.retry_after == 1
    await world.start(login, user="somebody else")
    clock.forward(seconds=1)
    await world.start(login)


@pytest.mark.parametrize("logins", [["budi.santoso", "siti.rahma", "tono"], ["x", "y", "z"]])
async def test_a_chat_identity_tries_three_logins_a_day(world, clock, logins):
    for login in (*logins, *logins):
        await world.start(login)
    with pytest.raises(TooMany, match="logins") as full:
        await world.start("a fourth")
    assert full.value.retry_after == 24 * 3600
    clock.forward(hours=24)
    await world.start("a fourth")


async def test_one_login_is_one_login_however_it_is_written(small):
    for login in ("Budi.Santoso", " budi.santoso ", "x", "y"):
        await small.start(login)
    with pytest.raises(TooMany, match="logins"):
        await small.start("13519001")


@pytest.mark.parametrize("login", LOGINS)
async def test_a_network_starts_thirty_challenges_in_five_minutes(small, clock, login):
    for number in range(30):
        address = f"2001:db8::{number:x}"
        await small.start(login, user=f"u{number}", conversation=f"c{number}", address=address)
    clock.forward(seconds=299)
    with pytest.raises(TooMany, match="network") as full:
        await small.start(login, user="new", address="2001:db8::ffff")
    assert full.value.retry_after == 1
    await small.start(login, user="new", address="2001:db8:0:1::1")
    clock.forward(seconds=1)
    await small.start(login, user="newer", address="2001:db8::ffff")


async def fail(world, times, login, round_=0):
    """Enter wrong codes in ever new chats until `times` were looked at; return the outcomes."""
    outcomes = []
    while len(outcomes) < times:
        conversation = f"f{round_}-{len(outcomes)}"
        challenge = await world.start(login, user=conversation, conversation=conversation)
        arrived = await world.mails()
        bad = wrong(arrived[0][1]) if arrived else "00000000"
        tries = min(5, times - len(outcomes))
        outcomes += [await world.check(challenge, bad, conversation) for _ in range(tries)]
    return outcomes


@pytest.mark.parametrize("login", LOGINS)
async def test_a_login_takes_ten_wrong_codes_a_day(quick, clock, login):
    live = await quick.start(login, user="owner")
    assert [o.tries_left for o in await fail(quick, 10, login)] == [4, 3, 2, 1, 0] * 2
    assert await quick.check(live, "12345678") == EXHAUSTED
    clock.forward(seconds=60)
    with pytest.raises(ChallengeDead):
        await quick.resend(live)
    with pytest.raises(TooMany, match="login_failures") as full:
        await quick.start(login, user="owner")
    assert full.value.retry_after == 24 * 3600 - 60
    clock.forward(hours=24, seconds=-61)
    with pytest.raises(TooMany):
        await quick.start(login, user="owner")
    clock.forward(seconds=1)
    await quick.start(login, user="owner")


@pytest.mark.parametrize("login", LOGINS)
async def test_the_day_may_leave_fewer_tries_than_the_challenge(quick, login):
    await fail(quick, 7, login)
    challenge = await quick.start(login, user="owner")
    outcomes = [await quick.check(challenge, "1") for _ in range(4)]
    assert outcomes[:3] == [wire.CodeRejected(left, 0) for left in (2, 1, 0)]
    assert outcomes[3] == EXHAUSTED


async def test_a_resend_does_not_give_failures_back(quick, clock):
    challenge = await quick.start()
    bad = wrong(await quick.code())
    for _ in range(4):
        await quick.check(challenge, bad)
    clock.forward(seconds=60)
    await quick.resend(challenge)
    assert await quick.check(challenge, bad) == wire.CodeRejected(0, 0)
    assert await quick.check(challenge, bad) == EXHAUSTED


async def test_failures_under_one_name_close_the_account_under_every_name(quick):
    """Silently: who tries another name of the account must not see that it is the same."""
    live = await quick.start("13519001", user="owner")
    code = await quick.code()
    await fail(quick, 10, "budi.santoso")
    assert await quick.check(live, code) == wire.CodeRejected(4, 0)
    await quick.start("13519001", user="owner")
    assert await quick.mails() == []


@pytest.mark.parametrize("purpose", [wire.Purpose.CHECK_ACCOUNT, wire.Purpose.TICKET_STATUS])
async def test_a_hundred_failures_in_a_row_switch_recovery_off(database_url, clock, purpose):
    rules = replace(CodeRules(), delays=NO_DELAYS, account_failures=Cap(1000, timedelta(days=1)))
    async with opened(database_url, clock, rules=rules) as world:
        await fail(world, 99, BUDI.username)
        clock.forward(hours=1)
        assert isinstance(await world.proven(user="owner"), wire.CodeAccepted)  # counts anew
        clock.forward(days=2)
        await fail(world, 99, BUDI.username, round_=1)
        assert "recovery.switched_off" not in await world.events()
        clock.forward(hours=1)
        live = await world.start(user="owner", conversation="live", purpose=purpose)
        code = await world.code()
        await fail(world, 1, BUDI.username, round_=2)
        assert (await world.events()).count("recovery.switched_off") == 1
        assert isinstance(await world.check(live, code, "live"), wire.CodeRejected)
        clock.forward(days=400)
        await world.verification.purge()
        await world.start(user="owner", purpose=purpose)
        assert await world.mails() == []
        async with world.db.begin() as tx:
            await world.verification.reproofed(tx, BUDI.id, actor="agent:rina")
        assert isinstance(await world.proven(user="owner", purpose=purpose), wire.CodeAccepted)
        assert (await world.events()).count("recovery.switched_off") == 1
        assert "recovery.reopened" in await world.events()


async def test_failures_in_a_row_of_nobody_are_forgotten(small, clock):
    challenge = await small.start("nobody")
    await small.check(challenge, "1")
    assert len(await small.rows(recovery_standing)) == 1
    clock.forward(hours=26)
    await small.verification.purge()
    assert await small.rows(recovery_standing) == []


BREAKER = replace(
    CodeRules(),
    delays=NO_DELAYS,
    account_failures=Cap(1000, timedelta(days=1)),
    breaker=BreakerRules(min_failures=6),
)


@pytest.mark.parametrize("login", LOGINS)
async def test_many_wrong_codes_pause_recovery_for_everybody(database_url, clock, login):
    async with opened(database_url, clock, rules=BREAKER) as world:
        live = await world.start("siti.rahma", user="siti", conversation="siti")
        code = await world.code()
        await fail(world, 5, login)
        await world.start("siti.rahma", user="siti", conversation="other")
        await world.mails()
        await fail(world, 1, login, round_=1)
        assert (await world.events()).count("recovery.paused") == 1
        clock.forward(seconds=60)
        for call in (
            world.start(login, user="new"),
            world.check(live, code, "siti"),
            world.resend(live, "siti"),
        ):
            with pytest.raises(Paused) as paused:
                await call
            assert paused.value.retry_after == 14 * 60
        await world.void(live, "siti")
        clock.forward(minutes=14, seconds=-1)
        with pytest.raises(Paused):
            await world.start(login, user="new")
        clock.forward(seconds=1)
        await fail(world, 5, login, round_=2)  # counts anew after a pause
        await world.start("siti.rahma", user="siti", conversation="siti")


async def test_right_codes_keep_the_breaker_shut(tmp_path, clock):
    rules = replace(BREAKER, mails=())
    async with opened(f"sqlite:///{tmp_path / 'x.db'}", clock, rules=rules) as world:
        for number in range(7):
            await world.proven("siti.rahma", user=f"u{number}", conversation=f"r{number}")
        await fail(world, 6, "x")
        assert "recovery.paused" not in await world.events()
        await fail(world, 1, "y", round_=1)  # 7 of 14
        assert "recovery.paused" in await world.events()


async def test_the_breaker_forgets_after_ten_minutes(tmp_path, clock):
    async with opened(f"sqlite:///{tmp_path / 'x.db'}", clock, rules=BREAKER) as world:
        await fail(world, 5, "x")
        clock.forward(minutes=11)
        await fail(world, 5, "y", round_=1)
        assert "recovery.paused" not in await world.events()
        clock.forward(minutes=9)
        await fail(world, 1, "z", round_=2)
        assert "recovery.paused" in await world.events()
