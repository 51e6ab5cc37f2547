"""Sessions of a changed account are ended, however long the directory takes."""

from datetime import timedelta

import pytest
from password_world import GOOD

from backend.service.ports import (
    AccountNotFound,
    Capability,
    OutcomeUnknown,
    Throttled,
    Unavailable,
)
from backend.store.accounts import session_revocations


@pytest.fixture
async def changed(small):
    """A directory that ends sessions, and an account whose password was changed."""
    small.directory.capabilities |= Capability.REVOKE_SESSIONS
    small.build()
    small.ended = []

    async def revoke(account_id):
        small.ended.append(account_id)

    small.directory.inner.revoke_sessions = revoke
    await small.change(GOOD)
    return small


async def only(world):
    (row,) = await world.rows(session_revocations)
    return row["tries"], row["due_at"]


async def test_sessions_are_ended_once(changed):
    await changed.passwords.sessions.revoke_due()
    await changed.passwords.sessions.revoke_due()
    assert changed.ended == [(await changed.account()).id]
    assert await only(changed) == (1, None)


async def test_a_directory_without_sessions_has_nothing_to_end(small):
    await small.change(GOOD)
    assert await only(small) == (0, None)


@pytest.mark.parametrize("error", [Unavailable(), Throttled(1), OutcomeUnknown()])
async def test_what_could_not_be_done_is_tried_again_ever_more_rarely(changed, error):
    changed.directory.failing["revoke_sessions"] = error
    delays = []
    for _ in range(11):
        await changed.passwords.sessions.revoke_due()
        due = (await only(changed))[1]
        delays.append((due - changed.clock.now()) / timedelta(seconds=1))
        await changed.passwords.sessions.revoke_due()
        changed.clock.instant = due
    assert delays == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]
    await changed.passwords.sessions.revoke_due()
    assert await only(changed) == (12, None)


async def test_it_succeeds_when_the_directory_is_back(changed):
    changed.directory.failing["revoke_sessions"] = Unavailable()
    await changed.passwords.sessions.revoke_due()
    changed.directory.failing.clear()
    changed.clock.forward(seconds=10)
    await changed.passwords.sessions.revoke_due()
    assert len(changed.ended) == 1
    assert await only(changed) == (2, None)


async def test_an_account_that_is_gone_has_no_sessions(changed):
    changed.directory.failing["revoke_sessions"] = AccountNotFound()
    await changed.passwords.sessions.revoke_due()
    assert await only(changed) == (1, None)
