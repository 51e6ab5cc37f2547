"""Leaves a peer alone for a while that did not answer several times running."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

FAILURES: Final = 3
"""Failures in a row after which nobody waits for the peer any more."""
PAUSE: Final = 10.0
"""Seconds until one call tries again."""


class Breaker:
    """Says whether to call. Not thread-safe: for one event loop."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._failures = 0
        self._next_try = 0.0

    def allows(self) -> bool:
        """Say whether to call now. During an outage one caller a pause is let through."""
        if self._failures < FAILURES:
            return True
        if self._now() < self._next_try:
            return False
        self._next_try = self._now() + PAUSE
        return True

    def failed(self) -> bool:
        """Count a failure; say whether it is the first one after a success."""
        self._failures += 1
        self._next_try = self._now() + PAUSE
        return self._failures == 1

    def succeeded(self) -> bool:
        """Forget the failures; say whether there were any."""
        recovered = self._failures > 0
        self._failures = 0
        return recovered
