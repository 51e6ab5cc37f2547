"""What the services count, in Prometheus' format."""

from __future__ import annotations

from typing import Final

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest

HTTP_REQUESTS: Final = Counter(
    "helpdesk_http_requests_total",
    "Requests answered, by route and status.",
    ["service", "method", "route", "status"],
)
HTTP_SECONDS: Final = Histogram(
    "helpdesk_http_request_seconds",
    "Time from a request's arrival to its answer, by route. Long polls are left out.",
    ["service", "route"],
    buckets=(0.002, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


def add_metrics(app: web.Application) -> None:
    """Serve `GET /metrics`."""
    app.router.add_get("/metrics", _metrics)


async def _metrics(_request: web.Request) -> web.Response:
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
