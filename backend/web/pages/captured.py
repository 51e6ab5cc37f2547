"""`/dev/mail`: what would have been mailed. Development only: it shows codes and links."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from backend.web.pages.guard import guarded, problem
from backend.web.pages.settings import PageSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backend.service.ports import CapturedMail

_HERE: Final = Path(__file__).parent
_PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_MAIL_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""A mail is shown as a mail program would: no script, nothing remote, links in a new tab."""
_STATIC: Final = {
    "dev_mail.css": "text/css",
    "dev_mail.js": "text/javascript",
    "page.css": "text/css",
    "icon.svg": "image/svg+xml",
}


class Captured(Protocol):
    """Where captured mail is kept: `backend.adapters.mail.captured.CapturedTransport`."""

    def newest(self, count: int = 50) -> Sequence[CapturedMail]:
        """Return the newest messages, newest first."""
        ...

    def read(self, name: str) -> CapturedMail | None:
        """Return one message."""
        ...


def add_captured_mail(app: web.Application, captured: Captured) -> None:
    """Serve `/dev/mail` and, for tools, `/dev/mail.json`. Only ever on one's own machine."""
    pages = _Pages(captured)
    settings = PageSettings(origin="", secure=False)
    policy = {"Content_Security_Policy": _PAGE_POLICY}
    mail_policy = {"Content_Security_Policy": _MAIL_POLICY, "X_Frame_Options": "SAMEORIGIN"}
    add = app.router.add_get
    add("/dev/mail", guarded(pages.inbox, settings, **policy))
    add("/dev/mail.json", guarded(pages.as_json, settings))
    add("/dev/mail/static/{name}", guarded(pages.static, settings))
    add("/dev/mail/{name}", guarded(pages.mail, settings, **policy))
    add("/dev/mail/{name}/html", guarded(pages.html, settings, **mail_policy))


class _Pages:
    def __init__(self, captured: Captured) -> None:
        self._captured = captured
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._files = {name: (_HERE / "static" / name).read_bytes() for name in _STATIC}

    async def inbox(self, _request: web.Request) -> web.Response:
        mails = await asyncio.to_thread(self._captured.newest)
        return self._html("dev_mail.html", mails=mails, base="mail")

    async def as_json(self, _request: web.Request) -> web.Response:
        mails = await asyncio.to_thread(self._captured.newest)
        return web.json_response([_as_data(mail) for mail in mails])

    async def mail(self, request: web.Request) -> web.Response:
        mail = await self._find(request)
        if mail is None:
            return problem(404, "not_found")
        return self._html("dev_mail_one.html", mail=mail, base=".")

    async def html(self, request: web.Request) -> web.Response:
        mail = await self._find(request)
        if mail is None:
            return problem(404, "not_found")
        body = mail.html.replace("<head>", '<head><base target="_blank">', 1)
        return web.Response(text=body, content_type="text/html")

    async def static(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in self._files:
            return problem(404, "not_found")
        return web.Response(body=self._files[name], content_type=_STATIC[name], charset="utf-8")

    async def _find(self, request: web.Request) -> CapturedMail | None:
        return await asyncio.to_thread(self._captured.read, request.match_info["name"])

    def _html(self, template: str, **values: object) -> web.Response:
        body = self._templates.get_template(template).render(values)
        return web.Response(text=body, content_type="text/html")


def _as_data(mail: CapturedMail) -> dict[str, str]:
    return {
        "name": mail.name,
        "at": mail.at.isoformat(),
        "to": mail.to,
        "subject": mail.subject,
        "text": mail.text,
    }
