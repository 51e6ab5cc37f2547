"""What can be turned on the durable runtime."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RuntimeSettings:
    """Limits and habits; the defaults are those of production. Times are seconds."""

    max_active: int = 256
    """Conversations worked on at the same time."""
    max_waiting: int = 4096
    """Conversations that may wait for a place; beyond, messages are refused (503)."""
    attempts: int = 5
    """Badly ended runs after which a message is a dead letter."""
    first_retry: float = 2.0
    """Pause before a message whose turn failed is tried again; doubles with every failure."""
    max_retry: float = 300.0
    turn_timeout: float = 30.0
    sweep_every: tuple[float, float] = (0.5, 1.0)
    """Least and most time between two sweeps: replicas must not sweep in step."""
    sweep_age: float = 0.5
    """Younger rows are left to the process that stored them."""
    tell_again: float = 60.0
    """Pause before a human is told again of a dead letter after telling failed."""
    keep_payloads: bool = False
    """Keep the payload of handled rows. Off: one-time codes that pass through are blanked."""
    keep_days: int = 30
    """Days after which closed rows are purged, at least 30: until then their dedupe keys hold."""
    purge_every: float = 3600.0
    max_batch: int = 200
    """Operations that share one transaction."""
    create_schema: bool = False
    """Create missing tables at start: for tests; in production migrations do it."""

    def __post_init__(self) -> None:
        """Refuse what would break a promise. Raises ValueError."""
        if self.keep_days < LEAST_KEEP_DAYS:
            raise ValueError(f"dedupe keys are kept {LEAST_KEEP_DAYS} days at least")


LEAST_KEEP_DAYS = 30
"""A channel may repeat a message for weeks (WhatsApp: up to 7 days)."""
