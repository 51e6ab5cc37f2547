"""Telegram's Bot API: one call, and what its failure means for a message."""

from __future__ import annotations

import logging
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.channels.port import FateUnknown, Rejected, TemporarilyUnavailable, Unreachable
from bot.channels.telegram_http import Connections, NotSent

if TYPE_CHECKING:
    import aiohttp

    from bot.channels.port import ChannelError

# The way the library will go: without it, every refused call warns.
os.environ.setdefault("PTB_TIMEDELTA", "true")
# It logs addresses, which hold the token, and answers, which hold what people wrote.
logging.getLogger("telegram").setLevel(logging.CRITICAL)

ANSWER: Final = 10.0
"""Seconds Telegram may take; with the wait for a turn it stays below the runtime's limit."""
FILES: Final = 8
"""Files that are fetched at once."""
CONNECTIONS: Final = 32
TOKEN_REFUSED: Final = 300.0
"""Seconds until a call with a token that was refused is tried again: a person must mend it."""
_GONE: Final = (
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "group chat was deactivated",
    "chat_write_forbidden",
    "not enough rights",
    "have no rights",
)
"""What a 400 says of a chat in which nothing can be said any more."""
_TOO_MANY: Final = "Too Many Requests"


class BotApi(Bot):
    """The Bot API for one token at one address. Opens no connection by itself."""

    def __init__(self, token: str, url: str) -> None:
        root = url.rstrip("/")
        self._fetching, self._asking = Connections(root, 1), Connections(root, CONNECTIONS)
        self._files = Connections(root, FILES)
        super().__init__(
            token,
            base_url=f"{root}/bot",
            base_file_url=f"{root}/file/bot",
            get_updates_request=self._fetching,
            request=self._asking,
        )

    @property
    def files(self) -> aiohttp.ClientSession:
        """Return the HTTP session for fetching files: slow ones hold up no call."""
        return self._files.session

    async def ask(self, method: str, *, within: float | None = None, **parameters: object) -> Any:  # noqa: ANN401 - JSON
        """Return the result as JSON; `within` so many seconds. Raises TelegramError.

        The library's own methods would read the answer into classes: what cannot be read would be
        an error after the message was sent, and one odd update would hold up all others.
        """
        return await self._post(method, parameters, read_timeout=within or ANSWER)

    async def disconnect(self) -> None:
        """Close the connections."""
        for connections in (self._fetching, self._asking, self._files):
            await connections.shutdown()


def failure(error: TelegramError) -> ChannelError:  # noqa: PLR0911 - one return per kind
    """Return what `error` means for a message that was being sent."""
    match error:
        case RetryAfter():
            return TemporarilyUnavailable(wait_of(error))
        case Forbidden():
            return Unreachable()
        case BadRequest():
            said = error.message.casefold()
            return Unreachable() if any(words in said for words in _GONE) else Rejected()
        case InvalidToken():
            return TemporarilyUnavailable(TOKEN_REFUSED)
        case NotSent():
            return TemporarilyUnavailable()
        case NetworkError() if error.message.startswith(_TOO_MANY):
            return TemporarilyUnavailable()
        case Conflict() | ChatMigrated():
            return Rejected()
        case _:
            return FateUnknown()


def fetched_elsewhere(error: Exception) -> bool:
    """Tell whether another process fetches with our token: Telegram serves the newest only."""
    return isinstance(error, Conflict) and "other getUpdates request" in error.message


def wait_of(error: RetryAfter) -> float:
    """Return the seconds Telegram asks to wait."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
