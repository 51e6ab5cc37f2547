"""The OpenAPI 3.1 document, written from the table of routes and the message types themselves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from backend_client import signing, wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from backend.web.api.routing import Param, Route

COMMON = (400, 401, 403, 404, 413, 415, 422, 429, 500, 503)
"""Problems every signed call can end with."""
_PATH_PARAMETER = re.compile(r"\{(\w+)(?::[^}]*)?\}")
_REFERENCE = "#/components/schemas/{name}"


def describe(routes: Sequence[Route]) -> dict[str, Any]:
    """Return the document for `routes`."""
    types = [wire.Problem, *_types(routes)]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    by_type = dict(zip(map(repr, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = _PATH_PARAMETER.sub(r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, by_type)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Campus helpdesk backend",
            "version": "1",
            "description": "What the assistant and the operators may ask of the backend.",
        },
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": _security()},
        "security": [{name: [] for name in _security()}],
    }


def _types(routes: Iterable[Route]) -> list[Any]:
    types: dict[str, Any] = {}
    for route in routes:
        for kind in (route.request, route.answer):
            if kind is not None:
                types.setdefault(repr(kind), kind)
    return list(types.values())


def _operation(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.operation,
        "summary": route.summary,
        "tags": [str(route.principal)],
        "parameters": _parameters(route),
        "responses": _responses(route, schemas),
    }
    if route.request is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schemas[repr(route.request)]}},
        }
    return operation


def _parameters(route: Route) -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PATH_PARAMETER.findall(route.path)
    ]
    parameters += [_query_parameter(param) for param in route.query]
    if route.is_write:
        parameters.append(
            {
                "name": signing.IDEMPOTENCY_KEY,
                "in": "header",
                "required": True,
                "description": "The same key and request always get the first answer again.",
                "schema": {"type": "string", "pattern": r"^[\x20-\x7e]{1,200}$"},
            }
        )
    if route.principal == "operator":
        parameters.append(
            {
                "name": signing.ACTOR,
                "in": "header",
                "required": True,
                "description": "Who acts, as it is written into tickets and the audit trail.",
                "schema": {"type": "string", "pattern": r"^[A-Za-z0-9 ._@-]{1,100}$"},
            }
        )
    return parameters


def _query_parameter(param: Param) -> dict[str, Any]:
    schema: dict[str, Any] = (
        {"type": "integer", "minimum": param.low, "maximum": param.high}
        if param.kind is int
        else {"type": "string", "pattern": param.pattern}
    )
    return {
        "name": param.name,
        "in": "query",
        "required": False,
        "description": param.description,
        "schema": schema,
    }


def _responses(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    done: dict[str, Any] = {"description": "Done."}
    if route.answer is not None:
        done["content"] = {"application/json": {"schema": schemas[repr(route.answer)]}}
    responses = {str(route.status if route.answer is not None else 204): done}
    refusals = {refusal.status: refusal for refusal in route.refusals}
    for status in sorted({*COMMON, *refusals}):
        refusal = refusals.get(status)
        text = (refusal.__doc__ or "") if refusal else "A problem."
        responses[str(status)] = {
            "description": text.strip().splitlines()[0],
            "content": {"application/problem+json": {"schema": schemas[repr(wire.Problem)]}},
        }
    return responses


def _security() -> dict[str, Any]:
    texts = {
        signing.PRINCIPAL: "`bot` or `operator`.",
        signing.TIMESTAMP: f"Seconds since the epoch, at most {signing.MAX_SKEW} s off.",
        signing.SIGNATURE: "HMAC-SHA256, see docs/reference/backend-api.md.",
    }
    return {
        name: {"type": "apiKey", "in": "header", "name": name, "description": text}
        for name, text in texts.items()
    }
