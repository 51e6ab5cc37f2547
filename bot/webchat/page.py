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

STATIC: Final = {
    "webchat-minimal-4.18.1.js": "text/javascript",
    "chat.js": "text/javascript",
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
        # A changed file has another address, so that browsers may keep each for a year.
        self._versions = {
            name: hashlib.sha256(body).hexdigest()[:12] for name, body in self._files.items()
        }
        environment = Environment(
            loader=PackageLoader("bot.webchat"),
            undefined=StrictUndefined,
            autoescape=select_autoescape(),
        )
        self._template = environment.get_template("chat.html")

    async def show(self, request: web.Request) -> web.Response:
        """Return the page: in the language asked for, else in the browser's, else Indonesian."""
        language = request.query.get("lang") or _preferred(request)
        words = WORDS.get(language, WORDS["id"])
        nonce = secrets.token_urlsafe(16)
        html = self._template.render(words=words, nonce=nonce, versions=self._versions)
        headers = {"Content-Security-Policy": _policy(nonce), **SECURITY_HEADERS}
        return web.Response(text=html, content_type="text/html", headers=headers)

    async def static(self, request: web.Request) -> web.Response:
        """Return one of the files the page loads."""
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
