"""The connector: where activities are sent, with a token that goes nowhere else.

What became of a request is told by ChannelError; what Microsoft asks to try again (412, 429, 502,
503, 504) was not taken.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote

import aiohttp
import msgspec
import structlog
from msgspec import Struct

from bot.channels.port import (
    FateUnknown,
    Rejected,
    TemporarilyUnavailable,
    Unreachable,
)
from bot.channels.teams_clouds import cloud_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.channels.teams_events import Route
    from bot.settings import BotSettings

_log = structlog.get_logger(__name__)

T = TypeVar("T")

EARLY: Final = 300.0
"""Seconds before its end after which a token is not used."""
WAIT: Final = 2.0
"""Seconds to wait after a 429 that does not say how long."""
_TIMEOUT: Final = aiohttp.ClientTimeout(total=15, sock_connect=5)
_OK: Final = range(200, 300)
_AGAIN: Final = frozenset({412, 502, 503, 504})
_GONE: Final = frozenset({403, 404})
_NO_TOKEN: Final = 401
_TOO_MANY: Final = 429
_NOT_SENT: Final = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
)


class TooMany(TemporarilyUnavailable):
    """The platform's own limit was met."""


class Denied(Exception):
    """No token is given: the id, the secret or the tenant is wrong. `code`: Microsoft's word."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Token(Struct):
    access_token: str
    expires_in: float


class _Refusal(Struct):
    error: str = ""


class _Sent(Struct):
    id: str = ""


class _Code(Struct):
    code: str = ""


class _Fault(Struct):
    error: _Code = msgspec.field(default_factory=_Code)


class Login:
    """Our token for the connector: asked for with our secret, kept until it ends."""

    def __init__(self, settings: BotSettings, now: Callable[[], float] = time.monotonic) -> None:
        cloud, password = cloud_of(settings), settings.teams_app_password
        tenant = quote(settings.teams_tenant or cloud.anybody, safe="")
        self._url = f"{cloud.login}/{tenant}/oauth2/v2.0/token"
        self._form = {
            "grant_type": "client_credentials",
            "client_id": settings.teams_app_id or "",
            "client_secret": password.get_secret_value() if password else "",
            "scope": f"{cloud.framework}/.default",
        }
        self._now = now
        self._lock = asyncio.Lock()
        self._token = ""
        self._until = float("-inf")

    async def token(self, http: aiohttp.ClientSession) -> str:
        """Return a token. Raises Denied, ClientError or TimeoutError."""
        async with self._lock:
            if self._now() >= self._until:
                fresh = await self._ask(http)
                self._token = fresh.access_token
                self._until = self._now() + max(fresh.expires_in - EARLY, 0.0)
            return self._token

    def forget(self, token: str) -> None:
        """Ask for a new one next time: `token` was not accepted."""
        if token == self._token:
            self._until = float("-inf")

    async def _ask(self, http: aiohttp.ClientSession) -> _Token:
        asked = http.post(self._url, data=self._form, timeout=_TIMEOUT, allow_redirects=False)
        async with asked as response:
            body = await response.read()
            if response.status in _OK:
                try:
                    return msgspec.json.decode(body, type=_Token)
                except msgspec.DecodeError:
                    raise Denied("unreadable answer") from None
            raise Denied(_read(body, _Refusal).error[:60] or f"status {response.status}")


class Connector:
    """Sends activities. `login` is None where no token is asked for."""

    def __init__(self, login: Login | None) -> None:
        self._login = login

    async def send(
        self, http: aiohttp.ClientSession, route: Route, activity: dict[str, Any]
    ) -> str:
        """Say something new; return the id it got. Raises ChannelError."""
        body = await self._call(http, "POST", _address(route), _addressed(route, activity))
        return _read(body, _Sent).id

    async def update(
        self, http: aiohttp.ClientSession, route: Route, target: str, activity: dict[str, Any]
    ) -> None:
        """Put `activity` where `target` is. Raises ChannelError."""
        url = f"{_address(route)}/{quote(target, safe='')}"
        await self._call(http, "PUT", url, {**_addressed(route, activity), "id": target})

    async def _call(
        self, http: aiohttp.ClientSession, method: str, url: str, activity: dict[str, Any]
    ) -> bytes:
        token = await self.token(http)
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        body = msgspec.json.encode(activity)
        try:
            async with http.request(
                method, url, data=body, headers=headers, timeout=_TIMEOUT, allow_redirects=False
            ) as response:
                answer = await response.read()
                status, after = response.status, response.headers.get("Retry-After", "")
        except _NOT_SENT as error:
            raise TemporarilyUnavailable from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise FateUnknown from error
        if status not in _OK:
            self._refused(status, after, answer, token)
        return answer

    async def token(self, http: aiohttp.ClientSession) -> str:
        """Return our token; empty where none is asked for. Raises TemporarilyUnavailable."""
        if self._login is None:
            return ""
        try:
            return await self._login.token(http)
        except Denied as denied:
            _log.error("teams_login_denied", code=denied.code)
            raise TemporarilyUnavailable(60.0) from denied
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise TemporarilyUnavailable from error

    def forget(self, token: str) -> None:
        """Ask for a new one next time: `token` was not accepted."""
        if self._login:
            self._login.forget(token)

    def _refused(self, status: int, after: str, answer: bytes, token: str) -> None:
        code = _read(answer, _Fault).error.code[:60]
        _log.warning("teams_refused", status=status, code=code)
        if status == _TOO_MANY:
            raise TooMany(seconds(after) or WAIT)
        if status in _AGAIN:
            raise TemporarilyUnavailable(seconds(after))
        if status == _NO_TOKEN:
            self.forget(token)
            raise TemporarilyUnavailable
        if status in _GONE:
            raise Unreachable
        if status >= 500:  # noqa: PLR2004 - the other side broke, who knows when
            raise FateUnknown
        raise Rejected


def _address(route: Route) -> str:
    chat = quote(route.conversation, safe="")
    return f"{route.service.rstrip('/')}/v3/conversations/{chat}/activities"


def _addressed(route: Route, activity: dict[str, Any]) -> dict[str, Any]:
    return {
        **activity,
        "from": {"id": route.bot},
        "recipient": {"id": route.user},
        "conversation": {"id": route.conversation},
    }


def seconds(after: str) -> float | None:
    """Return what a `Retry-After` says; None for a date, or nothing that makes sense."""
    return float(after) if after.isascii() and after.isdigit() and len(after) < 6 else None  # noqa: PLR2004 - over a day is nonsense


def _read(body: bytes, kind: type[T]) -> T:
    """Return what `body` says, or nothing said: proxies answer with pages."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return kind()
