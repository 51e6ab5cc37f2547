"""What starting and checking codes share: a challenge's code, its caps, its trail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.domain.codes import KEY_BYTES, code_at, storable
from backend.service.errors import NotFound
from backend.store import verification as store

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.domain.codes import Challenge, CodeRules
    from backend.service.audit import Audit
    from backend.service.limits import Limits, Target
    from backend.service.vault import Vault
    from backend.store.database import Database


class Challenges:
    """Reads challenges and derives what belongs to them."""

    def __init__(
        self, db: Database, vault: Vault, audit: Audit, limits: Limits, rules: CodeRules
    ) -> None:
        self._db = db
        self._vault = vault
        self._audit = audit
        self._limits = limits
        self._rules = rules

    async def open(self, challenge: str, conversation: str, now: datetime) -> Challenge:
        """Return a conversation's own challenge. Raises NotFound, Paused."""
        async with self._db.read() as tx:
            await self._limits.refuse_pause(tx, now)
            return await self.get(tx, challenge, conversation)

    async def get(self, tx: AsyncConnection, challenge: str, conversation: str) -> Challenge:
        """Return a conversation's own challenge. Raises NotFound."""
        if not storable(challenge, conversation):
            raise NotFound
        found = await store.find_challenge(tx, challenge, conversation)
        if found is None:
            raise NotFound
        return found

    def code(self, challenge: Challenge) -> str:
        """Return the code of the latest mail."""
        salt = bytes.fromhex(challenge.nonce)
        key = self._vault.derive(challenge.key_info(), salt, KEY_BYTES)
        return code_at(key, challenge.counter, self._rules.code_length)

    def seal_login(self, challenge: str, login: str) -> str:
        """Seal what was typed for this challenge alone."""
        return self._vault.seal(login, bound_to=f"challenge:{challenge}")

    def login(self, challenge: Challenge) -> str:
        """Return what was typed."""
        return self._vault.unseal(challenge.login, bound_to=f"challenge:{challenge.id}")

    def login_cap(self, challenge: Challenge) -> str:
        """Return the cap of wrong codes for what was typed."""
        return self._limits.login_key(challenge.login_index)

    def target(self, challenge: Challenge) -> Target:
        """Return the caps of account and address."""
        return self._limits.target(challenge.account, challenge.destination)

    async def record(
        self,
        tx: AsyncConnection,
        event: str,
        challenge: Challenge,
        **detail: str | int | None,
    ) -> None:
        """Leave an audit record: who asked, for which account, without anything secret."""
        await self._audit.record(
            tx,
            event,
            actor=f"chat:{challenge.channel}:{challenge.identity[:16]}",
            subject=challenge.account,
            detail={"purpose": challenge.purpose, **detail},
        )
