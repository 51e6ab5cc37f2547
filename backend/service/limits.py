"""Caps and the breaker (security.md 4-6).

Two kinds of cap, kept apart on purpose. What a caller is refused for depends only on what the
caller did and typed: chat identity, network, login. What depends on the account behind a login
(its failures, its mailbox) is never refused aloud: the answer stays the same and no mail goes.
Counting and deciding happen while the caps' rows are held, so parallel calls cannot slip through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from prometheus_client import Counter

from backend.domain.codes import (
    Cap,
    Hit,
    breaker_opens,
    full_until,
    members_full_until,
    network_of,
    seconds_until,
    within,
)
from backend.service.errors import Paused, TooMany
from backend.store import limits as store

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.domain.codes import CodeRules
    from backend.service.vault import Vault
    from backend.store.database import Database
    from backend_client import wire

REFUSED = Counter(
    "helpdesk_verification_refusals_total", "Calls refused by a cap or the breaker.", ["cap"]
)
PAUSES = Counter("helpdesk_recovery_pauses_total", "Times the breaker paused recovery.")
SWITCHED_OFF = Counter(
    "helpdesk_recovery_switched_off_total",
    "Logins whose failures in a row switched recovery by chat off.",
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as cap keys: everything here comes from the request alone."""

    identity: str
    login: str
    network: str | None
    member: str
    """What the identity's different logins are told apart by."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The caps that are refused aloud."""
        return (self.identity, self.login, *([self.network] if self.network else []))


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a login stands for, as cap keys; of nobody just as of somebody."""

    account: str
    destination: str

    @property
    def keys(self) -> tuple[str, str]:
        """The caps that work in silence."""
        return (self.account, self.destination)


Counts = Mapping[str, Sequence[Hit]]


class Limits:
    """Counts what security.md 4-6 limits. Every method works within the caller's transaction."""

    def __init__(self, db: Database, vault: Vault, rules: CodeRules) -> None:
        self._db = db
        self._vault = vault
        self._rules = rules

    def caller(self, identity: wire.ChatIdentity, login: str, address: str | None) -> Caller:
        """Return the caps of one request; `login` is the fingerprint of what was typed."""
        user = f"{identity.channel}\n{identity.user}"
        network = None if address is None else self._key("network", network_of(address))
        return Caller(self._key("identity", user), self.login_key(login), network, login)

    def login_key(self, login: str) -> str:
        """Return the cap of wrong codes for one typed login."""
        return self._key("login", login)

    def target(self, account: str, destination: str) -> Target:
        """Return the caps of an account and of the address its mail goes to."""
        return Target(self._key("account", account), self._key("destination", destination))

    def _key(self, scope: str, value: str) -> str:
        return f"{scope}:{self._vault.index(f'{scope}:{value}')}"

    # -- looking ----------------------------------------------------------------------------
    async def count(self, tx: AsyncConnection, keys: Sequence[str], now: datetime) -> Counts:
        """Return what counts now, without holding anything: a first look before costly work."""
        return await store.hits(tx, keys, now - self._rules.longest_window)

    async def hold(self, tx: AsyncConnection, keys: Sequence[str], now: datetime) -> Counts:
        """Hold the caps until the transaction ends and return what counts."""
        await store.hold(self._db, tx, keys, now)
        return await self.count(tx, keys, now)

    def refuse_full(self, caller: Caller, counts: Counts, now: datetime) -> None:
        """Refuse when a cap of the caller has no room. Raises TooMany."""
        rules = self._rules
        by_identity = counts[caller.identity]
        until = {
            "identity": full_until(rules.identity_challenges, by_identity, now),
            "logins": members_full_until(rules.identity_logins, by_identity, caller.member, now),
            "login_failures": full_until(rules.account_failures, counts[caller.login], now),
            "network": full_until(rules.network_challenges, counts[caller.network], now)
            if caller.network
            else None,
        }
        full = {cap: then for cap, then in until.items() if then is not None}
        if full:
            cap = max(full, key=lambda name: full[name])
            REFUSED.labels(cap).inc()
            raise TooMany(cap, retry_after=seconds_until(full[cap], now))

    def failures(self, key: str, counts: Counts, now: datetime) -> int:
        """Return the wrong codes of the last 24 h that count on a login's or account's cap."""
        return len(within(self._rules.account_failures, counts[key], now))

    async def may_mail(
        self, tx: AsyncConnection, account: str, target: Target, counts: Counts, now: datetime
    ) -> bool:
        """Tell whether a code may go out; where not, nobody is told (security.md 4, 5)."""
        open_ = await self.is_open(tx, account, target.account, counts, now)
        return open_ & all(
            _has_room(cap, counts[target.destination], now) for cap in self._rules.mails
        )

    async def is_open(
        self, tx: AsyncConnection, account: str, cap: str, counts: Counts, now: datetime
    ) -> bool:
        """Tell whether the account's failures, of the day and in a row, leave recovery open."""
        _, off_at = await store.standing(tx, account)
        room = _has_room(self._rules.account_failures, counts[cap], now)
        return off_at is None and room

    # -- counting ---------------------------------------------------------------------------
    async def count_start(
        self, tx: AsyncConnection, caller: Caller, target: Target, now: datetime, *, mailed: bool
    ) -> None:
        """Count a challenge, and its mail if one goes."""
        entries = [(caller.identity, caller.member), _mail_entry(target, mailed=mailed)]
        if caller.network:
            entries.append((caller.network, ""))
        await store.add_hits(tx, entries, now)

    async def count_mail(
        self, tx: AsyncConnection, target: Target, now: datetime, *, mailed: bool
    ) -> None:
        """Count a code mailed again."""
        await store.add_hits(tx, [_mail_entry(target, mailed=mailed)], now)

    async def count_failure(
        self, tx: AsyncConnection, account: str, keys: Sequence[str], now: datetime
    ) -> bool:
        """Count a wrong code on login and account; tell whether it switched recovery off."""
        await store.add_hits(tx, [(key, "") for key in keys], now)
        failures, off_at = await store.standing(tx, account)
        failures += 1
        switches = off_at is None and failures >= self._rules.consecutive_failures
        await store.write_standing(
            self._db, tx, account, failures=failures, off_at=now if switches else off_at, now=now
        )
        if switches:
            SWITCHED_OFF.inc()
            _log.warning("recovery_switched_off", failures=failures)
        return switches

    async def reset_failures(self, tx: AsyncConnection, account: str, now: datetime) -> None:
        """Start the count in a row anew: a right code, or an owner who was re-proofed."""
        await store.write_standing(self._db, tx, account, failures=0, off_at=None, now=now)

    # -- the breaker ------------------------------------------------------------------------
    async def refuse_pause(self, tx: AsyncConnection, now: datetime) -> None:
        """Refuse while recovery is paused for everybody. Raises Paused."""
        until = await store.paused_until(tx)
        if until is not None and now < until:
            REFUSED.labels("breaker").inc()
            raise Paused(retry_after=seconds_until(until, now))

    async def count_check(self, tx: AsyncConnection, now: datetime, *, failed: bool) -> bool:
        """Count a code that was looked at; tell whether it made the breaker open."""
        rules = self._rules.breaker
        await store.count_check(self._db, tx, now, failed=failed)
        last_pause = await store.paused_until(tx)
        since = now - rules.window
        checks, failures = await store.checks_since(tx, max(since, last_pause or since))
        opens = failed and breaker_opens(rules, checks, failures)
        if opens:
            await store.pause(self._db, tx, now + rules.pause)
            PAUSES.inc()
            _log.error("recovery_paused", checks=checks, failures=failures)
        return opens


def _has_room(cap: Cap, hits: Sequence[Hit], now: datetime) -> bool:
    return full_until(cap, hits, now) is None


def _mail_entry(target: Target, *, mailed: bool) -> tuple[str, str]:
    # One row either way, so that both cases cost the same; the silent one counts on nothing.
    return (target.destination, "") if mailed else (f"silent:{target.destination}", "")
