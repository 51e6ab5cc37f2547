"""A code works once, for what it was asked for, in time; anything else is a wrong code."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from identity_world import BUDI, UNLOCK, opened, wrong

from backend.domain.codes import CodeRules
from backend.service.errors import BackendBusy, GrantInvalid, Invalid, NotFound
from backend.service.ports import (
    AmbiguousAccount,
    ManagedElsewhere,
    Misconfigured,
    NotPermitted,
    Throttled,
    Unavailable,
)
from backend.store.verification import challenges, grants
from backend_client import wire

EXPIRED, EXHAUSTED, VOID, USED = (
    wire.CodeDead(wire.DeadReason(reason)) for reason in ("expired", "exhausted", "void", "used")
)


async def test_the_right_code_earns_a_grant_and_a_masked_view(world):
    world.directory.change(
        "acc-budi",
        locked=True,
        must_change=True,
        valid_until=datetime(2026, 8, 31, 17, tzinfo=UTC),
        password_changed_at=datetime(2026, 1, 5, tzinfo=UTC),
    )
    challenge = await world.start("13519001")
    ((to, code),) = await world.mails()
    assert to == "budi@example.net"
    assert len(code) == 8
    outcome = await world.check(challenge, code)
    assert isinstance(outcome, wire.CodeAccepted)
    assert outcome.expires_in == 15 * 60
    assert outcome.human is None
    assert outcome.account == wire.AccountView(
        username="bu***.sa***",
        account_type="student",
        status=wire.AccountStatus.LOCKED,
        recovery_email="b***@example.net",
        valid_until=date(2026, 8, 31),  # midnight in Jakarta ends the 31st
        password_changed_at=datetime(2026, 1, 5, tzinfo=UTC),
        must_change=True,
    )


async def test_a_code_works_once(world):
    challenge = await world.start()
    code = await world.code()
    assert isinstance(await world.check(challenge, code), wire.CodeAccepted)
    assert await world.check(challenge, code) == USED
    assert len(await world.rows(grants)) == 1


@pytest.mark.parametrize(
    ("seconds", "alive"), [(0, True), (599, True), (600, False), (601, False)]
)
async def test_a_code_lives_ten_minutes(small, clock, seconds, alive):
    challenge = await small.start()
    code = await small.code()
    clock.forward(seconds=seconds)
    outcome = await small.check(challenge, code)
    assert isinstance(outcome, wire.CodeAccepted) if alive else outcome == EXPIRED


async def test_a_code_is_worthless_for_another_purpose(world):
    reset = await world.start()
    code = await world.code()
    unlock = await world.start(purpose=UNLOCK)
    assert isinstance(await world.check(unlock, code), wire.CodeRejected)
    assert isinstance(await world.check(reset, code), wire.CodeAccepted)


@pytest.mark.parametrize("call", ["check", "resend", "void"])
async def test_another_conversation_has_no_such_challenge(small, call):
    challenge = await small.start()
    code = await small.code()
    arguments = [challenge, code] if call == "check" else [challenge]
    with pytest.raises(NotFound):
        await getattr(small, call)(*arguments, conversation="c2")
    with pytest.raises(NotFound):
        await getattr(small, call)("unheard-of", *arguments[1:])
    assert isinstance(await small.check(challenge, code), wire.CodeAccepted)


@pytest.mark.parametrize(
    "change",
    [
        {"password_version": 1},
        {"recovery_email": "new@example.net"},
        {"recovery_email": None},
        {"id": "acc-other"},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_a_change_since_the_start_kills_the_code(world, change):
    challenge = await world.start()
    code = await world.code()
    world.directory.change("acc-budi", **change)
    assert isinstance(await world.check(challenge, code), wire.CodeRejected)


async def test_a_deleted_account_has_no_right_code(small):
    challenge = await small.start()
    code = await small.code()
    del small.directory.accounts["acc-budi"]
    assert isinstance(await small.check(challenge, code), wire.CodeRejected)


async def test_the_waits_between_tries_rise(world, clock):
    challenge = await world.start()
    bad = wrong(await world.code())
    for left, wait in [(4, 5), (3, 10), (2, 20), (1, 40)]:
        assert await world.check(challenge, bad) == wire.CodeRejected(left, wait)
        clock.forward(seconds=wait - 1)
        assert await world.check(challenge, bad) == wire.CodeTooSoon(1)
        clock.forward(seconds=1)
    assert await world.check(challenge, bad) == wire.CodeRejected(0, 0)
    assert await world.check(challenge, bad) == EXHAUSTED
    assert [row["attempts"] for row in await world.rows(challenges)] == [5]


async def test_the_right_code_within_the_wait_is_not_looked_at_and_not_charged(world, clock):
    challenge = await world.start()
    code = await world.code()
    await world.check(challenge, wrong(code))
    assert await world.check(challenge, code) == wire.CodeTooSoon(5)
    clock.forward(seconds=5)
    assert isinstance(await world.check(challenge, code), wire.CodeAccepted)
    assert [row["attempts"] for row in await world.rows(challenges)] == [2]


async def test_the_fifth_try_may_be_right_and_the_sixth_not(quick):
    for tries, expected in [(4, wire.CodeAccepted), (5, wire.CodeDead)]:
        challenge = await quick.start()
        code = await quick.code()
        for by in range(tries):
            await quick.check(challenge, wrong(code, by + 1))
        assert isinstance(await quick.check(challenge, code), expected)


async def test_what_is_no_code_is_a_wrong_one(small):
    challenge = await small.start()
    assert await small.check(challenge, "halo min") == wire.CodeRejected(4, 5)


async def test_a_voided_challenge_takes_no_code(world):
    challenge = await world.start()
    code = await world.code()
    await world.void(challenge)
    await world.void(challenge)
    assert await world.check(challenge, code) == VOID
    assert (await world.events()).count("challenge.voided") == 1


async def test_a_used_challenge_stays_used_when_voided(small):
    challenge = await small.start()
    code = await small.code()
    await small.check(challenge, code)
    await small.void(challenge)
    assert await small.check(challenge, code) == USED


async def test_a_new_challenge_replaces_the_older_of_its_purpose(world):
    first = await world.start()
    first_code = await world.code()
    other_purpose = await world.start(purpose=UNLOCK)
    other_code = await world.code()
    elsewhere = await world.start(conversation="c2")
    await world.mails()
    second = await world.start()
    second_code = await world.code()
    assert await world.check(first, first_code) == VOID
    assert isinstance(await world.check(other_purpose, other_code), wire.CodeAccepted)
    assert isinstance(await world.check(second, second_code), wire.CodeAccepted)
    assert await world.check(elsewhere, "1", "c2") == wire.CodeRejected(4, 5)


ACCOUNTS = ["budi.santoso", "nobody"]


@pytest.mark.parametrize("login", ACCOUNTS)
@pytest.mark.parametrize(
    ("error", "retry_after"),
    [(Unavailable(), None), (Throttled(2.5), 3), (Misconfigured(), None)],
    ids=lambda value: type(value).__name__,
)
async def test_without_directory_nobody_is_served_and_nothing_is_spent(
    small, login, error, retry_after
):
    challenge = await small.start(login)
    small.directory.error = error
    for call in (
        small.start(login, conversation="c2"),
        small.check(challenge, "1"),
    ):
        with pytest.raises(BackendBusy) as busy:
            await call
        assert busy.value.retry_after == retry_after
    small.clock.forward(seconds=60)
    with pytest.raises(BackendBusy):
        await small.resend(challenge)
    (row,) = await small.rows(challenges)
    assert (row["attempts"], row["counter"]) == (0, 0)


@pytest.mark.parametrize(
    "error", [AmbiguousAccount(), NotPermitted(), ManagedElsewhere()], ids=str
)
async def test_what_a_directory_says_about_one_account_is_not_passed_on(small, error):
    small.directory.error = error
    challenge = await small.start()
    assert await small.mails() == []
    assert isinstance(await small.check(challenge, "12345678"), wire.CodeRejected)


async def test_a_shorter_code_may_be_configured(database_url, clock):
    rules = replace(CodeRules(), code_length=6, lifetime=timedelta(minutes=5))
    async with opened(database_url, clock, rules=rules) as world:
        started = await world.verification.start(
            wire.StartChallenge(
                wire.Purpose.CHECK_ACCOUNT, "tono", "c1", wire.ChatIdentity("web", "u")
            )
        )
        assert (started.code_length, started.expires_in, started.resend_in) == (6, 300, 60)
        challenge = await world.start(BUDI.username, conversation="c2")
        code = await world.code()
        assert len(code) == 6
        assert isinstance(await world.check(challenge, code, "c2"), wire.CodeAccepted)


async def test_codes_survive_what_people_do_to_them(small):
    challenge = await small.start()
    code = await small.code()
    typed = f" {code[:4]}-{code[4:]} "
    assert isinstance(await small.check(challenge, typed), wire.CodeAccepted)


async def test_what_no_database_can_hold_is_refused_and_harms_nothing(world):
    """PostgreSQL knows no NUL; schema tests send them everywhere."""
    nul = "c\0"
    for changes in ({"conversation": nul}, {"channel": nul}):
        with pytest.raises(Invalid):
            await world.start(**changes)
    for changes in ({"login": nul}, {"user": nul}, {"address": nul}):
        assert await world.start(**changes)
    challenge = await world.start(user="u2")
    for arguments in ((challenge, nul), (nul, "c1")):
        with pytest.raises(NotFound):
            await world.check(arguments[0], "1", arguments[1])
        with pytest.raises(NotFound):
            await world.resend(*arguments)
        with pytest.raises(NotFound):
            await world.void(*arguments)
    assert await world.check(challenge, nul) == wire.CodeRejected(4, 5)
    with pytest.raises(GrantInvalid):
        await world.unlocks.unlock(wire.Unlock("x", nul))
    async with world.db.read() as tx:
        with pytest.raises(GrantInvalid):
            await world.grants.peek(tx, "x", nul, {UNLOCK})
