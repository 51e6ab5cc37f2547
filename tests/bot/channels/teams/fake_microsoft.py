"""Microsoft on loopback: OpenID metadata and keys, login, connector, files, and their troubles."""

import asyncio
import json
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import quote

from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

APP = "11111111-2222-3333-4444-555555555555"
TENANT = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
PASSWORD = "registered-secret"
LINK_KEY = "v1.opens-the-file-for-anybody~%2F"


@cache
def private_key(name):
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def listed(kid, *endorsements, key=None):
    public = json.loads(RSAAlgorithm.to_jwk((key or private_key(kid)).public_key()))
    return {**public, "kid": kid, "use": "sig", "endorsements": list(endorsements)}


@dataclass
class Fault:
    """What goes wrong with one request: a status, or `closed`, or a `pause` in seconds."""

    status: int = 0
    headers: dict = field(default_factory=dict)
    body: str = ""
    closed: bool = False
    pause: float = 0.0
    endless: bool = False
    """Of a file: there is always more."""
    done: bool = False
    """The message was taken all the same: only the answer is lost."""


@dataclass
class FakeApi:
    keys: list = field(
        default_factory=lambda: [listed("k1", "msteams", "skype"), listed("k2", "webchat")]
    )
    faults: list = field(default_factory=list)
    """For the next requests to the connector, in order."""
    login_faults: list = field(default_factory=list)
    openid_status: int = 200
    key_fetches: int = 0
    logins: list = field(default_factory=list)
    calls: list = field(default_factory=list)
    """(method, path, authorization, activity), also of those that went wrong."""
    said: list = field(default_factory=list)
    """What people see: (conversation, activity), and in `cards` what stands where."""
    cards: dict = field(default_factory=dict)
    files: dict = field(default_factory=dict)
    """What people sent, by name."""
    file_faults: list = field(default_factory=list)
    fetched: list = field(default_factory=list)
    """(path with its query, authorization) of every request for a file."""
    came: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def start(self):
        app = web.Application()
        app.router.add_get("/openid", self._openid)
        app.router.add_get("/keys", self._keys)
        app.router.add_post("/{tenant}/oauth2/v2.0/token", self._login)
        chat = "/{region}/v3/conversations/{chat}/activities"
        app.router.add_post(chat, self._connector)
        app.router.add_put(chat + "/{id}", self._connector)
        app.router.add_get("/personal/{name}", self._drive)
        app.router.add_get("/{region}/v3/attachments/{name}/views/original", self._picture)
        self.server = TestServer(app)
        await self.server.start_server()

    async def stop(self):
        await self.server.close()

    @property
    def url(self):
        return str(self.server.make_url("")).rstrip("/")

    @property
    def service(self):
        return f"{self.url}/apac/"

    def letter(self, name, content):
        """Put a file into a person's drive; return what a message says of it."""
        self.files[name] = content
        link = f"{self.url}/personal/{quote(name)}?UniqueId=u-1&tempauth={LINK_KEY}"
        return {
            "contentType": "application/vnd.microsoft.teams.file.download.info",
            "contentUrl": f"{self.url}/personal/budi/Documents/{name}",
            "name": name,
            "content": {"downloadUrl": link, "uniqueId": "u-1", "fileType": "pdf", "etag": "1"},
        }

    def picture(self, content, name="0-sea-d1"):
        """Put a picture into Teams' own store; return what a message says of it."""
        self.files[name] = content
        url = f"{self.service}v3/attachments/{name}/views/original"
        return {"contentType": "image/*", "contentUrl": url}

    async def _drive(self, request):
        """The link is all it takes: a token has no business here."""
        return await self._give(request, request.path_qs.endswith(f"tempauth={LINK_KEY}"), 401)

    async def _picture(self, request):
        token = f"Bearer token-{len(self.logins)}"
        return await self._give(request, request.headers.get("Authorization") == token, 403)

    async def _give(self, request, may, refusal):
        async with self.came:
            self.fetched.append((request.path_qs, request.headers.get("Authorization")))
            self.came.notify_all()
        fault = self.file_faults.pop(0) if self.file_faults else None
        if fault and fault.status:
            return web.Response(status=fault.status, headers=fault.headers)
        if not may:
            return web.Response(status=refusal)
        content = self.files.get(request.match_info["name"])
        if content is None:
            return web.Response(status=404)
        response = web.StreamResponse(headers=fault.headers if fault else None)
        await response.prepare(request)
        await response.write(content)
        while fault and fault.endless:
            await response.write(bytes(1024 * 1024))
        if fault and fault.closed:
            request.transport.close()
        return response

    async def _openid(self, _request):
        if self.openid_status != 200:
            return web.Response(status=self.openid_status)
        issuer = "https://api.botframework.com"
        return web.json_response({"issuer": issuer, "jwks_uri": f"{self.url}/keys"})

    async def _keys(self, _request):
        self.key_fetches += 1
        return web.json_response({"keys": self.keys})

    async def _login(self, request):
        form = dict(await request.post())
        self.logins.append((request.match_info["tenant"], form))
        if self.login_faults:
            return web.json_response(self.login_faults.pop(0), status=400)
        if form.get("client_secret") != PASSWORD or form.get("client_id") != APP:
            return web.json_response({"error": "invalid_client"}, status=401)
        token = f"token-{len(self.logins)}"
        return web.json_response({"access_token": token, "expires_in": 3599})

    async def _connector(self, request):
        activity = await request.json()
        authorization = request.headers.get("Authorization")
        self.calls.append((request.method, request.raw_path, authorization, activity))
        fault = self.faults.pop(0) if self.faults else None
        if fault is None or fault.done:
            await self._take(request, activity)
        if fault is None:
            return web.json_response({"id": f"a{len(self.said)}"}, status=201)
        await asyncio.sleep(fault.pause)
        if fault.closed:
            request.transport.close()
            return web.Response()
        return web.Response(
            status=fault.status, headers=fault.headers, text=fault.body, content_type="text/html"
        )

    async def _take(self, request, activity):
        async with self.came:
            if request.method == "POST":
                self.said.append((request.match_info["chat"], activity))
                self.cards[f"a{len(self.said)}"] = activity
            else:
                self.cards[request.match_info["id"]] = activity
            self.came.notify_all()

    @property
    def messages(self):
        return [activity for _, activity in self.said if activity["type"] == "message"]
