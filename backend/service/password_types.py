"""What is asked of `Passwords` and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from backend.domain.password_policy import Rule
from backend.service.ports import Why

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backend.domain.accounts import Account


@dataclass(frozen=True, slots=True)
class ChangeRules:
    """When an undecided change is looked at, and when it is given up."""

    look_after: timedelta = timedelta(seconds=60)
    """Longer than any adapter waits for its directory: the sender is gone then."""
    give_up_after: timedelta = timedelta(minutes=5)
    """A write that has not shown by then was lost."""
    skew: timedelta = timedelta(seconds=60)
    """How far the directory's clock may be behind ours."""
    revoke_tries: int = 12
    revoke_delay: timedelta = timedelta(seconds=10)
    """Before the second try to end sessions; doubled each time, an hour at most."""
    keep_decided: timedelta = timedelta(days=30)
    """How long an operation's key is remembered."""


@dataclass(frozen=True, slots=True)
class ChangeOrder:
    """Please change this password. `op_id` is the idempotency key; `account` was just read."""

    op_id: str
    account: Account
    language: str
    link_id: str | None = None
    conversation: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeApplied:
    """The directory has the new password and everything that follows is committed."""


@dataclass(frozen=True, slots=True)
class ChangeRefused:
    """The password breaks these rules; nothing was changed."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class ChangeUnknown:
    """Not certain: `reconcile` will find out and tell the conversation."""


ChangeOutcome = ChangeApplied | ChangeRefused | ChangeUnknown


class ChangeInFlight(Exception):
    """Another change of this account is not decided yet."""


class LinkGone(Exception):
    """The link the change was asked with died before the change could be recorded."""


_RULE_OF = {
    Why.TOO_SHORT: Rule.TOO_SHORT,
    Why.COMPLEXITY: Rule.WEAK,
    Why.IN_HISTORY: Rule.USED_BEFORE,
    Why.TOO_YOUNG: Rule.TOO_YOUNG,
    Why.BANNED: Rule.COMMON,
    Why.CHARSET: Rule.CHARSET,
    Why.UNSPECIFIED: Rule.DIRECTORY,
}


def rules_of(why: Iterable[Why]) -> tuple[Rule, ...]:
    """Return what a directory's refusal means to a person, in the order people read rules."""
    broken = {_RULE_OF[one] for one in why}
    return tuple(rule for rule in Rule if rule in broken) or (Rule.DIRECTORY,)
