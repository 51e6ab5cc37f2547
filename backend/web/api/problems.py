"""Errors as `application/problem+json` (RFC 9457): nothing of the inside shows through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import structlog
from aiohttp import web
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from backend.service.errors import Refusal
from backend_client.wire import Problem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

log = structlog.get_logger(__name__)
API_PREFIX = "/v1/"
PROBLEM = "application/problem+json"
TITLES = {
    400: "The request cannot be read",
    401: "The signature is missing, wrong or stale",
    403: "This caller may not do that",
    404: "There is no such thing",
    405: "The method is not allowed here",
    413: "The body is too large",
    415: "Only application/json is understood",
    500: "Something failed on our side",
    503: "Away for the moment",
}


class Malformed(Exception):
    """The request cannot be read; `code` says in which way."""

    def __init__(self, code: str, status: int = 400, detail: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.detail = detail


def problem(
    code: str, status: int, detail: str | None = None, retry_after: int | None = None
) -> web.Response:
    """Build the response for a problem."""
    body = Problem(
        type=f"urn:helpdesk:problem:{code}",
        title=TITLES.get(status, code.replace("_", " ").capitalize()),
        status=status,
        detail=detail,
        retry_after=retry_after,
    )
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return web.Response(
        body=msgspec.json.encode(body),
        status=status,
        content_type=PROBLEM,
        headers=headers,
    )


def of_refusal(refusal: Refusal) -> web.Response:
    """Build the response for a service's no. Details of 5xx stay inside."""
    detail = refusal.detail or None
    return problem(refusal.code, refusal.status, detail, refusal.retry_after)


@web.middleware
async def problem_middleware(  # noqa: PLR0911 - one return per way to fail
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Turn every way an API call can fail into a problem."""
    if not request.path.startswith(API_PREFIX):
        return await handler(request)
    try:
        return await handler(request)
    except Malformed as error:
        return problem(error.code, error.status, error.detail)
    except Refusal as refusal:
        return of_refusal(refusal)
    except web.HTTPException as error:
        response = problem(error.reason.lower().replace(" ", "_"), error.status)
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except (SQLAlchemyError, OSError) as error:
        # The driver's own message may hold parameters: only its kind is written down.
        kind = type(error.orig if isinstance(error, DBAPIError) else error).__name__
        log.warning("database_failed", kind=kind)
        return problem("busy", 503, retry_after=1)
    except Exception:
        log.exception("call_failed", method=request.method, route=_route_of(request))
        return problem("internal", 500)


def _route_of(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource else ""
