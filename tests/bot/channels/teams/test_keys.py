"""The keys: fetched when needed, not on a stranger's word, and believed for a while."""

import asyncio

import aiohttp
import pytest
from fake_microsoft import listed
from teams_kit import GROUP, activity, claims, signed

from bot.channels.teams_keys import (
    FAILED_AGAIN,
    FRESH,
    UNKNOWN_AGAIN,
    USABLE,
    Keys,
    KeysAway,
    UnknownKey,
)


class Time:
    def __init__(self):
        self.seconds = 1000.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def now():
    return Time()


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def keys(microsoft, now):
    return Keys(f"{microsoft.url}/openid", now)


async def test_many_at_once_fetch_once(keys, http, microsoft):
    found = await asyncio.gather(*(keys.find(http, "k1") for _ in range(20)))
    assert {key.endorsements for key in found} == {frozenset({"msteams", "skype"})}
    assert microsoft.key_fetches == 1


async def test_made_up_names_cause_no_storm(keys, http, microsoft, now):
    await keys.find(http, "k1")
    for number in range(50):
        with pytest.raises(UnknownKey):
            await keys.find(http, f"made-up-{number}")
    assert microsoft.key_fetches == 1
    now.seconds += UNKNOWN_AGAIN
    for number in range(50):
        with pytest.raises(UnknownKey):
            await keys.find(http, f"made-up-{number}")
    assert microsoft.key_fetches == 2


async def test_made_up_names_before_the_first_real_one_fetch_once(desks, microsoft):
    desk = await desks(public=True)
    content = activity(conversation=GROUP, text="halo")
    strange = [signed(claims(), kid=f"z{n}", key=None) for n in range(2)]
    statuses = [await desk.status(content, token) for token in strange * 10]
    assert set(statuses) == {401}
    assert microsoft.key_fetches == 1
    assert await desk.status(content) == 202
    assert microsoft.key_fetches == 1


async def test_a_new_key_is_found_once_the_pause_is_over(keys, http, microsoft, now):
    await keys.find(http, "k1")
    microsoft.keys.append(listed("k3", "msteams"))
    with pytest.raises(UnknownKey):
        await keys.find(http, "k3")
    now.seconds += UNKNOWN_AGAIN
    assert (await keys.find(http, "k3")).endorsements == {"msteams"}


async def test_a_key_that_was_withdrawn_is_refused_within_a_day(keys, http, microsoft, now):
    await keys.find(http, "k1")
    microsoft.keys.pop(0)
    now.seconds += FRESH
    with pytest.raises(UnknownKey):
        await keys.find(http, "k1")


async def test_old_keys_do_while_new_ones_cannot_be_had_but_not_for_ever(
    keys, http, microsoft, now
):
    await keys.find(http, "k1")
    microsoft.openid_status = 500
    now.seconds += FRESH
    assert await keys.find(http, "k1")
    with pytest.raises(KeysAway):
        await keys.find(http, "k9")
    now.seconds += USABLE - FRESH
    with pytest.raises(KeysAway):
        await keys.find(http, "k1")


async def test_failures_are_not_repeated_at_once(keys, http, microsoft, now):
    microsoft.openid_status = 500
    for _ in range(10):
        with pytest.raises(KeysAway):
            await keys.find(http, "k1")
    microsoft.openid_status = 200
    with pytest.raises(KeysAway):
        await keys.find(http, "k1")
    now.seconds += FAILED_AGAIN
    assert await keys.find(http, "k1")


async def test_while_nothing_can_be_verified_teams_is_asked_to_come_back(desks, microsoft):
    microsoft.openid_status = 500
    desk = await desks(public=True)
    assert await desk.status(activity(conversation=GROUP, text="halo")) == 503
    assert desk.inbox.rows == {}


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("http://127.0.0.1/openid", "http://192.0.2.1/keys"),
        ("http://127.0.0.1/openid", "ftp://127.0.0.1/keys"),
        ("http://127.0.0.1/openid", ""),
        ("https://login.example/openid", "http://127.0.0.1/keys"),
        ("https://login.example/openid", "http://login.example/keys"),
    ],
)
async def test_keys_are_not_fetched_unencrypted(http, now, url, where, monkeypatch):
    fetched = []

    async def get(_http, address):
        fetched.append(address)
        return b'{"jwks_uri": "%s", "keys": []}' % where.encode()

    monkeypatch.setattr("bot.channels.teams_keys._get", get)
    with pytest.raises(KeysAway):
        await Keys(url, now).find(http, "k1")
    assert fetched == [url]


@pytest.mark.parametrize("answer", [b"", b"[]", b"<html>", b'{"jwks_uri": 1}', b"\xff"])
async def test_metadata_of_another_kind_is_a_failure(http, microsoft, now, answer, monkeypatch):
    async def metadata(*_):
        return answer

    monkeypatch.setattr("bot.channels.teams_keys._get", metadata)
    with pytest.raises(KeysAway):
        await Keys(f"{microsoft.url}/openid", now).find(http, "k1")
