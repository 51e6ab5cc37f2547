"""Fetches files people sent: first their address, then their bytes.

What they are, and how many bytes really come, is looked at by `bot.files`, for every channel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import aiohttp
from yarl import URL

from bot.channels.port import FileGone, FileRefused, TemporarilyUnavailable
from bot.channels.whatsapp_errors import GraphError
from bot.files import LARGEST
from handlers.kernel import FileProblem

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from bot.channels.port import Attachment
    from bot.channels.whatsapp_api import Graph

_TIMEOUT: Final = aiohttp.ClientTimeout(total=60, connect=5)
_CHUNK: Final = 64 * 1024
_HOSTS: Final = (".fbsbx.com", ".facebook.com", ".fbcdn.net", ".whatsapp.net")
_NO_OBJECT: Final = (100, 33)
_OK: Final = 200
_NOT_FOUND: Final = 404


async def fetch(graph: Graph, attachment: Attachment) -> AsyncGenerator[bytes]:
    """Yield the bytes of `attachment`.

    Raises FileRefused, FileGone or another ChannelError, also after the first bytes.
    """
    url = await _address(graph, attachment)
    try:
        # The address is good for minutes and may be asked for again: nothing is lost by a failure.
        async with graph.session.get(url, allow_redirects=False, timeout=_TIMEOUT) as response:
            if response.status == _NOT_FOUND:
                raise FileGone
            if response.status != _OK:
                raise TemporarilyUnavailable
            if (response.content_length or 0) > LARGEST:
                raise FileRefused("too large", FileProblem.TOO_LARGE)
            async for chunk in response.content.iter_chunked(_CHUNK):
                yield chunk
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise TemporarilyUnavailable from error


async def _address(graph: Graph, attachment: Attachment) -> URL:
    if not attachment.id.isascii() or not attachment.id.isdigit():
        raise FileRefused("not an id of a file")
    try:
        found = await graph.get(attachment.id)
    except GraphError as error:
        if (error.code, error.subcode) == _NO_OBJECT:
            raise FileGone from error
        raise TemporarilyUnavailable from error
    size = found.get("file_size")
    if isinstance(size, int) and size > LARGEST:
        raise FileRefused("too large", FileProblem.TOO_LARGE)
    try:
        url = URL(str(found.get("url", "")))
        is_ours = url.origin() == graph.origin
    except ValueError as error:
        raise FileRefused("not an address") from error
    # The token goes along: to Meta and nobody else.
    if not is_ours and not _is_metas(url):
        raise FileRefused("not an address of Meta's")
    return url


def _is_metas(url: URL) -> bool:
    return url.scheme == "https" and (url.host or "").endswith(_HOSTS)
