"""Freezing: "it wasn't me", says whoever holds a mailbox of the account (security.md 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from backend.domain.links import LinkEnd, LinkRules
from backend.service.errors import BackendBusy
from backend.service.link_views import Frozen, LinkOver
from backend.service.ports import DirectoryError
from backend.store import links as link_rows
from backend.store.accounts import freeze_tokens, recovery_freezes
from backend_client import wire

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.domain.accounts import Account
    from backend.service.audit import Audit
    from backend.service.feed import Feed
    from backend.service.grants import Grants
    from backend.service.password_notices import Notices
    from backend.service.ports import Directory
    from backend.service.vault import Vault
    from backend.store.database import Database
    from ops.clock import Clock

    OnFreeze = Callable[[AsyncConnection, Account, datetime], Awaitable[None]]


class Freezes:
    """Freezes recovery with the token of a notice. `on_freeze` opens the security ticket."""

    def __init__(  # noqa: PLR0913 - wired in one place, by name
        self,
        *,
        db: Database,
        directory: Directory,
        vault: Vault,
        audit: Audit,
        feed: Feed,
        grants: Grants,
        notices: Notices,
        clock: Clock,
        rules: LinkRules,
        on_freeze: OnFreeze | None,
    ) -> None:
        self._db = db
        self._directory = directory
        self._vault = vault
        self._audit = audit
        self._feed = feed
        self._grants = grants
        self._notices = notices
        self._clock = clock
        self._rules = rules
        self._on_freeze = on_freeze

    async def freeze(self, token: str) -> Frozen:
        """Let recovery rest for 72 hours; the same token twice changes nothing more.

        Raises LinkOver (unknown or expired token), BackendBusy.
        """
        digest = self._vault.digest(token)
        async with self._db.read() as tx:
            query = sa.select(freeze_tokens).where(freeze_tokens.c.digest == digest)
            row = (await tx.execute(query)).one_or_none()
        if row is None:
            raise LinkOver(LinkEnd.UNKNOWN)
        if row.used_at is None and self._clock.now() >= row.expires_at:
            raise LinkOver(LinkEnd.EXPIRED)
        try:
            account = await self._directory.get(row.account_id)
        except DirectoryError:
            raise BackendBusy from None
        async with self._db.begin() as tx:
            return await self._freeze_once(tx, digest, account, row.language)

    async def _freeze_once(
        self, tx: AsyncConnection, digest: str, account: Account, language: str
    ) -> Frozen:
        now = self._clock.now()
        use = sa.update(freeze_tokens).where(freeze_tokens.c.digest == digest)
        used = await tx.execute(use.where(freeze_tokens.c.used_at.is_(None)).values(used_at=now))
        if used.rowcount == 0:
            until = sa.select(recovery_freezes.c.frozen_until)
            of_account = recovery_freezes.c.account_id == account.id
            return Frozen((await tx.execute(until.where(of_account))).scalar_one())
        until_instant = now + self._rules.freeze_for
        await self._store(tx, account.id, until_instant)
        await self._grants.revoke_for_account(tx, account.id)
        await self._end_link(tx, account.id)
        await self._notices.frozen(
            tx, f"freeze:{digest[:32]}", account, language=language, until=until_instant
        )
        subject = f"account:{account.id}"
        await self._audit.record(tx, "recovery_frozen", actor=subject, subject=subject)
        if self._on_freeze is not None:
            await self._on_freeze(tx, account, until_instant)
        return Frozen(until_instant)

    async def _store(self, tx: AsyncConnection, account_id: str, until: datetime) -> None:
        row = self._db.insert(recovery_freezes).values(account_id=account_id, frozen_until=until)
        row = row.on_conflict_do_update(
            index_elements=[recovery_freezes.c.account_id], set_={"frozen_until": until}
        )
        await tx.execute(row)

    async def _end_link(self, tx: AsyncConnection, account_id: str) -> None:
        link = await link_rows.end_live(tx, account_id, LinkEnd.FROZEN, self._clock.now())
        if link is not None and link.conversation is not None:
            reason = LinkEnd.FROZEN.value
            await self._feed.publish(tx, wire.LinkEnded, link.conversation, reason=reason)
