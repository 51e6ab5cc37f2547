"""A mailer over a real database, vault, feed and templates; only the mail system is a stand-in."""

import asyncio
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # `smtp_server`: a helper beside the tests

from smtp_server import Handler, SmtpServer

import backend.store.feed
import backend.store.mail  # noqa: F401 - registers its tables
from backend.adapters.mail.rendering import JinjaTemplates
from backend.service.feed import Feed
from backend.service.mailer import Mailer
from backend.service.ports import Mail
from backend.service.vault import Vault
from backend.store.database import Database, metadata


@dataclass
class Post:
    """A mail system whose behaviour a test scripts."""

    sent: list[Mail] = field(default_factory=list)
    away: Exception | None = None
    """Raised by `check`."""
    failures: dict[str, list[Exception]] = field(default_factory=dict)
    """Raised by `send`, one after the other, by recipient."""
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    checks: int = 0

    async def check(self):
        self.checks += 1
        if self.away is not None:
            raise self.away

    async def send(self, mail):
        waiting = self.failures.get(mail.to)
        if waiting:
            raise waiting.pop(0)
        self.sent.append(mail)
        self.arrived.set()

    async def close(self):
        pass


class Desk:
    """The mailer and what a test looks at."""

    def __init__(self, db, clock, post, **options):
        self.db, self.clock, self.post = db, clock, post
        self.vault = Vault("k" * 43)
        self.feed = Feed(db, clock)
        self.codes = {}
        self.mailer = Mailer(
            db, self.vault, post, JinjaTemplates(), clock, self.feed, self.code_for, **options
        )

    async def code_for(self, challenge, counter):
        return self.codes.get((challenge, counter))

    async def code(self, challenge, to="budi@example.net", counter=0, minutes=10, **more):
        """Queue a code's mail the way a challenge does."""
        self.codes[challenge, counter] = f"{len(self.codes):08}"
        context = {
            "challenge": challenge,
            "counter": counter,
            "minutes": minutes,
            "purpose": "reset_password",
        }
        await self.queue(
            op=f"{challenge}:{counter}", template="code", to=to, context=context, **more
        )

    async def notice(self, op, to="budi@example.net", **more):
        context = {"username": "budi.santoso", "until": "2026-03-05T03:00:00+00:00"}
        await self.queue(op=op, template="recovery_frozen", to=to, context=context, **more)

    async def warning(self, op, to="tamu@example.org", **more):
        context = {"username": "tamu.satu", "until": "2026-03-05", "days": 3}
        await self.queue(op=op, template="guest_warning", to=to, context=context, **more)

    async def queue(self, *, language="id", **mail):
        async with self.db.begin() as tx:
            await self.mailer.queue(tx, language=language, **mail)

    async def told(self):
        """Return the conversations that were told that mail is late."""
        return [event.conversation for event in (await self.feed.page(0, 0)).events]

    @property
    def recipients(self):
        return [mail.to for mail in self.post.sent]


@pytest.fixture
async def db(database_url):
    database = Database(database_url)
    async with database.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield database
    await database.close()


@pytest.fixture
def post():
    return Post()


@pytest.fixture
def desk(db, clock, post):
    return Desk(db, clock, post)


@pytest.fixture
def make_desk(db, clock, post):
    """Make further processes over the same database."""
    return lambda *, clock=clock, **options: Desk(db, clock, post, **options)


@pytest.fixture
def smtp():
    """Make SMTP servers; they are stopped at the end."""
    servers = []

    def make(**options):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = SmtpServer(Handler(), port, **options)
        server.start()
        servers.append(server)
        return server

    yield make
    for server in servers:
        server.stop()
