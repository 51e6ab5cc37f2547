"""What Teams posts, signed with our own keys; and a channel that takes it."""

import time
from dataclasses import dataclass, field

import jwt
import msgspec
from aiohttp.test_utils import TestClient, TestServer
from fake_microsoft import APP, PASSWORD, TENANT, private_key

from bot.channels.teams import PATH, TeamsChannel
from bot.channels.teams_api import Login
from bot.channels.teams_guard import Guard
from bot.channels.teams_keys import Keys
from bot.envelope import decode
from bot.http import application
from bot.runtime.port import NotAccepting
from bot.settings import BotSettings

PUBLIC = "https://smba.trafficmanager.net/apac/"
BOT = {"id": f"28:{APP}", "name": "Helpdesk"}
BUDI = {"id": "29:budi", "name": "Budi", "aadObjectId": "0b0b0b0b-1111-2222-3333-444444444444"}
PERSONAL = {"conversationType": "personal", "tenantId": TENANT, "id": "a:budi"}
GROUP = {"conversationType": "groupChat", "tenantId": TENANT, "isGroup": True, "id": "19:x@t.v2"}


def activity(service=PUBLIC, type="message", **changed):  # noqa: A002 - Teams' own name
    """Return what Teams posts when Budi writes; None leaves a field out."""
    fields = {
        "type": type,
        "id": "1700000000001",
        "timestamp": "2026-03-02T03:00:00.1234567Z",
        "localTimestamp": "2026-03-02T10:00:00.1234567+07:00",
        "localTimezone": "Asia/Jakarta",
        "serviceUrl": service,
        "channelId": "msteams",
        "from": BUDI,
        "recipient": BOT,
        "conversation": PERSONAL,
        "channelData": {"tenant": {"id": TENANT}},
        "entities": [{"type": "clientInfo", "locale": "id-ID", "country": "ID"}],
        "locale": "id-ID",
        **changed,
    }
    return {name: value for name, value in fields.items() if value is not None}


def claims(service=PUBLIC, **changed):
    now = int(time.time())
    fields = {
        "iss": "https://api.botframework.com",
        "aud": APP,
        "nbf": now - 10,
        "exp": now + 3600,
        "serviceurl": service,
        **changed,
    }
    return {name: value for name, value in fields.items() if value is not None}


def signed(content, kid="k1", key=None, algorithm="RS256", headers=None):
    named = {"kid": kid} if kid is not None else {}
    return jwt.encode(
        content, key or private_key(kid), algorithm=algorithm, headers={**named, **(headers or {})}
    )


class Inbox:
    """A runtime that only remembers, each dedupe key once."""

    def __init__(self):
        self.rows = {}
        self.calls = 0
        self.accepting = True

    async def ingest(self, rows):
        if not self.accepting:
            raise NotAccepting("stopping")
        self.calls += 1
        for row in rows:
            self.rows.setdefault(row.dedupe, row)

    @property
    def events(self):
        return [decode(row.payload).event for row in self.rows.values()]


def settings(**changed):
    values = {
        "teams_app_id": APP,
        "teams_app_password": PASSWORD,
        "teams_tenant": TENANT,
        "bot_key": "the key that the bot shares with the backend",
        **changed,
    }
    return BotSettings(_env_file=None, **values)


@dataclass
class Desk:
    """A channel that serves, a client that posts to it, and what came of it."""

    channel: TeamsChannel
    client: TestClient
    microsoft: object
    inbox: Inbox = field(default_factory=Inbox)

    @classmethod
    async def open(cls, microsoft, *, public=False, now=time.monotonic, **changed):
        """`public`: only Microsoft's own addresses are answered, as in production."""
        here = {"teams_openid_url": f"{microsoft.url}/openid", "teams_login_url": microsoft.url}
        chosen = settings(**{**({} if public else here), **changed})
        inbox = Inbox()
        channel = TeamsChannel(
            inbox,
            chosen,
            guard=Guard(chosen, Keys(f"{microsoft.url}/openid", now)),
            login=Login(chosen, now),
        )
        client = TestClient(TestServer(application([channel], {})))
        await client.start_server()
        return cls(channel, client, microsoft, inbox)

    async def close(self):
        await self.channel.stop()
        await self.client.close()

    async def post(self, content, token=None, **headers):
        """Post an activity with a good token, or with `token` (False: with none)."""
        service = content.get("serviceUrl", PUBLIC) if isinstance(content, dict) else PUBLIC
        if token is None:
            token = signed(claims(service))
        if token:
            headers.setdefault("Authorization", f"Bearer {token}")
        body = content if isinstance(content, bytes) else msgspec.json.encode(content)
        async with self.client.post(PATH, data=body, headers=headers) as response:
            return response.status, await response.text()

    async def status(self, content, token=None, **headers):
        return (await self.post(content, token, **headers))[0]

    async def hear(self, **changed):
        """Post an activity from the loopback connector; return the one event of it."""
        before = len(self.inbox.rows)
        assert await self.status(activity(self.microsoft.service, **changed)) == 202
        (event,) = self.inbox.events[before:]
        return event
