"""How fast a channel may send: the platform's limits, kept before it has to enforce them.

In memory, per replica: with several replicas the platform's own refusal (429) is the last word,
and `hold` obeys it.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from bot.channels.port import TemporarilyUnavailable
from bot.channels.windows import Limit, Windows

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_WAIT: Final = 10.0
"""Seconds a message waits here; a longer wait goes back to the outbox, which survives a crash."""
_HOLDS: Final = 10_000
"""Chats on hold that are remembered; expired ones are forgotten first."""
_CHATS: Final = 10_000
"""Chats whose last messages are remembered."""
_ALL: Final = ""


class Pace:
    """Lets messages of one channel go as fast as its limits allow.

    `overall` holds for all chats together, `chat` for each.
    """

    def __init__(self, overall: Iterable[Limit], chat: Iterable[Limit]) -> None:
        self._overall, self._chat = tuple(overall), tuple(chat)
        self._sent = Windows(_CHATS)
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
        ends = (self._sent.free_at(name, limit) for name, limits in windows for limit in limits)
        if (end := max(ends, default=now)) > now:
            return end - now
        for name, limits in windows:
            if limits:
                self._sent.note(name, max(most for most, _ in limits), now)
        return 0.0
