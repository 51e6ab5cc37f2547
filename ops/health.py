"""Is the process alive (`/healthz`), and can it do its work (`/readyz`)?"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

CHECK_SECONDS: Final = 3.0
"""A peer that has not answered by then counts as away."""

_log = structlog.get_logger(__name__)


def add_health(app: web.Application, checks: Mapping[str, Callable[[], Awaitable[None]]]) -> None:
    """Serve `/healthz` (always 200) and `/readyz` (503 while one of `checks` raises or hangs).

    A check returns when its peer works. Its error is logged by type only, and never shown.
    """

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_request: web.Request) -> web.Response:
        results = await asyncio.gather(*(_run(name, check) for name, check in checks.items()))
        ready = all(results)
        states = dict(zip(checks, ("ok" if good else "failing" for good in results), strict=True))
        body = {"status": "ready" if ready else "not ready", "checks": states}
        return web.json_response(body, status=200 if ready else 503)

    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)


async def _run(name: str, check: Callable[[], Awaitable[None]]) -> bool:
    try:
        await asyncio.wait_for(check(), CHECK_SECONDS)
    except Exception as error:  # noqa: BLE001 - whatever it raises, the peer is not well
        _log.warning("readiness_check_failed", check=name, error=type(error).__name__)
        return False
    return True
