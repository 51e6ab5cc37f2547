"""Fetches files people sent over Teams: by a link that opens for anybody, or with our token.

What they are, and how many bytes really come, is looked at by `bot.files`, for every channel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import aiohttp
from yarl import URL

from bot.channels.port import FileGone, FileRefused, TemporarilyUnavailable
from bot.channels.teams_api import seconds
from bot.channels.teams_seal import Broken
from bot.files import LARGEST
from handlers.kernel import FileProblem

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from bot.channels.teams_api import Connector
    from bot.channels.teams_guard import Guard
    from bot.channels.teams_seal import Link, Seal

_TIMEOUT: Final = aiohttp.ClientTimeout(total=60, sock_connect=5)
_CHUNK: Final = 64 * 1024
_AS_IT_IS: Final = {"Accept-Encoding": "identity"}
_OK: Final = 200
_NO_TOKEN: Final = 401
_GONE: Final = frozenset({401, 403, 404, 410})
"""A link that has ended says 401 or 403."""
_TOO_MANY: Final = 429
_BROKEN: Final = 500


async def fetch(
    http: aiohttp.ClientSession, sealed: str, seal: Seal, guard: Guard, connector: Connector
) -> AsyncGenerator[bytes]:
    """Yield the bytes of the file whose address is `sealed`.

    Raises FileRefused, FileGone or another ChannelError, also after the first bytes.
    """
    if not sealed:
        raise FileRefused("came without an address")
    try:
        link = seal.open(sealed)
    except Broken:
        raise FileGone from None
    token = await _token(http, link, guard, connector)
    headers = {**_AS_IT_IS, "Authorization": f"Bearer {token}"} if token else _AS_IT_IS
    try:
        async with http.get(
            URL(link.url, encoded=True),
            headers=headers,
            timeout=_TIMEOUT,
            allow_redirects=False,
            auto_decompress=False,
        ) as response:
            if response.status == _NO_TOKEN and token:
                connector.forget(token)
                raise TemporarilyUnavailable
            _look(response)
            async for chunk in response.content.iter_chunked(_CHUNK):
                yield chunk
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        # Not `from` it: the address may stand in it.
        raise TemporarilyUnavailable from None


async def _token(
    http: aiohttp.ClientSession, link: Link, guard: Guard, connector: Connector
) -> str:
    """Return the token for `link`, if one goes there. Raises ChannelError."""
    if not link.ours:
        if guard.may_fetch(link.url):
            return ""
        raise FileRefused("not where Microsoft keeps files")
    # Our token opens every chat of the bot's: it goes where answers may go, and nowhere else.
    if guard.may_serve(link.url):
        return await connector.token(http)
    raise FileRefused("not where Teams keeps pictures")


def _look(response: aiohttp.ClientResponse) -> None:
    """Raise ChannelError unless a file is coming, and none that is too large by its own words."""
    if response.status in _GONE:
        raise FileGone
    if response.status == _TOO_MANY or response.status >= _BROKEN:
        raise TemporarilyUnavailable(seconds(response.headers.get("Retry-After", "")))
    if response.status != _OK:
        raise FileRefused(f"status {response.status}")
    if (response.content_length or 0) > LARGEST:
        raise FileRefused("too large", FileProblem.TOO_LARGE)
