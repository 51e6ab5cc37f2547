"""One middleware for both services: correlation id, access log, metrics, last-resort 500."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import TYPE_CHECKING, Final

import structlog
from aiohttp import web

from ops.logs import correlated
from ops.metrics import HTTP_REQUESTS, HTTP_SECONDS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp.typedefs import Middleware

CORRELATION_HEADER: Final = "X-Correlation-Id"
WAITS: Final = web.RequestKey("waits", bool)
"""Set on a request that is meant to hang (long poll, event stream): its time is no latency."""

_log = structlog.get_logger(__name__)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics"})


def access_middleware(service: str) -> Middleware:
    """Return the middleware; put it first.

    The log names the route's pattern, never the path, the query, a header or a body.
    """

    @web.middleware
    async def access(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        began = perf_counter()
        with correlated(request.headers.get(CORRELATION_HEADER, "")) as identifier:
            try:
                response = await handler(request)
            except web.HTTPException as error:
                error.headers[CORRELATION_HEADER] = identifier
                _account(service, request, error.status, began)
                raise
            except (asyncio.CancelledError, ConnectionError):
                raise  # the client went away
            except Exception:  # noqa: BLE001 - nothing of it may reach the client
                _log.exception("request_failed", route=_route(request))
                response = _internal_error()
            if not response.prepared:
                response.headers[CORRELATION_HEADER] = identifier
            _account(service, request, response.status, began)
            return response

    return access


def _account(service: str, request: web.Request, status: int, began: float) -> None:
    route = _route(request)
    seconds = perf_counter() - began
    # Labels must stay few, whatever a client makes up.
    method = request.method if request.method in _METHODS else "other"
    HTTP_REQUESTS.labels(service, method, route, status).inc()
    if not request.get(WAITS, False):
        HTTP_SECONDS.labels(service, route).observe(seconds)
    if route not in _QUIET:
        _log.info(
            "request",
            method=method,
            route=route,
            status=status,
            milliseconds=round(seconds * 1000, 1),
        )


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unknown"


def _internal_error() -> web.Response:
    return web.json_response(
        {"type": "urn:helpdesk:problem:internal", "title": "Internal error", "status": 500},
        status=500,
        content_type="application/problem+json",
    )
