"""Fetches files people sent over Telegram: first where they are, then their bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import httpx
from telegram.error import BadRequest, TelegramError

from bot.channels.port import FileGone, FileRefused, TemporarilyUnavailable
from bot.channels.telegram_api import CONNECT, failure
from handlers.kernel import FileProblem

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from bot.channels.port import Attachment
    from bot.channels.telegram_api import BotApi

_TIMEOUT: Final = httpx.Timeout(30.0, connect=CONNECT)
_CHUNK: Final = 64 * 1024
_AS_IT_IS: Final = {"Accept-Encoding": "identity"}
_OK: Final = 200
_NOT_FOUND: Final = 404
_TOO_BIG: Final = "file is too big"


async def fetch(api: BotApi, attachment: Attachment) -> AsyncGenerator[bytes]:
    """Yield the bytes of `attachment`. Raises ChannelError, also after the first bytes."""
    url = f"{api.base_file_url}/{quote(await _path(api, attachment.id))}"
    try:
        async with (
            httpx.AsyncClient(timeout=_TIMEOUT, headers=_AS_IT_IS) as client,
            client.stream("GET", url) as response,
        ):
            if response.status_code == _NOT_FOUND:
                raise FileGone
            if response.status_code != _OK:
                raise TemporarilyUnavailable
            async for chunk in response.aiter_raw(_CHUNK):
                yield chunk
    except httpx.HTTPError:
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
