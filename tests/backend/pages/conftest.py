"""The pages over a scripted `Links`; one module runs them over the real one."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from backend.domain.links import LinkEnd, LinkPurpose
from backend.domain.password_policy import ITB, policy_view
from backend.service.link_views import Changed, Frozen, LinkOver, PageSession, PageView
from backend.web.pages import PageSettings, add_pages

ISSUED = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


@dataclass
class ScriptedLinks:
    """Answers what a test says, and remembers what it was asked."""

    purpose: LinkPurpose = LinkPurpose.RESET
    channel: str = "webchat"
    end: LinkEnd | None = None
    """Why nothing works."""
    outcomes: list = field(default_factory=list)
    proven: bool = False
    ends_at: datetime | None = None
    submits: list = field(default_factory=list)
    exchanged: list = field(default_factory=list)
    viewed: list = field(default_factory=list)
    frozen: list = field(default_factory=list)
    breaks: Exception | None = None

    def _check(self):
        if self.breaks is not None:
            raise self.breaks
        if self.end is not None:
            raise LinkOver(self.end)

    async def exchange(self, token):
        self.exchanged.append(token)
        self._check()
        return PageSession("cookie-of-the-page", 600)

    async def view(self, cookie):
        self.viewed.append(cookie)
        self._check()
        return PageView(
            purpose=self.purpose,
            username="bu***.san****",
            channel=self.channel,
            language="id",
            issued_at=ISSUED,
            ends_at=self.ends_at or datetime.now(UTC) + timedelta(minutes=10),
            number_digits=4,
            number_tries_left=3,
            number_proven=self.proven,
            submits_left=10,
            policy=policy_view(ITB),
        )

    async def submit(self, cookie, number, password):
        self._check()
        self.submits.append((cookie, number, password.get_secret_value()))
        return self.outcomes.pop(0) if self.outcomes else Changed()

    async def freeze(self, token):
        self.frozen.append(token)
        self._check()
        return Frozen(ISSUED + timedelta(hours=72))


@pytest.fixture
def links():
    return ScriptedLinks()


@pytest.fixture
async def serve():
    """Start the pages on a free port of loopback, told of their own address."""
    servers = []

    async def start(links, *, more=(), secure=False):
        app = web.Application()
        server = TestServer(app)
        # Routes are added before the start; the address is known only after.
        chosen = PageSettings(origin="pending", secure=secure)
        add_pages(app, links=links, settings=chosen)
        for add in more:
            add(app)
        await server.start_server()
        object.__setattr__(chosen, "origin", str(server.make_url("")).rstrip("/"))
        servers.append(server)
        return server

    yield start
    for server in servers:
        await server.close()


@pytest.fixture
async def client(serve, links):
    async with TestClient(await serve(links)) as client:
        client.origin = str(client.make_url("")).rstrip("/")
        yield client
