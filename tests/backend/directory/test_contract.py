"""What every directory must do, whatever it runs on (`backend.service.ports.Directory`)."""

import asyncio
from datetime import timedelta

import pytest
from directory_rigs import INITIAL
from pydantic import SecretStr

from backend.domain.accounts import AccountType, Status, status_of
from backend.service.ports import (
    AccountExists,
    AccountNotFound,
    AmbiguousAccount,
    Capability,
    Conflict,
    NewGuest,
    NotPermitted,
    PasswordRejected,
    Why,
)

NEW = SecretStr("Tulang.Rusuk.Ikan.88")
OTHER = SecretStr("Sembilan Panci 7 Bocor!")
NOBODY = "0" * 32


def guest(clock, username="tamu.uji"):
    return NewGuest(
        username=username,
        display_name="Tamu Uji",
        recovery_email="Tamu@example.net",
        institution="Kantor Akuntan",
        sponsor="Satuan Pengawas Internal",
        valid_from=clock.now(),
        valid_until=clock.now() + timedelta(days=7),
    )


KEYS = (
    "budi.santoso",
    "  BUDI.Santoso ",
    "13519001",
    "198503122010122001",
    "budi@kampus.example",
    "Budi@Kampus.EXAMPLE",
)
FOREIGN_KEYS = (
    "nobody",
    "",
    "   ",
    "budi.santos",
    "budi.santoso2",
    "budi.santoso'",
    "' OR 1=1 --",
    "' or 1 eq 1 or '",
    "%",
    "budi%",
    "budi_santoso",
    "*",
    "bud*",
    "*)(uid=*",
    "a\x00b",
    "budi.santoso\x00",
    "x" * 10_000,
    "\ud800",
    "budi@example.net",
)


async def test_an_account_is_found_by_every_key_it_has(rig):
    expected = await rig.add(
        username="budi.santoso",
        student_number="13519001",
        employee_number="198503122010122001",
        institutional_email="budi@kampus.example",
    )
    await rig.add()
    account = await rig.directory.get(expected)
    assert account.id == expected
    assert [await rig.directory.find(key) for key in KEYS] == [account] * len(KEYS)


async def test_a_key_is_exact_and_never_a_pattern(rig):
    await rig.add(username="budi.santoso", recovery_email="budi@example.net")
    found = [key for key in FOREIGN_KEYS if await rig.directory.find(key) is not None]
    assert found == []


async def test_a_guest_is_found_by_the_only_address_there_is(rig):
    made = await rig.directory.create_guest(guest(rig.clock))
    assert (await rig.directory.find("TAMU@example.net")).id == made.id


async def test_a_key_that_two_accounts_answer_to_names_nobody(rig):
    await rig.add(username="13519001")
    await rig.add(username="budi", student_number="13519001")
    with pytest.raises(AmbiguousAccount) as ambiguous:
        await rig.directory.find("13519001")
    assert "13519001" not in str(ambiguous.value)


async def test_facts_survive_the_way(rig):
    instants = {
        name: rig.clock.now() + timedelta(days=days)
        for days, name in enumerate(("recovery_email_changed_at", "valid_from", "valid_until"))
    }
    account_id = await rig.add(
        username="siti.rahma",
        account_type=AccountType.LECTURER,
        display_name="Siti Rahma",
        recovery_email="Siti@example.net",
        unit="Teknik Sipil",
        privileged=True,
        **instants,
    )
    account = await rig.directory.get(account_id)
    assert account.account_type is AccountType.LECTURER
    assert (account.display_name, account.unit) == ("Siti Rahma", "Teknik Sipil")
    assert account.recovery_email == "Siti@example.net"
    assert {name: getattr(account, name) for name in instants} == instants
    assert (account.privileged, account.enabled, account.locked) == (True, True, False)
    assert (account.password_version, account.frozen_until) == (0, None)


async def test_a_new_password_replaces_the_old_one(rig, directory, account):
    before = await directory.get(account)
    rig.clock.forward(seconds=5)
    await directory.set_password(account, NEW)
    after = await directory.get(account)
    assert await rig.logs_in(account, NEW) in {True, None}
    assert await rig.logs_in(account, INITIAL) in {False, None}
    assert after.password_version > before.password_version
    assert after.password_changed_at == rig.clock.now()


async def test_who_must_change_says_so_until_it_is_done(directory, account):
    await directory.set_password(account, NEW, must_change=True)
    assert (await directory.get(account)).must_change
    await directory.set_password(account, OTHER)
    assert not (await directory.get(account)).must_change


BAD_PASSWORDS = (
    ("Ab1-Ab1-A", Why.TOO_SHORT),
    (" Tulang.Rusuk.Ikan.88", Why.CHARSET),
    ("Tulang.Rusuk.Ikan.88 ", Why.CHARSET),
    ("Tulang.Rusuk.Ik\u00e4n.88", Why.CHARSET),
    ("Tulang.Rusuk\x00.Ikan.88", Why.CHARSET),
    ("Aa1-" * 16 + "x", Why.UNSPECIFIED),
)


async def test_what_no_directory_takes_is_refused_by_each_of_them(rig, directory, account):
    for password, why in BAD_PASSWORDS:
        with pytest.raises(PasswordRejected) as rejected:
            await directory.set_password(account, SecretStr(password))
        assert why in rejected.value.why
        assert password not in str(rejected.value)
    assert (await directory.get(account)).password_version == 0
    assert await rig.logs_in(account, INITIAL) in {True, None}


def tells_of_locks(directory):
    return Capability.LOCK_STATE in directory.capabilities


async def test_a_lockout_is_lifted_as_often_as_one_likes(rig, directory, account):
    await rig.fail_logins(account)
    assert (await directory.get(account)).locked is tells_of_locks(directory)
    assert await directory.verify_password(account, INITIAL) is None
    for _ in range(2):
        await directory.unlock(account)
    assert not (await directory.get(account)).locked
    assert await rig.logs_in(account, INITIAL) in {True, None}


@pytest.mark.parametrize("unlock", [True, False])
async def test_a_new_password_lifts_a_lockout_when_it_is_asked_to(rig, directory, account, unlock):
    await rig.fail_logins(account)
    await directory.set_password(account, NEW, unlock=unlock)
    still_locked = tells_of_locks(directory) and not unlock
    assert (await directory.get(account)).locked is still_locked


async def test_a_disabled_account_stays_disabled_whatever_else_is_done(rig, directory, account):
    for _ in range(2):
        await directory.set_enabled(account, enabled=False)
    await directory.set_password(account, NEW)
    await directory.unlock(account)
    assert not (await directory.get(account)).enabled
    for _ in range(2):
        await directory.set_enabled(account, enabled=True)
    assert (await directory.get(account)).enabled
    assert await rig.logs_in(account, NEW) in {True, None}


async def test_the_end_of_validity_moves(rig, directory, account):
    now = rig.clock.now()
    for at, status in (
        (now + timedelta(days=3), Status.ACTIVE),
        (now - timedelta(minutes=5), Status.EXPIRED),
        (None, Status.ACTIVE),
    ):
        await directory.set_expiry(account, at)
        found = await directory.get(account)
        assert (found.valid_until, status_of(found, now)) == (at, status)


async def test_a_guest_has_no_password_until_one_is_set(rig, directory):
    made = await directory.create_guest(guest(rig.clock, " Tamu.Uji "))
    assert (made.username, made.account_type) == ("tamu.uji", AccountType.GUEST)
    assert made.must_change
    assert made.recovery_email == "Tamu@example.net"
    assert made.valid_until == rig.clock.now() + timedelta(days=7)
    assert await rig.logs_in(made.id, INITIAL) in {False, None}
    await directory.set_password(made.id, NEW)
    assert await rig.logs_in(made.id, NEW) in {True, None}


async def test_a_username_is_taken_once(rig, directory):
    await rig.add(username="tamu.uji")
    with pytest.raises(AccountExists):
        await directory.create_guest(guest(rig.clock, "TAMU.uji"))


@pytest.mark.parametrize(
    "ask",
    [
        lambda d: d.get(NOBODY),
        lambda d: d.set_password(NOBODY, NEW),
        lambda d: d.verify_password(NOBODY, NEW),
        lambda d: d.unlock(NOBODY),
        lambda d: d.set_enabled(NOBODY, enabled=False),
        lambda d: d.set_expiry(NOBODY, None),
        lambda d: d.revoke_sessions(NOBODY),
    ],
    ids=["get", "set_password", "verify", "unlock", "enable", "expiry", "sessions"],
)
async def test_an_id_nobody_has_is_said_to_be_so(directory, ask):
    with pytest.raises(AccountNotFound):
        await ask(directory)


@pytest.mark.parametrize(
    "ask",
    [
        lambda d, a: d.set_password(a, NEW),
        lambda d, a: d.unlock(a),
        lambda d, a: d.set_enabled(a, enabled=False),
        lambda d, a: d.set_expiry(a, None),
    ],
    ids=["set_password", "unlock", "enable", "expiry"],
)
async def test_privileged_accounts_are_for_humans(rig, directory, ask):
    admin = await rig.add(privileged=True)
    before = await directory.get(admin)
    with pytest.raises(NotPermitted):
        await ask(directory, admin)
    assert await directory.get(admin) == before


async def test_four_resets_at_once_leave_one_whole_password(rig, directory, account):
    passwords = [SecretStr(f"Tulang.Rusuk.Ikan.{n}7") for n in range(4)]
    results = await asyncio.gather(
        *(directory.set_password(account, one) for one in passwords), return_exceptions=True
    )
    assert all(result is None or isinstance(result, Conflict) for result in results)
    works = [await rig.logs_in(account, one) for one in passwords]
    assert None in works or works.count(True) == 1


async def test_ending_sessions_twice_does_no_harm(directory, account):
    for _ in range(2):
        await directory.revoke_sessions(account)
