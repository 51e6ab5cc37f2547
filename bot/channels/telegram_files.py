"""Fetches files people sent over Telegram: first where they are, then their bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import aiohttp
from telegram.error import BadRequest, TelegramError
from yarl import URL

from bot.channels.port import FileGone, FileRefused, TemporarilyUnavailable
from bot.channels.telegram_api import failure
from bot.channels.telegram_http import CONNECT
from handlers.kernel import FileProblem

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from bot.channels.port import Attachment
    from bot.channels.telegram_api import BotApi

_TIMEOUT: Final = aiohttp.ClientTimeout(sock_connect=CONNECT, sock_read=30)
_CHUNK: Final = 64 * 1024
_AS_IT_IS: Final = {"Accept-Encoding": "identity"}
_OK: Final = 200
_NOT_FOUND: Final = 404
_TOO_BIG: Final = "file is too big"


async def fetch(api: BotApi, attachment: Attachment) -> AsyncGenerator[bytes]:
    """Yield the bytes of `attachment`. Raises ChannelError, also after the first bytes."""
    path = quote(await _path(api, attachment.id))
    url = URL(f"{api.base_file_url}/{path}", encoded=True)
    try:
        async with api.files.get(
            url, headers=_AS_IT_IS, timeout=_TIMEOUT, allow_redirects=False, auto_decompress=False
        ) as response:
            if response.status == _NOT_FOUND:
                raise FileGone
            if response.status != _OK:
                raise TemporarilyUnavailable
            async for chunk in response.content.iter_chunked(_CHUNK):
                yield chunk
    except (aiohttp.ClientError, TimeoutError, OSError):
        # Not `from` it: the address holds the token.
        raise TemporarilyUnavailable from None


async def _path(api: BotApi, file: str) -> str:
    try:
        found = await api.ask("getFile", file_id=file)
        return str(found["file_path"])
    except BadRequest as error:
        if _TOO_BIG in error.message.casefold():
            raise FileRefused("too large", FileProblem.TOO_LARGE) from error
        raise FileGone from error
    except TelegramError as error:
        raise failure(error) from error
    except (LookupError, TypeError) as error:
        raise FileGone from error
