"""Activities out of shape, with a good token and without: no crash, nothing gets in unsigned."""

import asyncio
import json

import pytest
from fake_microsoft import TENANT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from teams_kit import BOT, BUDI, PERSONAL, activity, claims, signed

from bot.channels.teams_events import FILE

FAST, SLOW = 300, 10_000
TYPES = st.sampled_from(
    [
        "message",
        "messageUpdate",
        "messageDelete",
        "messageReaction",
        "conversationUpdate",
        "installationUpdate",
        "invoke",
        "typing",
        "event",
    ]
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.just("x" * 5000)
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
ENTITY = {"type": "mention", "text": "<at>Helpdesk</at>", "mentioned": BOT}
FULL = {
    "text": "lupa password",
    "value": {"press": "/choose:1:yes"},
    "entities": [ENTITY],
    "attachments": [
        {"contentType": "image/*", "contentUrl": "https://x.example/v3/attachments/1"},
        {"contentType": FILE, "name": "a.pdf", "content": {"downloadUrl": "https://x.example"}},
    ],
    "membersAdded": [BOT, BUDI],
    "action": "add",
    "name": "adaptiveCard/action",
    "replyToId": "a1",
}
CHANNEL_DATA = {"tenant": {"id": TENANT}, "team": {"id": "t"}, "settings": {"x": [1]}}


def paths(value, here=()):
    """Every place within a JSON value."""
    yield here
    children = value.items() if isinstance(value, dict) else ()
    children = enumerate(value) if isinstance(value, list) else children
    for name, child in children:
        yield from paths(child, (*here, name))


def put(value, path, new):
    """Return `value` with `new` at `path`; without it, where `new` is `...`."""
    if not path:
        return new
    name, *rest = path
    copy = dict(value) if isinstance(value, dict) else list(value)
    if not rest and new is ...:
        del copy[name]
    else:
        copy[name] = put(copy[name], rest, new)
    return copy


@st.composite
def mutants(draw):
    """An activity of any type with one to three places left out or holding something else."""
    content = activity("SERVICE", draw(TYPES), conversation=PERSONAL, **FULL)
    if draw(st.booleans()):
        del content["value"]  # else it is a press, and its files are not looked at
    content["channelData"] = CHANNEL_DATA
    for _ in range(draw(st.integers(1, 3))):
        where = draw(st.sampled_from(list(paths(content))[1:]))
        content = put(content, where, draw(st.one_of(st.just(...), ANYTHING)))
    return content


def encoded(content, service):
    text = json.dumps(content).replace('"SERVICE"', json.dumps(service))
    return text.encode(errors="surrogatepass")


async def throw(desk, content, good):
    """Post a mutant unsigned and well signed; return the last status."""
    body = encoded(content, desk.microsoft.service)
    before = desk.inbox.calls
    assert await desk.status(body, False) == 401
    assert desk.inbox.calls == before, "nothing gets in unsigned"
    return await desk.status(body, good)


@pytest.fixture
async def quiet(desk, monkeypatch):
    """Nobody types: it is the reading that is tried."""
    monkeypatch.setattr(desk.channel, "_show_typing", lambda _: None)
    return desk


async def fuzz(desk, examples):
    loop, good = asyncio.get_running_loop(), signed(claims(desk.microsoft.service))

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(mutants())
    def run(content):
        waiting = asyncio.run_coroutine_threadsafe(throw(desk, content, good), loop)
        assert waiting.result(30) in {200, 202, 403, 501}

    await asyncio.to_thread(run)


async def test_mutants(quiet):
    await fuzz(quiet, FAST)
    assert quiet.inbox.calls > 0, "some were still messages"


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_many_mutants(quiet):
    await fuzz(quiet, SLOW)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"message"',
        b"{",
        b"\xff\xfe",
        b"[" * 50_000,
        b'{"type":' * 20_000,
        b'{"type": "message", "text": "\\ud800"}',
        b'{"type": "message", "type": "message"}',
        b'{"type": 1e999}',
    ],
)
async def test_what_is_no_activity(quiet, body):
    good = signed(claims(quiet.microsoft.service))
    assert await quiet.status(body, False) == 401
    assert await quiet.status(body, good) in {200, 403}
    assert quiet.inbox.calls == 0
