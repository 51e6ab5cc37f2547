"""Codes by mail: start, resend, check, void (security.md 2-6).

Nobody learns from here whether an account exists. A login that nobody has gets a stand-in derived
from it, and everything happens to it that happens to an account: the same statements, the same
caps, the same code computed and compared, the same row in the mail queue. Only no mail goes out
and no code is ever right. An account without a recovery address, or frozen, is treated alike.
"""

from __future__ import annotations

import secrets
from datetime import timedelta, tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from prometheus_client import Counter

from backend.domain.codes import Challenge, CodeRules, Death, seconds_until, storable
from backend.service.challenges import Challenges
from backend.service.code_checks import CodeChecks, count_outcome
from backend.service.errors import ChallengeDead, Invalid, TooMany, TooSoon
from backend.service.grants import Grants
from backend.service.limits import Limits
from backend.service.subjects import Subject, Subjects
from backend.store import limits as limits_store
from backend.store import verification as store
from backend.store.outdated import delete_some
from backend_client import wire

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.service.audit import Audit
    from backend.service.mailer import Mailer
    from backend.service.ports import Directory
    from backend.service.vault import Vault
    from backend.store.database import Database
    from ops.clock import Clock

STARTED = Counter("helpdesk_challenges_total", "Challenges started.", ["purpose"])
RESENT = Counter("helpdesk_code_resends_total", "Codes asked for again.")

_PURGE_BATCH = 1000
"""Rows deleted in one transaction: others wait that long at most."""
_PURGE_MARGIN = timedelta(hours=1)
"""What counts on a cap is kept this much longer, for calls under way."""


class Verification:
    """Makes and checks codes. `zone` is whose days an account's validity is told in."""

    def __init__(
        self,
        *,
        db: Database,
        directory: Directory,
        vault: Vault,
        mailer: Mailer,
        audit: Audit,
        clock: Clock,
        rules: CodeRules = CodeRules(),  # noqa: B008 - frozen
        zone: tzinfo = ZoneInfo("Asia/Jakarta"),  # noqa: B008 - immutable
    ) -> None:
        self._db = db
        self._vault = vault
        self._mailer = mailer
        self._audit = audit
        self._clock = clock
        self._rules = rules
        self._subjects = Subjects(directory, vault)
        self._limits = Limits(db, vault, rules)
        self._challenges = Challenges(db, vault, audit, self._limits, rules)
        self._checks = CodeChecks(
            db=db,
            challenges=self._challenges,
            limits=self._limits,
            grants=Grants(vault, clock, rules),
            audit=audit,
            rules=rules,
            zone=zone,
        )

    # -- start ------------------------------------------------------------------------------
    async def start(self, request: wire.StartChallenge) -> wire.ChallengeStarted:
        """Mail a code to whoever owns the login, if anybody does.

        Raises TooMany and Paused by what the caller did before, Invalid for a conversation that
        cannot be stored, BackendBusy when the directory is away, whoever is asked for.
        """
        if not storable(request.conversation, request.identity.channel):
            raise Invalid
        now = self._clock.now()
        typed = self._subjects.index(request.login)
        caller = self._limits.caller(request.identity, typed, request.address)
        async with self._db.read() as tx:
            await self._limits.refuse_pause(tx, now)
            self._limits.refuse_full(caller, await self._limits.count(tx, caller.keys, now), now)
        subject = await self._subjects.find(request.login)
        target = self._limits.target(subject.id, subject.destination)
        async with self._db.begin() as tx:
            await store.void_older(tx, request.conversation, request.purpose.value, now)
            counts = await self._limits.hold(tx, (*caller.keys, *target.keys), now)
            self._limits.refuse_full(caller, counts, now)
            may_mail = await self._limits.may_mail(tx, subject.id, target, counts, now)
            address = subject.address(request.purpose, now) if may_mail else None
            mailed = address is not None
            await self._limits.count_start(tx, caller, target, now, mailed=mailed)
            challenge = self._new(request, subject, now, mailed=mailed)
            await store.add_challenge(tx, challenge)
            await self._send(tx, challenge, address)
            await self._challenges.record(tx, "challenge.started", challenge)
        STARTED.labels(request.purpose.value).inc()
        return self._started(challenge.id)

    def _new(
        self, request: wire.StartChallenge, subject: Subject, now: datetime, *, mailed: bool
    ) -> Challenge:
        challenge = self._vault.new_token()
        return Challenge(
            id=challenge,
            purpose=request.purpose.value,
            conversation=request.conversation,
            channel=request.identity.channel,
            identity=self._vault.index(request.identity.user),
            login=self._challenges.seal_login(challenge, request.login),
            login_index=self._subjects.index(request.login),
            account=subject.id,
            destination=subject.destination,
            password_version=subject.password_version,
            language=request.language.value,
            nonce=secrets.token_hex(16),
            mailed=mailed,
            started_at=now,
            expires_at=now + self._rules.lifetime,
            next_try_at=now + self._rules.delays[0],
            resend_at=now + self._rules.resend_after,
        )

    def _started(self, challenge: str) -> wire.ChallengeStarted:
        return wire.ChallengeStarted(
            challenge=challenge,
            code_length=self._rules.code_length,
            expires_in=int(self._rules.lifetime.total_seconds()),
            resend_in=int(self._rules.resend_after.total_seconds()),
        )

    # -- resend -----------------------------------------------------------------------------
    async def resend(self, challenge: str, request: wire.ResendCode) -> wire.ChallengeStarted:
        """Let the old code die and mail a new one, with a lifetime of its own.

        Spent tries stay spent. Raises NotFound, ChallengeDead, TooSoon, TooMany (no resend left),
        Paused, BackendBusy.
        """
        now = self._clock.now()
        asked = await self._challenges.open(challenge, request.conversation, now)
        self._refuse_resend(asked, now)
        subject = await self._subjects.find(self._challenges.login(asked))
        async with self._db.begin() as tx:
            await self._resend(tx, asked, subject, now)
        RESENT.inc()
        return self._started(challenge)

    async def _resend(
        self, tx: AsyncConnection, asked: Challenge, subject: Subject, now: datetime
    ) -> None:
        charged = await store.charge_resend(tx, self._rules, asked.id, asked.conversation, now)
        if charged is None:
            latest = await self._challenges.get(tx, asked.id, asked.conversation)
            self._refuse_resend(latest, now)
            raise TooSoon
        login, target = self._challenges.login_cap(charged), self._challenges.target(charged)
        counts = await self._limits.hold(tx, (login, *target.keys), now)
        if self._limits.failures(login, counts, now) >= self._rules.account_failures.limit:
            raise ChallengeDead(Death.EXHAUSTED)
        may_mail = await self._limits.may_mail(tx, charged.account, target, counts, now)
        may_mail &= subject.is_still_of(charged)
        address = subject.address(wire.Purpose(charged.purpose), now) if may_mail else None
        mailed = address is not None
        await self._limits.count_mail(tx, target, now, mailed=mailed)
        await store.set_challenge(tx, charged.id, mailed=mailed)
        await self._send(tx, charged, address)
        await self._challenges.record(tx, "challenge.code_resent", charged, resend=charged.counter)

    def _refuse_resend(self, challenge: Challenge, now: datetime) -> None:
        death = challenge.death(self._rules, now)
        if death is not None:
            raise ChallengeDead(death)
        if challenge.counter >= self._rules.resends:
            raise TooMany("resends")
        if now < challenge.resend_at:
            raise TooSoon(retry_after=seconds_until(challenge.resend_at, now))

    # -- check and void ---------------------------------------------------------------------
    async def check(self, challenge: str, request: wire.CheckCode) -> wire.CheckOutcome:
        """Spend a try on `request.code` and tell how it ended.

        Raises NotFound (also for another conversation's challenge), Paused, and BackendBusy
        (the directory is away; no try is spent).
        """
        now = self._clock.now()
        asked = await self._challenges.open(challenge, request.conversation, now)
        outcome: wire.CheckOutcome | None = self._checks.not_looked_at(asked, now)
        if outcome is None:
            subject = await self._subjects.find(self._challenges.login(asked))
            async with self._db.begin() as tx:
                outcome = await self._checks.spend_try(tx, asked, request.code, subject, now)
        count_outcome(outcome)
        return outcome

    async def void(self, challenge: str, request: wire.VoidChallenge) -> None:
        """Let a challenge die; a dead one stays as it is. Raises NotFound."""
        now = self._clock.now()
        async with self._db.begin() as tx:
            asked = await self._challenges.get(tx, challenge, request.conversation)
            died = await store.void_challenge(tx, self._rules, asked.id, asked.conversation, now)
            if died:
                await self._challenges.record(tx, "challenge.voided", asked)

    # -- mail and upkeep --------------------------------------------------------------------
    async def _send(self, tx: AsyncConnection, challenge: Challenge, address: str | None) -> None:
        await self._mailer.queue(
            tx,
            op=f"code:{challenge.id}:{challenge.counter}",
            template="code",
            to=address,
            language=challenge.language,
            context={
                "challenge": challenge.id,
                "counter": challenge.counter,
                "purpose": challenge.purpose,
                "channel": challenge.channel,
                "minutes": int(self._rules.lifetime / timedelta(minutes=1)),
            },
            urgent=True,
            conversation=challenge.conversation,
        )

    async def code_for(self, challenge: str, counter: int) -> str | None:
        """Return the code that the mail `counter` of a challenge carries; None once it is dead."""
        async with self._db.read() as tx:
            asked = await store.find_challenge(tx, challenge, None)
        if asked is None:
            return None
        code = self._challenges.code(asked)
        live = asked.death(self._rules, self._clock.now()) is None
        return code if live & asked.mailed & (asked.counter == counter) else None

    async def reproofed(self, tx: AsyncConnection, account_id: str, *, actor: str) -> None:
        """Open recovery by chat again: a human saw the owner's proof (N 3.2.2)."""
        await self._limits.reset_failures(tx, account_id, self._clock.now())
        await self._audit.record(tx, "recovery.reopened", actor=actor, subject=account_id)

    async def purge(self) -> None:
        """Forget challenges after 24 h (security.md 12), and what no rule needs any more."""
        now = self._clock.now()
        before = now - self._rules.longest_window - _PURGE_MARGIN
        for rows in (*store.outdated(self._rules, now), *limits_store.outdated(before)):
            deleted = _PURGE_BATCH
            while deleted >= _PURGE_BATCH:
                async with self._db.begin() as tx:
                    deleted = await delete_some(tx, rows, _PURGE_BATCH)
