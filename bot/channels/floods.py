"""Floods of a web chat: limits in memory, per replica. Security counters live in the backend."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

if TYPE_CHECKING:
    from collections.abc import Generator

STREAMS_OF_A_CHAT: Final = 20
"""Requests of one chat that may wait at once: its tabs, and those just closed."""
STREAMS: Final = 5_000
"""Requests that may wait for messages at once, of all chats."""
FILES_OF_A_CHAT: Final = 6
"""Files a chat may send a minute: a request holds three."""
FILES_OF_A_NETWORK: Final = 30
UPLOADS_OF_A_CHAT: Final = 2
UPLOADS: Final = 50
"""Files on their way to us at once, of all chats."""


class Flood(Exception):
    """More than a person would do: try again after `retry_after` seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("too much at once")
        self.retry_after = retry_after


class Floods:
    """Counts messages, files and new chats within the last minute, open streams and uploads.

    `messages` a chat, `network_messages` and `chats` a network (many people may share its
    address: those two stop machines, not a crowded computer room).
    """

    def __init__(self, messages: int, network_messages: int, chats: int) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._messages = RateLimitItemPerMinute(messages)
        self._network_messages = RateLimitItemPerMinute(network_messages)
        self._chats = RateLimitItemPerMinute(chats)
        self._files = RateLimitItemPerMinute(FILES_OF_A_CHAT)
        self._network_files = RateLimitItemPerMinute(FILES_OF_A_NETWORK)
        self._streams: Counter[str] = Counter()
        self._uploads: Counter[str] = Counter()

    def message(self, chat: str, network: str) -> None:
        """Count a message. Raises Flood."""
        if not self._limiter.hit(self._messages, "message", chat):
            raise Flood(10)
        if not self._limiter.hit(self._network_messages, "network", network):
            raise Flood(10)

    def chat(self, network: str) -> None:
        """Count a new chat. Raises Flood."""
        if not self._limiter.hit(self._chats, "chat", network):
            raise Flood(30)

    @contextmanager
    def stream(self, chat: str) -> Generator[None]:
        """Count a request that waits for messages, while it does. Raises Flood."""
        with _counted(self._streams, chat, STREAMS_OF_A_CHAT, STREAMS):
            yield

    @contextmanager
    def file(self, chat: str, network: str) -> Generator[None]:
        """Count a file, which is a message too, and its upload while it lasts. Raises Flood."""
        self.message(chat, network)
        with _counted(self._uploads, chat, UPLOADS_OF_A_CHAT, UPLOADS):
            if not self._limiter.hit(self._files, "file", chat):
                raise Flood(10)
            if not self._limiter.hit(self._network_files, "network file", network):
                raise Flood(10)
            yield


@contextmanager
def _counted(
    under_way: Counter[str], chat: str, most_of_a_chat: int, most: int
) -> Generator[None]:
    if under_way[chat] >= most_of_a_chat or under_way.total() >= most:
        raise Flood(5)
    under_way[chat] += 1
    try:
        yield
    finally:
        under_way[chat] -= 1
        if not under_way[chat]:
            del under_way[chat]
