"""Which addresses may be talked to for Teams: our token opens every chat of the bot's."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ops.settings import is_loopback

if TYPE_CHECKING:
    from bot.channels.teams_clouds import Cloud


def may_serve(url: str, cloud: Cloud) -> bool:
    """Tell whether answers, and with them our token, may go to `url`."""
    host = _host(url)
    return host in cloud.hosts or host.endswith(cloud.domains)


def may_fetch(url: str, cloud: Cloud) -> bool:
    """Tell whether a file may be fetched from `url`, without our token."""
    return _host(url).endswith(cloud.files)


def is_here(url: str) -> bool:
    """Tell whether `url` is on this machine."""
    scheme, host, _ = _read(url)
    return scheme in {"http", "https"} and is_loopback(f"{host}:0")


def _host(url: str) -> str:
    """Return the host of an address by https; empty for any other."""
    scheme, host, port = _read(url)
    return host if scheme == "https" and port in {None, 443} else ""


def _read(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port; nothing of what another reader might read otherwise."""
    try:
        parts = urlsplit(url)
        read = (parts.scheme, parts.hostname or "", parts.port)
    except ValueError:
        return ("", "", None)
    plain = url.isascii() and url.isprintable() and not {" ", "\\"} & set(url)
    return read if plain and "@" not in parts.netloc else ("", "", None)
