"""The ten accounts of the embedded default and of the tests (design.md, "Demo data").

They have no password that anybody could log in with: setting one is what there is to try.
Addresses are at reserved domains (RFC 2606).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from backend.domain.accounts import AccountType
from backend.domain.accounts_csv import AccountRow
from backend.service.accounts import LOCAL, Accounts
from backend.store.accounts import accounts

if TYPE_CHECKING:
    from datetime import date, tzinfo

    from backend.service.ports import Directory
    from backend.service.vault import Vault
    from backend.store.database import Database
    from ops.clock import Clock

PASSWORD_AGE = timedelta(days=200)
"""How long ago the demo accounts last changed their password."""


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One account to try; `shows` says what it is good for. Days count from the day of seeding."""

    username: str
    account_type: AccountType
    display_name: str
    unit: str
    shows: str
    student_number: str | None = None
    employee_number: str | None = None
    institutional_email: str | None = None
    recovery_email: str | None = None
    valid_from_days: int | None = None
    valid_until_days: int | None = None
    locked: bool = False
    privileged: bool = False
    must_change: bool = False


DEMO_ACCOUNTS = (
    DemoAccount(
        "budi.santoso",
        AccountType.STUDENT,
        "Budi Santoso",
        "Sekolah Teknik Elektro dan Informatika",
        "an ordinary student",
        student_number="13519001",
        institutional_email="13519001@mahasiswa.kampus.example",
        recovery_email="budi@example.net",
    ),
    DemoAccount(
        "siti.rahma",
        AccountType.LECTURER,
        "Siti Rahma",
        "Fakultas Teknik Sipil dan Lingkungan",
        "a lecturer",
        employee_number="198503122010122001",
        institutional_email="siti.rahma@kampus.example",
        recovery_email="siti@example.net",
    ),
    DemoAccount(
        "agus.wijaya",
        AccountType.STAFF,
        "Agus Wijaya",
        "Direktorat Keuangan",
        "locked after wrong passwords",
        employee_number="197804172005011003",
        institutional_email="agus.wijaya@kampus.example",
        recovery_email="agus@example.net",
        locked=True,
    ),
    DemoAccount(
        "dewi.pratiwi",
        AccountType.STAFF,
        "Dewi Pratiwi",
        "Direktorat Teknologi Informasi",
        "privileged: only a human may help",
        employee_number="198201202008122002",
        institutional_email="dewi.pratiwi@kampus.example",
        recovery_email="dewi@example.net",
        privileged=True,
    ),
    DemoAccount(
        "rina.kusuma",
        AccountType.STUDENT,
        "Rina Kusuma",
        "Sekolah Bisnis dan Manajemen",
        "the first of two accounts of one person",
        student_number="19021045",
        institutional_email="19021045@mahasiswa.kampus.example",
        recovery_email="rina@example.net",
    ),
    DemoAccount(
        "rina.kusuma.kjp",
        AccountType.KJP,
        "Rina Kusuma",
        "Perpustakaan",
        "the second account of the same person",
        employee_number="109000123",
        institutional_email="rina.kusuma@kampus.example",
        recovery_email="rina@example.net",
        valid_from_days=-120,
        valid_until_days=245,
    ),
    DemoAccount(
        "tono.hartono",
        AccountType.OUTSOURCED,
        "Tono Hartono",
        "Direktorat Sarana dan Prasarana",
        "expired: extending is not self-service",
        employee_number="109000456",
        institutional_email="tono.hartono@kampus.example",
        recovery_email="tono@example.net",
        valid_from_days=-375,
        valid_until_days=-10,
    ),
    DemoAccount(
        "hendra.gunawan",
        AccountType.THIRD_PARTY,
        "Hendra Gunawan",
        "Direktorat Perencanaan",
        "no recovery e-mail on file",
        institutional_email="hendra.gunawan@kampus.example",
        valid_from_days=-30,
        valid_until_days=150,
    ),
    DemoAccount(
        "tamu.maya",
        AccountType.GUEST,
        "Maya Anggraini",
        "Satuan Pengawas Internal",
        "a guest who has not set a password yet",
        recovery_email="maya@example.net",
        valid_from_days=0,
        valid_until_days=14,
        must_change=True,
    ),
    DemoAccount(
        "uji.presensi",
        AccountType.TEST,
        "Akun Uji Presensi",
        "Direktorat Pendidikan",
        "a test account of a unit",
        institutional_email="uji.presensi@kampus.example",
        recovery_email="uji@example.net",
        valid_from_days=-30,
        valid_until_days=90,
    ),
)


async def seed_demo(
    db: Database, directory: Directory, vault: Vault, clock: Clock, zone: tzinfo = LOCAL
) -> None:
    """Add the demo accounts that are not there yet; those that are stay as they were left."""
    today = clock.now().astimezone(zone).date()
    missing = [demo for demo in DEMO_ACCOUNTS if await directory.find(demo.username) is None]
    rows = [_row(number, demo, today) for number, demo in enumerate(missing, 1)]
    await Accounts(db, directory, vault, clock, zone).upsert(rows)
    changed_at = clock.now() - PASSWORD_AGE
    async with db.begin() as tx:
        for demo in missing:
            change = sa.update(accounts).where(accounts.c.username == demo.username)
            values = {
                "locked": demo.locked,
                "must_change": demo.must_change,
                "password_changed_at": None if demo.must_change else changed_at,
            }
            await tx.execute(change.values(values))


def _row(line: int, demo: DemoAccount, today: date) -> AccountRow:
    begins, ends = demo.valid_from_days, demo.valid_until_days
    return AccountRow(
        line=line,
        username=demo.username,
        account_type=demo.account_type,
        display_name=demo.display_name,
        student_number=demo.student_number,
        employee_number=demo.employee_number,
        institutional_email=demo.institutional_email,
        recovery_email=demo.recovery_email,
        unit=demo.unit,
        valid_from=None if begins is None else today + timedelta(days=begins),
        valid_until=None if ends is None else today + timedelta(days=ends),
        privileged=demo.privileged,
    )
