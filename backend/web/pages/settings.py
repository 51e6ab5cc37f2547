"""What the pages are told at start. A request's Host header is never asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from backend.settings import UnsafeSettings
from ops.settings import is_loopback

if TYPE_CHECKING:
    from backend.settings import BackendSettings

_COOKIE: Final = "helpdesk-password"


@dataclass(frozen=True, slots=True)
class PageSettings:
    """Where browsers reach the pages, and what the pages call us."""

    origin: str
    """Scheme, host and port, such as `https://akun.kampus.ac.id`."""
    secure: bool = True
    """False only on one's own machine without TLS, where browsers refuse Secure cookies."""
    organisation: str = "IT Helpdesk"
    time_zone: str = "Asia/Jakarta"

    @classmethod
    def of(cls, settings: BackendSettings, *, organisation: str = "IT Helpdesk") -> PageSettings:
        """Read the backend's settings.

        Raises UnsafeSettings for plain http anywhere but on loopback: a password would travel in
        the clear, and browsers would not keep the page's cookie.
        """
        parts = urlsplit(settings.pages)
        secure = parts.scheme == "https"
        local = is_loopback(settings.backend_bind) and is_loopback(f"{parts.hostname}:0")
        if not secure and not local:
            raise UnsafeSettings(
                "The password page must be reached by https: set HELPDESK_PAGE_URL to an https "
                "address, or bind everything to 127.0.0.1."
            )
        origin = f"{parts.scheme}://{parts.netloc}"
        return cls(origin, secure, organisation, settings.time_zone)

    @property
    def cookie(self) -> str:
        """Name of the page's cookie; `__Host-` ties it to this host, path `/` and TLS."""
        return f"__Host-{_COOKIE}" if self.secure else _COOKIE
