"""Access log, request metrics, correlation id, health: over HTTP."""

import asyncio

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from ops import health
from ops.access import WAITS, access_middleware
from ops.health import add_health
from ops.logs import correlation_id
from ops.metrics import add_metrics


async def greet(request):
    return web.Response(text=correlation_id())


async def wait(request):
    request[WAITS] = True
    return web.Response()


async def fail(request):
    raise ValueError("Bandung#2024")


async def refuse(request):
    raise web.HTTPConflict(text="taken")


async def stream(request):
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"a")
    return response


@pytest.fixture
async def client():
    app = web.Application(middlewares=[access_middleware("test")])
    app.router.add_get("/greet/{name}", greet)
    app.router.add_get("/wait", wait)
    app.router.add_get("/fail", fail)
    app.router.add_get("/refuse", refuse)
    app.router.add_get("/stream", stream)
    add_metrics(app)
    add_health(app, {})
    async with TestClient(TestServer(app)) as client:
        yield client


def counted(route, status, method="GET"):
    labels = {"service": "test", "method": method, "route": route, "status": str(status)}
    return REGISTRY.get_sample_value("helpdesk_http_requests_total", labels) or 0


def timed(route):
    labels = {"service": "test", "route": route}
    return REGISTRY.get_sample_value("helpdesk_http_request_seconds_count", labels) or 0


async def test_a_request_is_logged_by_its_route_without_its_values(client):
    with capture_logs() as logs:
        await client.get("/greet/budi.santoso?token=Bandung", headers={"Cookie": "a=Bandung"})
    (line,) = logs
    assert line.pop("milliseconds") >= 0
    assert line == {
        "event": "request",
        "log_level": "info",
        "method": "GET",
        "route": "/greet/{name}",
        "status": 200,
    }


async def test_a_correlation_id_comes_in_and_goes_out(client):
    async with client.get("/greet/x", headers={"X-Correlation-Id": "webhook-77"}) as response:
        assert await response.text() == "webhook-77"
        assert response.headers["X-Correlation-Id"] == "webhook-77"
    async with client.get("/greet/x") as response:
        made = response.headers["X-Correlation-Id"]
        assert await response.text() == made
    async with client.get("/greet/x", headers={"X-Correlation-Id": "<script>"}) as response:
        assert response.headers["X-Correlation-Id"] not in {"<script>", made}


@pytest.mark.parametrize(
    ("path", "status", "route"),
    [
        ("/greet/x", 200, "/greet/{name}"),
        ("/refuse", 409, "/refuse"),
        ("/fail", 500, "/fail"),
        ("/nowhere/at/all", 404, "unknown"),
        ("/stream", 200, "/stream"),
    ],
)
async def test_requests_are_counted_by_route_and_status(client, path, status, route):
    counts, times = counted(route, status), timed(route)
    with capture_logs():
        async with client.get(path) as response:
            assert response.status == status
    assert counted(route, status) == counts + 1
    assert timed(route) == times + 1


async def test_a_made_up_method_is_counted_with_the_others(client):
    before = counted("unknown", 405, "other") + counted("/fail", 405, "other")
    with capture_logs():
        await client.request("PROPFIND", "/fail")
    assert counted("unknown", 405, "other") + counted("/fail", 405, "other") == before + 1


async def test_long_polls_are_counted_and_not_timed(client):
    counts, times = counted("/wait", 200), timed("/wait")
    with capture_logs():
        await client.get("/wait")
    assert (counted("/wait", 200), timed("/wait")) == (counts + 1, times)


async def test_an_error_of_ours_tells_nothing(client):
    with capture_logs() as logs:
        async with client.get("/fail") as response:
            assert response.status == 500
            assert response.content_type == "application/problem+json"
            assert await response.json() == {
                "type": "urn:helpdesk:problem:internal",
                "title": "Internal error",
                "status": 500,
            }
    assert [line["event"] for line in logs] == ["request_failed", "request"]


async def test_a_refusal_keeps_its_words_and_gets_the_correlation_id(client):
    async with client.get("/refuse") as response:
        assert (response.status, await response.text()) == (409, "taken")
        assert response.headers["X-Correlation-Id"]


async def test_metrics_are_served_and_not_logged(client):
    with capture_logs() as logs:
        async with client.get("/metrics") as response:
            assert response.headers["Content-Type"].startswith("text/plain")
            assert "helpdesk_http_requests_total" in await response.text()
        await client.get("/healthz")
        await client.get("/readyz")
    assert logs == []


# -- health ------------------------------------------------------------------------------------
async def well():
    pass


async def ill():
    raise ConnectionError("postgresql://user:Bandung@db/x")


async def stuck():
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("checks", "status", "body"),
    [
        ({}, 200, {"status": "ready", "checks": {}}),
        ({"a": well}, 200, {"status": "ready", "checks": {"a": "ok"}}),
        (
            {"a": well, "b": ill, "c": stuck},
            503,
            {"status": "not ready", "checks": {"a": "ok", "b": "failing", "c": "failing"}},
        ),
    ],
    ids=["nothing to check", "all well", "ill and stuck"],
)
async def test_readiness(monkeypatch, checks, status, body):
    monkeypatch.setattr(health, "CHECK_SECONDS", 0.05)
    app = web.Application()
    add_health(app, checks)
    with capture_logs() as logs:
        async with TestClient(TestServer(app)) as client:
            async with client.get("/readyz") as response:
                assert (response.status, await response.json()) == (status, body)
            async with client.get("/healthz") as response:
                assert (response.status, await response.json()) == (200, {"status": "ok"})
    assert "Bandung" not in str(logs)
    assert [line["check"] for line in logs] == [n for n, s in body["checks"].items() if s != "ok"]
