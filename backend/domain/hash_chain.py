"""A chain of hashes over the audit trail: no row can be changed, moved or taken out unseen."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime

GENESIS = "0" * 64
"""What the first row is chained to."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the audit trail. `detail` is canonical JSON."""

    seq: int
    at: datetime
    event: str
    actor: str
    subject: str | None
    detail: str


def canonical_json(value: object) -> str:
    """Return the one JSON text for `value`: sorted keys, no spaces, no escapes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def link(previous: str, entry: Entry, key: bytes = b"") -> str:
    """Return the hash (64 hex digits) of `entry` behind the row whose hash is `previous`.

    With a `key` a writer who has the database but not the key cannot forge a chain.
    """
    fields = (
        previous,
        entry.seq,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.event,
        entry.actor,
        entry.subject,
        entry.detail,
    )
    return _digest(canonical_json(fields), key)


def seal(through: int, last: str, key: bytes = b"") -> str:
    """Return the seal of a checkpoint: the chain goes on after row `through` from hash `last`."""
    return _digest(canonical_json(("checkpoint", through, last)), key)


def _digest(text: str, key: bytes) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


class Walk:
    """Follows a chain row by row from a known link."""

    def __init__(self, seq: int = 0, last: str = GENESIS, key: bytes = b"") -> None:
        self.seq: int = seq
        self.last: str = last
        self._key = key

    def step(self, entry: Entry, found: str) -> bool:
        """Tell whether `entry` is the next row and its stored hash `found` is right."""
        expected = link(self.last, entry, self._key)
        if entry.seq != self.seq + 1 or not hmac.compare_digest(expected, found):
            return False
        self.seq, self.last = entry.seq, found
        return True
