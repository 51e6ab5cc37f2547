"""Meta's Graph API on loopback: takes what it is sent, and fails the way a test plans."""

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field

from aiohttp import web
from meta_schema import objections

TOKEN = "Bearer EAAG-token"


@dataclass
class Fault:
    """One way a request may go wrong."""

    code: int = -1
    status: int = 400
    subcode: int = 0
    retry_after: str = ""
    html: bool = False
    drop: bool = False
    hang: bool = False
    after_taking: bool = False


@dataclass
class FakeMeta:
    """`sent`: messages that were taken; `seen`: marks; `asked`: every request."""

    faults: deque = field(default_factory=deque)
    sent: list = field(default_factory=list)
    seen: list = field(default_factory=list)
    asked: list = field(default_factory=list)
    bodies: list = field(default_factory=list)
    tokens: list = field(default_factory=list)
    objections: list = field(default_factory=list)
    objects: dict = field(default_factory=dict)
    files: dict = field(default_factory=dict)
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    holding: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self):
        app = web.Application(client_max_size=1 << 20)
        app.router.add_route("*", "/{tail:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}/v23.0"

    async def stop(self):
        self.holding.set()
        await self._runner.cleanup()

    def wamid(self, number):
        return f"wamid.out{number}"

    async def _answer(self, request):
        path = request.path.removeprefix("/v23.0/")
        self.asked.append((request.method, path))
        self.reached.set()
        self.tokens.append(request.headers.get("Authorization", ""))
        body = await request.json() if request.can_read_body else None
        self.bodies.append(body)
        if body and body.get("status") == "read":
            self.objections += objections(body)
            self.seen.append(body)
            return web.json_response({"success": True})
        if self.faults:
            fault = self.faults.popleft()
            if fault is not None:
                return await self._fail(request, fault, body)
        if request.path.startswith("/files/"):
            return web.Response(body=self.files[request.path])
        if path.endswith("/messages"):
            return self._take(body)
        if request.method == "POST":
            return web.json_response({"success": True})
        found = self.objects.get(path)
        return web.json_response(found) if found else self._error(Fault(100, subcode=33))

    def _take(self, body):
        self.objections += objections(body)
        self.sent.append(body)
        answer = {
            "messaging_product": "whatsapp",
            "messages": [{"id": self.wamid(len(self.sent))}],
        }
        return web.json_response(answer)

    async def _fail(self, request, fault, body):
        if fault.after_taking:
            self.sent.append(body)
        if fault.drop:
            request.transport.abort()
            return web.Response()
        if fault.hang:
            await self.holding.wait()
            return web.Response()
        if fault.html:
            page = "<html><h1>Bad Gateway</h1></html>"
            return web.Response(status=fault.status, text=page, content_type="text/html")
        return self._error(fault)

    def _error(self, fault):
        error = {"message": "(#…) refused", "type": "OAuthException", "code": fault.code}
        headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
        body = json.dumps({"error": {**error, "error_subcode": fault.subcode}})
        return web.Response(
            status=fault.status, text=body, content_type="application/json", headers=headers
        )
