"""The web chat: a page that needs no credentials, over a log that is read by a cursor.

A chat is a random token in a cookie; its conversation's key is a digest of it, so that neither
logs nor tickets can open somebody's chat. Sending is a POST with an id of the client's (a repeat
is no second message); reading is a stream of server-sent events that goes on where it stopped.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import urlsplit

import msgspec
from aiohttp import ClientConnectionResetError, web
from msgspec import Meta, Struct

from bot.channels.capabilities import WEBCHAT
from bot.channels.floods import Floods
from bot.channels.inbound import MAX_TEXT, clean
from bot.channels.port import InboundEvent, InboundKind
from bot.envelope import decode_message, inbound
from bot.webchat.page import Page
from ops.logs import correlation_id
from ops.settings import is_loopback

if TYPE_CHECKING:
    from bot.channels.port import OutboundMessage
    from bot.runtime.port import Runtime, StoredMessage
    from bot.settings import BotSettings

COOKIE: Final = "helpdesk-chat"
COOKIE_SECONDS: Final = 30 * 24 * 3600
TOKEN_LENGTH: Final = 43
MAX_BODY: Final = 64 * 1024
HEARTBEAT: Final = 15.0
"""Seconds after which a silent stream says that it is alive (proxies cut silent ones)."""
PAGE_OF_LOG: Final = 200


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
        self._settings = settings
        self._page = Page()
        self._floods = Floods(settings.webchat_per_minute, settings.webchat_new_per_minute)
        self._decoder = msgspec.json.Decoder(Sent)
        self._stopping = asyncio.Event()

    def routes(self) -> list[web.RouteDef]:
        """Return the page, its parts, and the two ways of a message."""
        return [
            web.get("/", self._show),
            web.get("/webchat/static/{name}", self._page.static),
            web.post("/webchat/join", self._join),
            web.post("/webchat/messages", self._send),
            web.post("/webchat/restart", self._restart),
            web.get("/webchat/events", self._events),
        ]

    async def send(self, key: str, conversation: str, message: OutboundMessage) -> None:
        """Never called: the log's row is the delivery."""
        raise NotImplementedError  # pragma: no cover - a pull channel's rows are the delivery

    async def start(self) -> None:
        """Nothing to listen to but HTTP."""

    async def stop(self) -> None:
        """End the open streams: their pages come back to another replica."""
        self._stopping.set()

    # -- the page ----------------------------------------------------------------------------
    async def _show(self, request: web.Request) -> web.Response:
        response = self._page.show(request)
        if _token(request) is None:
            self._new_chat(request, response)
        return response

    async def _restart(self, request: web.Request) -> web.Response:
        self._guard(request)
        response = web.Response(status=204)
        self._new_chat(request, response)
        return response

    def _new_chat(self, request: web.Request, response: web.Response) -> None:
        if not self._floods.may_open(self._address(request)):
            raise web.HTTPTooManyRequests(headers={"Retry-After": "60"})
        response.set_cookie(
            COOKIE,
            secrets.token_urlsafe(32),
            max_age=COOKIE_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=self._settings.origin.startswith("https://"),
        )

    # -- in ----------------------------------------------------------------------------------
    async def _join(self, request: web.Request) -> web.Response:
        chat = self._chat(request)
        await self._ingest(request, chat, Sent("join"), InboundKind.JOINED)
        return web.Response(status=202)

    async def _send(self, request: web.Request) -> web.Response:
        chat = self._chat(request)
        if not self._floods.may_send(chat):
            raise web.HTTPTooManyRequests(headers={"Retry-After": "10"})
        sent = self._decode(await request.read())
        if len(sent.text) > MAX_TEXT:
            raise web.HTTPRequestEntityTooLarge(MAX_TEXT, len(sent.text))
        kind = InboundKind.CHOICE if sent.choice else InboundKind.TEXT
        await self._ingest(request, chat, sent, kind)
        return web.Response(status=202)

    async def _ingest(
        self, request: web.Request, chat: str, sent: Sent, kind: InboundKind
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
            locale=request.headers.get("Accept-Language", "")[:50],
            address=self._address(request),
        )
        await self._runtime.ingest([inbound(event, correlation_id())])

    def _decode(self, body: bytes) -> Sent:
        if len(body) > MAX_BODY:
            raise web.HTTPRequestEntityTooLarge(MAX_BODY, len(body))
        try:
            return self._decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            # The decoder's own words could quote the message.
            raise web.HTTPBadRequest(text="not a message in the expected shape") from None

    # -- out ---------------------------------------------------------------------------------
    async def _events(self, request: web.Request) -> web.StreamResponse:
        conversation = f"webchat:{self._chat(request)}"
        after = _number(request.headers.get("Last-Event-ID") or request.query.get("after", ""))
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        response = web.StreamResponse(headers=headers)
        response.content_type = "text/event-stream"
        await response.prepare(request)
        with suppress(ClientConnectionResetError, ConnectionResetError):
            await response.write(b"retry: 1000\n\n")
            while not self._stopping.is_set():
                after = await self._write_new(response, conversation, after)
        return response

    async def _write_new(self, response: web.StreamResponse, conversation: str, after: int) -> int:
        rows = await self._runtime.log_after(conversation, after, PAGE_OF_LOG)
        if rows:
            await response.write(b"".join(map(_event, rows)))
            return rows[-1].id
        waiting = asyncio.ensure_future(self._runtime.wait_log(conversation, after, HEARTBEAT))
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({waiting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if waiting.done() and not waiting.result():
                await response.write(b": alive\n\n")
        finally:
            for task in (waiting, stopping):
                task.cancel()
        return after

    # -- who ---------------------------------------------------------------------------------
    def _chat(self, request: web.Request) -> str:
        self._guard(request)
        token = _token(request)
        if token is None:
            raise web.HTTPUnauthorized(text="open the page first")
        return hashlib.sha256(token.encode()).hexdigest()[:24]

    def _guard(self, request: web.Request) -> None:
        """Refuse what another site's page sends in a visitor's name (CSRF)."""
        site = request.headers.get("Sec-Fetch-Site", "same-origin")
        origin = request.headers.get("Origin")
        if site not in {"same-origin", "none"} or (origin and not self._is_ours(origin)):
            raise web.HTTPForbidden(text="not from this page")

    def _is_ours(self, origin: str) -> bool:
        if origin == self._settings.origin:
            return True
        ours, theirs = urlsplit(self._settings.origin), urlsplit(origin)
        # On one's own machine `localhost` and `127.0.0.1` are the same page.
        local = is_loopback(f"{theirs.hostname}:0") and self._settings.is_development
        return local and ours.port == theirs.port

    def _address(self, request: web.Request) -> str:
        """Return the client's address: the entry our own proxies wrote, never a client's claim."""
        proxies = self._settings.trusted_proxies
        claimed = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
        if proxies and len(claimed) >= proxies:
            return claimed[-proxies]
        return request.remote or ""


def _token(request: web.Request) -> str | None:
    token = request.cookies.get(COOKIE, "")
    return token if len(token) == TOKEN_LENGTH and token.isascii() else None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < TOKEN_LENGTH else 0


def _event(row: StoredMessage) -> bytes:
    message = decode_message(row.payload)
    body: dict[str, Any] = {
        "id": row.id,
        "text": message.text,
        "author": message.author,
        "buttons": message.buttons,
        "of": (message.custom or {}).get("id"),
    }
    return b"id: %d\ndata: %b\n\n" % (row.id, msgspec.json.encode(body))
