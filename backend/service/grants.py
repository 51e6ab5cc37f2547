"""Grants: what a right code earns. One purpose, one account, one conversation, spent once."""

from __future__ import annotations

from collections.abc import Collection  # noqa: TC003 - signatures stay readable
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - dataclass annotations stay readable at run time
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from backend.domain.codes import CodeRules, storable
from backend.service.errors import GrantInvalid, HumanNeeded
from backend.store.verification import grants
from backend_client import wire

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.service.vault import Vault
    from ops.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Who proved which account, where and for what: what a grant is made of."""

    account_id: str
    purpose: wire.Purpose
    conversation: str
    channel: str
    identity: str
    """`Vault.index` of the user's name in the channel."""
    password_version: int
    human: wire.HumanReason | None = None
    """Set: proof for a ticket, and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant(Proof):
    """A live grant, as the services that honour it see it."""

    digest: str
    issued_at: datetime
    expires_at: datetime


class Grants:
    """Issues and honours grants. Only their digests are stored; times come from `rules`."""

    def __init__(self, vault: Vault, clock: Clock, rules: CodeRules = CodeRules()) -> None:  # noqa: B008 - frozen
        self._vault = vault
        self._clock = clock
        self._rules = rules

    async def issue(self, tx: AsyncConnection, proof: Proof) -> str:
        """Store a new grant and return its token, which is known to nobody else."""
        token = self._vault.new_token()
        now = self._clock.now()
        await tx.execute(
            sa.insert(grants).values(
                digest=self._vault.digest(token),
                purpose=proof.purpose.value,
                account=proof.account_id,
                conversation=proof.conversation,
                channel=proof.channel,
                identity=proof.identity,
                password_version=proof.password_version,
                human=proof.human and proof.human.value,
                issued_at=now,
                expires_at=now + self._rules.grant_lifetime,
            )
        )
        return token

    async def peek(
        self,
        tx: AsyncConnection,
        token: str,
        conversation: str,
        purposes: Collection[wire.Purpose],
    ) -> Grant:
        """Return the live grant without spending it. Raises GrantInvalid.

        Proof enough for a ticket, also where `human` is set.
        """
        statement = sa.select(grants).where(
            self._live(token, conversation),
            grants.c.purpose.in_([purpose.value for purpose in purposes]),
        )
        row = (await tx.execute(statement)).one_or_none()
        if row is None:
            raise GrantInvalid
        return _grant(row)

    async def consume(
        self, tx: AsyncConnection, token: str, conversation: str, purpose: wire.Purpose
    ) -> Grant:
        """Spend the grant within the caller's transaction and return it.

        Raises GrantInvalid, and HumanNeeded where the risk gate closed it; it stays unspent then.
        """
        statement = (
            sa.update(grants)
            .where(
                self._live(token, conversation),
                grants.c.purpose == purpose.value,
                grants.c.human.is_(None),
            )
            .values(used_at=self._clock.now())
            .returning(grants)
        )
        row = (await tx.execute(statement)).one_or_none()
        if row is None:
            await self.peek(tx, token, conversation, {purpose})
            raise HumanNeeded
        return _grant(row)

    async def revoke_for_account(self, tx: AsyncConnection, account_id: str) -> None:
        """Let every unspent grant of the account die: its password or address was changed."""
        await tx.execute(
            sa.update(grants)
            .where(
                grants.c.account == account_id,
                grants.c.used_at.is_(None),
                grants.c.revoked_at.is_(None),
            )
            .values(revoked_at=self._clock.now())
        )

    async def revoke_for_conversation(self, tx: AsyncConnection, conversation: str) -> None:
        """Let every unspent grant of the conversation die: it may be somebody else's now."""
        await tx.execute(
            sa.update(grants)
            .where(
                grants.c.conversation == conversation,
                grants.c.used_at.is_(None),
                grants.c.revoked_at.is_(None),
            )
            .values(revoked_at=self._clock.now())
        )

    def _live(self, token: str, conversation: str) -> sa.ColumnElement[bool]:
        if not storable(conversation):
            raise GrantInvalid
        return sa.and_(
            grants.c.digest == self._vault.digest(token),
            grants.c.conversation == conversation,
            grants.c.used_at.is_(None),
            grants.c.revoked_at.is_(None),
            grants.c.expires_at > self._clock.now(),
        )


def _grant(row: sa.Row[Any]) -> Grant:
    return Grant(
        account_id=row.account,
        purpose=wire.Purpose(row.purpose),
        conversation=row.conversation,
        channel=row.channel,
        identity=row.identity,
        password_version=row.password_version,
        human=row.human and wire.HumanReason(row.human),
        digest=row.digest,
        issued_at=row.issued_at,
        expires_at=row.expires_at,
    )
