"""What is kept, for how long, and what is never written down."""

import asyncio
import json

import pytest
import sqlalchemy as sa
from identity_world import BUDI, OURS, UNLOCK, opened, wrong

from backend.service.errors import NotFound, TooMany
from backend.store.database import metadata
from backend.store.limits import hold, limit_locks
from backend.store.verification import challenges, grants, proven_identities
from backend_client import wire


@pytest.mark.parametrize(("hours", "kept"), [(23, True), (24, True), (24.01, False)])
async def test_challenges_are_forgotten_after_a_day(world, clock, hours, kept):
    challenge = await world.start()
    clock.forward(hours=hours)
    await world.verification.purge()
    if kept:
        assert await world.check(challenge, "1") == wire.CodeDead(wire.DeadReason.EXPIRED)
    else:
        with pytest.raises(NotFound):
            await world.check(challenge, "1")
        assert await world.rows(challenges) == []


async def test_purging_forgets_everything_in_the_end(world, clock):
    await world.proven(purpose=UNLOCK, address="192.0.2.1")
    outcome = await world.proven(purpose=UNLOCK)
    await world.unlocks.unlock(wire.Unlock(outcome.grant, "c1"))
    await world.check(await world.start("nobody"), "0")
    clock.forward(days=91)
    await world.verification.purge()
    await world.verification.purge()
    left = {name: len(await world.rows(metadata.tables[name])) for name in OURS}
    left.pop("mail_outbox")  # the mailer's own
    assert left == dict.fromkeys(left, 0) | {"recovery_standing": 1}  # an account's stays


async def test_purging_opens_no_cap(world, clock):
    for number in range(10):
        await world.start(conversation=f"c{number}")
    clock.forward(hours=23)
    await world.verification.purge()
    with pytest.raises(TooMany):
        await world.start()


async def test_the_gate_still_counts_resets_after_a_purge(world, clock):
    outcomes = [await world.proven() for _ in range(2)]
    for outcome in outcomes:
        async with world.db.begin() as tx:
            await world.grants.consume(tx, outcome.grant, "c1", wire.Purpose.RESET_PASSWORD)
    clock.forward(hours=23)
    await world.verification.purge()
    assert (await world.proven()).human is wire.HumanReason.REPEATED_RESETS


async def test_everything_leaves_an_audit_record(world, clock):
    challenge = await world.start()
    clock.forward(seconds=60)
    await world.resend(challenge)
    code = await world.code()
    await world.check(challenge, wrong(code))
    clock.forward(seconds=5)
    await world.check(challenge, code)
    await world.void(await world.start("nobody"))
    assert await world.events() == [
        "challenge.started",
        "challenge.code_resent",
        "challenge.rejected",
        "challenge.accepted",
        "challenge.started",
        "challenge.voided",
    ]
    subjects = [row["subject"] for row in await world.trail()]
    assert subjects[:4] == [BUDI.id] * 4
    assert subjects[4] == subjects[5]
    assert subjects[4].startswith("~")


async def test_nothing_personal_and_no_code_is_written_down(world, clock, caplog):
    """Neither in our tables nor in the audit trail; what a log line says is tested below."""
    challenge = await world.start("13519001", user="62811223344", address="192.0.2.77")
    code = await world.code()
    outcome = await world.check(challenge, code)
    rows = await world.trail()
    for name in OURS[:-1]:  # the mail queue's addresses are sealed
        rows += await world.rows(metadata.tables[name])
    written = json.dumps([list(map(str, row.values())) for row in rows])
    for secret in (code, outcome.grant, "13519001", "62811223344", "192.0.2.77", "budi@"):
        assert secret not in written
        assert secret not in caplog.text
    assert world.vault.digest(outcome.grant) in written


async def test_logs_say_what_happened_and_not_to_whom(world, capsys):
    await world.start()
    world.directory.accounts["copy"] = BUDI
    await world.start(conversation="c2")
    said = capsys.readouterr().out
    assert "login_stands_for_nobody" in said
    assert BUDI.username not in said
    assert "13519001" not in said


@pytest.mark.parametrize("steps", [1, 3, 10, 20, 30, 40, 60, 100])
async def test_wherever_a_check_is_broken_off_it_happened_whole_or_not_at_all(world, steps):
    challenge = await world.start()
    code = await world.code()
    task = asyncio.ensure_future(world.check(challenge, code))
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    (row,) = await world.rows(challenges)
    used = row["used_at"] is not None
    assert (row["attempts"], len(await world.rows(grants))) == ((1, 1) if used else (0, 0))
    again = await world.check(challenge, code)
    assert isinstance(again, wire.CodeDead if used else wire.CodeAccepted)


async def test_looking_a_challenge_up_is_indexed(world):
    """Every statement of a start and a check finds its rows by an index."""
    with world.recorded() as statements:
        challenge = await world.start(address="192.0.2.1")
        await world.check(challenge, "1")
    searched = [s for s in statements if s.startswith(("SELECT", "UPDATE")) and "WHERE" in s]
    assert len(searched) >= 8
    if not world.db.is_sqlite:
        return
    async with world.db.read() as tx:
        for statement in searched:
            count = statement.count("?")
            plan = await tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", ("",) * count)
            steps = [row[-1] for row in plan]
            assert not [step for step in steps if step.startswith("SCAN")], (statement, steps)


async def test_much_is_purged_in_small_transactions(world, clock, monkeypatch):
    """Nobody else waits for more than a batch."""
    monkeypatch.setattr("backend.service.verification._PURGE_BATCH", 3)
    for number in range(7):
        await world.start(user=f"u{number}", conversation=f"c{number}")
    clock.forward(hours=26)
    await world.start(user="u7", conversation="c7")
    with world.recorded() as statements:
        await world.verification.purge()
    assert len([s for s in statements if s.startswith("DELETE FROM challenges")]) == 3
    assert [row["conversation"] for row in await world.rows(challenges)] == ["c7"]


async def test_only_the_forgotten_identities_of_an_account_go(world, clock):
    await world.proven(user="old", channel="telegram")
    clock.forward(days=60)
    await world.proven(user="new", channel="telegram")
    clock.forward(days=31)
    await world.verification.purge()
    (left,) = await world.rows(proven_identities)
    assert left["identity"] == world.vault.index("new")


async def test_a_purge_waits_for_nobody(postgres_url, clock):
    """A cap that is being counted right now stays, and the purge goes on. (SQLite: one writer.)"""
    async with opened(postgres_url, clock) as world:
        await world.start()
        clock.forward(hours=26)
        async with world.db.begin() as tx:
            keys = (await tx.execute(sa.select(limit_locks.c.key))).scalars().all()
            await hold(world.db, tx, keys[:1], clock.now())
            await asyncio.wait_for(world.verification.purge(), 10)
        assert [row["key"] for row in await world.rows(limit_locks)] == keys[:1]
