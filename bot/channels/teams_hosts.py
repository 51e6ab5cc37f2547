"""Which addresses may be talked to for Teams: our token opens every chat of the bot's."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from ops.settings import is_loopback

SERVICES: Final = frozenset({"smba.trafficmanager.net"})
"""Where Teams takes answers: the public cloud."""
DOMAINS: Final = (".botframework.com",)


def may_serve(url: str, *, loopback: bool) -> bool:
    """Tell whether answers may be sent to `url`. `loopback`: to this machine alone, for tests."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not url.isascii() or not url.isprintable() or "\\" in url or "@" in parts.netloc:
        return False
    if loopback:
        return parts.scheme in {"http", "https"} and is_loopback(f"{host}:0")
    named = host in SERVICES or host.endswith(DOMAINS)
    return parts.scheme == "https" and port in {None, 443} and named


def is_here(url: str) -> bool:
    """Tell whether `url` is on this machine."""
    return may_serve(url, loopback=True)
