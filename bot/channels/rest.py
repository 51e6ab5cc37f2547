"""The REST channel, in the shape of Rasa's: tools and benchmarks made for Rasa work against us.

`POST /webhooks/rest/webhook {"sender", "message"}` is answered when the turn and the backend calls
it made are over. It trusts the `sender` it is told, so it exists on loopback only.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Annotated, Any, Final
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from bot.channels.capabilities import REST
from bot.channels.inbound import MAX_TEXT, clean, read_json
from bot.channels.port import InboundEvent, InboundKind
from bot.envelope import decode_message, inbound, read_press
from bot.render import render
from ops.logs import correlation_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.channels.port import OutboundMessage, Said
    from bot.runtime.port import Runtime
    from nlu.port import Engine
    from ops.clock import Clock

ANSWER_WITHIN: Final = 20.0
"""Seconds after which what was said so far is the answer. What is said later, or unasked between
two requests (an agent's words), reaches nobody here: as in Rasa, a request is all a client has."""


Key = Annotated[str, Meta(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
"""A name a tool makes up; control characters would not get into every database."""


class Message(Struct):
    """What Rasa's REST channel accepts; `event_id` makes a repeat harmless."""

    sender: Annotated[Key, Meta(min_length=1)]
    message: Annotated[str, Meta(max_length=MAX_TEXT)] = ""
    event_id: Key = ""
    metadata: Any = None
    """Accepted, as tools for Rasa send it; not read."""


class ParseRequest(Struct):
    """`POST /model/parse`."""

    text: Annotated[str, Meta(max_length=MAX_TEXT)]


class RestChannel:
    """The channel `rest`."""

    name = "rest"
    capabilities = REST

    def __init__(self, runtime: Runtime, engine: Engine, clock: Clock, time_zone: str) -> None:
        self._runtime = runtime
        self._engine = engine
        self._clock = clock
        self._zone = ZoneInfo(time_zone)
        self._message = msgspec.json.Decoder(Message)
        self._parse_request = msgspec.json.Decoder(ParseRequest)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of Rasa's HTTP interface that we have."""
        return [
            web.post("/webhooks/rest/webhook", self._webhook),
            web.get("/webhooks/rest/", self._health),
            web.post("/model/parse", self._parse),
        ]

    async def send(self, key: str, conversation: str, message: OutboundMessage) -> Sequence[Said]:
        """Never called: answers are collected."""
        raise NotImplementedError  # pragma: no cover - a pull channel's rows are the delivery

    async def start(self) -> None:
        """Nothing to listen to but HTTP."""

    async def stop(self) -> None:
        """Nothing to release."""

    async def _webhook(self, request: web.Request) -> web.Response:
        message = await read_json(request, self._message)
        row = inbound(self._event(message), correlation_id())
        said = await self._runtime.ingest_and_collect(row, ANSWER_WITHIN)
        parts = (part for row in said for part in render(decode_message(row.payload), REST))
        return _json([_as_rasa(message.sender, part) for part in parts])

    def _event(self, message: Message) -> InboundEvent:
        text, secret = clean(message.message)
        return InboundEvent(
            channel=self.name,
            # A sender's ids are its own: another's cannot make a message pass for a repeat.
            event_id=f"{message.sender}:{message.event_id or secrets.token_hex(16)}",
            conversation=f"rest:{message.sender}",
            user=message.sender,
            # A button's payload sent back as the message counts as pressing it.
            kind=InboundKind.CHOICE if read_press(text) else InboundKind.TEXT,
            text=text,
            choice=text if read_press(text) else "",
            secret=secret,
        )

    async def _health(self, _request: web.Request) -> web.Response:
        return _json({"status": "ok"})

    async def _parse(self, request: web.Request) -> web.Response:
        text, _ = clean((await read_json(request, self._parse_request)).text)
        today = self._clock.now().astimezone(self._zone).date()
        meaning = await self._engine.parse(text, today=today)
        return _json(
            {
                "text": text,
                "intent": {"name": meaning.intent, "confidence": meaning.confidence},
                "intent_ranking": [
                    {"name": ranked.intent, "confidence": ranked.confidence}
                    for ranked in meaning.ranking
                ],
                "entities": [
                    {
                        "entity": entity.kind,
                        "start": entity.start,
                        "end": entity.end,
                        "value": entity.value,
                    }
                    for entity in meaning.entities
                ],
            }
        )


def _as_rasa(recipient: str, message: OutboundMessage) -> dict[str, Any]:
    part: dict[str, Any] = {"recipient_id": recipient, "text": message.text}
    buttons = [{"title": b.title, "payload": b.payload} for b in message.buttons if b.payload]
    links = [{"title": b.title, "url": b.url} for b in message.buttons if b.url]
    custom = dict(message.custom or {})
    if message.author != "bot":
        custom["agent"] = message.author
    if links:
        custom["links"] = links
    if buttons:
        part["buttons"] = buttons
    if custom:
        part["custom"] = custom
    return part


def _json(body: object) -> web.Response:
    return web.Response(body=msgspec.json.encode(body), content_type="application/json")
