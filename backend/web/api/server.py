"""Serves the table of routes: authenticate, decode, run once, answer."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from aiohttp import web

from backend.service.errors import Refusal
from backend.web.api.idempotency import Answer
from backend.web.api.openapi import describe
from backend.web.api.problems import PROBLEM, Malformed, of_refusal
from backend.web.api.routing import Call, Param, Route
from backend_client import signing, wire

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backend.web.api.auth import Authenticator
    from backend.web.api.idempotency import Idempotency
    from backend.web.api.services import Services

SERVER_ERRORS = 500


def add_api(
    app: web.Application,
    routes: Sequence[Route],
    services: Services,
    authenticator: Authenticator,
    idempotency: Idempotency,
) -> None:
    """Add every route and the OpenAPI document that describes them."""
    for route in routes:
        handler = _Endpoint(route, services, authenticator, idempotency)
        app.router.add_route(route.method, route.path, handler.handle)
    document = msgspec.json.encode(describe(routes))

    async def openapi(_request: web.Request) -> web.Response:
        return web.Response(body=document, content_type="application/json")

    app.router.add_get("/openapi.json", openapi)


class _Endpoint:
    """One route at work."""

    def __init__(
        self,
        route: Route,
        services: Services,
        authenticator: Authenticator,
        idempotency: Idempotency,
    ) -> None:
        self._route = route
        self._services = services
        self._authenticator = authenticator
        self._idempotency = idempotency
        self._decoder = None if route.request is None else msgspec.json.Decoder(route.request)

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        actor = self._authenticator.check(request, body, self._route.principal)
        call = Call(
            params=dict(request.match_info),
            query=_query(request, self._route.query),
            body=self._decode(request, body),
            actor=actor,
        )
        if self._route.is_write:
            answer = await self._write(request, body, call)
        else:
            answer = await self._run(call)
        return _response(answer)

    async def _write(self, request: web.Request, body: bytes, call: Call) -> Answer:
        key = request.headers.get(signing.IDEMPOTENCY_KEY, "")
        fingerprint = b"\n".join((request.method.encode(), request.raw_path.encode(), body))
        principal = f"{self._route.principal}:{call.actor}"
        work = functools.partial(self._run, call)
        return await self._idempotency.once(principal, key, fingerprint, work)

    async def _run(self, call: Call) -> Answer:
        try:
            result = await self._route.handle(self._services, call)
        except Refusal as refusal:
            if refusal.status >= SERVER_ERRORS:
                raise  # nothing is kept: the same call may be repeated
            return _kept(refusal)
        if self._route.answer is None:
            return Answer(204, b"")
        return Answer(self._route.status, msgspec.json.encode(result))

    def _decode(self, request: web.Request, body: bytes) -> Any:  # noqa: ANN401 - the route says
        if self._decoder is None:
            return None
        if request.content_type != "application/json":
            raise Malformed("unsupported_media_type", 415)
        try:
            return self._decoder.decode(body)
        except msgspec.ValidationError as error:
            raise Malformed("invalid", 422, str(error)) from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Malformed("malformed", 400) from None


def _response(answer: Answer) -> web.Response:
    headers: dict[str, str] = {}
    if answer.content_type == PROBLEM:
        problem = msgspec.json.decode(answer.body, type=wire.Problem)
        if problem.retry_after is not None:
            headers["Retry-After"] = str(problem.retry_after)
    return web.Response(
        body=answer.body, status=answer.status, content_type=answer.content_type, headers=headers
    )


def _kept(refusal: Refusal) -> Answer:
    response = of_refusal(refusal)
    body = response.body
    if not isinstance(body, bytes):  # pragma: no cover - problems are always bytes
        raise TypeError
    return Answer(response.status, body, response.content_type)


def _query(request: web.Request, params: Sequence[Param]) -> dict[str, Any]:
    known = {param.name: param for param in params}
    for name in request.query:
        if name not in known or len(request.query.getall(name)) > 1:
            raise Malformed("invalid", 422, "unknown or repeated query parameter")
    return {param.name: _value(request.query.get(param.name), param) for param in params}


def _value(text: str | None, param: Param) -> Any:  # noqa: ANN401 - int, str or the default
    if text is None:
        return param.default
    try:
        if param.kind is int:
            kind = msgspec.Meta(ge=param.low, le=param.high)
            return msgspec.convert(text, _annotated(int, kind), strict=False)
        return msgspec.convert(text, _annotated(str, msgspec.Meta(pattern=param.pattern)))
    except msgspec.ValidationError:
        raise Malformed("invalid", 422, f"query parameter {param.name}") from None


def _annotated(kind: type, meta: msgspec.Meta) -> Any:  # noqa: ANN401 - a type made at run time
    return Annotated[kind, meta]
