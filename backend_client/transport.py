"""One signed HTTP call: what the bot's client and the operator's command line share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import aiohttp
import msgspec
import structlog
from yarl import URL

from backend_client import signing, wire
from backend_client.errors import Refused, Unavailable

if TYPE_CHECKING:
    from ops.clock import Clock

T = TypeVar("T")
RETRYABLE = frozenset({408, 425, 500, 502, 503, 504})
"""Answers after which the same call with the same key may be repeated."""


class Transport:
    """Signs, sends, and reads answers and problems."""

    def __init__(
        self, base_url: str, *, principal: str, key: str, clock: Clock, actor: str = ""
    ) -> None:
        self._base = URL(base_url)
        self._principal = principal
        self._key = key
        self._clock = clock
        self._actor = actor
        self._session: aiohttp.ClientSession | None = None

    async def call(
        self,
        method: str,
        path: str,
        answer: type[T] | Any,  # noqa: ANN401 - a union of message types has no better type
        *,
        message: msgspec.Struct | None = None,
        key: str = "",
        within: float = 8.0,
    ) -> Any:  # noqa: ANN401 - `answer` says it
        """Send one call and return its decoded answer (None when `answer` is None).

        `path` carries its query; `within` is the whole time allowed, in seconds.
        Raises Refused, Unavailable.
        """
        body = b"" if message is None else msgspec.json.encode(message)
        url = self._base.join(URL(path, encoded=True))
        call = signing.Signable(
            method, path, int(self._clock.now().timestamp()), self._actor, key, body
        )
        try:
            async with self._open().request(
                method,
                url,
                data=body,
                headers=self._headers(call),
                timeout=aiohttp.ClientTimeout(total=within, connect=2.0),
                allow_redirects=False,
            ) as response:
                return _read(response, await response.read(), answer)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise Unavailable(type(error).__name__) from None

    def _headers(self, call: signing.Signable) -> dict[str, str]:
        headers = {
            signing.PRINCIPAL: self._principal,
            signing.TIMESTAMP: str(call.timestamp),
            signing.SIGNATURE: signing.sign(self._key, self._principal, call),
            "Content-Type": "application/json",
        }
        if call.actor:
            headers[signing.ACTOR] = call.actor
        if call.idempotency_key:
            headers[signing.IDEMPOTENCY_KEY] = call.idempotency_key
        correlation = structlog.contextvars.get_contextvars().get("correlation_id")
        if correlation:
            headers["X-Correlation-Id"] = str(correlation)
        return headers

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64))
        return self._session

    async def close(self) -> None:
        """Release connections."""
        if self._session is not None:
            await self._session.close()


def _read(response: aiohttp.ClientResponse, body: bytes, answer: Any) -> Any:  # noqa: ANN401 - as `call`
    status = response.status
    try:
        if status < 300:  # noqa: PLR2004 - success, in HTTP
            return None if answer is None else msgspec.json.decode(body, type=answer)
        problem = msgspec.json.decode(body, type=wire.Problem)
    except msgspec.DecodeError:
        raise Unavailable(f"unreadable answer ({status})") from None
    code = problem.type.rpartition(":")[2]
    if status in RETRYABLE and code != "paused":
        raise Unavailable(code, problem.retry_after)
    raise Refused(code, status, problem.retry_after, problem.detail)
