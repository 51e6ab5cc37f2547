"""From what a handler returned to what is committed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.runtime.records import NewEffect, NewTimer, TurnRecord
from bot.store.tables import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.runtime.port import Out, Timer, Turn


def compose(
    turn: Turn,
    *,
    conversation: str,
    version: int,
    prefix: str,
    inbox_id: int,
    now: float,
    lane_of: Callable[[str], str],
) -> TurnRecord:
    """Return the record of a turn; `prefix.version.n` is the key of its n-th effect.

    Raises KeyError for an effect whose kind has no policy.
    """
    mark = f"{prefix}.{version}"
    effects = tuple(_effect(out, f"{mark}.{n}", lane_of) for n, out in enumerate(turn.out))
    # Of several timers with one name the last word counts.
    last = {timer.name: (n, timer) for n, timer in enumerate(turn.timers)}
    timers = tuple(_timer(timer, f"timer:{mark}.{n}", now) for n, timer in last.values())
    return TurnRecord(
        conversation, version, turn.state, inbox_id, now, effects, timers, turn.asides
    )


def _effect(out: Out, key: str, lane_of: Callable[[str], str]) -> NewEffect:
    if out.delivered:
        return NewEffect(key, "", out.kind, out.payload, Status.LOGGED)
    return NewEffect(key, lane_of(out.kind), out.kind, out.payload, Status.OPEN)


def _timer(timer: Timer, dedupe: str, now: float) -> NewTimer:
    gone = timer.cancel or timer.seconds <= 0
    return NewTimer(timer.name, None if gone else now + timer.seconds, timer.payload, dedupe)
