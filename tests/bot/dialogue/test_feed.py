"""The feed: in order, once, from where the last reader stopped."""

import asyncio

import pytest
from backend_double import BackendDouble

from backend_client import wire
from backend_client.errors import Unavailable
from bot.answers import event_from_feed
from bot.envelope import decode
from bot.feed import FeedReader
from bot.runtime.port import NotAccepting
from handlers import kernel


class Inbox:
    """Keeps what is stored; refuses as often as it is told to."""

    def __init__(self, refusals=0):
        self.rows, self.cursor, self.refusals = {}, 0, refusals

    async def read_cursor(self, name):
        assert name == "feed"
        return self.cursor

    async def ingest(self, messages, *, cursor=None):
        if self.refusals:
            self.refusals -= 1
            raise NotAccepting("stopping")
        self.rows |= {m.dedupe: m for m in messages if m.dedupe not in self.rows}
        self.cursor = max(self.cursor, cursor.value)


@pytest.fixture
def backend(clock):
    double = BackendDouble(clock)
    double.tell(wire.AgentReplied, "web:1", ticket="T", agent="Rina", text="halo")
    double.tell(wire.MailDelayed, "web:2")
    return double


async def test_a_page_is_stored_with_its_cursor(backend):
    inbox = Inbox()
    reader = FeedReader(backend, inbox, wait=0)
    assert await reader.read_page() == 2
    assert [(row.dedupe, row.conversation) for row in inbox.rows.values()] == [
        ("feed:1", "web:1"),
        ("feed:2", "web:2"),
    ]
    assert decode(inbox.rows["feed:1"].payload).event == kernel.AgentSaid("T", "Rina", "halo")
    assert inbox.cursor == 2
    assert await reader.read_page() == 0


async def test_a_page_that_could_not_be_stored_is_read_again(backend):
    inbox = Inbox(refusals=1)
    reader = FeedReader(backend, inbox, wait=0)
    with pytest.raises(NotAccepting):
        await reader.read_page()
    assert await reader.read_page() == 2


async def test_two_readers_store_an_event_once(backend):
    inbox = Inbox()
    first, second = FeedReader(backend, inbox, wait=0), FeedReader(backend, inbox, wait=0)
    await asyncio.gather(first.read_page(), second.read_page())
    assert len(inbox.rows) == 2


async def test_the_reader_waits_longer_and_longer_for_a_backend_that_is_away(backend):
    pauses, done = [], asyncio.Event()

    async def sleep(seconds):
        pauses.append(seconds)
        if len(pauses) == 8:
            done.set()
            await asyncio.Event().wait()

    async def feed(_after, _wait):
        raise Unavailable("refused")

    backend.feed = feed
    task = asyncio.create_task(FeedReader(backend, Inbox(), sleep=sleep).run())
    await done.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0]


@pytest.mark.parametrize(
    ("event", "fields", "expected"),
    [
        (wire.TicketClaimed, {"ticket": "T", "agent": "R"}, kernel.AgentJoined("T", "R")),
        (wire.TicketReleased, {"ticket": "T"}, kernel.AgentLeft("T")),
        (
            wire.TicketClaimed,
            {"ticket": "T", "agent": "rina.kusuma@example.net"},
            kernel.AgentJoined("T", "Rina Kusuma"),
        ),
        (
            wire.TicketClaimed,
            {"ticket": "T", "agent": "Rina van Dam"},
            kernel.AgentJoined("T", "Rina van Dam"),
        ),
        (wire.TicketClaimed, {"ticket": "T", "agent": "_"}, kernel.AgentJoined("T", "_")),
        (wire.HandedBack, {"ticket": "T"}, kernel.HandedBack("T")),
        (wire.TicketResolved, {"ticket": "T", "resolution": "ok"}, kernel.HandedBack("T", "ok")),
        (
            wire.PasswordChanged,
            {"account": "bu***", "state": wire.ChangeState.APPLIED},
            kernel.PasswordChanged("bu***", "applied"),
        ),
        (wire.LinkEnded, {"reason": "expired"}, kernel.LinkEnded("expired")),
        (wire.MailDelayed, {}, kernel.MailDelayed()),
        (
            wire.GuestsDecided,
            {"ticket": "T", "approved": False, "count": 0, "reason": "no"},
            kernel.GuestsDecided("T", False, 0, "no"),
        ),
    ],
)
def test_every_feed_event_is_an_event(clock, event, fields, expected):
    assert event_from_feed(event(1, "web:1", clock.now(), **fields)) == expected
