"""How calls between bot and backend are signed: HMAC-SHA256 over everything that matters.

Both sides hold the same key. A captured call can be repeated only within `MAX_SKEW`, and a
repeated write has the same idempotency key, so it has no second effect.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

PRINCIPAL = "X-Helpdesk-Principal"
TIMESTAMP = "X-Helpdesk-Timestamp"
SIGNATURE = "X-Helpdesk-Signature"
ACTOR = "X-Helpdesk-Actor"
IDEMPOTENCY_KEY = "Idempotency-Key"
MAX_SKEW = 300
"""Seconds a signature stays good, before and after the backend's own time."""


@dataclass(frozen=True, slots=True)
class Signable:
    """What one call consists of, as far as it is signed."""

    method: str
    target: str
    """Path with query, as sent."""
    timestamp: int
    """Seconds since the epoch."""
    actor: str
    """Who acts through an operator key; empty for the bot."""
    idempotency_key: str
    body: bytes


def sign(key: str, principal: str, call: Signable) -> str:
    """Return the signature, 64 hexadecimal digits."""
    body = hashlib.sha256(call.body).hexdigest()
    parts = (
        principal,
        call.method,
        call.target,
        str(call.timestamp),
        call.actor,
        call.idempotency_key,
        body,
    )
    # Line feeds cannot occur inside a header or a target, so the parts cannot run together.
    return hmac.new(key.encode(), _bytes("\n".join(parts)), hashlib.sha256).hexdigest()


def verify(key: str, principal: str, call: Signable, signature: str, now: int) -> bool:
    """Tell whether the signature is right and fresh."""
    expected = sign(key, principal, call).encode()
    right = hmac.compare_digest(expected, _bytes(signature))
    return right and abs(now - call.timestamp) <= MAX_SKEW


def _bytes(text: str) -> bytes:
    # A header's bytes that are no UTF-8 arrive as lone surrogates: a wrong signature, no error.
    return text.encode(errors="surrogateescape")
