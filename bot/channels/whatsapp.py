"""WhatsApp, through Meta's Cloud API: webhooks in, requests out.

Who is who: docs/decisions/0085. What Meta's refusals mean: `whatsapp_errors`.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import time
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog
from aiohttp import web
from prometheus_client import Counter

from bot.channels import whatsapp_media, whatsapp_setup
from bot.channels.capabilities import WHATSAPP
from bot.channels.newest import Newest
from bot.channels.pace import Limit, Pace
from bot.channels.port import (
    Action,
    ChannelError,
    InboundEvent,
    InboundKind,
    Rejected,
    Said,
    TemporarilyUnavailable,
    Unreachable,
    WindowClosed,
)
from bot.channels.webhooks import body_of, refused, unreadable
from bot.channels.whatsapp_errors import GraphError, Meaning, count, judge
from bot.channels.whatsapp_inbound import NAME, key_of, person, read, who
from bot.channels.whatsapp_render import parts, payload, template
from bot.channels.whatsapp_sent import Message, Sent
from bot.channels.whatsapp_signs import Signs
from bot.envelope import Undelivered, decode_message, encode, inbound
from bot.runtime.port import Inbound
from bot.store.sent import Wanted, find
from nlu.types import Language
from ops.logs import correlation_id

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Sequence

    from bot.channels.port import Attachment, OutboundMessage
    from bot.channels.whatsapp_inbound import Batch
    from bot.channels.whatsapp_shapes import Status
    from bot.runtime.port import Runtime
    from bot.settings import BotSettings
    from bot.texts.catalogue import Texts
    from ops.clock import Clock

_log = structlog.get_logger(__name__)

FOREIGN: Final = Counter(
    "helpdesk_whatsapp_foreign_total", "Parts of webhooks for another number of the account."
)
MAX_BODY: Final = 3 * 1024 * 1024
SMALL: Final = 64 * 1024
"""Bytes of a webhook that are read at once: some milliseconds."""
WINDOW: Final = timedelta(hours=24)
"""How long after a person's last message anything but a template may be sent."""
OVERALL: Final = Limit(80, 1)
PER_PERSON: Final = Limit(10, 60)
"""One message in six seconds in the long run; a conversation comes in bursts, which Meta lends."""
_PATIENCE: Final = 7.0
"""Seconds after which the next part of a split message is left to the next try."""
_MOST_STARTED: Final = 1_000
_LONGEST_STOP: Final = 13.0
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{1,200}")
_ALARMS: Final = {
    Meaning.TOKEN: "whatsapp_token_refused",
    Meaning.ACCOUNT: "whatsapp_account_restricted",
}


class WhatsApp:
    """A channel to one phone number."""

    name = NAME
    capabilities = WHATSAPP

    def __init__(
        self, runtime: Runtime, settings: BotSettings, texts: Texts, clock: Clock
    ) -> None:
        self._runtime = runtime
        self._settings = settings
        self._texts = texts
        self._clock = clock
        self._account = settings.whatsapp_phone_number_id or ""
        secret, word = settings.whatsapp_app_secret, settings.whatsapp_verify_token
        self._secret = secret.get_secret_value().encode() if secret else b""
        self._word = word.get_secret_value().encode() if word else b""
        self._graph = whatsapp_setup.graph_of(settings)
        self._pace = Pace([OVERALL], [PER_PERSON])
        self._sent = Sent()
        self._half_said: Newest[str, list[Said]] = Newest(_MOST_STARTED)
        self._signs = Signs(self._graph, f"{self._account}/messages")
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = False
        self._told_of_template = False

    def routes(self) -> list[web.RouteDef]:
        """Return the webhook, and Meta's question whether it is ours."""
        path = whatsapp_setup.PATH
        return [web.get(path, self._verify), web.post(path, self._receive)]

    async def start(self) -> None:
        """Accept messages to send: Meta pushes what comes in."""
        self._stopping = False

    async def stop(self) -> None:
        """Let requests under way end, so that their fate is known; begin no others."""
        self._stopping = True
        await self._signs.stop()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), _LONGEST_STOP)
        await self._graph.close()

    async def register(self) -> str:
        """Tell Meta where the webhook is; return what was done. Raises ChannelError."""
        return await whatsapp_setup.register(self._settings, self._graph)

    def fetch(self, attachment: Attachment) -> AsyncGenerator[bytes]:
        """Yield the bytes of a file a person sent. See `whatsapp_media.fetch`."""
        return whatsapp_media.fetch(self._graph, attachment)

    # -- in ----------------------------------------------------------------------------------
    async def _verify(self, request: web.Request) -> web.Response:
        mode, word, challenge = (
            request.query.get(f"hub.{name}", "") for name in ("mode", "verify_token", "challenge")
        )
        shown = word.encode(errors="replace")
        if (
            mode != "subscribe"
            or not hmac.compare_digest(shown, self._word)
            or not _CHALLENGE.fullmatch(challenge)
        ):
            raise web.HTTPForbidden(text="not the verify token")
        return web.Response(text=challenge)

    async def _receive(self, request: web.Request) -> web.Response:
        shown = request.headers.get("X-Hub-Signature-256", "")
        if not shown:
            return refused(NAME, "no signature")
        body = await body_of(request, MAX_BODY)
        expected = f"sha256={hmac.new(self._secret, body, hashlib.sha256).hexdigest()}"
        if not hmac.compare_digest(shown.encode(errors="replace"), expected.encode()):
            return refused(NAME, "wrong signature")
        batch = await self._read(body)
        self._note(batch)
        news = [status for status in batch.statuses if self._sent.is_news(status)]
        rows = [inbound(event, correlation_id()) for event in batch.events]
        for status in news:
            rows += await self._failure(status, batch.statuses)
        if rows:
            await self._runtime.ingest(rows)
        # Only now: unless it is stored, it will be told again and must be news again.
        for status in news:
            self._sent.advance(status)
        self._signs.show(batch.events)
        return web.Response(text="ok")

    async def _read(self, body: bytes) -> Batch:
        now = self._clock.now()
        if len(body) <= SMALL:
            return read(body, self._account, now)
        # A full batch takes seconds: other chats go on meanwhile.
        return await asyncio.to_thread(read, body, self._account, now)

    def _note(self, batch: Batch) -> None:
        FOREIGN.inc(batch.foreign)
        for what, part in batch.broken:
            unreadable(NAME, what, part)
        if batch.notices:
            # Reviews, quality, restrictions: the dashboard tells what.
            _log.warning("whatsapp_account_notice", parts=len(batch.notices))

    async def _failure(self, status: Status, batch: Sequence[Status]) -> list[Inbound]:
        """Return what the dialogue must hear of a message that was taken and then failed."""
        message = self._sent.find(status.id)
        if status.status != "failed" or message.arrived or _has_arrived(status.id, batch):
            return []
        if not message.part:
            message = await self._look_up(status) or message
        verdict = judge(status.code)
        count(status.code)
        _log.warning("whatsapp_message_failed", code=status.code, meaning=verdict.meaning)
        conversation = message.conversation or self._conversation_of(status)
        self._obey(verdict.meaning, verdict.seconds, conversation, status.code)
        dedupe = f"{NAME}:{self._account}:failed:{status.id}"
        gone = verdict.meaning is Meaning.GONE
        part = message.part
        if part and part.action is Action.SAY and verdict.meaning is not Meaning.REJECTED:
            lost = Undelivered(part, gone=gone, correlation=correlation_id())
            return [Inbound(dedupe, conversation, encode(lost))]
        if gone and conversation and not part:
            return [inbound(self._blocked(status.id, conversation), correlation_id())]
        return []

    async def _look_up(self, status: Status) -> Message | None:
        """Return a message that was sent before a restart, or by another replica."""
        found = await self._runtime.read(find, Wanted(status.id))
        if found is None or not found.conversation.startswith(f"{NAME}:"):
            return None
        return Message(conversation=found.conversation, part=decode_message(found.payload))

    def _conversation_of(self, status: Status) -> str:
        recipient = person(status.recipient_user_id, status.recipient_id)
        return key_of(self._account, recipient) if recipient else ""

    def _blocked(self, id_: str, conversation: str) -> InboundEvent:
        return InboundEvent(
            channel=NAME,
            event_id=f"failed:{id_}",
            conversation=conversation,
            user=who(conversation),
            kind=InboundKind.BLOCKED,
            account=self._account,
        )

    # -- out ---------------------------------------------------------------------------------
    async def send(self, key: str, conversation: str, message: OutboundMessage) -> Sequence[Said]:
        """Deliver one message. Raises ChannelError."""
        with self._sending():
            if message.action is Action.NUDGE:
                return await self._nudge(conversation, message)
            return await self._say(key, conversation, message)

    @contextmanager
    def _sending(self) -> Generator[None]:
        if self._stopping:
            raise TemporarilyUnavailable
        self._under_way += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()

    async def _say(self, key: str, conversation: str, message: OutboundMessage) -> Sequence[Said]:
        if message.heard_at and self._clock.now() - message.heard_at >= WINDOW:
            raise WindowClosed
        language = Language(message.language or Language.ID)
        list_title = self._texts.render(language, "list.open", {})
        to, since = who(conversation), time.monotonic()
        said = self._half_said.get(key, [])
        for number, part in enumerate(parts(message, to)[len(said) :]):
            if number and time.monotonic() - since > _PATIENCE:
                raise TemporarilyUnavailable(0.0)
            id_ = await self._post(conversation, payload(part, to, list_title))
            self._sent.remember(id_, conversation, part)
            said.append(Said(id_, part))
            self._half_said[key] = said  # a retry goes on after it
        self._half_said.pop(key, None)
        return said

    async def _nudge(self, conversation: str, message: OutboundMessage) -> Sequence[Said]:
        name = self._settings.whatsapp_template
        if not name:
            if not self._told_of_template:
                _log.warning("whatsapp_template_unset", advice="set HELPDESK_WHATSAPP_TEMPLATE")
                self._told_of_template = True
            return ()
        language = message.language or Language.ID
        body = template(name, language, who(conversation))
        try:
            id_ = await self._post(conversation, body)
        except (Rejected, Unreachable, WindowClosed) as error:
            # What it was to announce is kept already; the nudge itself is not worth keeping.
            _log.warning("whatsapp_nudge_refused", error=type(error).__name__)
            return ()
        self._sent.remember(id_, conversation, message)
        return [Said(id_, message)]

    async def _post(self, conversation: str, body: dict[str, Any]) -> str:
        """Send one payload and return WhatsApp's id of it. Raises ChannelError."""
        await self._pace.turn(conversation)
        try:
            answer = await self._graph.post(f"{self._account}/messages", body)
        except GraphError as error:
            raise self._consequence(error, conversation) from error
        match answer:
            case {"messages": [{"id": str(id_)}, *_]}:
                return id_
            case _:
                return ""

    def _consequence(self, error: GraphError, conversation: str) -> ChannelError:
        verdict = judge(error.code, error.status)
        count(error.code)
        seconds = max(verdict.seconds, error.retry_after)
        self._obey(verdict.meaning, seconds, conversation, error.code)
        match verdict.meaning:
            case Meaning.WINDOW:
                return WindowClosed()
            case Meaning.GONE:
                return Unreachable()
            case Meaning.REJECTED:
                _log.error("whatsapp_message_rejected", code=error.code, subcode=error.subcode)
                return Rejected()
            case _:
                return TemporarilyUnavailable(seconds)

    def _obey(self, meaning: Meaning, seconds: float, conversation: str, code: int) -> None:
        """Slow down where Meta says so; call for an operator where only one can help."""
        if meaning is Meaning.CHAT_PACE and conversation:
            self._pace.hold(conversation, seconds)
        if meaning is Meaning.PACE:
            self._pace.hold(None, seconds)
        if meaning in _ALARMS:
            _log.error(_ALARMS[meaning], code=code, advice="run `helpdesk doctor`")


def _has_arrived(id_: str, statuses: Sequence[Status]) -> bool:
    """Tell whether the same batch says that the message arrived: statuses come in any order."""
    return any(each.id == id_ and each.status in {"delivered", "read"} for each in statuses)
