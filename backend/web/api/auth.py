"""Who calls: the bot or an operator, proven by a signature (backend_client.signing)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.web.api.problems import Malformed
from backend.web.api.routing import Principal
from backend_client import signing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

    from ops.clock import Clock

MAX_ACTOR = 100


class Authenticator:
    """Checks signatures. Each principal's key opens only that principal's routes."""

    def __init__(self, keys: Mapping[Principal, str], clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    def check(self, request: web.Request, body: bytes, wanted: Principal) -> str:
        """Return the actor's name. Raises Malformed (401, 403)."""
        headers = request.headers
        principal = headers.get(signing.PRINCIPAL, "")
        timestamp = headers.get(signing.TIMESTAMP, "")
        if principal not in set(Principal) or not (timestamp.isascii() and timestamp.isdigit()):
            raise Malformed("unauthorized", 401)
        call = signing.Signable(
            method=request.method,
            target=request.raw_path,
            timestamp=int(timestamp[:12]),
            actor=headers.get(signing.ACTOR, ""),
            idempotency_key=headers.get(signing.IDEMPOTENCY_KEY, ""),
            body=body,
        )
        now = int(self._clock.now().timestamp())
        signature = headers.get(signing.SIGNATURE, "")
        key = self._keys[Principal(principal)]
        if not signing.verify(key, principal, call, signature, now):
            raise Malformed("unauthorized", 401)
        if principal != wanted:
            raise Malformed("forbidden", 403)
        return self._actor(wanted, call.actor)

    @staticmethod
    def _actor(principal: Principal, actor: str) -> str:
        if principal is Principal.BOT:
            return "bot"
        if not actor or len(actor) > MAX_ACTOR or not actor.isprintable():
            raise Malformed("actor_required", 400)
        return actor
