"""Floods of a web chat: limits in memory, per replica. Security counters live in the backend."""

from __future__ import annotations

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter


class Floods:
    """Counts messages per chat and new chats per address, each within the last minute."""

    def __init__(self, messages: int, chats: int) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._messages = RateLimitItemPerMinute(messages)
        self._chats = RateLimitItemPerMinute(chats)

    def may_send(self, chat: str) -> bool:
        """Count a message of `chat`, and tell whether it is within the limit."""
        return self._limiter.hit(self._messages, "message", chat)

    def may_open(self, address: str) -> bool:
        """Count a new chat from `address`, and tell whether it is within the limit."""
        return self._limiter.hit(self._chats, "chat", address)
