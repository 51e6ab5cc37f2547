"""The channel `telegram`: a webhook where Telegram can reach us, long polling where it cannot.

Where the next update stands is remembered by Telegram, not by us: a fetched batch is confirmed by
the fetch after it, once it is stored, and what was stored twice is recognised by its id.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
import structlog
from aiohttp import web
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError

from bot.channels import telegram_files
from bot.channels.capabilities import TELEGRAM
from bot.channels.newest import Newest
from bot.channels.pace import Limit, Pace
from bot.channels.port import (
    Action,
    ChannelError,
    InboundKind,
    Said,
    TemporarilyUnavailable,
)
from bot.channels.telegram_api import BotApi, failure, fetched_elsewhere, wait_of
from bot.channels.telegram_render import parts, payload
from bot.channels.telegram_updates import WANTED, Us, read
from bot.channels.webhooks import body_of, refused, unreadable
from bot.envelope import decode, inbound
from bot.runtime.chance import between
from bot.runtime.port import NotAccepting
from nlu.types import Intent, Language
from ops.keys import key as kept_key
from ops.logs import correlated, correlation_id

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Coroutine, Sequence

    from aiohttp.web import Request

    from bot.channels.port import Attachment, InboundEvent, OutboundMessage
    from bot.runtime.port import Inbound, Runtime
    from bot.settings import BotSettings
    from bot.texts.catalogue import Texts

_log = structlog.get_logger(__name__)

PATH: Final = "/webhooks/telegram"
HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"
MAX_UPDATE: Final = 1024 * 1024
"""Bytes of an update: a message may bring the one it answers, each with formatting."""
POLL: Final = 25
"""Seconds a fetch waits for updates."""
PAUSES: Final = (0.5, 30.0)
"""First and longest pause after a call that failed and is made again for ever."""
STANDBY: Final = (10.0, 20.0)
"""Least and most seconds until somebody else who fetches is asked to let go."""
EPISODE: Final = 600.0
"""Seconds without another fetcher, after which the next one is news."""
WORKING_AFTER: Final = (0.7, 4.5, 4.5, 4.5)
"""Pauses after which "typing" is shown while an answer is being worked on; it lasts 5 seconds."""
BACKGROUND: Final = 500
"""Best-effort calls under way at once; more are not made."""
REMEMBERED: Final = 1_000
HANG_UP_WITHIN: Final = 12.0
COMMANDS: Final = {
    Intent.RESET_PASSWORD: "button.flow.reset_password",
    Intent.UNLOCK_ACCOUNT: "button.flow.unlock_account",
    Intent.CHECK_ACCOUNT: "button.flow.check_account",
    Intent.REQUEST_GUEST_ACCOUNT: "button.flow.request_guest_account",
    Intent.TICKET_STATUS: "button.flow.ticket_status",
    Intent.ESCALATE: "button.human",
    Intent.CANCEL: "button.cancel",
}
_ANSWERED: Final = frozenset({InboundKind.TEXT, InboundKind.CHOICE, InboundKind.JOINED})


def webhook_secret(settings: BotSettings) -> str:
    """Return what Telegram must show. Every replica derives the same from the shared key."""
    if settings.telegram_webhook_secret:
        return settings.telegram_webhook_secret.get_secret_value()
    shared = kept_key(settings.bot_key, settings.state_dir, "bot")
    purpose = f"telegram webhook {token_of(settings)}"
    return hmac.new(shared.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def token_of(settings: BotSettings) -> str:
    """Return the bot's token; empty where Telegram is off."""
    return settings.telegram_token.get_secret_value() if settings.telegram_token else ""


class Telegram:
    """The channel `telegram`."""

    name = "telegram"
    capabilities = TELEGRAM

    def __init__(self, runtime: Runtime, settings: BotSettings, texts: Texts) -> None:
        token = token_of(settings)
        self._runtime = runtime
        self._texts = texts
        self._polls = settings.telegram_polls
        self._url = f"{settings.origin}{PATH}"
        self._secret = "" if self._polls else webhook_secret(settings)
        self._us = Us(int(token.partition(":")[0]))
        self._api = BotApi(token, settings.telegram_api_url)
        self._pace = Pace(overall=[Limit(30, 1)], chat=[Limit(1, 1)])
        self._groups = Pace(overall=[], chat=[Limit(20, 60)])
        self._half_said: Newest[str, list[Said]] = Newest(REMEMBERED)
        self._background: set[asyncio.Task[None]] = set()
        self._calls: set[asyncio.Task[Any]] = set()
        self._watched: dict[str, asyncio.Task[None]] = {}
        self._stopping = False
        self._alone_after = float("-inf")

    def routes(self) -> list[web.RouteDef]:
        """Return the webhook; none where updates are fetched."""
        return [] if self._polls else [web.post(PATH, self._webhook)]

    async def start(self) -> None:
        """Learn our name, and fetch updates where they are not pushed."""
        self._in_background(self._introduce())
        if self._polls:
            self._in_background(self._poll())

    async def stop(self) -> None:
        """Stop listening; let messages that are on their way arrive, begin no other."""
        self._stopping = True
        tasks = [*self._background, *self._watched.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._calls:
            await asyncio.wait(self._calls, timeout=HANG_UP_WITHIN)
        await self._api.disconnect()

    async def register(self) -> str:
        """Tell Telegram where updates go, and what stands in the menu. Raises ChannelError."""
        try:
            if self._polls:
                await self._api.ask("deleteWebhook")
            else:
                await self._api.ask(
                    "setWebhook",
                    url=self._url,
                    secret_token=self._secret,
                    allowed_updates=list(WANTED),
                )
            for language, code in ((Language.ID, None), (Language.EN, "en")):
                menu = self._menu(language)
                await self._api.ask("setMyCommands", commands=menu, language_code=code)
        except TelegramError as error:
            raise ChannelError(f"Telegram said: {error.message}") from None
        return "updates will be fetched" if self._polls else f"updates will come to {self._url}"

    def fetch(self, attachment: Attachment) -> AsyncGenerator[bytes]:
        """Yield the bytes of a file a person sent. Raises ChannelError."""
        return telegram_files.fetch(self._api, attachment)

    def _menu(self, language: Language) -> list[dict[str, str]]:
        return [
            {"command": intent.value, "description": self._texts.render(language, title, {})}
            for intent, title in COMMANDS.items()
        ]

    # -- in ----------------------------------------------------------------------------------
    async def _webhook(self, request: Request) -> web.Response:
        shown = request.headers.get(HEADER, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(shown, self._secret.encode()):
            return refused(self.name, "secret token")
        body = await body_of(request, MAX_UPDATE)
        try:
            raw = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return unreadable(self.name, "not json", body)
        strange = await self._take([raw])
        return unreadable(self.name, strange[0][1], body) if strange else web.Response(text="ok")

    async def _poll(self) -> None:
        """Fetch for ever. Telegram that is away, or a database, is waited for."""
        pause, longest = PAUSES
        confirmed: int | None = None
        while True:
            try:
                confirmed = await self._fetch(confirmed)
                pause = PAUSES[0]
            except Exception as error:  # noqa: BLE001 - nobody else would fetch
                # Nothing of the batch is confirmed: it comes again.
                confirmed = None
                if fetched_elsewhere(error):
                    await self._stand_by()
                    continue
                if isinstance(error, RetryAfter):
                    pause = max(pause, wait_of(error))
                _log.warning("telegram_fetch_failed", error=type(error).__name__, pause=pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, longest)

    async def _stand_by(self) -> None:
        """Let another replica fetch. Telegram hangs up on it when we ask again: it stands by then.

        What both were given is stored once; what neither confirmed comes again.
        """
        now = asyncio.get_running_loop().time()
        if now > self._alone_after:
            _log.info("telegram_fetched_elsewhere")
        self._alone_after = now + EPISODE
        await asyncio.sleep(between(*STANDBY))

    async def _fetch(self, confirmed: int | None) -> int | None:
        """Store one batch, and return what confirms it with the next fetch.

        None after an empty one: ids may begin anew, lower, after a week of silence, or at another
        server; an old number would then throw updates away unread, or bring one for ever.
        """
        batch = cast(
            "list[object]",
            await self._api.ask(
                "getUpdates",
                within=POLL + 10.0,
                offset=confirmed,
                timeout=POLL,
                allowed_updates=list(WANTED),
            ),
        )
        if not batch:
            return None
        with correlated():
            for raw, reason in await self._take(batch):
                unreadable(self.name, reason, json.dumps(raw).encode())
        ids = [id_ for id_ in map(_id_of, batch) if id_ is not None]
        if not ids:
            raise TelegramError("updates without ids")
        return max(ids) + 1

    async def _take(self, updates: Sequence[object]) -> list[tuple[object, str]]:
        """Store all events in one commit; return the updates that nobody could read, and why."""
        rows: list[Inbound] = []
        events: list[InboundEvent] = []
        presses: list[str] = []
        strange: list[tuple[object, str]] = []
        for raw in updates:
            try:
                found = read(raw, self._us)
                if found.event:
                    row = inbound(found.event, correlation_id())
                    decode(row.payload)  # what is stored, the turn can read
                    rows.append(row)
                    events.append(found.event)
                if found.press:
                    presses.append(found.press)
            except Exception as error:  # noqa: BLE001 - whatever the library stumbles over
                strange.append((raw, type(error).__name__))
        if rows:
            await self._runtime.ingest(rows)
        for press in presses:
            self._in_background(self._try("answerCallbackQuery", {"callback_query_id": press}))
        for event in events:
            if event.private and event.kind in _ANSWERED:
                self._watch(event.conversation)
        return strange

    # -- out ---------------------------------------------------------------------------------
    async def send(self, key: str, conversation: str, message: OutboundMessage) -> Sequence[Said]:
        """Say it, delete what a person wrote, or take buttons off. Raises ChannelError."""
        chat = conversation.partition(":")[2]
        match message.action:
            case Action.DELETE:
                await self._retract("deleteMessage", chat, message.target)
                return ()
            case Action.CLOSE:
                await self._retract("editMessageReplyMarkup", chat, message.target)
                return ()
            case Action.SAY | Action.NUDGE:
                said = await self._say(key, chat, message)
                if conversation in self._watched:
                    self._watch(conversation)
                return said

    async def _say(self, key: str, chat: str, message: OutboundMessage) -> list[Said]:
        """Send all parts; after a failure, those that were sent are not sent again."""
        said = self._half_said.get(key, [])
        for part in parts(message)[len(said) :]:
            if chat.startswith("-"):
                await self._groups.turn(chat)
            await self._pace.turn(chat)
            try:
                sent = await self._call("sendMessage", payload(part, chat))
            except TelegramError as error:
                self._hold(chat, error)
                raise failure(error) from error
            said.append(Said(str(_id_of(sent, "message_id") or ""), part))
            self._half_said[key] = said
        self._half_said.pop(key, None)
        return said

    async def _retract(self, method: str, chat: str, target: str) -> None:
        """Take something back: repeated as often as you like."""
        # Limits a chat are for messages: an answer must not wait for the buttons before it.
        await self._pace.turn(f"{method}:{chat}")
        try:
            await self._call(method, {"chat_id": int(chat), "message_id": int(target)})
        except (BadRequest, Forbidden, ChatMigrated) as error:
            # Too old, gone already, or the chat is closed to us.
            _log.warning("telegram_not_retracted", method=method, reason=error.message)
        except TelegramError as error:
            self._hold(chat, error)
            raise failure(error) from error

    async def _call(self, method: str, parameters: dict[str, Any]) -> object:
        """Make a call that stopping waits for. Raises TelegramError, TemporarilyUnavailable."""
        if self._stopping:
            raise TemporarilyUnavailable
        call = asyncio.ensure_future(self._follow(method, parameters))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        return await call

    async def _follow(self, method: str, parameters: dict[str, Any]) -> object:
        try:
            return await self._api.ask(method, **parameters)
        except ChatMigrated as moved:
            return await self._api.ask(method, **{**parameters, "chat_id": moved.new_chat_id})

    def _hold(self, chat: str, error: TelegramError) -> None:
        if isinstance(error, RetryAfter):
            self._pace.hold(chat, wait_of(error))

    # -- best effort -------------------------------------------------------------------------
    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        if self._stopping or len(self._background) >= BACKGROUND:
            work.close()
            return
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _try(self, method: str, parameters: dict[str, Any]) -> None:
        with suppress(TelegramError):
            await self._api.ask(method, **parameters)

    def _watch(self, conversation: str) -> None:
        """Show "typing" after a while in which nothing is said, from now on."""
        before = self._watched.get(conversation)
        if self._stopping or (before is None and len(self._watched) >= BACKGROUND):
            return
        if before:
            before.cancel()
        task = asyncio.create_task(self._show_work(conversation))
        self._watched[conversation] = task
        task.add_done_callback(partial(self._unwatch, conversation))

    def _unwatch(self, conversation: str, task: asyncio.Task[None]) -> None:
        if self._watched.get(conversation) is task:
            del self._watched[conversation]

    async def _show_work(self, conversation: str) -> None:
        """Show "typing" as long as the assistant is at it, and not at all when it is quick."""
        chat = conversation.partition(":")[2]
        with suppress(NotAccepting):
            for pause in WORKING_AFTER:
                await asyncio.sleep(pause)
                # Asked once: to wait for it would read the database for every message.
                if await self._runtime.settled(conversation, 0):
                    return
                await self._try("sendChatAction", {"chat_id": int(chat), "action": "typing"})

    async def _introduce(self) -> None:
        """Learn our name: in groups, people call us by it."""
        pause, longest = PAUSES
        while not self._us.name:
            try:
                me = await self._api.ask("getMe")
                self._us = Us(self._us.id, str(me["username"]))
            except (TelegramError, LookupError, TypeError) as error:
                _log.warning("telegram_who_are_we", error=type(error).__name__, pause=pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, longest)


def _id_of(raw: object, name: str = "update_id") -> int | None:
    id_ = cast("dict[str, object]", raw).get(name) if isinstance(raw, dict) else None
    return id_ if isinstance(id_, int) else None
