"""What the durable runtime counts, for Prometheus."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

_ingested = Counter(
    "helpdesk_bot_ingested_total",
    "Messages offered to the inbox: new ones, and repeats that were recognised.",
    ["result"],
)
INGESTED_NEW: Final = _ingested.labels("new")
INGESTED_REPEAT: Final = _ingested.labels("repeat")

_turns = Counter(
    "helpdesk_bot_turns_total",
    "Turns of conversations: done, or failed (the message is tried again).",
    ["outcome"],
)
TURNS_DONE: Final = _turns.labels("done")
TURNS_FAILED: Final = _turns.labels("failed")

TURN_SECONDS: Final = Histogram(
    "helpdesk_bot_turn_seconds",
    "Time from the start of a turn to its commit.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
ACTIVE_ACTORS: Final = Gauge(
    "helpdesk_bot_active_actors", "Conversations being worked on, or waiting for a place."
)
OUTBOX_WAITING: Final = Gauge(
    "helpdesk_bot_outbox_waiting", "Effects that have not left yet, as of the last sweep."
)
RESENDS: Final = Counter(
    "helpdesk_bot_resends_total",
    "Effects sent once more after a process died in the middle of a delivery.",
)

_dead_letters = Counter(
    "helpdesk_bot_dead_letters_total", "Messages and effects that were given up on.", ["what"]
)
DEAD_MESSAGES: Final = _dead_letters.labels("message")
DEAD_EFFECTS: Final = _dead_letters.labels("effect")
