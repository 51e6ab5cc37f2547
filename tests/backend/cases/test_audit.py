"""The audit trail: chained, append-only, checked; tampering of every kind is found."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa
from cases_world import opened

from backend.service.audit import Audit, SecretInAudit
from backend.store.at_commit import Lane, write_at_commit
from backend.store.audit import AUDIT, AUDIT_CHECKPOINTS, AUDIT_HEAD
from backend_client import wire


async def record(world, *events, audit=None):
    for event in events:
        async with world.db.begin() as tx:
            await (audit or world.audit).record(
                tx, event, actor="bot", subject="account:1", detail={"n": 1, "why": "é"}
            )


async def tamper(world, *statements):
    """Do what an attacker with the database's own rights could: guards off, change, guards on."""
    off = ["audit_refuses_update", "audit_refuses_delete"]
    async with world.db.begin() as tx:
        if world.db.is_sqlite:
            guards = [sa.text(f"DROP TRIGGER {name}") for name in off]
        else:
            guards = [sa.text(f"ALTER TABLE audit DISABLE TRIGGER {name}") for name in off]
        for statement in [*guards, *statements]:
            await tx.execute(statement)


async def test_an_empty_trail_holds(world):
    assert await world.audit.verify(world.db) == wire.AuditReport(0, None)


async def test_rows_are_chained_in_order(world):
    await record(world, "a", "b", "c")
    assert await world.audit.verify(world.db) == wire.AuditReport(3, None)
    assert [row.event for row in await world.rows(AUDIT, AUDIT.c.seq)] == ["a", "b", "c"]


async def test_a_rolled_back_transaction_leaves_no_row(world):
    with pytest.raises(ZeroDivisionError):
        async with world.db.begin() as tx:
            await world.audit.record(tx, "never", actor="bot")
            1 / 0  # noqa: B018 - the failure
    await record(world, "a")
    assert await world.audited() == [("a", "account:1")]


async def test_a_rolled_back_savepoint_takes_only_its_own_rows_along(world):
    async with world.db.begin() as tx:
        for fails_first in (True, False):
            if not fails_first:
                await world.audit.record(tx, "kept", actor="bot")
            with pytest.raises(ZeroDivisionError):
                async with tx.begin_nested():
                    await world.audit.record(tx, "lost", actor="bot")
                    async with tx.begin_nested():
                        await world.audit.record(tx, "lost too", actor="bot")
                    1 / 0  # noqa: B018 - the failure
        async with tx.begin_nested():
            await world.audit.record(tx, "kept too", actor="bot")
    assert [event for event, _ in await world.audited()] == ["kept", "kept too"]
    assert (await world.audit.verify(world.db)).first_broken is None


async def test_one_connection_several_transactions(world):
    async with world.db.engine.connect() as connection:
        for event in ("first", "second"):
            async with connection.begin():
                await world.audit.record(connection, event, actor="bot")
        async with connection.begin() as never:
            await world.audit.record(connection, "third", actor="bot")
            await never.rollback()
    assert [event for event, _ in await world.audited()] == ["first", "second"]


async def test_outside_a_transaction_nothing_can_be_recorded(world):
    async with world.db.engine.connect() as connection:
        with pytest.raises(RuntimeError):
            await world.audit.record(connection, "x", actor="bot")


async def test_a_failing_append_fails_the_transaction(world):
    def refuse(_connection, _entries):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        async with world.db.begin() as tx:
            await tx.execute(sa.insert(AUDIT_HEAD).values(id=7, seq=0, hash="x"))
            write_at_commit(tx, Lane.FEED, refuse, None)
    assert await world.rows(AUDIT_HEAD) == []
    await record(world, "a")


async def test_concurrent_writers_make_one_chain_without_deadlock(world):
    """Each holds a row of its own in another order before the chain is written."""

    async def write(name):
        async with world.db.begin() as tx:
            await world.audit.record(tx, name, actor="bot")
            await world.feed.publish(tx, wire.TicketReleased, "c", ticket=name)
            await asyncio.sleep(0)
            await world.audit.record(tx, f"{name}-again", actor="bot")

    await asyncio.gather(*(write(f"w{i}") for i in range(30)))
    assert await world.audit.verify(world.db) == wire.AuditReport(60, None)
    assert len(await world.events()) == 30


ROWS = AUDIT.c
SWAP = [
    sa.update(AUDIT).where(ROWS.seq == 2).values(seq=99),
    sa.update(AUDIT).where(ROWS.seq == 3).values(seq=2),
    sa.update(AUDIT).where(ROWS.seq == 99).values(seq=3),
]
TAMPERINGS = {
    "an event edited": ([sa.update(AUDIT).where(ROWS.seq == 3).values(event="x")], 3),
    "a detail edited": ([sa.update(AUDIT).where(ROWS.seq == 3).values(detail="{}")], 3),
    "a subject removed": ([sa.update(AUDIT).where(ROWS.seq == 1).values(subject=None)], 1),
    "a hash edited": ([sa.update(AUDIT).where(ROWS.seq == 2).values(hash="0" * 64)], 2),
    "the first deleted": ([sa.delete(AUDIT).where(ROWS.seq == 1)], 1),
    "one in the middle deleted": ([sa.delete(AUDIT).where(ROWS.seq == 3)], 3),
    "two swapped": (SWAP, 2),
    "the end cut off": ([sa.delete(AUDIT).where(ROWS.seq >= 4)], 4),
    "everything deleted": ([sa.delete(AUDIT)], 1),
    "the end and the head cut off": (
        [sa.delete(AUDIT).where(ROWS.seq >= 4), sa.update(AUDIT_HEAD).values(seq=3)],
        3,
    ),
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
async def test_tampering_is_found(world, tampering):
    statements, first_broken = TAMPERINGS[tampering]
    await record(world, "a", "b", "c", "d", "e")
    await tamper(world, *statements)
    report = await world.audit.verify(world.db)
    assert report == wire.AuditReport(first_broken - 1, first_broken)


async def test_a_chain_made_without_the_key_is_found(world):
    await record(world, "a", "b", audit=Audit(world.clock))
    assert (await world.audit.verify(world.db)).first_broken == 1


@pytest.mark.parametrize("statement", [sa.update(AUDIT).values(event="x"), sa.delete(AUDIT)])
async def test_the_database_itself_refuses_changes(world, statement):
    await record(world, "a")
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        async with world.db.begin() as tx:
            await tx.execute(statement)


async def test_postgresql_refuses_truncate(postgres_url, clock):
    async with opened(postgres_url, clock) as world:
        for table in ("audit", "audit_checkpoints"):
            with pytest.raises(sa.exc.DBAPIError, match="append-only"):
                async with world.db.begin() as tx:
                    await tx.execute(sa.text(f"TRUNCATE {table}"))


async def test_secrets_are_refused(world):
    async with world.db.begin() as tx:
        with pytest.raises(SecretInAudit, match="'code' of 'sent'"):
            await world.audit.record(tx, "sent", actor="bot", detail={"code": "12345678"})
    assert await world.audited() == []


async def test_old_rows_go_behind_a_checkpoint_and_the_rest_still_holds(world):
    await record(world, "a", "b")
    world.clock.forward(days=10)
    await record(world, "c")
    gone = await world.audit.forget_before(world.db, world.clock.now() - timedelta(days=5))
    assert gone == 2
    assert await world.audited() == [("c", "account:1"), ("audit_truncated", None)]
    assert await world.audit.verify(world.db) == wire.AuditReport(2, None)
    assert await world.audit.forget_before(world.db, world.clock.now() - timedelta(days=5)) == 0
    world.clock.forward(days=10)
    assert await world.audit.forget_before(world.db, world.clock.now()) == 2
    await record(world, "d")
    assert await world.audit.verify(world.db) == wire.AuditReport(2, None)


async def test_a_forged_checkpoint_is_found(world):
    await record(world, "a", "b")
    async with world.db.begin() as tx:
        forged = {"through": 1, "hash": "0" * 64, "seal": "0" * 64, "at": world.clock.now()}
        await tx.execute(sa.insert(AUDIT_CHECKPOINTS).values(forged))
        await tx.execute(sa.delete(AUDIT).where(ROWS.seq == 1))
    assert (await world.audit.verify(world.db)).first_broken == 2


async def test_a_checkpoint_cannot_be_taken_back(world):
    await record(world, "a")
    await world.audit.forget_before(world.db, world.clock.now() + timedelta(days=1))
    for statement in (sa.delete(AUDIT_CHECKPOINTS), sa.update(AUDIT_CHECKPOINTS).values(hash="")):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            async with world.db.begin() as tx:
                await tx.execute(statement)


async def test_a_long_trail_is_walked_in_batches(small):
    async with small.db.begin() as tx:
        for n in range(2500):
            await small.audit.record(tx, "many", actor="bot", detail={"n": n})
    assert await small.audit.verify(small.db) == wire.AuditReport(2500, None)
