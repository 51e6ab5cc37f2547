"""Which passwords an account had, where the directory does not know (directories.md).

A password is kept as HMAC(pepper, argon2id(password, salt of the account)): one derivation of
25 ms compares a candidate with all 24, and the database alone gives nothing to guess against.
Only passwords set through us are known.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

import sqlalchemy as sa

from backend.service import kdf
from backend.store.accounts import password_history, password_salts

if TYPE_CHECKING:
    from pydantic import SecretStr
    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.service.vault import Vault
    from backend.store.database import Database
    from ops.clock import Clock

SALT_BYTES = 16


class History:
    """Fingerprints passwords and remembers the last `depth` of every account."""

    def __init__(self, db: Database, vault: Vault, clock: Clock, depth: int) -> None:
        self._db = db
        self._clock = clock
        self._depth = depth
        self._pepper = vault.derive(b"helpdesk/password-history", b"", 32)

    async def fingerprint(self, account_id: str, password: SecretStr) -> str:
        """Return what is kept of `password` for this account. One key derivation."""
        derived = await kdf.derive_raw(password, await self._salt(account_id))
        return hmac.new(self._pepper, derived, hashlib.sha256).hexdigest()

    async def knows(self, account_id: str, fingerprint: str) -> bool:
        """Tell whether the account had this password among its last ones."""
        rows = sa.select(password_history.c.fingerprint)
        rows = rows.where(password_history.c.account_id == account_id)
        rows = rows.order_by(password_history.c.id.desc()).limit(self._depth)
        async with self._db.read() as tx:
            known = (await tx.execute(rows)).scalars().all()
        return any(hmac.compare_digest(one, fingerprint) for one in known)

    async def remember(self, tx: AsyncConnection, account_id: str, fingerprint: str) -> None:
        """Add a password within the caller's transaction and forget those beyond the depth."""
        of_account = password_history.c.account_id == account_id
        await tx.execute(
            sa.insert(password_history).values(
                account_id=account_id, fingerprint=fingerprint, created_at=self._clock.now()
            )
        )
        newest = sa.select(password_history.c.id).where(of_account)
        newest = newest.order_by(password_history.c.id.desc()).limit(self._depth)
        await tx.execute(
            sa.delete(password_history).where(of_account, password_history.c.id.not_in(newest))
        )

    async def _salt(self, account_id: str) -> bytes:
        """Return the account's salt, made when it is needed first; two at once agree on one."""
        known = sa.select(password_salts.c.salt).where(password_salts.c.account_id == account_id)
        async with self._db.read() as tx:
            salt = await tx.scalar(known)
        if salt is not None:
            return salt
        fresh = self._db.insert(password_salts).values(
            account_id=account_id, salt=secrets.token_bytes(SALT_BYTES)
        )
        async with self._db.begin() as tx:
            await tx.execute(fresh.on_conflict_do_nothing())
            return (await tx.execute(known)).scalar_one()
