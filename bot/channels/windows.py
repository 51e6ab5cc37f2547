"""Counts what happened lately, by name, within moving windows. In memory and bounded."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from bot.channels.newest import Newest


class Limit(NamedTuple):
    """At most `messages` within `seconds`."""

    messages: int
    seconds: int


class Windows:
    """The newest instants of each of so many `names`; those that were quiet longest give way."""

    def __init__(self, names: int) -> None:
        self._instants: Newest[str, deque[float]] = Newest(names)

    def free_at(self, name: str, limit: Limit) -> float:
        """Return the instant from which there is a place within `limit`; 0 for now."""
        instants = self._instants.get(name, ())
        if len(instants) < limit.messages:
            return 0.0
        return instants[-limit.messages] + limit.seconds

    def note(self, name: str, most: int, now: float) -> None:
        """Take a place at the instant `now`; no window of that name holds more than `most`."""
        instants = self._instants.get(name) or deque(maxlen=most)
        instants.append(now)
        self._instants[name] = instants  # the newest: others are forgotten first
