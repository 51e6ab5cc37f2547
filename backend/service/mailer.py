"""The mail outbox: queued with the change it tells of, sent later, never lost.

A mail is a row of the same transaction as its cause. A worker sends rows by urgency and marks
them; a kill between the server's "accepted" and our mark sends one mail twice (same Message-ID),
never none. A login nobody has gets a row too (`to=None`): it waits and retries like any other and
ends without a mail, so that neither timing nor the chat tells whether an account exists.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import structlog
from prometheus_client import Counter, Histogram
from sqlalchemy import event

from backend.service.mail_outage import Outage
from backend.service.mail_rules import (
    BATCH,
    CODE,
    PRIORITIES,
    MailRules,
    Payload,
    RefusedMail,
    Rendered,
    Templates,
    counted_down,
    expires_with_content,
    priority_of,
    step,
    worth,
)
from backend.service.ports import Mail, MailRefused, MailUnavailable
from backend.store import mail as rows

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from sqlalchemy.ext.asyncio import AsyncConnection
    from sqlalchemy.pool import ConnectionPoolEntry

    from backend.service.feed import Feed
    from backend.service.ports import MailTransport
    from backend.service.vault import Vault
    from backend.store.database import Database
    from backend.store.mail import Claimed
    from ops.clock import Clock

__all__ = ["MailRules", "Mailer", "RefusedMail", "Rendered", "Templates"]

_HANDLED = Counter(
    "helpdesk_mail_total",
    "Mail rows that ended: done, dropped (its code or link was over) or failed.",
    ["template", "outcome"],
)
_RETRIED = Counter("helpdesk_mail_retries_total", "Tries that must be repeated.", ["template"])
_BAD_ADDRESS = Counter(
    "helpdesk_mail_bad_addresses_total", "Mails whose recipient's address was refused for good."
)
_SECONDS = Histogram(
    "helpdesk_mail_queue_seconds",
    "From queued to handed to the mail server, by template.",
    ["template"],
    buckets=(0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200, 86400),
)
_QUEUED = "mail_queued"

_log = structlog.get_logger(__name__)


class Mailer:
    """Queues mails and sends them.

    `code_source` and `on_bad_address` may be set later: who provides them needs the mailer.
    """

    def __init__(
        self,
        db: Database,
        vault: Vault,
        transport: MailTransport,
        templates: Templates,
        clock: Clock,
        feed: Feed,
        code_source: Callable[[str, int], Awaitable[str | None]] | None = None,
        rules: MailRules = MailRules(),  # noqa: B008 - frozen
    ) -> None:
        self._db = db
        self._vault = vault
        self._transport = transport
        self._templates = templates
        self._clock = clock
        self._rules = rules
        self._outage = Outage(db, transport, feed, clock, rules)
        self._wake = asyncio.Event()
        # The connection goes back to its pool right after the commit: then the row is visible.
        event.listen(db.engine.sync_engine, "checkin", self._look_soon)
        self.code_source = code_source
        self.on_bad_address: Callable[[AsyncConnection, RefusedMail], Awaitable[None]] | None
        self.on_bad_address = None

    @property
    def healthy(self) -> bool:
        """False while the mail server is known to be away."""
        return not self._outage.is_on

    async def queue(
        self,
        tx: AsyncConnection,
        *,
        op: str,
        template: str,
        to: str | None,
        language: str,
        context: Mapping[str, str | int],
        urgent: bool = False,
        conversation: str | None = None,
    ) -> None:
        """Queue one mail within the caller's transaction.

        `(op, template)` is unique: queueing it again does nothing. `to=None` takes the same way
        and ends without a mail. `context` of the template `code` holds `challenge` and `counter`
        instead of the code, which is asked of `code_source` when the mail is made. `minutes` and
        `hours` in it say how long the content is worth sending, and are counted down.
        `urgent` lifts a batch mail to the notices: somebody waits for it. `conversation` is told
        (`MailDelayed`) when the mail server is away.
        """
        now = self._clock.now()
        payload = msgspec.json.encode(Payload(to, dict(context))).decode()
        row = {
            "op": op,
            "template": template,
            "language": "en" if language == "en" else "id",
            "priority": priority_of(template, urgent=urgent),
            "sealed": self._vault.seal(payload, bound_to=_place(op, template)),
            "conversation": conversation,
            "thread": self._vault.index(str(context.get("challenge", op))),
            "created_at": now,
            "expires_at": now + worth(context, self._rules),
            "ends_by_itself": expires_with_content(context),
            "next_at": now,
        }
        await rows.add(self._db, tx, row)
        tx.info[_QUEUED] = True

    async def run(self) -> None:
        """Send for ever; cancel to stop: a message in flight gets some seconds to end."""
        if self._db.is_sqlite:  # no other process can be sending
            async with self._db.begin() as tx:
                await rows.adopt(tx, self._clock.now(), max_attempts=3)
        while True:
            self._wake.clear()
            await self._run_due_safely()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._rules.sweep_seconds)

    async def run_due(self) -> int:
        """Send what is due and return how many rows were tried."""
        await self._close_overdue()
        tried = 0
        while (job := await self._take()) is not None:
            tried += 1
            await self._finish(asyncio.ensure_future(self._deliver(job)))
        return tried

    async def purge(self) -> int:
        """Delete rows closed longer ago than the retention and return their number."""
        async with self._db.begin() as tx:
            before = self._clock.now() - self._rules.retention
            return await rows.purge(tx, before, PRIORITIES)

    async def _run_due_safely(self) -> None:
        try:
            await self.run_due()
        except Exception as error:  # noqa: BLE001 - a database that is away comes back
            _log.error("mail_worker_failed", error=type(error).__name__)

    def _look_soon(self, _connection: object, record: ConnectionPoolEntry) -> None:
        if record.info.pop(_QUEUED, False):
            self._wake.set()

    async def _take(self) -> Claimed | None:
        """Claim the next row, when there is one and the server takes mail."""
        lowest = await self._next_priority()
        if lowest is None and not self._outage.is_on:
            return None
        # An outage is followed to its end even when nothing waits for it any more.
        if not await self._outage.over() or lowest is None:
            return None
        now = self._clock.now()
        async with self._db.begin() as tx:
            return await rows.claim(tx, now, lowest=lowest, until=now + self._rules.lease)

    async def _next_priority(self) -> int | None:
        """Return the priority to take from, None when nothing may be sent now."""
        now = self._clock.now()
        async with self._db.read() as tx:
            await self._outage.load(tx)
            first = await rows.first_due(tx, now)
            if first != BATCH:
                return first
            sent = await rows.closed_since(tx, BATCH, now - timedelta(minutes=1))
        return BATCH if sent < self._rules.batch_per_minute else None

    async def _finish(self, delivery: asyncio.Future[None]) -> None:
        try:
            await asyncio.shield(delivery)
        except asyncio.CancelledError:
            await asyncio.wait([delivery], timeout=self._rules.grace_seconds)
            delivery.cancel()
            raise

    async def _deliver(self, job: Claimed) -> None:
        try:
            outcome = await self._attempt(job)
        except MailRefused as error:
            await self._refused(job, bad_address=error.bad_address)
        except (MailUnavailable, TimeoutError) as error:
            await self._postpone(job, type(error).__name__)
        except Exception as error:  # noqa: BLE001 - whatever it is, the row is not lost
            _log.error("mail_not_made", row=job.id, error=type(error).__name__)
            await self._postpone(job, type(error).__name__)
        else:
            await self._close(job, outcome)

    async def _attempt(self, job: Claimed) -> str:
        """Send one row's mail and return how the row ended."""
        if job.expires_at <= self._clock.now():
            return "dropped"
        payload = self._open(job)
        if payload.to is None:
            return "done"
        context = await self._fill(job, payload.context)
        if context is None:
            return "dropped"
        made = self._templates.render(job.template, job.language, context)
        mail = Mail(payload.to, made.subject, made.text, made.html, self._message_id(job))
        async with asyncio.timeout(self._rules.send_seconds):
            await self._transport.send(mail)
        return "done"

    def _open(self, job: Claimed) -> Payload:
        place = _place(job.op, job.template)
        return msgspec.json.decode(self._vault.unseal(job.sealed, bound_to=place), type=Payload)

    async def _fill(
        self, job: Claimed, context: Mapping[str, str | int]
    ) -> dict[str, str | int] | None:
        """Return what the template says, None when its code is dead."""
        filled = counted_down(context, self._clock.now() - job.created_at)
        if "challenge" not in filled:
            return filled
        if self.code_source is None:
            raise RuntimeError("the mailer has no source of codes")
        challenge, counter = str(filled.pop("challenge")), int(filled.pop("counter"))
        code = await self.code_source(challenge, counter)
        return {**filled, "code": code} if code is not None else None

    def _message_id(self, job: Claimed) -> str:
        """Name a message the same at every try, so that a repeated one can be recognised."""
        name = self._vault.index(f"message-id:{job.op}:{job.template}")[:32]
        return f"<{name}@{self._rules.message_id_domain}>"

    async def _close(self, job: Claimed, outcome: str) -> None:
        now = self._clock.now()
        async with self._db.begin() as tx:
            await rows.close(tx, [job.id], outcome, now)
        _HANDLED.labels(job.template, outcome).inc()
        if outcome == "done":
            _SECONDS.labels(job.template).observe((now - job.created_at).total_seconds())
        _log.info("mail_handled", row=job.id, template=job.template, outcome=outcome)

    async def _refused(self, job: Claimed, *, bad_address: bool) -> None:
        now = self._clock.now()
        async with self._db.begin() as tx:
            await rows.close(tx, [job.id], "failed", now)
            if bad_address:
                await self._report(tx, job)
        _HANDLED.labels(job.template, "failed").inc()
        if bad_address:
            _BAD_ADDRESS.inc()
        _log.warning("mail_refused", row=job.id, template=job.template, bad_address=bad_address)

    async def _report(self, tx: AsyncConnection, job: Claimed) -> None:
        if self.on_bad_address is None:
            return
        index = self._vault.index(self._open(job).to or "")
        try:
            async with tx.begin_nested():
                await self.on_bad_address(tx, RefusedMail(job.op, job.template, index))
        except Exception as error:  # noqa: BLE001 - a failing report must not bring the mail back
            _log.error("mail_refusal_not_reported", row=job.id, error=type(error).__name__)

    async def _postpone(self, job: Claimed, reason: str) -> None:
        seconds = step(self._rules.delays, job.attempts)
        if job.priority == CODE:
            seconds = min(seconds, self._rules.code_delay)
        async with self._db.begin() as tx:
            await rows.postpone(tx, job.id, self._clock.now() + timedelta(seconds=seconds))
        _RETRIED.labels(job.template).inc()
        _log.info("mail_postponed", row=job.id, template=job.template, reason=reason)

    async def _close_overdue(self) -> None:
        """Drop what nobody can use any more; count what should have arrived as failed."""
        now = self._clock.now()
        async with self._db.read() as tx:
            if not await rows.overdue(tx, now):
                return
        async with self._db.begin() as tx:
            over = await rows.overdue(tx, now)
            for outcome in ("dropped", "failed"):
                group = [one for one in over if one.ends_by_itself == (outcome == "dropped")]
                await rows.close(tx, [one.id for one in group], outcome, now)
        for one in over:
            outcome = "dropped" if one.ends_by_itself else "failed"
            _HANDLED.labels(one.template, outcome).inc()
            _log.info("mail_given_up", row=one.id, template=one.template, outcome=outcome)


def _place(op: str, template: str) -> str:
    return f"mail:{op}:{template}"
