"""What every webhook does with a request that is not ours, too large or in no known shape."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import structlog
from aiohttp import web
from prometheus_client import Counter

if TYPE_CHECKING:
    from aiohttp.web import Request

_log = structlog.get_logger(__name__)

REFUSED = Counter(
    "helpdesk_webhooks_refused_total", "Webhooks without a valid signature.", ["channel"]
)
UNREADABLE = Counter(
    "helpdesk_webhooks_unreadable_total",
    "Signed webhooks, or parts of them, in a shape nobody here knows.",
    ["channel"],
)


async def body_of(request: Request, limit: int) -> bytes:
    """Return the raw bytes, which signatures are over. Raises HTTPRequestEntityTooLarge (413)."""
    if (request.content_length or 0) > limit:
        raise web.HTTPRequestEntityTooLarge(limit, request.content_length or 0)
    body = await request.read()
    if len(body) > limit:
        raise web.HTTPRequestEntityTooLarge(limit, len(body))
    return body


def refused(channel: str, reason: str) -> web.Response:
    """Answer 401: nothing of the request was looked at. `reason` holds none of its words."""
    REFUSED.labels(channel).inc()
    _log.warning("webhook_refused", channel=channel, reason=reason)
    return web.Response(status=401, text="not signed by the platform")


def unreadable(channel: str, reason: str, body: bytes) -> web.Response:
    """Answer 200: the platform would only send it again. What it was is told by its digest."""
    UNREADABLE.labels(channel).inc()
    digest = hashlib.sha256(body).hexdigest()[:16]
    _log.error("webhook_unreadable", channel=channel, reason=reason, digest=digest, size=len(body))
    return web.Response(text="ok")
