"""Once per key: the work of a call and the record of its answer are one transaction.

A call that is repeated after a lost answer, a kill or a redelivery gets the first answer again.
Two at the same moment: the second waits for the first one's commit, then reads its answer.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from backend.store.idempotency import answers
from backend.web.api.problems import Malformed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.service.vault import Vault
    from backend.store.database import Database
    from ops.clock import Clock

MAX_KEY = 200
TRIES = 4
_RETRY_STATES = frozenset({"40001", "40P01"})  # serialization failure, deadlock: nothing was done


@dataclass(frozen=True, slots=True)
class Answer:
    """A response as it is kept and repeated."""

    status: int
    body: bytes
    content_type: str = "application/json"


class Idempotency:
    """Runs writes once per principal and key."""

    def __init__(self, db: Database, vault: Vault, clock: Clock) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock
        # Keyed: a plain digest of a body with a code in it would give the code away.
        self._key = vault.derive(b"helpdesk/request", b"", 32)

    async def once(
        self, principal: str, key: str, request: bytes, work: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        """Return the answer of `work`, or the one the key already has.

        Raises Malformed when the key is missing, too long, or was used for another request.
        Whatever `work` raises rolls everything back, and the key stays free.
        """
        if not key or len(key) > MAX_KEY or not key.isascii() or not key.isprintable():
            raise Malformed("idempotency_key_required", 400)
        for attempt in range(1, TRIES + 1):
            try:
                async with self._db.unit_of_work() as tx:
                    return await self._once(tx, (principal, key), request, work)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in _RETRY_STATES or attempt == TRIES:
                    raise
        raise AssertionError  # pragma: no cover - the loop returns or raises

    async def _once(
        self,
        tx: AsyncConnection,
        row: tuple[str, str],
        request: bytes,
        work: Callable[[], Awaitable[Answer]],
    ) -> Answer:
        principal, key = row
        digest = hmac.new(self._key, request, hashlib.sha256).hexdigest()
        claim = self._db.insert(answers).values(
            principal=principal, key=key, request_hash=digest, at=self._clock.now()
        )
        claimed = await tx.execute(claim.on_conflict_do_nothing())
        if claimed.rowcount == 0:
            return await self._given(tx, row, digest)
        answer = await work()
        sealed = self._vault.seal(answer.body.decode(), bound_to=f"answer:{principal}:{key}")
        await tx.execute(
            sa.update(answers)
            .where(answers.c.principal == principal, answers.c.key == key)
            .values(status=answer.status, body=f"{answer.content_type} {sealed}")
        )
        return answer

    async def _given(self, tx: AsyncConnection, row: tuple[str, str], digest: str) -> Answer:
        principal, key = row
        found = (
            await tx.execute(
                sa.select(answers).where(answers.c.principal == principal, answers.c.key == key)
            )
        ).one()
        if found.request_hash != digest:
            raise Malformed("idempotency_key_reused", 422)
        content_type, _, sealed = found.body.partition(" ")
        body = self._vault.unseal(sealed, bound_to=f"answer:{principal}:{key}")
        return Answer(found.status, body.encode(), content_type)
