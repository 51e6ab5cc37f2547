"""The bot's aiohttp application: the channels' routes, health, metrics, and how errors look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from bot.channels.floods import Flood
from bot.runtime.port import NotAccepting
from ops.access import access_middleware
from ops.health import add_health
from ops.metrics import add_metrics

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from bot.channels.port import Channel

MAX_BODY = 3 * 1024 * 1024
"""Bytes of a request: WhatsApp's webhooks may have three million."""


def application(
    channels: Iterable[Channel], checks: Mapping[str, Callable[[], Awaitable[None]]]
) -> web.Application:
    """Return the application that serves `channels`; `checks` say when it is ready."""
    app = web.Application(
        middlewares=[access_middleware("bot"), come_back_middleware], client_max_size=MAX_BODY
    )
    for channel in channels:
        app.add_routes(channel.routes())
    add_health(app, checks)
    add_metrics(app)
    return app


@web.middleware
async def come_back_middleware(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answer 503 while nothing can be stored, and 429 to a flood: nothing is lost, only later."""
    try:
        return await handler(request)
    except NotAccepting:
        headers = {"Retry-After": "1"}
        return web.Response(status=503, text="not accepting messages", headers=headers)
    except Flood as flood:
        headers = {"Retry-After": str(flood.retry_after)}
        return web.Response(status=429, text="too much at once", headers=headers)
