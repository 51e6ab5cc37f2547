"""Checking a code (security.md 3-4): charge a try, compare, then accept or reject."""

from __future__ import annotations

from datetime import timedelta, tzinfo
from typing import TYPE_CHECKING

from prometheus_client import Counter

from backend.domain import risk
from backend.domain.codes import CodeRules, same_code, seconds_until
from backend.service.grants import Proof
from backend.service.subjects import RECOVERY, Subject, view_of
from backend.store import verification as store
from backend_client import wire

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.domain.accounts import Account
    from backend.domain.codes import Challenge
    from backend.service.audit import Audit
    from backend.service.challenges import Challenges
    from backend.service.grants import Grants
    from backend.service.limits import Limits
    from backend.store.database import Database

CHECKED = Counter("helpdesk_code_checks_total", "Codes received, by outcome.", ["outcome"])


class CodeChecks:
    """Judges codes within the transaction of the call."""

    def __init__(
        self,
        *,
        db: Database,
        challenges: Challenges,
        limits: Limits,
        grants: Grants,
        audit: Audit,
        rules: CodeRules,
        zone: tzinfo,
    ) -> None:
        self._db = db
        self._challenges = challenges
        self._limits = limits
        self._grants = grants
        self._audit = audit
        self._rules = rules
        self._zone = zone

    def not_looked_at(
        self, challenge: Challenge, now: datetime
    ) -> wire.CodeDead | wire.CodeTooSoon | None:
        """Return why no code is looked at now, or None when one is."""
        death = challenge.death(self._rules, now)
        if death is not None:
            return wire.CodeDead(reason=wire.DeadReason(death.value))
        wait = seconds_until(challenge.next_try_at, now)
        return wire.CodeTooSoon(wait=wait) if wait else None

    async def spend_try(
        self,
        tx: AsyncConnection,
        asked: Challenge,
        typed: str,
        subject: Subject,
        now: datetime,
    ) -> wire.CheckOutcome:
        """Charge a try and judge `typed`; `subject` is whom the login stands for now."""
        # Charged before anything is compared: of parallel guesses each costs a try of its own.
        charged = await store.charge_try(tx, self._rules, asked.id, asked.conversation, now)
        if charged is None:
            latest = await self._challenges.get(tx, asked.id, asked.conversation)
            return self.not_looked_at(latest, now) or wire.CodeTooSoon(wait=1)
        login, account = self._failure_caps(charged)
        counts = await self._limits.hold(tx, (login, account), now)
        failures = self._limits.failures(login, counts, now)
        if failures >= self._rules.account_failures.limit:
            return wire.CodeDead(reason=wire.DeadReason.EXHAUSTED)
        open_ = await self._limits.is_open(tx, charged.account, account, counts, now)
        # Every part is worked out whatever the others say, so that none shows in the timing.
        right = same_code(typed, self._challenges.code(charged))
        right &= open_ & charged.mailed & subject.is_still_of(charged)
        if right and subject.account is not None:
            return await self._accept(tx, charged, subject.account, now)
        return await self._reject(tx, charged, failures + 1, now)

    def _failure_caps(self, challenge: Challenge) -> tuple[str, str]:
        return self._challenges.login_cap(challenge), self._challenges.target(challenge).account

    async def _reject(
        self, tx: AsyncConnection, challenge: Challenge, failures: int, now: datetime
    ) -> wire.CodeRejected:
        left = self._rules.tries_left(challenge.attempts, failures)
        wait = self._rules.delay_after(challenge.attempts) if left else timedelta(0)
        await store.set_challenge(tx, challenge.id, next_try_at=now + wait)
        caps = self._failure_caps(challenge)
        switched_off = await self._limits.count_failure(tx, challenge.account, caps, now)
        paused = await self._limits.count_check(tx, now, failed=True)
        await self._challenges.record(tx, "challenge.rejected", challenge, tries_left=left)
        if switched_off:
            await self._challenges.record(tx, "recovery.switched_off", challenge)
        if paused:
            await self._audit.record(tx, "recovery.paused", actor="system")
        return wire.CodeRejected(tries_left=left, wait=seconds_until(now + wait, now))

    async def _accept(
        self, tx: AsyncConnection, challenge: Challenge, account: Account, now: datetime
    ) -> wire.CodeAccepted:
        human = await self._human(tx, challenge, account, now)
        await store.set_challenge(tx, challenge.id, used_at=now)
        await self._limits.reset_failures(tx, challenge.account, now)
        await self._remember(tx, challenge, now)
        await self._limits.count_check(tx, now, failed=False)
        proof = Proof(
            account_id=account.id,
            purpose=wire.Purpose(challenge.purpose),
            conversation=challenge.conversation,
            channel=challenge.channel,
            identity=challenge.identity,
            password_version=account.password_version,
            human=human,
        )
        grant = await self._grants.issue(tx, proof)
        reason = human and human.value
        await self._challenges.record(tx, "challenge.accepted", challenge, human=reason)
        return wire.CodeAccepted(
            grant=grant,
            expires_in=int(self._rules.grant_lifetime.total_seconds()),
            account=view_of(account, now, self._zone),
            human=human,
        )

    async def _remember(self, tx: AsyncConnection, challenge: Challenge, now: datetime) -> None:
        proven = (challenge.account, challenge.channel, challenge.identity)
        memory = self._rules.risk.identity_memory
        await store.remember_identity(self._db, tx, proven, now, memory)

    async def _human(
        self, tx: AsyncConnection, challenge: Challenge, account: Account, now: datetime
    ) -> wire.HumanReason | None:
        if wire.Purpose(challenge.purpose) not in RECOVERY:
            return None
        rules = self._rules.risk
        channel, identity = challenge.channel, challenge.identity
        known = await store.known_identities(tx, account.id, channel)
        reset = wire.Purpose.RESET_PASSWORD.value
        reason = risk.assess(
            rules,
            account,
            changed_identity=risk.identity_changed(rules, channel, identity, known, now),
            resets=await store.spent_grants(tx, account.id, reset, now - rules.resets_window),
            now=now,
        )
        return None if reason is None else wire.HumanReason(reason.value)


def count_outcome(outcome: wire.CheckOutcome) -> None:
    """Count how a code ended."""
    match outcome:
        case wire.CodeAccepted():
            name = "accepted"
        case wire.CodeRejected():
            name = "rejected"
        case wire.CodeTooSoon():
            name = "too_soon"
        case wire.CodeDead():
            name = "dead"
    CHECKED.labels(name).inc()
