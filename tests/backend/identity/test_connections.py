"""A call that was broken off must not keep the others waiting."""

import sqlalchemy as sa

from backend.store.database import Database


async def test_a_closed_connection_lets_go_of_the_writers_lock(tmp_path):
    """Also when a cursor of a cancelled task still exists (found by breaking checks off)."""
    db = Database(f"sqlite:///{tmp_path / 'x.db'}")
    async with db.engine.connect() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        await raw.execute("BEGIN IMMEDIATE")
        left_behind = await raw.execute("SELECT 1 UNION SELECT 2")
        await raw.close()
        await connection.invalidate()
    async with db.engine.connect() as other:
        await other.exec_driver_sql("PRAGMA busy_timeout=0")
        await other.commit()
        await other.execution_options(sqlite_begin="IMMEDIATE")
        assert (await other.execute(sa.text("SELECT 1"))).scalar_one() == 1
    assert left_behind is not None
    await db.close()
