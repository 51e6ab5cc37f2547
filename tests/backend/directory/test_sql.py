"""What is particular to the directory in SQL."""

from contextlib import asynccontextmanager

import pytest
import sqlalchemy as sa
from directory_rigs import INITIAL, SqlRig
from pydantic import SecretStr
from sqlalchemy import event

from backend.adapters.directory.sql import TRIES_BEFORE_LOCK, SqlDirectory
from backend.service.ports import Capability, OutcomeUnknown, Unavailable
from backend.store.accounts import accounts
from backend.store.database import Database

NEW = SecretStr("Tulang.Rusuk.Ikan.88")
WRONG = SecretStr("Bukan-Sandinya-99!")


async def stored(rig):
    async with rig.db.read() as tx:
        return (await tx.execute(sa.select(accounts))).mappings().all()


async def test_recovery_addresses_and_passwords_are_not_readable_at_rest(rig):
    account_id = await rig.add(recovery_email="budi.rahasia@example.net")
    await rig.directory.set_password(account_id, NEW)
    (row,) = await stored(rig)
    text = repr(dict(row))
    assert "rahasia" not in text
    assert "Tulang" not in text
    assert row["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_a_sealed_address_belongs_to_one_account(rig):
    first = await rig.add(recovery_email="a@example.net")
    second = await rig.add(recovery_email="a@example.net")
    sealed = {row["id"]: row["recovery_email"] for row in await stored(rig)}
    assert sealed[first] != sealed[second]


@pytest.mark.parametrize("tries", [TRIES_BEFORE_LOCK - 1, TRIES_BEFORE_LOCK])
async def test_five_wrong_passwords_in_a_row_lock(rig, directory, account, tries):
    for _ in range(tries):
        assert await directory.verify_password(account, WRONG) is False
    locked = tries == TRIES_BEFORE_LOCK
    assert (await directory.get(account)).locked is locked
    assert await directory.verify_password(account, INITIAL) is (None if locked else True)


async def test_a_reset_and_an_unlock_forget_the_wrong_passwords(directory, account):
    for _ in range(3):
        await directory.verify_password(account, WRONG)
    await directory.unlock(account)
    for _ in range(3):
        await directory.verify_password(account, WRONG)
    await directory.set_password(account, NEW)
    for _ in range(3):
        await directory.verify_password(account, WRONG)
    assert not (await directory.get(account)).locked


def test_it_claims_only_what_it_does(directory):
    claimed = Capability.NATIVE_EXPIRY | Capability.LOCK_STATE | Capability.VERIFY
    assert directory.capabilities == claimed


@asynccontextmanager
async def lost_connection(rig, statement):
    """Let every statement that begins like this find the server gone."""

    def lose(_connection, _cursor, sql, *_):
        if sql.startswith(statement):
            raise sa.exc.OperationalError(sql, {}, ConnectionResetError())

    event.listen(rig.db.engine.sync_engine, "before_cursor_execute", lose)
    yield
    event.remove(rig.db.engine.sync_engine, "before_cursor_execute", lose)


async def test_a_lost_read_says_that_nothing_was_done(rig, directory, account):
    async with lost_connection(rig, "SELECT"):
        for ask in (directory.find("x"), directory.get(account)):
            with pytest.raises(Unavailable):
                await ask
        with pytest.raises(Unavailable):
            await directory.verify_password(account, NEW)


async def test_a_lost_write_says_that_it_is_not_known(rig, directory, account):
    async with lost_connection(rig, "UPDATE"):
        with pytest.raises(OutcomeUnknown) as unknown:
            await directory.set_password(account, NEW)
    assert "Tulang" not in repr(unknown.value)
    assert unknown.value.__suppress_context__


async def test_a_server_that_ends_our_connections_is_away_and_then_back(postgres_url, clock):
    rig = SqlRig(postgres_url, clock)
    await rig.start()
    account = await rig.add()
    other = Database(postgres_url)
    async with other.begin() as tx:
        query = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
        await tx.execute(sa.text(query))
    with pytest.raises(Unavailable):
        await rig.directory.get(account)
    assert (await rig.directory.get(account)).id == account
    await other.close()
    await rig.stop()


async def test_a_mistake_of_ours_is_not_called_an_outage(postgres_url, clock):
    """SQLite cannot tell: a missing table is "operational" to it, like a locked file."""
    rig = SqlRig(postgres_url, clock)
    await rig.start()
    async with rig.db.engine.begin() as connection:
        await connection.run_sync(accounts.drop)
    with pytest.raises(sa.exc.DBAPIError):
        await rig.directory.find("budi")
    await rig.stop()


async def test_a_database_that_is_not_there_is_away(tmp_path, rig):
    away = Database("postgresql://nobody@127.0.0.1:1/none")
    directory = SqlDirectory(away, rig.vault, rig.clock)
    with pytest.raises(Unavailable):
        await directory.find("budi")
    await away.close()
