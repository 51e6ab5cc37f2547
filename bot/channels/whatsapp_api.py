"""A small client of Meta's Graph API: one request, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import aiohttp
import msgspec
from msgspec import Struct
from yarl import URL

from bot.channels.port import FateUnknown, TemporarilyUnavailable
from bot.channels.whatsapp_errors import CODES, GraphError, Meaning, judge

if TYPE_CHECKING:
    from collections.abc import Mapping

_TIMEOUT: Final = aiohttp.ClientTimeout(total=12, connect=5)
_IDLE: Final = 15.0
"""Seconds a connection is kept: Meta closes idle ones, and a request lost to that is a message."""
_LONGEST_PAUSE: Final = 3600.0
_LONGEST_MESSAGE: Final = 300
_OK: Final = 300
_SERVER: Final = 500


class _Error(Struct):
    code: int = -1
    error_subcode: int = 0
    message: str = ""


class _Refusal(Struct):
    error: _Error


_refusals: Final = msgspec.json.Decoder(_Refusal)


class Graph:
    """Meta's Graph API under `url`, with a token. `session` is open until `close`."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}
        self._session: aiohttp.ClientSession | None = None

    @property
    def origin(self) -> URL:
        """Return scheme, host and port of the API."""
        return URL(self._url).origin()

    @property
    def session(self) -> aiohttp.ClientSession:
        """Return the HTTP session, opened at its first use."""
        if self._session is None or self._session.closed:
            connector = aiohttp.TCPConnector(limit=50, keepalive_timeout=_IDLE)
            self._session = aiohttp.ClientSession(
                connector=connector, timeout=_TIMEOUT, headers=self._headers
            )
        return self._session

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        """Return what stands at `path`. Raises as `post` does."""
        return await self._ask("GET", path, params=query)

    async def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Send `body` and return the answer.

        Raises GraphError (Meta refused, nothing happened), TemporarilyUnavailable (it was not
        reached) or FateUnknown (the answer was lost).
        """
        return await self._ask("POST", path, data=msgspec.json.encode(body))

    async def _ask(self, method: str, path: str, **what: Any) -> dict[str, Any]:  # noqa: ANN401 - aiohttp's own arguments
        headers = {"Content-Type": "application/json"}
        url = f"{self._url}/{path}"
        try:
            async with self.session.request(
                method, url, headers=headers, allow_redirects=False, **what
            ) as response:
                return read_answer(response, await response.read())
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise TemporarilyUnavailable from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise FateUnknown(type(error).__name__) from error


def read_answer(response: aiohttp.ClientResponse, body: bytes) -> dict[str, Any]:
    """Return the answer's object. Raises GraphError, or FateUnknown when nobody can tell."""
    if response.status < _OK:
        return _object(body)
    try:
        error = _refusals.decode(body).error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        error = _Error()
    if response.status >= _SERVER and error.code not in CODES:
        # A proxy's page, or trouble nobody describes: the request may have got through.
        raise FateUnknown(f"HTTP {response.status}")
    retry_after = response.headers.get("Retry-After", "")
    seconds = float(retry_after) if retry_after.isascii() and retry_after.isdigit() else 0.0
    # Of a token it does not like, Meta says the whole.
    told = judge(error.code, response.status).meaning is not Meaning.TOKEN
    raise GraphError(
        response.status,
        error.code,
        error.error_subcode,
        min(seconds, _LONGEST_PAUSE),
        error.message[:_LONGEST_MESSAGE] if told else "",
    )


def _object(body: bytes) -> dict[str, Any]:
    """Read a success; one that nobody can read is still a success."""
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
