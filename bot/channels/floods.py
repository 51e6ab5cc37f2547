"""Floods of a web chat: limits in memory, per replica. Security counters live in the backend."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from bot.channels.windows import Limit, Windows

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
_MINUTE: Final = 60
_NAMES: Final = 100_000
"""Chats and networks whose last minute is remembered."""


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
        self._messages = messages
        self._network_messages = network_messages
        self._chats = chats
        self._lately = Windows(_NAMES)
        self._streams: Counter[str] = Counter()
        self._uploads: Counter[str] = Counter()

    def message(self, chat: str, network: str) -> None:
        """Count a message. Raises Flood."""
        self._count(f"message {chat}", self._messages)
        self._count(f"network {network}", self._network_messages)

    def chat(self, network: str) -> None:
        """Count a new chat. Raises Flood."""
        self._count(f"chat {network}", self._chats, retry_after=30)

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
            self._count(f"file {chat}", FILES_OF_A_CHAT)
            self._count(f"network file {network}", FILES_OF_A_NETWORK)
            yield

    def _count(self, name: str, most: int, retry_after: int = 10) -> None:
        now = time.monotonic()
        if self._lately.free_at(name, Limit(most, _MINUTE)) > now:
            raise Flood(retry_after)
        self._lately.note(name, most, now)


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
