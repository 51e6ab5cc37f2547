"""The web chat: a page that needs no credentials, over a log that is read by a cursor.

A chat is a random token in a cookie (`bot.webchat.visitors`). Sending is a POST with an id of the
client's (a repeat is no second message); reading is a stream of server-sent events, or a plain
GET, that goes on after the last id the client has seen. A file is a PUT under such an id: it is
parked (`bot.webchat.uploads`), then stored as an event like any message.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import msgspec
from aiohttp import ClientConnectionResetError, web
from msgspec import Meta, Struct

from bot.channels.capabilities import WEBCHAT
from bot.channels.floods import Floods
from bot.channels.inbound import MAX_TEXT, clean, read_json
from bot.channels.port import Attachment, InboundEvent, InboundKind
from bot.envelope import decode_message, inbound
from bot.runtime.port import NotAccepting
from bot.webchat.page import Page
from bot.webchat.uploads import Uploads
from bot.webchat.visitors import Visitors, network_of
from ops.access import WAITS
from ops.documents import Documents
from ops.logs import correlation_id

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Coroutine, Sequence

    from bot.channels.port import OutboundMessage, Said
    from bot.runtime.port import Runtime, StoredMessage
    from bot.settings import BotSettings

T = TypeVar("T")

HEARTBEAT: Final = 15.0
"""Seconds after which a silent stream says that it is alive (proxies cut silent ones)."""
SETTLES_WITHIN: Final = 20.0
"""Seconds a client may wait to hear that its message is dealt with."""
LOOK_AGAIN: Final = 2.0
"""Seconds between looks whether a waiting client is still there: nobody tells us."""
PAGE_OF_LOG: Final = 200
LONGEST_ID: Final = 18
"""Digits of an id: more would not fit the database's 64 bits."""


class Sent(Struct, forbid_unknown_fields=True):
    """What the page posts: words, or the payload of a pressed button."""

    id: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9-]+$(?!\n)")]
    text: str = ""
    choice: Annotated[str, Meta(max_length=500)] = ""


class WebChat:
    """The channel `webchat`."""

    name = "webchat"
    capabilities = WEBCHAT

    def __init__(self, runtime: Runtime, settings: BotSettings) -> None:
        self._runtime = runtime
        self._page = Page()
        self._visitors = Visitors(settings)
        self._floods = Floods(
            settings.webchat_per_minute,
            settings.webchat_network_per_minute,
            settings.webchat_new_per_minute,
        )
        self._uploads = Uploads(Documents(settings.documents))
        self._decoder = msgspec.json.Decoder(Sent)
        self._stopping = asyncio.Event()
        self._purging: asyncio.Task[None] | None = None

    def routes(self) -> list[web.RouteDef]:
        """Return the page, its parts, and the ways of a message."""
        return [
            web.get("/", self._page.show),
            web.get("/webchat/static/{version}/{name}", self._page.static),
            web.post("/webchat/join", self._join),
            web.post("/webchat/restart", self._restart),
            web.post("/webchat/messages", self._send),
            web.put("/webchat/files/{id:[A-Za-z0-9-]{1,64}}", self._send_file),
            web.get("/webchat/messages", self._messages),
            web.get("/webchat/events", self._events),
            web.get("/webchat/settled", self._settled),
        ]

    async def send(self, key: str, conversation: str, message: OutboundMessage) -> Sequence[Said]:
        """Never called: the log's row is the delivery."""
        raise NotImplementedError  # pragma: no cover - a pull channel's rows are the delivery

    async def start(self) -> None:
        """Delete from now on what was sent and never asked for; we listen to nothing but HTTP."""
        self._purging = asyncio.create_task(self._uploads.purge(self._stopping))

    async def stop(self) -> None:
        """End the open streams: their pages come back to another replica."""
        self._stopping.set()
        if self._purging:
            await self._purging

    def fetch(self, attachment: Attachment) -> AsyncGenerator[bytes]:
        """Yield the bytes of a file the page sent."""
        return self._uploads.fetch(attachment)

    # -- in ----------------------------------------------------------------------------------
    async def _join(self, request: web.Request) -> web.Response:
        """`?language=`: the page was opened. Gives a visitor without a chat one."""
        response = web.Response(status=202)
        chat = self._visitors.chat(request) or self._new_chat(request, response)
        joined = Sent("join")
        await self._ingest(request, chat, joined, InboundKind.JOINED)
        return response

    async def _restart(self, request: web.Request) -> web.Response:
        self._visitors.guard(request)
        response = web.Response(status=204)
        self._new_chat(request, response)
        return response

    def _new_chat(self, request: web.Request, response: web.Response) -> str:
        self._floods.chat(network_of(self._visitors.address(request)))
        return self._visitors.open_chat(response)

    async def _send(self, request: web.Request) -> web.Response:
        chat = self._chat(request)
        self._floods.message(chat, network_of(self._visitors.address(request)))
        sent = await read_json(request, self._decoder)
        if len(sent.text) > MAX_TEXT:
            raise web.HTTPRequestEntityTooLarge(MAX_TEXT, len(sent.text))
        if not sent.text.strip() and not sent.choice:
            raise web.HTTPBadRequest(text="an empty message")
        kind = InboundKind.CHOICE if sent.choice else InboundKind.TEXT
        await self._ingest(request, chat, sent, kind)
        return web.Response(status=202)

    async def _send_file(self, request: web.Request) -> web.Response:
        """Take a file: it is parked before its event is stored, and stored before the answer."""
        chat = self._chat(request)
        sent = Sent(request.match_info["id"])
        with self._floods.file(chat, network_of(self._visitors.address(request))):
            file = await self._uploads.take(request, chat, sent.id)
        await self._ingest(request, chat, sent, InboundKind.ATTACHMENT, file)
        return web.Response(status=202)

    async def _ingest(
        self, request: web.Request, chat: str, sent: Sent, kind: InboundKind, *files: Attachment
    ) -> None:
        text, secret = clean(sent.text)
        event = InboundEvent(
            channel=self.name,
            event_id=f"{chat}:{sent.id}",
            conversation=f"webchat:{chat}",
            user=chat,
            kind=kind,
            text=text,
            choice=sent.choice,
            secret=secret,
            native_id=sent.id,
            locale=request.query.get("language", "")[:2],
            address=self._visitors.address(request),
            attachments=files,
        )
        await self._runtime.ingest([inbound(event, correlation_id())])

    # -- out ---------------------------------------------------------------------------------
    async def _messages(self, request: web.Request) -> web.Response:
        """`?after=`: what was said since, at once (a tab in the background, a script)."""
        conversation = f"webchat:{self._chat(request)}"
        after = _number(request.query.get("after", ""))
        rows = await self._runtime.log_after(conversation, after, PAGE_OF_LOG)
        return _json({"messages": [_shown(row) for row in rows]})

    async def _settled(self, request: web.Request) -> web.Response:
        """Answer when the assistant has done what it was asked (or after a while)."""
        chat = self._chat(request)
        request[WAITS] = True
        with self._floods.stream(chat):
            waiting = self._runtime.settled(f"webchat:{chat}", SETTLES_WITHIN)
            settled = await self._while_here(request, waiting)
        return _json({"settled": bool(settled)})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """`?after=`: what was said since, and what is said from now on, as it is said."""
        chat = self._chat(request)
        request[WAITS] = True
        after = _number(request.headers.get("Last-Event-ID") or request.query.get("after", ""))
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        response = web.StreamResponse(headers=headers)
        response.content_type = "text/event-stream"
        # Whatever breaks it: the page comes back and goes on after the last id it has seen.
        broken = suppress(ClientConnectionResetError, ConnectionResetError, NotAccepting)
        with self._floods.stream(chat), broken:
            await response.prepare(request)
            await response.write(b"retry: 1000\n\n")
            while not self._stopping.is_set() and not _is_gone(request):
                after = await self._write_new(request, response, f"webchat:{chat}", after)
        return response

    async def _write_new(
        self, request: web.Request, response: web.StreamResponse, conversation: str, after: int
    ) -> int:
        rows = await self._runtime.log_after(conversation, after, PAGE_OF_LOG)
        if rows:
            await response.write(b"".join(map(_event, rows)))
            return rows[-1].id
        waiting = self._runtime.wait_log(conversation, after, HEARTBEAT)
        if await self._while_here(request, waiting) is False:
            await response.write(b": alive\n\n")
        return after

    async def _while_here(self, request: web.Request, work: Coroutine[Any, Any, T]) -> T | None:
        """Return what `work` returns, or None when the client is gone or the service stops."""
        waiting = asyncio.ensure_future(work)
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            while not waiting.done() and not stopping.done() and not _is_gone(request):
                await asyncio.wait(
                    {waiting, stopping}, timeout=LOOK_AGAIN, return_when=asyncio.FIRST_COMPLETED
                )
            return waiting.result() if waiting.done() else None
        finally:
            for task in (waiting, stopping):
                task.cancel()

    def _chat(self, request: web.Request) -> str:
        chat = self._visitors.chat(request)
        if chat is None:
            raise web.HTTPUnauthorized(text="join first")
        return chat


def _is_gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_ID else 0


def _shown(row: StoredMessage) -> dict[str, Any]:
    message = decode_message(row.payload)
    return {
        "id": row.id,
        "text": message.text,
        "author": message.author,
        "buttons": message.buttons,
        "at": message.at,
        # The client's own id of a message it sent: so that it does not show it twice.
        "of": (message.custom or {}).get("id"),
    }


def _event(row: StoredMessage) -> bytes:
    return b"id: %d\ndata: %b\n\n" % (row.id, msgspec.json.encode(_shown(row)))


def _json(body: object) -> web.Response:
    headers = {"Cache-Control": "no-store"}
    return web.Response(
        body=msgspec.json.encode(body), content_type="application/json", headers=headers
    )
