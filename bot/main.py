"""The bot's composition root: the one place that names concrete classes."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from backend_client.client import BackendClient
from backend_client.transport import Transport
from bot.channels.capabilities import capabilities_of
from bot.channels.port import Registers
from bot.channels.rest import RestChannel
from bot.channels.webchat import WebChat
from bot.channels.whatsapp import WhatsApp
from bot.dialogue import Dialogue
from bot.effects import Effects
from bot.feed import CURSOR, FeedReader
from bot.files import Files
from bot.http import application
from bot.messages import Messages
from bot.runtime.durable import DurableRuntime
from bot.settings import check
from bot.texts.catalogue import Texts
from nlu.embedded import load_or_train
from nlu.engines.rasa import RasaEngine
from ops import lean, migrations
from ops.clock import SystemClock
from ops.documents import Documents
from ops.keys import key
from ops.logs import configure_logging
from ops.settings import split_bind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from backend_client.client import Backend
    from bot.channels.port import Channel
    from bot.settings import BotSettings
    from nlu.port import Engine
    from ops.clock import Clock

log = structlog.get_logger(__name__)
MIGRATIONS = Path(__file__).resolve().parent / "store" / "migrations"


@dataclass(frozen=True, slots=True)
class Bot:
    """The running parts."""

    app: web.Application
    runtime: DurableRuntime
    channels: Mapping[str, Channel]
    feed: FeedReader
    backend: Backend


def build(settings: BotSettings, engine: Engine, backend: Backend, clock: Clock) -> Bot:
    """Wire everything for `settings`. Raises UnsafeSettings. Opens no connection."""
    check(settings)
    texts = Texts.load(settings.time_zone)
    dialogue = Dialogue(
        engine,
        texts,
        capabilities_of,
        clock,
        time_zone=settings.time_zone,
        reviewed=settings.nlu_review,
    )
    channels: dict[str, Channel] = {}
    files = Files(channels, Documents(settings.documents))
    messages = Messages(channels, clock)
    policies = {**Effects(backend).policies(), **files.policies(), **messages.policies()}
    runtime = DurableRuntime(settings.database, dialogue, policies, clock)
    dialogue.connect(runtime.ingest)
    messages.connect(runtime)
    channels["webchat"] = WebChat(runtime, settings)
    if settings.rest:
        channels["rest"] = RestChannel(runtime, engine, clock, settings.time_zone)
    if settings.telegram_token:
        from bot.channels.telegram import Telegram  # noqa: PLC0415 - a large library

        channels["telegram"] = Telegram(runtime, settings, texts)
    if settings.teams:
        from bot.channels.teams import TeamsChannel  # noqa: PLC0415 - brings cryptography

        channels["teams"] = TeamsChannel(runtime, settings)
    if settings.whatsapp_token:
        channels["whatsapp"] = WhatsApp(runtime, settings, texts, clock)

    async def database() -> None:
        await runtime.read_cursor(CURSOR)

    app = application(channels.values(), {"database": database})
    app.on_shutdown.append(_hang_up(channels))
    return Bot(app, runtime, channels, FeedReader(backend, runtime), backend)


def _hang_up(channels: Mapping[str, Channel]) -> Callable[[web.Application], Awaitable[None]]:
    async def hang_up(_app: web.Application) -> None:
        # Now, not after: open streams would hold up the server's end.
        for channel in channels.values():
            await channel.stop()

    return hang_up


def with_rasa(settings: BotSettings, embedded: Engine) -> Engine:
    """Put the Rasa server in front of the embedded engine, when there is to be one."""
    if settings.nlu == "embedded" or settings.rasa_url is None:
        return embedded
    token = settings.rasa_token.get_secret_value() if settings.rasa_token else ""
    return RasaEngine(
        settings.rasa_url, fallback=embedded, timeout=settings.rasa_timeout, token=token
    )


async def register(settings: BotSettings) -> Mapping[str, str]:
    """Tell every platform where we are; return by channel what it was told.

    Raises UnsafeSettings, and ChannelError with what a platform said.
    """
    check(settings)
    configure_logging(settings, "bot")
    async with AsyncExitStack() as stack:
        bot = await _assemble(settings, stack)
        for channel in bot.channels.values():
            stack.push_async_callback(channel.stop)
        return {
            name: await channel.register()
            for name, channel in bot.channels.items()
            if isinstance(channel, Registers)
        }


async def _assemble(settings: BotSettings, stack: AsyncExitStack) -> Bot:
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    clock = SystemClock()
    engine = with_rasa(settings, await asyncio.to_thread(load_or_train, settings.state_dir))
    stack.push_async_callback(engine.close)
    secret = key(settings.bot_key, settings.state_dir, "bot")
    backend = BackendClient(Transport(settings.backend, principal="bot", key=secret, clock=clock))
    stack.push_async_callback(backend.close)
    return build(settings, engine, backend, clock)


async def run_bot(settings: BotSettings) -> None:
    """Serve until SIGTERM or SIGINT. Raises UnsafeSettings before anything is opened."""
    check(settings)
    configure_logging(settings, "bot")
    stop = _told_to_stop()  # from now on: a start that is interrupted ends in order, too
    async with AsyncExitStack() as stack:
        bot = await _assemble(settings, stack)
        await migrations.upgrade_apart(settings.database, MIGRATIONS)
        await bot.runtime.start()
        stack.push_async_callback(bot.runtime.stop)
        for channel in bot.channels.values():
            await channel.start()
        reading = asyncio.create_task(bot.feed.run())
        stack.push_async_callback(_cancel, reading)
        runner = web.AppRunner(bot.app, access_log=None, shutdown_timeout=5.0)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        host, port = split_bind(settings.bind)
        await web.TCPSite(runner, host, port, backlog=1024).start()
        lean.settle()
        log.info("bot_ready", bind=settings.bind, channels=sorted(bot.channels))
        await stop.wait()


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _told_to_stop() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
