"""What every page has in common: headers, same-origin posts, small bodies, silent errors."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec
import structlog
from aiohttp import web
from pydantic import SecretStr

from backend.service.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from backend.web.pages.settings import PageSettings

    Handler = Callable[[web.Request], Awaitable[web.Response]]

BODY_LIMIT: Final = 4096
"""Bytes; a number and a password are far below."""

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_HSTS: Final = "max-age=31536000"

_log = structlog.get_logger(__name__)
_Body = TypeVar("_Body", bound=msgspec.Struct)


def guarded(handler: Handler, settings: PageSettings, **headers: str) -> Handler:
    """Wrap a page's handler: whatever it raises, nothing of the request comes out.

    `headers` replace the usual ones (underscores stand for dashes).
    """
    own = {name.replace("_", "-"): value for name, value in headers.items()}
    more = {**_HEADERS, **({"Strict-Transport-Security": _HSTS} if settings.secure else {}), **own}

    async def guard(request: web.Request) -> web.Response:
        try:
            if request.method == "POST":
                _same_origin(request, settings)
            response = await handler(request)
        except web.HTTPException as error:
            response = problem(error.status, "bad_request")
        except Refusal as error:
            response = problem(error.status, error.code)
        except (asyncio.CancelledError, ConnectionError):
            raise  # the browser went away
        except Exception as error:  # noqa: BLE001 - its text or trace could hold a password
            _log.error("page_failed", error=type(error).__name__, where=_where(error))
            response = problem(500, "internal")
        response.headers.update(more)
        return response

    return guard


def problem(status: int, code: str) -> web.Response:
    """Answer with what went wrong, in one word."""
    return web.json_response({"problem": code}, status=status)


async def read_json(request: web.Request, form: type[_Body]) -> _Body:
    """Return a small JSON body. Raises HTTPException, without a word of what was sent."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    raw = await request.content.read(BODY_LIMIT + 1)
    while len(raw) <= BODY_LIMIT and not request.content.at_eof():
        raw += await request.content.read(BODY_LIMIT + 1 - len(raw))
    if len(raw) > BODY_LIMIT:
        raise web.HTTPRequestEntityTooLarge(BODY_LIMIT, len(raw))
    try:
        return msgspec.json.decode(raw, type=form, dec_hook=_hide)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise web.HTTPBadRequest from None


def _hide(kind: type, value: object) -> SecretStr:
    if kind is not SecretStr or not isinstance(value, str):
        raise TypeError
    return SecretStr(value)


def _same_origin(request: web.Request, settings: PageSettings) -> None:
    """Refuse what another site's page sends (the cookie's SameSite=Strict is the other lock)."""
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site")
    if origin is None and site is None:
        raise web.HTTPForbidden
    if origin not in {None, settings.origin} or site not in {None, "same-origin"}:
        raise web.HTTPForbidden


def _where(error: Exception) -> str:
    """Name the innermost line, without any value."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    return f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}"
