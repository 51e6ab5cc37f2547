"""Service levels: targets (PB B.4.6.4), and clocks that run in service hours only."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - signatures stay readable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backend.domain.service_hours import ServiceHours


class ClockKind(StrEnum):
    """What a clock measures."""

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"


class ServiceClass(StrEnum):
    """How much work a case is."""

    SOFTWARE = "software"
    LIGHT = "light"
    INFORMATION_SYSTEM = "information_system"
    HEAVY = "heavy"
    DEVELOPMENT = "development"


_DEFAULT_CLASS = ServiceClass.LIGHT
_CLASS_OF_CATEGORY = {
    # Work on one account is done like an installation: within a day (PB B.4.6.4.c, ITB a.2-a.4).
    "account": ServiceClass.SOFTWARE,
    "password": ServiceClass.SOFTWARE,
    "unlock": ServiceClass.SOFTWARE,
    "recovery_email": ServiceClass.SOFTWARE,
    "code_delivery": ServiceClass.SOFTWARE,
    "security": ServiceClass.SOFTWARE,
    "guest_request": ServiceClass.SOFTWARE,
}


def class_of(category: str) -> ServiceClass:
    """Return the class a ticket of this category starts in; an agent may change it."""
    return _CLASS_OF_CATEGORY.get(category, _DEFAULT_CLASS)


@dataclass(frozen=True, slots=True)
class Target:
    """How long something may take, in service time: minutes, or days of service."""

    minutes: int = 0
    days: int = 0
    clause: str = ""

    def within(self, hours: ServiceHours) -> timedelta:
        """Return the service time this is; a day is a whole day of service."""
        return timedelta(minutes=self.minutes) + self.days * hours.day_length


def _resolution_targets() -> dict[ServiceClass, Target]:
    # A week is five days of service, a month four weeks: never longer than the clause allows.
    return {
        ServiceClass.SOFTWARE: Target(days=1, clause="PB B.4.6.4.c"),
        ServiceClass.LIGHT: Target(days=3, clause="PB B.4.6.4.b"),
        ServiceClass.INFORMATION_SYSTEM: Target(days=10, clause="PB B.4.6.4.e"),
        ServiceClass.HEAVY: Target(days=20, clause="PB B.4.6.4.d"),
        ServiceClass.DEVELOPMENT: Target(days=20, clause="PB B.4.6.4.f"),
    }


@dataclass(frozen=True, slots=True)
class Policy:
    """The targets in force. A clock keeps its own: a new policy does not move running clocks."""

    first_response: Target = Target(minutes=15, clause="PB B.4.6.4.a")
    next_response: Target = Target(minutes=60, clause="own")
    """No clause sets it; ours, so that an answered case is not forgotten."""
    resolution: Mapping[ServiceClass, Target] = field(default_factory=_resolution_targets)

    def target(self, kind: ClockKind, service_class: ServiceClass) -> Target:
        """Return the target of one clock."""
        if kind is ClockKind.RESOLUTION:
            return self.resolution[service_class]
        first = kind is ClockKind.FIRST_RESPONSE
        return self.first_response if first else self.next_response


WARNINGS = (50, 80, 100)
"""Per cent of the target at which somebody is told; 100 is the due instant itself."""


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock of one ticket. `target` and `paused` are service time."""

    kind: ClockKind
    clause: str
    target: timedelta
    started_at: datetime
    due_at: datetime
    paused: timedelta = timedelta(0)
    paused_at: datetime | None = None
    stopped_at: datetime | None = None
    warned: int = 0
    """The highest of `WARNINGS` that was told."""

    @property
    def runs(self) -> bool:
        """Tell whether time counts."""
        return self.stopped_at is None and self.paused_at is None

    def is_late(self, now: datetime) -> bool:
        """Tell whether it was stopped after its due instant, or still runs and is past it."""
        if self.stopped_at is not None:
            return self.stopped_at > self.due_at
        return self.runs and now > self.due_at


def start(kind: ClockKind, target: Target, now: datetime, hours: ServiceHours) -> Clock:
    """Return a clock that starts now; out of hours it begins to count at the next opening."""
    duration = target.within(hours)
    return Clock(kind, target.clause, duration, now, hours.add(now, duration))


def pause(clock: Clock, now: datetime) -> Clock:
    """Return the clock paused (we wait for the user); unchanged unless it runs."""
    return replace(clock, paused_at=now) if clock.runs else clock


def resume(clock: Clock, now: datetime, hours: ServiceHours) -> Clock:
    """Return the clock running again, its due instant later by the service time it stood."""
    if clock.paused_at is None:
        return clock
    paused = clock.paused + hours.between(clock.paused_at, now)
    return recompute(replace(clock, paused=paused, paused_at=None), hours)


def stop(clock: Clock, now: datetime, hours: ServiceHours) -> Clock:
    """Return the clock stopped for good, or until it is started again."""
    if clock.stopped_at is not None:
        return clock
    return replace(resume(clock, now, hours), stopped_at=now)


def restart(clock: Clock, now: datetime, hours: ServiceHours) -> Clock:
    """Return a stopped clock running again; the time it was stopped counts as a pause."""
    if clock.stopped_at is None:
        return clock
    return resume(replace(clock, paused_at=clock.stopped_at, stopped_at=None), now, hours)


def retarget(clock: Clock, target: Target, hours: ServiceHours) -> Clock:
    """Return the clock with another target: the ticket's class was changed."""
    changed = replace(clock, target=target.within(hours), clause=target.clause)
    return recompute(changed, hours)


def recompute(clock: Clock, hours: ServiceHours) -> Clock:
    """Return the clock with the due instant these service hours give: a holiday was edited."""
    return replace(clock, due_at=_instant_of(clock, 100, hours))


def warning_due(clock: Clock, now: datetime, hours: ServiceHours) -> int:
    """Return the highest warning that is due and not yet told, or 0."""
    if not clock.runs:
        return 0
    due = (level for level in WARNINGS if _instant_of(clock, level, hours) <= now)
    highest = max(due, default=0)
    return highest if highest > clock.warned else 0


def next_look(clock: Clock, hours: ServiceHours) -> datetime | None:
    """Return when the next warning comes due; None while nothing can."""
    if not clock.runs:
        return None
    ahead = (level for level in WARNINGS if level > clock.warned)
    level = next(ahead, None)
    return None if level is None else _instant_of(clock, level, hours)


def _instant_of(clock: Clock, per_cent: int, hours: ServiceHours) -> datetime:
    return hours.add(clock.started_at, clock.target * per_cent / 100 + clock.paused)
