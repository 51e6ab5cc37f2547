"""Serves the page and its parts: nothing comes from anywhere else."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import secrets
from importlib import resources
from typing import Final

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from bot.webchat.wording import WORDS

COMPONENT: Final = "webchat-minimal-4.18.1.js"
STATIC: Final = {
    COMPONENT: "text/javascript",
    "chat.js": "text/javascript",
    "connection.js": "text/javascript",
    "files.js": "text/javascript",
    "looks.js": "text/javascript",
    "observable.js": "text/javascript",
    "words.js": "text/javascript",
    "typing.svg": "image/svg+xml",
    "chat.css": "text/css",
    "icon.svg": "image/svg+xml",
}
YEAR: Final = "public, max-age=31536000, immutable"


class Page:
    """The page in two languages, and the files it loads."""

    def __init__(self) -> None:
        folder = resources.files("bot.webchat") / "static"
        self._files = {name: (folder / name).read_bytes() for name in STATIC}
        self._compressed: dict[str, bytes] = {}
        # Browsers keep files for a year: what changes gets another address. Our own files import
        # one another, so they share a version; the component is big and has its own.
        ours = b"".join(body for name, body in self._files.items() if name != COMPONENT)
        self._version = hashlib.sha256(ours).hexdigest()[:12]
        self._component_version = hashlib.sha256(self._files[COMPONENT]).hexdigest()[:12]
        environment = Environment(
            loader=PackageLoader("bot.webchat"),
            undefined=StrictUndefined,
            autoescape=select_autoescape(),
        )
        self._template = environment.get_template("chat.html")

    def _address(self, name: str) -> str:
        version = self._component_version if name == COMPONENT else self._version
        return f"/webchat/static/{version}/{name}"

    async def show(self, request: web.Request) -> web.Response:
        """Return the page: in the language asked for, else in the browser's, else Indonesian."""
        language = request.query.get("lang") or _preferred(request)
        words = WORDS.get(language, WORDS["id"])
        nonce = secrets.token_urlsafe(16)
        html = self._template.render(
            words=words, nonce=nonce, address=self._address, component=COMPONENT
        )
        headers = {"Content-Security-Policy": _policy(nonce), **SECURITY_HEADERS}
        return web.Response(text=html, content_type="text/html", headers=headers)

    async def static(self, request: web.Request) -> web.Response:
        """Return one of the files the page loads; any version's address gives the present one."""
        name = request.match_info["name"]
        if name not in self._files:
            raise web.HTTPNotFound
        headers = {
            "Content-Type": f"{STATIC[name]}; charset=utf-8",
            "Cache-Control": YEAR,
            "X-Content-Type-Options": "nosniff",
            "Vary": "Accept-Encoding",
        }
        if "gzip" not in request.headers.get("Accept-Encoding", ""):
            return web.Response(body=self._files[name], headers=headers)
        headers["Content-Encoding"] = "gzip"
        return web.Response(body=await self._small(name), headers=headers)

    async def _small(self, name: str) -> bytes:
        """Return a file compressed, which is done once."""
        if name not in self._compressed:
            self._compressed[name] = await asyncio.to_thread(gzip.compress, self._files[name])
        return self._compressed[name]


SECURITY_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

EMPTY_STYLE: Final = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


def _policy(nonce: str) -> str:
    # The chat component makes its style sheets at run time under the nonce it is given, but for
    # one, which it makes empty and fills by script: the hash is that of nothing at all.
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; "
        f"style-src 'self' 'nonce-{nonce}' '{EMPTY_STYLE}'; "
        "img-src 'self' data: blob:; font-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _preferred(request: web.Request) -> str:
    accepted = request.headers.get("Accept-Language", "")[:200].lower().split(",")
    for part in accepted:
        language = part.split(";")[0].strip().split("-")[0]
        if language in WORDS:
            return language
    return "id"
