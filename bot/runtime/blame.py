"""What may be written down about an exception."""

from __future__ import annotations

import traceback
from typing import Final

from bot.runtime.port import GiveUp, RetryLater

_LONGEST: Final = 300


def describe(error: BaseException) -> str:
    """Return the kind of the exception and where it was raised, for logs and dead letters.

    The message of an exception can quote what a user wrote, so only those of our own two are used.
    """
    if isinstance(error, (RetryLater, GiveUp)):
        return str(error)[:_LONGEST]
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"[:_LONGEST]
