"""Webhooks out of shape: stored or set aside, never an error, never a turn that fails."""

import asyncio
import copy
import json

import pytest
from clocks import ManualClock
from fake_meta import FakeMeta
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from meta_schema import FILE, components
from stub_engine import StubEngine
from whatsapp_kit import (
    ACCOUNT,
    BSUID,
    TEXTS,
    Line,
    change,
    message,
    signed,
    status,
    text,
    webhook,
)

from bot.channels.capabilities import capabilities_of
from bot.dialogue import Dialogue

SEED = 20260321
OWN = (
    text("lupa password, NIM saya 13519001", from_user_id=BSUID),
    message("document", document={"id": "12", "filename": "ktm.pdf", "caption": "ini"}),
    message(
        "interactive", interactive={"type": "list_reply", "list_reply": {"id": "/choose:1:a"}}
    ),
    message("button", button={"payload": "x"}, context={"id": "wamid.ours"}),
    message("system", system={"type": "user_changed_user_id", "previous_user_id": "ID.1"}),
    text("halo", group_id="G1"),
)
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=6,
)


def vendors():
    """Return the messages Meta's schema gives as examples of what comes in."""
    schemas = components()["schemas"].values() if FILE.exists() else ()
    parts = [part for schema in schemas for part in (schema, *schema.get("allOf", []))]
    examples = [part.get("example") for part in parts if isinstance(part, dict)]
    return [e for e in examples if isinstance(e, dict) and {"from", "id", "type"} <= e.keys()]


def whole():
    """Return webhooks in shape, to be bent: ours, the vendor's examples, its captured ones."""
    failed = {"statuses": [status("wamid.1", "failed", 131026), status("wamid.2", "read")]}
    moved = {"user_id_update": [{"user_id": {"previous": "ID.1", "current": "ID.2"}}]}
    contacts = [{"profile": {"name": "Budi"}, "wa_id": "6281210000001", "user_id": BSUID}]
    made = [webhook(change(each, contacts=contacts)) for each in (*OWN, *vendors())]
    made += [webhook(change(*OWN), change(**failed)), webhook(change(field="x", **moved))]
    captured = (FILE.parent / "whatsapp-webhooks").glob("*.json")
    return [json.loads(body) for body in (*made, *(path.read_bytes() for path in captured))]


WHOLE = whole()


def places(node, path=()):
    """Yield the path of everything in `node`."""
    yield path
    items = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    for key, child in items:
        yield from places(child, (*path, key))


@st.composite
def bent(draw):
    """Return the bytes of a webhook with up to four things wrong with it."""
    body = copy.deepcopy(draw(st.sampled_from(WHOLE)))
    for _ in range(draw(st.integers(0, 4))):
        path = draw(st.sampled_from(sorted(places(body), key=str)))
        if not path:
            continue
        node = body
        for key in path[:-1]:
            node = node[key]
        match draw(st.sampled_from(("replace", "drop", "wrap", "repeat"))):
            case "replace":
                node[path[-1]] = draw(junk)
            case "drop":
                del node[path[-1]]
            case "wrap":
                node[path[-1]] = [node[path[-1]]]
            case "repeat" if isinstance(node, list):
                node.append(node[path[-1]])
    written = json.dumps(body).encode()
    if draw(st.integers(0, 9)) == 0:
        at = draw(st.integers(0, len(written)))
        written = (
            written[:at] + draw(st.binary(max_size=4)) + written[at + draw(st.integers(0, 4)) :]
        )
    return written


def hammer(examples):
    """Post `examples` bent webhooks, each signed and then not; return how many made an event."""
    with asyncio.Runner() as runner:
        meta = FakeMeta()
        runner.run(meta.start())
        line = runner.run(Line.open(meta, ManualClock()))
        dialogue = Dialogue(StubEngine(), TEXTS, capabilities_of, ManualClock())
        events = 0

        @seed(SEED)
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(bent())
        def post(body):
            nonlocal events
            line.inbox.calls.clear()
            assert runner.run(line.post(body, signed(body, "another secret"))) == 401
            assert line.inbox.calls == []
            assert runner.run(line.post(body)) == 200
            assert len(line.inbox.calls) <= 1
            for row in line.inbox.rows:
                assert row.conversation.startswith(f"whatsapp:{ACCOUNT}:")
                runner.run(dialogue(row.conversation, None, row.payload))
            events += bool(line.inbox.rows)

        try:
            post()
        finally:
            runner.run(line.close())
            runner.run(meta.stop())
        return events


def test_three_hundred_bent_webhooks():
    assert hammer(300) > 50, "the fuzz must reach beyond the first check"


@pytest.mark.slow
def test_ten_thousand_bent_webhooks():
    assert hammer(10_000) > 2_000
