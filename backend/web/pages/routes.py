"""The one-time password page and "it wasn't me" (security.md 7-10), as routes.

A GET changes nothing: mail scanners follow links. The token is in the URL's fragment, which no
server sees, and comes back by POST from the page's script.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import msgspec
from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import SecretStr

from backend.domain.links import LinkEnd
from backend.service.link_views import LinkOver
from backend.web.pages.answers import FORM_STATES, frozen, outcome, over, page
from backend.web.pages.guard import guarded, problem, read_json
from backend.web.pages.wording import preferred, texts
from ops.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from backend.service.link_views import Frozen, PageSession, PageView, SubmitOutcome
    from backend.web.pages.settings import PageSettings
    from ops.clock import Clock

_HERE: Final = Path(__file__).parent
_STATIC: Final = {
    "page.css": "text/css",
    "common.js": "text/javascript",
    "password.js": "text/javascript",
    "freeze.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
_MAX_COOKIE: Final = 200


class Links(Protocol):
    """What the pages need of `backend.service.links.Links`; the prose is there."""

    async def exchange(self, token: str) -> PageSession:
        """Open the page a mailed token is for. Raises LinkOver."""
        ...

    async def view(self, session: str) -> PageView:
        """Return what an open page shows. Raises LinkOver."""
        ...

    async def submit(self, session: str, number: str, password: SecretStr) -> SubmitOutcome:
        """Try to set the password."""
        ...

    async def freeze(self, token: str) -> Frozen:
        """Freeze recovery. Raises LinkOver."""
        ...


class _TokenForm(msgspec.Struct, forbid_unknown_fields=True):
    token: str


class _PasswordForm(msgspec.Struct, forbid_unknown_fields=True):
    password: SecretStr
    number: str = ""


def add_pages(
    app: web.Application,
    *,
    links: Links,
    settings: PageSettings,
    clock: Clock = SystemClock(),  # noqa: B008 - holds nothing
) -> None:
    """Serve `/password` and `/password/freeze`."""
    pages = _Pages(links, settings, clock)

    def add(
        method: str, path: str, handler: Callable[[web.Request], Awaitable[web.Response]]
    ) -> None:
        for name in ("GET", "HEAD") if method == "GET" else (method,):
            app.router.add_route(name, path, guarded(handler, settings))

    add("GET", "/password", pages.password)
    add("POST", "/password/exchange", pages.exchange)
    add("GET", "/password/session", pages.session)
    add("POST", "/password/submit", pages.submit)
    add("GET", "/password/freeze", pages.freeze_page)
    add("POST", "/password/freeze", pages.freeze)
    add("GET", "/password/static/{name}", pages.static)
    add("*", "/password/{rest:.*}", pages.nothing)
    add("*", "/password", pages.nothing)


class _Pages:
    def __init__(self, links: Links, settings: PageSettings, clock: Clock) -> None:
        self._links = links
        self._settings = settings
        self._clock = clock
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._files = {name: (_HERE / "static" / name).read_bytes() for name in _STATIC}

    async def password(self, request: web.Request) -> web.Response:
        return self._html(request, "password", base="password")

    async def freeze_page(self, request: web.Request) -> web.Response:
        return self._html(request, "freeze", base=".")

    async def exchange(self, request: web.Request) -> web.Response:
        form = await read_json(request, _TokenForm)
        try:
            session = await self._links.exchange(form.token)
            view = await self._links.view(session.cookie)
        except LinkOver as error:
            return self._forget(web.json_response(over(error.end)))
        response = web.json_response(page(view, self._settings, self._clock.now()))
        response.set_cookie(
            self._settings.cookie,
            session.cookie,
            max_age=session.max_age,
            path="/",
            secure=self._settings.secure,
            httponly=True,
            samesite="Strict",
        )
        return response

    async def session(self, request: web.Request) -> web.Response:
        cookie = self._cookie(request)
        if cookie is None:
            return web.json_response({"state": "no_link"})
        try:
            view = await self._links.view(cookie)
        except LinkOver as error:
            return self._forget(web.json_response(over(error.end)))
        return web.json_response(page(view, self._settings, self._clock.now()))

    async def submit(self, request: web.Request) -> web.Response:
        form = await read_json(request, _PasswordForm)
        cookie = self._cookie(request)
        if cookie is None:
            return web.json_response(over(LinkEnd.SESSION_OVER))
        result = await self._links.submit(cookie, form.number, form.password)
        answer = outcome(result)
        response = web.json_response(answer)
        return response if answer["state"] in FORM_STATES else self._forget(response)

    async def freeze(self, request: web.Request) -> web.Response:
        form = await read_json(request, _TokenForm)
        try:
            result = await self._links.freeze(form.token)
        except LinkOver as error:
            return web.json_response(over(error.end))
        return web.json_response(frozen(result, self._settings))

    async def static(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in self._files:
            return problem(404, "not_found")
        return web.Response(body=self._files[name], content_type=_STATIC[name], charset="utf-8")

    async def nothing(self, _request: web.Request) -> web.Response:
        return problem(404, "not_found")

    def _html(self, request: web.Request, page_name: str, *, base: str) -> web.Response:
        language = preferred(request.headers.get("Accept-Language", ""))
        body = self._templates.get_template(f"{page_name}.html").render(
            page=page_name,
            base=base,
            assets=f"{base}/static",
            language=language,
            texts=texts(),
            text=texts()[language],
            organisation=self._settings.organisation,
        )
        response = web.Response(text=body, content_type="text/html")
        response.headers["Vary"] = "Accept-Language"
        return response

    def _cookie(self, request: web.Request) -> str | None:
        cookie = request.cookies.get(self._settings.cookie)
        return cookie if cookie and len(cookie) <= _MAX_COOKIE else None

    def _forget(self, response: web.Response) -> web.Response:
        response.del_cookie(
            self._settings.cookie,
            path="/",
            secure=self._settings.secure,
            httponly=True,
            samesite="Strict",
        )
        return response
