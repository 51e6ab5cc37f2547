"""Who writes to the web chat: a cookie nobody else has, sent by our own page."""

from __future__ import annotations

import hashlib
import ipaddress
import re
import secrets
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from aiohttp import web

from ops.settings import is_loopback

if TYPE_CHECKING:
    from bot.settings import BotSettings

COOKIE: Final = "helpdesk-chat"
COOKIE_SECONDS: Final = 7 * 24 * 3600
"""As long as a resolved ticket may be reopened; a shared computer has "start over"."""
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")


class Visitors:
    """Tells visitors apart, and keeps other sites' pages out."""

    def __init__(self, settings: BotSettings) -> None:
        self._settings = settings

    def chat(self, request: web.Request) -> str | None:
        """Return the key of the visitor's chat, or None for one who has none yet.

        It is a digest of the cookie: what stands in logs and tickets opens nobody's chat.
        Raises HTTPForbidden for another site's page.
        """
        self.guard(request)
        token = request.cookies.get(COOKIE, "")
        return _key(token) if _TOKEN.fullmatch(token) else None

    def open_chat(self, response: web.StreamResponse) -> str:
        """Give the visitor a new chat with `response`, and return its key."""
        token = secrets.token_urlsafe(32)
        response.set_cookie(
            COOKIE,
            token,
            max_age=COOKIE_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=self._settings.origin.startswith("https://"),
        )
        return _key(token)

    def guard(self, request: web.Request) -> None:
        """Refuse what another site's page sends in a visitor's name. Raises HTTPForbidden."""
        site = request.headers.get("Sec-Fetch-Site", "same-origin")
        origin = request.headers.get("Origin")
        if site not in {"same-origin", "none"} or (origin and not self._is_ours(origin)):
            raise web.HTTPForbidden(text="not from this page")

    def _is_ours(self, origin: str) -> bool:
        if origin == self._settings.origin:
            return True
        try:
            ours, theirs = urlsplit(self._settings.origin), urlsplit(origin)
            same_port = ours.port == theirs.port
        except ValueError:
            return False
        # On one's own machine `localhost` and `127.0.0.1` are the same page.
        local = is_loopback(f"{theirs.hostname}:0") and self._settings.is_development
        return local and same_port

    def address(self, request: web.Request) -> str:
        """Return the client's address: the entry our own proxies wrote, never a client's claim."""
        proxies = self._settings.trusted_proxies
        claimed = request.headers.get("X-Forwarded-For", "").split(",")
        if proxies and len(claimed) >= proxies:
            written = claimed[-proxies].strip()
            if _parsed(written):
                return written
        return request.remote or ""


def network_of(address: str) -> str:
    """Return what floods are counted by: the address, or the /64 an IPv6 host may roam in."""
    parsed = _parsed(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(address)
    except ValueError:
        return None


def _key(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:24]
