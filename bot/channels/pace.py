"""How fast a channel may send: the platform's limits, kept before it has to enforce them.

In memory, per replica: with several replicas the platform's own refusal (429) is the last word,
and `hold` obeys it.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from bot.channels.port import TemporarilyUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_WAIT: Final = 10.0
"""Seconds a message waits here; a longer wait goes back to the outbox, which survives a crash."""
_HOLDS: Final = 10_000
"""Chats on hold that are remembered; expired ones are forgotten first."""
_ALL: Final = ""


class Limit(NamedTuple):
    """At most `messages` within `seconds`."""

    messages: int
    seconds: int


class Pace:
    """Lets messages of one channel go as fast as its limits allow.

    `overall` holds for all chats together, `chat` for each.
    """

    def __init__(self, overall: Iterable[Limit], chat: Iterable[Limit]) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._overall = [RateLimitItemPerSecond(*limit) for limit in overall]
        self._chat = [RateLimitItemPerSecond(*limit) for limit in chat]
        self._held: dict[str, float] = {}

    async def turn(self, chat: str) -> None:
        """Return when a message to `chat` may leave.

        Raises TemporarilyUnavailable when that is more than ten seconds away.
        """
        until = time.monotonic() + LONGEST_WAIT
        while (wait := self._take(chat)) > 0:
            if time.monotonic() + wait > until:
                raise TemporarilyUnavailable(wait)
            await asyncio.sleep(wait)

    def hold(self, chat: str | None, seconds: float) -> None:
        """Send nothing to `chat` (None: to nobody) for `seconds`: the platform said so."""
        now = time.monotonic()
        if len(self._held) >= _HOLDS:
            self._held = {name: end for name, end in self._held.items() if end > now}
        self._held[chat or _ALL] = now + seconds

    def _take(self, chat: str) -> float:
        """Take a place, or return the seconds until there may be one."""
        now = time.monotonic()
        held = max(self._held.get(_ALL, 0.0), self._held.get(chat, 0.0)) - now
        if held > 0:
            return held
        windows = [
            *((limit, (_ALL,)) for limit in self._overall),
            *((limit, ("chat", chat)) for limit in self._chat),
        ]
        full = [
            (limit, names) for limit, names in windows if not self._limiter.test(limit, *names)
        ]
        if full:
            # The library rounds the end of a window to the wall clock: never wait for nothing.
            ends = (self._limiter.get_window_stats(limit, *names) for limit, names in full)
            return max(0.05, *(end.reset_time - time.time() for end in ends))
        for limit, names in windows:
            self._limiter.hit(limit, *names)
        return 0.0
