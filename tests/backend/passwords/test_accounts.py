"""Taking lists of accounts in, and looking one up among 100 000."""

from datetime import date

import pytest
import sqlalchemy as sa

from backend.adapters.directory.sql import SqlDirectory
from backend.domain.accounts import AccountType
from backend.domain.accounts_csv import AccountRow, BadRow, Fault, parse_csv
from backend.service.accounts import BATCH, Accounts, ImportReport
from backend.service.demo import DEMO_ACCOUNTS, seed_demo
from backend.service.errors import BackendBusy, NotFound, StateConflict
from backend.service.ports import Unavailable
from backend.store.accounts import accounts
from backend_client import wire

ANI = AccountRow(
    line=2,
    username="ani.lestari",
    account_type=AccountType.STUDENT,
    display_name="Ani Lestari",
    student_number="13521001",
    institutional_email="Ani@Mahasiswa.Kampus.example",
    recovery_email="Ani@example.net",
    valid_until=date(2026, 3, 17),
)


@pytest.fixture
def service(world):
    return Accounts(world.db, world.directory, world.vault, world.clock)


def changed(row, **changes):
    values = {name: getattr(row, name) for name in row.__struct_fields__}
    return AccountRow(**values | changes)


async def test_a_row_becomes_an_account(world, service):
    assert await service.upsert([ANI]) == ImportReport(added=1)
    account = await world.account("13521001")
    assert account.institutional_email == "ani@mahasiswa.kampus.example"
    assert account.recovery_email == "Ani@example.net"
    assert account.recovery_email_changed_at is None
    assert account.valid_until.isoformat() == "2026-03-17T17:00:00+00:00"
    assert await world.verifies("", "ani.lestari") is False


async def test_importing_again_changes_nothing(world, service):
    await service.upsert([ANI])
    before = await world.rows(accounts)
    world.clock.forward(days=1)
    assert await service.upsert([ANI]) == ImportReport(unchanged=1)
    assert await world.rows(accounts) == before


async def test_what_differs_is_updated_and_what_is_not_said_stays(world, service):
    await service.upsert([ANI])
    row = AccountRow(7, "ani.lestari", AccountType.STAFF, "Ani L.", employee_number="109000777")
    assert await service.upsert([row]) == ImportReport(updated=1)
    account = await world.account("109000777")
    assert (account.account_type, account.display_name) == (AccountType.STAFF, "Ani L.")
    assert (account.student_number, account.recovery_email) == ("13521001", "Ani@example.net")


async def test_another_recovery_address_starts_the_wait_of_a_week(world, service):
    await service.upsert([ANI])
    world.clock.forward(hours=1)
    await service.upsert([changed(ANI, recovery_email="ANI@example.net")])
    assert (await world.account("13521001")).recovery_email_changed_at is None
    await service.upsert([changed(ANI, recovery_email="other@example.net")])
    account = await world.account("13521001")
    assert account.recovery_email_changed_at == world.clock.now()
    assert account.recovery_email == "other@example.net"


async def test_an_import_touches_no_password_lock_or_switch(world, service):
    await world.change("Tulang.Rusuk.Ikan.88")
    await world.directory.set_enabled((await world.account()).id, enabled=False)
    row = AccountRow(2, "budi.santoso", AccountType.STUDENT, "Budi S.", student_number="13519001")
    assert (await service.upsert([row])).updated == 1
    account = await world.account()
    assert (account.display_name, account.enabled, account.password_version) == (
        "Budi S.",
        False,
        1,
    )


async def test_a_number_of_another_account_is_left_out_whatever_the_batch(world, service):
    await service.upsert([ANI])
    thief = changed(ANI, line=9, username="thief")
    twin = AccountRow(10, "twin", AccountType.STAFF, "T", employee_number="198503122010122001")
    fine = AccountRow(11, "fine", AccountType.STAFF, "F")
    report = await service.upsert([thief, twin, fine])
    assert report == ImportReport(
        added=1, bad=(BadRow(9, Fault.DUPLICATE_NUMBER), BadRow(10, Fault.DUPLICATE_NUMBER))
    )


async def test_rows_of_another_process_are_checked_again(world, service):
    rows = [changed(ANI, student_number="1"), ANI, changed(ANI, line=3), BadRow(4, Fault.CELLS)]
    report = await service.upsert(rows)
    assert report.added == 1
    assert [one.fault for one in report.bad] == [
        Fault.MALFORMED_STUDENT_NUMBER,
        Fault.DUPLICATE_USERNAME,
        Fault.CELLS,
    ]


async def test_an_empty_list_is_an_empty_report(service):
    assert await service.upsert([]) == ImportReport()
    assert await service.import_accounts([]) == ImportReport()


async def test_somebody_who_is_faster_again_and_again_is_a_conflict(world, service, monkeypatch):
    async def blind(_tx, _rows):
        return {}

    await service.upsert([ANI])
    monkeypatch.setattr("backend.service.accounts._known", blind)
    with pytest.raises(StateConflict):
        await service.upsert([ANI])


async def test_an_agent_sees_an_account_masked(service):
    view = await service.view(" 13519001 ")
    assert view.username == "budi.santoso"
    assert view.recovery_email == "b***@example.net"


async def test_what_an_agent_cannot_see(world, service):
    with pytest.raises(NotFound):
        await service.view("nobody")
    await service.upsert([changed(ANI, institutional_email="siti.rahma@kampus.example")])
    with pytest.raises(StateConflict):
        await service.view("siti.rahma@kampus.example")
    world.directory.failing["find"] = Unavailable()
    with pytest.raises(BackendBusy):
        await service.view("budi.santoso")


async def test_the_demo_accounts_show_every_case(world, service):
    views = {demo.username: await service.view(demo.username) for demo in DEMO_ACCOUNTS}
    assert len(views) == 10
    assert {view.account_type for view in views.values()} == {kind.value for kind in AccountType}
    status = {name: view.status for name, view in views.items()}
    assert status["agus.wijaya"] is wire.AccountStatus.LOCKED
    assert status["tono.hartono"] is wire.AccountStatus.EXPIRED
    assert list(status.values()).count(wire.AccountStatus.ACTIVE) == 8
    assert views["hendra.gunawan"].recovery_email == ""
    assert (await world.account("dewi.pratiwi")).privileged
    assert views["tamu.maya"].must_change
    rina = [await world.account(name) for name in ("rina.kusuma", "rina.kusuma.kjp")]
    assert rina[0].recovery_email == rina[1].recovery_email


async def test_seeding_again_leaves_what_was_tried(world):
    await world.change("Tulang.Rusuk.Ikan.88")
    await world.directory.unlock((await world.account("agus.wijaya")).id)
    before = await world.rows(accounts)
    await seed_demo(world.db, world.directory, world.vault, world.clock)
    assert await world.rows(accounts) == before


def listed(count):
    yield "username,type,name,nim,institutional_email,recovery_email,unit,valid_until\n"
    for n in range(count):
        bad = n % 10_000 == 5_000
        number = "none" if bad else 20_000_000 + n
        yield f"u{n},student,N {n},{number},u{n}@m.example,r{n}@example.net,STEI,2028-08-31\n"


async def test_a_hundred_thousand_rows_come_in_and_one_is_found_by_an_index(world, service):
    count = 100_000 if world.db.is_sqlite else 20_000  # as many as a loaded machine does in time
    seen = []
    report = await service.import_accounts(parse_csv(listed(count)), seen.append)
    assert (report.added, len(report.bad)) == (count - count // 10_000, count // 10_000)
    assert report.bad[0] == BadRow(5_002, Fault.MALFORMED_STUDENT_NUMBER)
    assert seen == list(range(BATCH, count + 1, BATCH))
    assert (await world.account(f"{20_000_000 + count - 1}")).username == f"u{count - 1}"

    plans = await find_plans(world)
    assert len(plans) == 1
    assert not any("seq scan on accounts" in line or "scan accounts" in line for line in plans[0])
    for index in ("username", "student_number", "employee_number", "email", "recovery_index"):
        assert any("index" in line and index in line for line in plans[0]), (index, plans[0])


async def find_plans(world):
    """Return how the database runs each statement of a lookup, in small letters."""
    prefix = "EXPLAIN QUERY PLAN" if world.db.is_sqlite else "EXPLAIN"
    if not world.db.is_sqlite:
        async with world.db.begin() as tx:
            await tx.execute(sa.text("ANALYZE accounts"))
    statements = []

    def note(_connection, _cursor, sql, parameters, *_):
        if sql.startswith("SELECT"):
            statements.append((sql, parameters))

    sa.event.listen(world.db.engine.sync_engine, "before_cursor_execute", note)
    await SqlDirectory(world.db, world.vault, world.clock).find("u77777")
    sa.event.remove(world.db.engine.sync_engine, "before_cursor_execute", note)
    plans = []
    for sql, parameters in statements:
        async with world.db.read() as tx:
            rows = await tx.exec_driver_sql(f"{prefix} {sql}", parameters)
            plans.append([" ".join(map(str, row)).lower() for row in rows])
    return plans
