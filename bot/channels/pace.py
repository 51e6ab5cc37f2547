"""How fast a channel may send: the platform's limits, kept before it has to enforce them.

In memory, per replica: with several replicas the platform's own refusal (429) is the last word,
and `hold` obeys it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from bot.channels.newest import Newest
from bot.channels.port import TemporarilyUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_WAIT: Final = 10.0
"""Seconds a message waits here; a longer wait goes back to the outbox, which survives a crash."""
_HOLDS: Final = 10_000
"""Chats on hold that are remembered; expired ones are forgotten first."""
_CHATS: Final = 10_000
"""Chats whose last messages are remembered."""
_ALL: Final = ""


class Limit(NamedTuple):
    """At most `messages` within `seconds`."""

    messages: int
    seconds: int


class Pace:
    """Lets messages of one channel go as fast as its limits allow.

    `overall` holds for all chats together, `chat` for each. (`limits`, which counts elsewhere,
    starts a thread for every few messages and keeps every chat for ever.)
    """

    def __init__(self, overall: Iterable[Limit], chat: Iterable[Limit]) -> None:
        self._overall, self._chat = tuple(overall), tuple(chat)
        self._sent: Newest[str, deque[float]] = Newest(_CHATS)
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
        windows = ((_ALL, self._overall), (chat, self._chat))
        ends = (self._end(name, limit) for name, limits in windows for limit in limits)
        if (end := max(ends, default=now)) > now:
            return end - now
        for name, limits in windows:
            if limits:
                times = self._sent.get(name) or deque(maxlen=max(most for most, _ in limits))
                times.append(now)
                self._sent[name] = times  # the newest: others are forgotten first
        return 0.0

    def _end(self, name: str, limit: Limit) -> float:
        """Return when there is a place again within `limit`."""
        times = self._sent.get(name, ())
        return times[-limit.messages] + limit.seconds if len(times) >= limit.messages else 0.0
