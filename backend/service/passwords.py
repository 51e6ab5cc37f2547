"""Changing a password: once, honestly, and with all that follows from it (security.md 9-11).

A change is recorded before it is sent to the directory, and decided in the transaction that does
what follows. Killed in between, `reconcile` finds the record and looks at the directory. The
password is in no record: what reconciling needs is the version before and a fingerprint.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

from backend.domain.blocklist import context_words
from backend.domain.links import LinkRules
from backend.domain.password_policy import ITB, Policy, Rule, Strength, broken_rules
from backend.service.errors import BackendBusy, HumanNeeded
from backend.service.history import History
from backend.service.jobs import Job
from backend.service.password_notices import Notices
from backend.service.password_settlement import NOT_APPLIED, Settlement
from backend.service.password_types import (
    ChangeApplied,
    ChangeInFlight,
    ChangeOrder,
    ChangeOutcome,
    ChangeRefused,
    ChangeRules,
    ChangeUnknown,
    LinkGone,
    rules_of,
)
from backend.service.ports import (
    AccountNotFound,
    Capability,
    DirectoryError,
    ManagedElsewhere,
    NotPermitted,
    OutcomeUnknown,
    PasswordRejected,
)
from backend.service.sessions import Sessions
from backend.service.strength import zxcvbn_score
from backend.store import links as link_rows
from backend.store import password_operations as operations
from backend.store.password_operations import Operation, OperationState

if TYPE_CHECKING:
    from pydantic import SecretStr

    from backend.domain.accounts import Account
    from backend.service.audit import Audit
    from backend.service.feed import Feed
    from backend.service.grants import Grants
    from backend.service.mailer import Mailer
    from backend.service.ports import Directory
    from backend.service.vault import Vault
    from backend.store.database import Database
    from ops.clock import Clock

log = structlog.get_logger(__name__)


class Passwords:
    """Changes passwords in a directory. Never called within a unit of work.

    `freeze_url` is the page that the "it wasn't me" link opens; the token follows as fragment.
    """

    def __init__(  # noqa: PLR0913 - wired in one place, by name
        self,
        *,
        db: Database,
        directory: Directory,
        vault: Vault,
        clock: Clock,
        mailer: Mailer,
        audit: Audit,
        feed: Feed,
        grants: Grants,
        freeze_url: str,
        policy: Policy = ITB,
        strength: Strength = zxcvbn_score,
        link_rules: LinkRules = LinkRules(),  # noqa: B008 - frozen
        rules: ChangeRules = ChangeRules(),  # noqa: B008 - frozen
    ) -> None:
        self.policy = policy
        self.notices = Notices(vault, mailer, freeze_url, link_rules.freeze_token_lifetime)
        self.sessions = Sessions(db, directory, clock, rules)
        self._db = db
        self._directory = directory
        self._clock = clock
        self._strength = strength
        self._rules = rules
        self._history = History(db, vault, clock, policy.history_depth)
        self._settlement = Settlement(
            db=db,
            clock=clock,
            audit=audit,
            feed=feed,
            grants=grants,
            history=self._history,
            notices=self.notices,
            capabilities=directory.capabilities,
        )

    async def change(self, order: ChangeOrder, new: SecretStr) -> ChangeOutcome:
        """Check `new` against every rule and set it; the same `op_id` changes nothing twice.

        Raises ChangeInFlight, LinkGone, HumanNeeded (the directory lets nobody but a human), and
        BackendBusy (nothing was changed, try again).
        """
        async with self._db.read() as tx:
            earlier = await operations.find(tx, order.op_id)
        if earlier is not None:
            return _outcome_of(earlier)
        broken = await self._local_rules(order.account, new)
        if broken:
            return ChangeRefused(tuple(broken))
        fingerprint = await self._fingerprint(order.account, new)
        if fingerprint and await self._history.knows(order.account.id, fingerprint):
            return ChangeRefused((Rule.USED_BEFORE,))
        operation = await self._begin(order, fingerprint)
        return await self._send(operation, order.account, new)

    async def reconcile(self) -> None:
        """Decide the changes whose sender was killed or never got an answer."""
        async with self._db.read() as tx:
            waiting = await operations.undecided_since(
                tx, self._clock.now() - self._rules.look_after
            )
        for operation in waiting:
            try:
                await self._reconcile(operation)
            except DirectoryError as error:
                log.warning("password_not_reconciled", error=type(error).__name__)

    async def _reconcile(self, operation: Operation) -> None:
        try:
            account = await self._directory.get(operation.account_id)
        except AccountNotFound:
            await self._settlement.lost(operation, None)
            return
        if self._has_moved(operation, account):
            await self._settlement.applied(operation, account)
        elif self._clock.now() - operation.started_at >= self._rules.give_up_after:
            await self._settlement.lost(operation, account)

    def jobs(self) -> tuple[Job, ...]:
        """Return what must be done every so often."""
        return (
            Job("reconcile_passwords", timedelta(seconds=20), self.reconcile),
            Job("revoke_sessions", timedelta(seconds=10), self.sessions.revoke_due),
            Job("purge_password_operations", timedelta(hours=24), self.purge),
        )

    async def purge(self) -> None:
        """Forget changes decided a month ago: nobody repeats their key any more."""
        async with self._db.begin() as tx:
            await operations.purge(tx, self._clock.now() - self._rules.keep_decided)

    async def _local_rules(self, account: Account, new: SecretStr) -> list[Rule]:
        words = context_words(account)
        return await asyncio.to_thread(
            lambda: broken_rules(new.get_secret_value(), self.policy, self._strength, words)
        )

    async def _fingerprint(self, account: Account, new: SecretStr) -> str | None:
        if Capability.HISTORY_ON_RESET in self._directory.capabilities:
            return None
        return await self._history.fingerprint(account.id, new)

    async def _begin(self, order: ChangeOrder, fingerprint: str | None) -> Operation:
        operation = Operation(
            op_id=order.op_id,
            account_id=order.account.id,
            link_id=order.link_id,
            reasons="",
            before_version=order.account.password_version,
            fingerprint=fingerprint,
            conversation=order.conversation,
            language=order.language,
            started_at=self._clock.now(),
        )
        async with self._db.begin() as tx:
            if not await operations.begin(self._db, tx, operation):
                raise ChangeInFlight
            if order.link_id is not None and not await link_rows.is_live(tx, order.link_id):
                raise LinkGone
        return operation

    async def _send(self, operation: Operation, account: Account, new: SecretStr) -> ChangeOutcome:
        """Send and decide; when our own database fails meanwhile, `reconcile` decides."""
        try:
            return await self._set(operation, account, new)
        except (SQLAlchemyError, OSError) as error:
            log.error(  # noqa: TRY400 - a traceback may show parameters of the statement
                "password_change_not_recorded", error=type(error).__name__
            )
            return ChangeUnknown()

    async def _set(self, operation: Operation, account: Account, new: SecretStr) -> ChangeOutcome:
        try:
            await self._directory.set_password(account.id, new, must_change=False, unlock=True)
        except PasswordRejected as refusal:
            rules = rules_of(refusal.why)
            await self._settlement.refused(operation, ",".join(rules))
            return ChangeRefused(rules)
        except OutcomeUnknown:
            return await self._read_back(operation, account, new)
        except (NotPermitted, ManagedElsewhere):
            await self._settlement.refused(operation, NOT_APPLIED)
            raise HumanNeeded from None
        except DirectoryError as error:
            log.warning("password_not_set", error=type(error).__name__)
            await self._settlement.refused(operation, NOT_APPLIED)
            raise BackendBusy from None
        return await self._settle(operation, account)

    async def _read_back(
        self, operation: Operation, account: Account, new: SecretStr
    ) -> ChangeOutcome:
        """Look at once what became of a write whose answer was lost; doubt stays doubt."""
        try:
            found = await self._directory.get(account.id)
            said = await self._says(account.id, new)
        except DirectoryError:
            await self._settlement.doubted(operation, account)
            return ChangeUnknown()
        if said or (said is None and self._has_moved(operation, found)):
            return await self._settle(operation, found)
        await self._settlement.doubted(operation, account)
        return ChangeUnknown()

    async def _says(self, account_id: str, new: SecretStr) -> bool | None:
        if Capability.VERIFY not in self._directory.capabilities:
            return None
        return await self._directory.verify_password(account_id, new)

    def _has_moved(self, operation: Operation, account: Account) -> bool:
        changed_at = account.password_changed_at
        recent = changed_at is None or changed_at >= operation.started_at - self._rules.skew
        return account.password_version > operation.before_version and recent

    async def _settle(self, operation: Operation, account: Account) -> ChangeApplied:
        await self._settlement.applied(operation, account)
        return ChangeApplied()


def _outcome_of(earlier: Operation) -> ChangeOutcome:
    """Return how a change with this key ended the first time. Raises BackendBusy."""
    match earlier.state:
        case OperationState.APPLIED:
            return ChangeApplied()
        case OperationState.REFUSED if earlier.reasons != NOT_APPLIED:
            return ChangeRefused(tuple(Rule(one) for one in earlier.reasons.split(",")))
        case OperationState.REFUSED:
            raise BackendBusy
        case OperationState.STARTED | OperationState.UNKNOWN:
            return ChangeUnknown()
