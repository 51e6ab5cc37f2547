"""Tables of challenges, grants and unlocks, and the statements that must be atomic.

No code and nothing to verify a code by is stored: only what its key is derived from.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime  # noqa: TC003 - dataclass annotations stay readable at run time
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from backend.domain.codes import Challenge
from backend.domain.risk import KnownIdentity
from backend.store.database import Instant, metadata
from backend.store.outdated import Outdated

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.domain.codes import CodeRules
    from backend.store.database import Database

challenges = sa.Table(
    "challenges",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("purpose", sa.String(32), nullable=False),
    sa.Column("conversation", sa.String(200), nullable=False),
    sa.Column("channel", sa.String(200), nullable=False),
    # Keyed fingerprints: who is on the other side of the chat, what was typed, where mail goes.
    sa.Column("identity", sa.String(64), nullable=False),
    sa.Column("login_index", sa.String(64), nullable=False),
    sa.Column("destination", sa.String(64), nullable=False),
    # The login itself, sealed: every step looks the account up anew.
    sa.Column("login", sa.Text, nullable=False),
    # The directory's id, or "~" and a fingerprint for a login that nobody has.
    sa.Column("account", sa.String(200), nullable=False),
    sa.Column("password_version", sa.Integer, nullable=False),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("nonce", sa.String(32), nullable=False),
    sa.Column("mailed", sa.Boolean, nullable=False),
    sa.Column("counter", sa.Integer, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("started_at", Instant, nullable=False, index=True),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("next_try_at", Instant, nullable=False),
    sa.Column("resend_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
    sa.Column("voided_at", Instant),
    sa.Index("ix_challenges_conversation", "conversation", "purpose"),
)

grants = sa.Table(
    "grants",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("purpose", sa.String(32), nullable=False),
    sa.Column("account", sa.String(200), nullable=False),
    sa.Column("conversation", sa.String(200), nullable=False),
    sa.Column("channel", sa.String(200), nullable=False),
    sa.Column("identity", sa.String(64), nullable=False),
    sa.Column("password_version", sa.Integer, nullable=False),
    sa.Column("human", sa.String(32)),
    sa.Column("issued_at", Instant, nullable=False, index=True),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
    sa.Column("revoked_at", Instant),
    sa.Index("ix_grants_account", "account", "purpose", "used_at"),
)

proven_identities = sa.Table(
    "proven_identities",
    metadata,
    sa.Column("account", sa.String(200), primary_key=True),
    sa.Column("channel", sa.String(200), primary_key=True),
    sa.Column("identity", sa.String(64), primary_key=True),
    sa.Column("first_proven_at", Instant, nullable=False),
    sa.Column("last_proven_at", Instant, nullable=False, index=True),
)
"""Which chat identity proved which account: the risk gate's memory (security.md 3)."""

unlock_operations = sa.Table(
    "unlock_operations",
    metadata,
    sa.Column("grant_digest", sa.String(64), primary_key=True),
    sa.Column("account", sa.String(200), nullable=False),
    sa.Column("conversation", sa.String(200), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("reason", sa.String(64)),
    sa.Column("started_at", Instant, nullable=False, index=True),
)
"""One row per spent grant: a repeated call finds how the first one ended."""


def _is(challenge: str, conversation: str) -> sa.ColumnElement[bool]:
    return sa.and_(challenges.c.id == challenge, challenges.c.conversation == conversation)


def _is_live(rules: CodeRules, now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(
        challenges.c.attempts < rules.tries,
        challenges.c.used_at.is_(None),
        challenges.c.voided_at.is_(None),
        challenges.c.expires_at > now,
    )


def _challenge(result: sa.CursorResult[Any]) -> Challenge | None:
    row = result.mappings().one_or_none()
    return None if row is None else Challenge(**row)


# -- challenges -----------------------------------------------------------------------------
async def find_challenge(
    tx: AsyncConnection, challenge: str, conversation: str | None
) -> Challenge | None:
    """Return a challenge; of another conversation it is as if there were none."""
    where = challenges.c.id == challenge if conversation is None else _is(challenge, conversation)
    return _challenge(await tx.execute(sa.select(challenges).where(where)))


async def add_challenge(tx: AsyncConnection, challenge: Challenge) -> None:
    """Store a new challenge."""
    await tx.execute(sa.insert(challenges).values(**asdict(challenge)))


async def charge_try(
    tx: AsyncConnection, rules: CodeRules, challenge: str, conversation: str, now: datetime
) -> Challenge | None:
    """Spend one try, if one may be spent at `now`, and return the challenge as it is then.

    One statement (security.md 4): of parallel guesses each waits for the one before it.
    """
    statement = (
        sa.update(challenges)
        .where(
            _is(challenge, conversation),
            _is_live(rules, now),
            challenges.c.next_try_at <= now,
        )
        .values(attempts=challenges.c.attempts + 1)
        .returning(challenges)
    )
    return _challenge(await tx.execute(statement))


async def charge_resend(
    tx: AsyncConnection, rules: CodeRules, challenge: str, conversation: str, now: datetime
) -> Challenge | None:
    """Let the old code die and a new one begin, if that may be at `now`, and return it."""
    statement = (
        sa.update(challenges)
        .where(
            _is(challenge, conversation),
            _is_live(rules, now),
            challenges.c.counter < rules.resends,
            challenges.c.resend_at <= now,
        )
        .values(
            counter=challenges.c.counter + 1,
            expires_at=now + rules.lifetime,
            resend_at=now + rules.resend_after,
        )
        .returning(challenges)
    )
    return _challenge(await tx.execute(statement))


async def set_challenge(tx: AsyncConnection, challenge: str, **values: object) -> None:
    """Change a challenge whose row this transaction already holds."""
    await tx.execute(sa.update(challenges).where(challenges.c.id == challenge).values(**values))


async def void_challenge(
    tx: AsyncConnection, rules: CodeRules, challenge: str, conversation: str, now: datetime
) -> bool:
    """Let a live challenge die and tell whether it was live."""
    statement = (
        sa.update(challenges)
        .where(_is(challenge, conversation), _is_live(rules, now))
        .values(voided_at=now)
    )
    return (await tx.execute(statement)).rowcount == 1


async def void_older(tx: AsyncConnection, conversation: str, purpose: str, now: datetime) -> None:
    """Let the challenges die that a new one for the same purpose replaces."""
    await tx.execute(
        sa.update(challenges)
        .where(
            challenges.c.conversation == conversation,
            challenges.c.purpose == purpose,
            challenges.c.used_at.is_(None),
            challenges.c.voided_at.is_(None),
        )
        .values(voided_at=now)
    )


async def void_conversation(tx: AsyncConnection, conversation: str, now: datetime) -> None:
    """Let every open challenge of a conversation die."""
    await tx.execute(
        sa.update(challenges)
        .where(
            challenges.c.conversation == conversation,
            challenges.c.used_at.is_(None),
            challenges.c.voided_at.is_(None),
        )
        .values(voided_at=now)
    )


# -- the risk gate's memory -----------------------------------------------------------------
async def known_identities(
    tx: AsyncConnection, account: str, channel: str
) -> Sequence[KnownIdentity]:
    """Return the identities of this channel that proved the account."""
    statement = sa.select(
        proven_identities.c.identity,
        proven_identities.c.first_proven_at,
        proven_identities.c.last_proven_at,
    ).where(proven_identities.c.account == account, proven_identities.c.channel == channel)
    return [KnownIdentity(*row) for row in await tx.execute(statement)]


async def remember_identity(
    db: Database,
    tx: AsyncConnection,
    proven: tuple[str, str, str],
    now: datetime,
    memory: timedelta,
) -> None:
    """Note that `(account, channel, identity)` is proven; unseen for `memory`, it starts anew."""
    account, channel, identity = proven
    statement = db.insert(proven_identities).values(
        account=account,
        channel=channel,
        identity=identity,
        first_proven_at=now,
        last_proven_at=now,
    )
    first = sa.case(
        (proven_identities.c.last_proven_at <= now - memory, now),
        else_=proven_identities.c.first_proven_at,
    )
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[
                proven_identities.c.account,
                proven_identities.c.channel,
                proven_identities.c.identity,
            ],
            set_={"first_proven_at": first, "last_proven_at": now},
        )
    )


async def rename_identity(tx: AsyncConnection, channel: str, identity: str, former: str) -> None:
    """Keep what an identity of a channel proved under another name."""
    await tx.execute(
        sa.update(proven_identities)
        .where(proven_identities.c.channel == channel, proven_identities.c.identity == identity)
        .values(identity=former)
    )


async def spent_grants(
    tx: AsyncConnection, account: str, purpose: str, since: datetime
) -> Sequence[datetime]:
    """Return when grants of this account and purpose were spent after `since`."""
    statement = sa.select(grants.c.used_at).where(
        grants.c.account == account, grants.c.purpose == purpose, grants.c.used_at > since
    )
    return [row.used_at for row in await tx.execute(statement)]


# -- unlocks --------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class UnlockOperation:
    """A row of `unlock_operations`; `state` is `pending` or a `wire.ChangeState`."""

    grant_digest: str
    account: str
    conversation: str
    state: str
    reason: str | None
    started_at: datetime


async def find_unlock(
    tx: AsyncConnection, grant_digest: str, conversation: str
) -> UnlockOperation | None:
    """Return the operation a conversation's grant was spent on."""
    statement = sa.select(unlock_operations).where(
        unlock_operations.c.grant_digest == grant_digest,
        unlock_operations.c.conversation == conversation,
    )
    row = (await tx.execute(statement)).mappings().one_or_none()
    return None if row is None else UnlockOperation(**row)


async def add_unlock(tx: AsyncConnection, operation: UnlockOperation) -> None:
    """Note an operation before the directory is asked."""
    await tx.execute(sa.insert(unlock_operations).values(**asdict(operation)))


async def decide_unlock(
    tx: AsyncConnection, grant_digest: str, state: str, reason: str | None
) -> bool:
    """Note how an operation ended and tell whether that is news: another call may be faster."""
    statement = (
        sa.update(unlock_operations)
        .where(
            unlock_operations.c.grant_digest == grant_digest,
            unlock_operations.c.state.not_in([state, "applied", "refused"]),
        )
        .values(state=state, reason=reason)
    )
    return (await tx.execute(statement)).rowcount == 1


# -- upkeep ---------------------------------------------------------------------------------
def outdated(rules: CodeRules, now: datetime) -> tuple[Outdated, ...]:
    """Return old challenges, and grants, unlocks and identities no rule looks at any more."""
    old = now - rules.challenge_retention
    # The risk gate counts spent grants of this window.
    spent = old - rules.risk.resets_window
    forgotten = now - rules.risk.identity_memory
    return (
        Outdated(challenges.c.id, challenges.c.started_at < old),
        Outdated(grants.c.digest, grants.c.issued_at < spent),
        Outdated(unlock_operations.c.grant_digest, unlock_operations.c.started_at < spent),
        Outdated(proven_identities.c.account, proven_identities.c.last_proven_at < forgotten),
    )
