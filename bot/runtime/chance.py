"""Jitter: what many do after the same pause, they must not do at the same moment."""

from __future__ import annotations

from secrets import SystemRandom
from typing import Final

_random: Final = SystemRandom()


def between(least: float, most: float) -> float:
    """Return a number between the two."""
    return _random.uniform(least, most)


def backoff(failures: int, first: float, most: float) -> float:
    """Return the seconds to wait after so many failures (1 or more): doubling, with jitter."""
    return min(most, first * 2.0 ** (failures - 1)) * between(0.75, 1.25)
