"""The served API is what its OpenAPI document says: no 5xx, no undocumented answer.

Schemathesis makes the calls from the document; each is signed as the bot or an operator would.
"""

import asyncio
import threading

import pytest
import requests
import schemathesis
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from backend.main import MIGRATIONS, build
from backend.settings import BackendSettings
from backend.web.api.bot_routes import BOT_ROUTES
from backend.web.api.operator_routes import OPERATOR_ROUTES
from backend_client import signing
from ops import migrations
from ops.clock import SystemClock

KEYS = {"bot": "b" * 40, "operator": "o" * 40}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


class Signed(requests.auth.AuthBase):
    """Signs a prepared request with the key of the principal the route is for."""

    def __init__(self, principal) -> None:
        self.principal = principal

    def __call__(self, request):
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        call = signing.Signable(
            method=request.method,
            target=request.path_url,
            timestamp=int(SystemClock().now().timestamp()),
            actor=_text(request.headers.get(signing.ACTOR, "")),
            idempotency_key=_text(request.headers.get(signing.IDEMPOTENCY_KEY, "")),
            body=body,
        )
        request.headers[signing.PRINCIPAL] = self.principal
        request.headers[signing.TIMESTAMP] = str(call.timestamp)
        request.headers[signing.SIGNATURE] = signing.sign(
            KEYS[self.principal], self.principal, call
        )
        return request


def _text(value):
    return value.decode("latin-1") if isinstance(value, bytes) else value


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The real backend on SQLite, on a thread of its own."""
    folder = tmp_path_factory.mktemp("backend")
    backend_settings = BackendSettings(
        _env_file=None, state_dir=folder, bot_key=KEYS["bot"], operator_key=KEYS["operator"]
    )
    loop, ready, address = asyncio.new_event_loop(), threading.Event(), []

    async def serve():
        backend = build(backend_settings, SystemClock())
        await migrations.upgrade(backend.db.url, MIGRATIONS)
        runner = web.AppRunner(backend.app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address.append(runner.addresses[0])
        return backend, runner

    def work():
        asyncio.set_event_loop(loop)
        parts = loop.run_until_complete(serve())
        ready.set()
        loop.run_forever()
        loop.run_until_complete(parts[1].cleanup())
        loop.run_until_complete(parts[0].db.close())
        loop.close()

    thread = threading.Thread(target=work)
    thread.start()
    assert ready.wait(60)
    yield f"http://127.0.0.1:{address[0][1]}"
    loop.call_soon_threadsafe(loop.stop)
    thread.join(30)


@pytest.fixture(scope="module")
def document(server):
    return schemathesis.openapi.from_url(f"{server}/openapi.json")


@pytest.mark.parametrize("route", [*BOT_ROUTES, *OPERATOR_ROUTES], ids=lambda r: r.operation)
def test_every_answer_is_documented(document, route):
    operation = document[route.path][route.method]

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def documented(case):
        if route.operation == "readFeed":
            case.query = {**(case.query or {}), "wait": "0"}  # a long poll is not the point here
        response = case.call(auth=Signed(route.principal))
        case.validate_response(response, checks=CHECKS)

    documented()
