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


class Flood(Exception):
    """More than a person would do: try again after `retry_after` seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("too much at once")
        self.retry_after = retry_after


class Floods:
    """Counts messages and new chats within the last minute, and open streams.

    `messages` a chat, `network_messages` and `chats` a network (many people may share its
    address: those two stop machines, not a crowded computer room).
    """

    def __init__(self, messages: int, network_messages: int, chats: int) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._messages = RateLimitItemPerMinute(messages)
        self._network_messages = RateLimitItemPerMinute(network_messages)
        self._chats = RateLimitItemPerMinute(chats)
        self._streams: Counter[str] = Counter()

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
        if self._streams[chat] >= STREAMS_OF_A_CHAT or self._streams.total() >= STREAMS:
            raise Flood(5)
        self._streams[chat] += 1
        try:
            yield
        finally:
            self._streams[chat] -= 1
            if not self._streams[chat]:
                del self._streams[chat]
