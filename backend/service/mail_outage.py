"""Notices when the mail server is away, and tells the conversations that wait for a mail."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from prometheus_client import Gauge

from backend.service.mail_rules import NOTICE, step
from backend.service.ports import MailUnavailable
from backend.store import mail as rows
from backend_client import wire

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.service.feed import Feed
    from backend.service.mail_rules import MailRules
    from backend.service.ports import MailTransport
    from backend.store.database import Database
    from ops.clock import Clock

_OUTAGE = Gauge("helpdesk_mail_outage", "1 while the mail server is away.")

_log = structlog.get_logger(__name__)


class Outage:
    """Whether the mail server takes mail now.

    It is asked before every row, also before those that end without a mail, and nothing else
    counts as an outage: what one recipient's mailbox does must not show in anybody's chat. Since
    when it is away is kept in the database: every process sees it, no restart forgets it.
    """

    def __init__(
        self,
        db: Database,
        transport: MailTransport,
        feed: Feed,
        clock: Clock,
        rules: MailRules,
    ) -> None:
        self._db = db
        self._transport = transport
        self._feed = feed
        self._clock = clock
        self._rules = rules
        self._since: datetime | None = None
        self._failures = 0
        self._look_again: datetime | None = None

    @property
    def is_on(self) -> bool:
        """True while the server is known to be away."""
        return self._since is not None

    async def load(self, tx: AsyncConnection) -> None:
        """Read since when any process finds the server away."""
        self._since = await rows.outage_since(tx)
        _OUTAGE.set(1 if self.is_on else 0)

    async def over(self) -> bool:
        """Ask the server whether it takes mail now; while it is away, ask it ever more rarely."""
        if self._look_again is not None and self._clock.now() < self._look_again:
            await self._tell_late()
            return False
        try:
            async with asyncio.timeout(self._rules.send_seconds):
                await self._transport.check()
        except (MailUnavailable, TimeoutError) as error:
            await self._away(type(error).__name__)
            return False
        await self._back()
        return True

    async def _away(self, reason: str) -> None:
        now = self._clock.now()
        self._failures += 1
        self._look_again = now + timedelta(seconds=step(self._rules.pauses, self._failures))
        async with self._db.begin() as tx:
            self._since = await rows.begin_outage(self._db, tx, now)
        _OUTAGE.set(1)
        _log.warning("mail_server_away", reason=reason, failures=self._failures)
        await self._tell_late()

    async def _back(self) -> None:
        self._failures = 0
        self._look_again = None
        since, self._since = self._since, None
        if since is None:
            return
        async with self._db.begin() as tx:
            await rows.end_outage(tx)
        _OUTAGE.set(0)
        _log.info("mail_server_back", away_since=since.isoformat())

    async def _tell_late(self) -> None:
        """Tell each conversation once an outage and challenge, whoever does or does not exist."""
        now = self._clock.now()
        if self._since is None or now - self._since <= self._rules.delay_told_after:
            return
        async with self._db.begin() as tx:
            late = await rows.take_late(tx, now, since=self._since, lowest=NOTICE)
            for one in late:
                await self._feed.publish(tx, wire.MailDelayed, one.conversation)
        if late:
            _log.info("mail_delay_told", conversations=len(late))
