"""What the backend tells chats unasked: read in order, from where the last reader stopped.

The cursor moves in the transaction that stores what was read, and every event has a dedupe key of
its own: a crash, or a second replica reading the same page, changes nothing.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from backend_client.errors import BackendError
from bot.answers import event_from_feed
from bot.envelope import FromBackend, encode
from bot.runtime.port import Inbound, MoveCursor, NotAccepting

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from backend_client.client import Backend
    from backend_client.wire import AnyFeedEvent
    from bot.runtime.port import Runtime

_log = structlog.get_logger(__name__)

CURSOR: Final = "feed"
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 15.0


class FeedReader:
    """Moves the backend's feed into the inbox. `wait` is how long one call stays open."""

    def __init__(
        self,
        backend: Backend,
        runtime: Runtime,
        *,
        wait: int = 25,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._backend = backend
        self._runtime = runtime
        self._wait = wait
        self._sleep = sleep

    async def run(self) -> None:
        """Read until cancelled; a backend or a database that is away is waited for."""
        pause = _FIRST_PAUSE
        while True:
            try:
                await self.read_page()
                pause = _FIRST_PAUSE
            except (BackendError, NotAccepting) as error:
                _log.warning("feed_away", error=type(error).__name__, pause=pause)
                await self._sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    async def read_page(self) -> int:
        """Move one page; returns how many events it held. Raises BackendError, NotAccepting."""
        after = await self._runtime.read_cursor(CURSOR)
        page = await self._backend.feed(after, self._wait)
        if page.next > after:
            messages = [_inbound(event) for event in page.events]
            await self._runtime.ingest(messages, cursor=MoveCursor(CURSOR, page.next))
        return len(page.events)


def _inbound(event: AnyFeedEvent) -> Inbound:
    payload = encode(FromBackend(event_from_feed(event)))
    return Inbound(f"feed:{event.seq}", event.conversation, payload)
