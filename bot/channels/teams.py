"""The channel `teams`: Microsoft Teams over the Bot Framework's protocol.

In: token, activity, inbox, 202 — Teams sends again what is not answered within 15 seconds. Out:
requests to the service address of the person's last activity, in the pace Teams allows.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

import aiohttp
import msgspec
from aiohttp import web

from bot.channels.capabilities import TEAMS
from bot.channels.newest import Newest
from bot.channels.pace import Limit, Pace
from bot.channels.port import (
    Action,
    ChannelError,
    FateUnknown,
    InboundKind,
    Rejected,
    Said,
    Unreachable,
)
from bot.channels.teams_api import Connector, Login, TooMany
from bot.channels.teams_events import Activity, Unreadable, events, read_route
from bot.channels.teams_files import fetch
from bot.channels.teams_guard import Guard, Refused
from bot.channels.teams_keys import KeysAway
from bot.channels.teams_render import TYPING, card, payload
from bot.channels.teams_seal import Link, Seal
from bot.channels.webhooks import body_of, refused, unreadable
from bot.envelope import inbound
from bot.render import render
from ops.logs import correlation_id

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from bot.channels.port import Attachment, InboundEvent, OutboundMessage
    from bot.channels.teams_events import Route
    from bot.channels.teams_guard import Voucher
    from bot.runtime.port import Runtime
    from bot.settings import BotSettings

PATH: Final = "/webhooks/teams"
MAX_BODY: Final = 256 * 1024
"""Bytes of an activity: a message of 100 KB comes as text and once more as HTML."""
OVERALL: Final = (Limit(50, 1),)
CHAT: Final = (Limit(7, 1), Limit(8, 2), Limit(60, 30), Limit(1800, 3600))
REMEMBERED: Final = 2_000
"""Messages half sent."""
TYPING_AFTER: Final = 1.0
"""Seconds without an answer after which the person sees that we are at it: most never do, and each
time it is seen takes a place of the few that a thread has."""
TYPING_AT_ONCE: Final = 50
_ANSWERED: Final = frozenset({InboundKind.TEXT, InboundKind.CHOICE})
_NOT_SUPPORTED: Final = {
    "statusCode": 400,
    "type": "application/vnd.microsoft.error",
    "value": {"code": "NotSupported", "message": "This card is answered by its buttons."},
}


class TeamsChannel:
    """The channel `teams`."""

    name = "teams"
    capabilities = TEAMS

    def __init__(
        self,
        runtime: Runtime,
        settings: BotSettings,
        *,
        guard: Guard | None = None,
        login: Login | None = None,
        seal: Seal | None = None,
    ) -> None:
        self._runtime = runtime
        self._guard = guard or Guard(settings)
        self._connector = Connector(None if settings.teams_anonymous else login or Login(settings))
        self._seal = seal or Seal.of(settings)
        self._pace = Pace(OVERALL, CHAT)
        self._decoder = msgspec.json.Decoder(Activity)
        self._http: aiohttp.ClientSession | None = None
        self._typing: dict[str, asyncio.Task[None]] = {}
        self._half_said: Newest[str, list[Said]] = Newest(REMEMBERED)

    def routes(self) -> list[web.RouteDef]:
        """Return the messaging endpoint."""
        return [web.post(PATH, self._webhook)]

    async def start(self) -> None:
        """Nothing to listen to but HTTP."""

    async def stop(self) -> None:
        """Close the connections to Microsoft."""
        typing = list(self._typing.values())
        for task in typing:
            task.cancel()
        await asyncio.gather(*typing, return_exceptions=True)
        if self._http:
            await self._http.close()
            self._http = None

    # -- in ----------------------------------------------------------------------------------
    async def _webhook(self, request: web.Request) -> web.Response:
        try:
            headers = request.headers.getall("Authorization", [])
            voucher = await self._guard.token(self._session(), headers)
            return await self._verified(await body_of(request, MAX_BODY), voucher)
        except Refused as refusal:
            response = refused(self.name, refusal.reason)
            response.set_status(refusal.status)
            return response
        except KeysAway:
            return web.Response(status=503, headers={"Retry-After": "10"})

    async def _verified(self, body: bytes, voucher: Voucher | None) -> web.Response:
        try:
            activity = self._decoder.decode(body)
            self._guard.activity(voucher, activity)
            happened = events(activity, body, self._sealed)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, Unreadable) as error:
            return unreadable(self.name, type(error).__name__, body)
        if happened:
            await self._runtime.ingest([inbound(event, correlation_id()) for event in happened])
        self._show_typing(happened)
        return _answer(activity)

    def _show_typing(self, happened: Sequence[InboundEvent]) -> None:
        for event in happened:
            route, chat = read_route(event.route), event.conversation
            if not (route and event.private and event.kind in _ANSWERED):
                continue
            if chat not in self._typing and len(self._typing) < TYPING_AT_ONCE:
                self._typing[chat] = asyncio.create_task(self._type(chat, route))
                self._typing[chat].add_done_callback(lambda _, chat=chat: self._typing.pop(chat))

    async def _type(self, chat: str, route: Route) -> None:
        await asyncio.sleep(TYPING_AFTER)
        with suppress(ChannelError):
            async with self._turn(chat):
                await self._connector.send(self._session(), route, TYPING)

    def _sealed(self, url: str, picture: bool) -> str:  # noqa: FBT001 - as `events` says
        return self._seal.close(Link(url, ours=picture))

    def fetch(self, attachment: Attachment) -> AsyncGenerator[bytes]:
        """Bring a file someone sent, within the hour: links to files end sooner."""
        return fetch(self._session(), attachment.id, self._seal, self._guard, self._connector)

    # -- out ---------------------------------------------------------------------------------
    async def send(self, key: str, conversation: str, message: OutboundMessage) -> Sequence[Said]:
        """Say `message`, or take the buttons off the card `message.target`."""
        route = read_route(message.route)
        if route is None or not self._guard.may_serve(route.service):
            # The next activity brings an address that is in order.
            raise Unreachable
        if message.action is Action.CLOSE:
            await self._close(conversation, route, message)
        elif message.action is Action.SAY:
            return await self._say(key, conversation, route, message)
        return ()

    async def _say(
        self, key: str, conversation: str, route: Route, message: OutboundMessage
    ) -> Sequence[Said]:
        if conversation in self._typing:
            self._typing[conversation].cancel()
        said = self._half_said.get(key, [])
        for part in render(message, TEAMS)[len(said) :]:
            async with self._turn(conversation):
                sent = await self._connector.send(self._session(), route, payload(part))
            said.append(Said(sent, part))
            self._half_said[key] = said
        self._half_said.pop(key, None)
        return said

    async def _close(self, conversation: str, route: Route, message: OutboundMessage) -> None:
        if not (message.target and message.text):
            return  # nobody knows its words any more: a late press says so itself
        # A card that cannot be changed is no reason to hold back the answer to its press.
        with suppress(Unreachable, Rejected, FateUnknown):
            async with self._turn(conversation):
                await self._connector.update(self._session(), route, message.target, card(message))

    @asynccontextmanager
    async def _turn(self, conversation: str) -> AsyncGenerator[None]:
        """Wait for a place; a refusal for haste holds the chat up."""
        await self._pace.turn(conversation)
        try:
            yield
        except TooMany as many:
            self._pace.hold(conversation, many.retry_after or 0.0)
            raise

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            self._http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self._http


def _answer(activity: Activity) -> web.Response:
    """Return what Teams waits for: nothing, or the answer to a call (`invoke`)."""
    if activity.type != "invoke":
        return web.Response(status=202)
    if activity.name == "adaptiveCard/action":
        return web.json_response(_NOT_SUPPORTED)
    return web.Response(status=501, text="not implemented")
