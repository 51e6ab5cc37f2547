"""Connections to Telegram: aiohttp below python-telegram-bot.

The library's own (httpx) need ten times as long for a call. An address holds the token and stands
in errors of aiohttp: none of them is passed on, nor its text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.request import getproxies, proxy_bypass

import aiohttp
from telegram.error import NetworkError
from telegram.request import BaseRequest
from yarl import URL

if TYPE_CHECKING:
    from telegram.request import RequestData

CONNECT: Final = 4.0
"""Seconds until a connection must stand, the wait for a place among others included."""
_IDLE: Final = 15.0
"""Seconds a connection is kept: a call lost to one that was closed meanwhile is a message."""
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
_NOT_SENT: Final = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
)


class NotSent(NetworkError):
    """Telegram was not reached: nothing happened there."""


class Connections(BaseRequest):
    """At most `limit` connections to `root`, opened when they are needed."""

    def __init__(self, root: str, limit: int) -> None:
        self._root, self._limit = URL(root), limit
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """Return the HTTP session, opened at its first use."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._limit, keepalive_timeout=_IDLE),
                cookie_jar=aiohttp.DummyCookieJar(),
                # `trust_env` would look it up anew, in another thread, for every call.
                proxy=_proxy(self._root),
            )
        return self._session

    @property
    def read_timeout(self) -> None:
        """Return no time of our own: every call brings one."""
        return

    async def initialize(self) -> None:
        """Do nothing: the first call connects."""

    async def shutdown(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = None,
        *_: object,
        **_timeouts: object,
    ) -> tuple[int, bytes]:
        """Return status and body. Raises NotSent, or NetworkError when nobody can tell."""
        within = read_timeout if isinstance(read_timeout, int | float) else None
        timeout = aiohttp.ClientTimeout(
            connect=CONNECT, sock_read=within, total=within and CONNECT + within
        )
        # Encoded in C: the library's own way takes twice as long.
        form = URL.build(query=request_data.json_parameters) if request_data else URL()
        try:
            async with self.session.request(
                method,
                url,
                data=form.raw_query_string,
                headers=_FORM,
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                return response.status, await response.read()
        except _NOT_SENT as error:
            raise NotSent(type(error).__name__) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NetworkError(type(error).__name__) from None


def _proxy(url: URL) -> str | None:
    """Return the proxy that the environment names for `url`."""
    if proxy_bypass(url.host or ""):
        return None
    return getproxies().get(url.scheme)
