"""The risk gate: who must see a human although the code was right (security.md 3).

Decided silently and told only after the code, so that it reveals nothing about an account.
"""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 - signatures stay readable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from backend.domain.accounts import is_frozen, is_usable

if TYPE_CHECKING:
    from backend.domain.accounts import Account


class Risk(StrEnum):
    """Why a human has to look at it."""

    PRIVILEGED = "privileged"
    RECOVERY_EMAIL_CHANGED = "recovery_email_changed"
    IDENTITY_CHANGED = "identity_changed"
    REPEATED_RESETS = "repeated_resets"
    FROZEN = "frozen"
    ACCOUNT_NOT_USABLE = "account_not_usable"


@dataclass(frozen=True, slots=True)
class RiskRules:
    """The gate's numbers."""

    email_settles: timedelta = timedelta(days=7)
    """A changed recovery address is no proof before this age."""
    resets: int = 2
    resets_window: timedelta = timedelta(hours=24)
    identity_memory: timedelta = timedelta(days=90)
    """How long a chat identity that proved the account is remembered as the owner's."""
    identity_settles: timedelta = timedelta(days=7)
    """A second identity of the same channel is a change until it is known this long."""
    lasting_channels: frozenset[str] = frozenset({"telegram", "whatsapp", "teams"})
    """Channels whose identities last; a web chat's is new with every browser."""


@dataclass(frozen=True, slots=True)
class KnownIdentity:
    """A chat identity that proved the account with a right code."""

    identity: str
    first_proven_at: datetime
    last_proven_at: datetime


def identity_changed(
    rules: RiskRules,
    channel: str,
    identity: str,
    known: Sequence[KnownIdentity],
    now: datetime,
) -> bool:
    """Tell whether somebody else on this channel was the owner lately.

    `known` holds the identities of this channel that proved the account before now. An identity
    settles like a recovery address does: known for 7 days, it is no change any more.
    """
    if channel not in rules.lasting_channels:
        return False
    recent = [one for one in known if now - one.last_proven_at < rules.identity_memory]
    settled = any(
        one.identity == identity and now - one.first_proven_at >= rules.identity_settles
        for one in recent
    )
    return not settled and any(_came_first(one, identity, recent) for one in recent)


def _came_first(one: KnownIdentity, identity: str, known: Sequence[KnownIdentity]) -> bool:
    # Another identity counts against this one only if it was there before it: the first owner
    # must not be locked out by whoever turns up second.
    own = min((k.first_proven_at for k in known if k.identity == identity), default=None)
    return one.identity != identity and (own is None or one.first_proven_at < own)


def assess(
    rules: RiskRules,
    account: Account,
    *,
    changed_identity: bool,
    resets: Sequence[datetime],
    now: datetime,
) -> Risk | None:
    """Return the first reason, gravest first, why a human has to decide; None opens the way.

    `resets` are the instants at which a grant to reset this account was spent.
    """
    recent = [at for at in resets if now - at < rules.resets_window]
    changed_at = account.recovery_email_changed_at
    reasons = {
        Risk.FROZEN: is_frozen(account, now),
        Risk.PRIVILEGED: account.privileged,
        Risk.ACCOUNT_NOT_USABLE: not is_usable(account, now),
        Risk.RECOVERY_EMAIL_CHANGED: changed_at is not None
        and now - changed_at < rules.email_settles,
        Risk.IDENTITY_CHANGED: changed_identity,
        Risk.REPEATED_RESETS: len(recent) >= rules.resets,
    }
    return next((risk for risk, holds in reasons.items() if holds), None)
