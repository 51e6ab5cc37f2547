"""The safety net: due timers, abandoned work, dead letters, old rows.

Normal traffic never waits for it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from bot.runtime import metrics
from bot.runtime.blame import describe
from bot.runtime.chance import between
from bot.runtime.port import Disconnected
from bot.runtime.records import PurgeStep, Sweep
from bot.store import review, sent
from bot.store.tables import inbox, outbox

if TYPE_CHECKING:
    from bot.runtime.actors import Actors
    from bot.runtime.database import Database
    from bot.runtime.records import DeadLetter
    from bot.runtime.upkeep import Upkeep
    from bot.runtime.workshop import Workshop

_log = structlog.get_logger(__name__)

_SECONDS_A_DAY = 86_400
_FIRST_PURGE = 60.0


class Sweeper:
    """Looks around every now and then."""

    def __init__(
        self, workshop: Workshop, actors: Actors, database: Database, upkeep: Upkeep
    ) -> None:
        self._shop = workshop
        self._actors = actors
        self._database = database
        self._upkeep = upkeep
        self._anew = True
        self._purge_at: float | None = None

    def adopt_all(self) -> None:
        """Take up everything that lies around at the next sweep: nobody here works on it."""
        self._anew = True

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            try:
                await self.sweep()
                await self._purge_when_due()
            except Disconnected:
                _log.warning("sweep_without_database")
            except Exception as error:  # noqa: BLE001 - the net must stay up
                _log.error("sweep_failed", error=describe(error))
            await asyncio.sleep(between(*self._shop.settings.sweep_every))

    async def sweep(self) -> None:
        """Fire due timers and wake conversations whose work lies around. Raises Disconnected."""
        age = 0.0 if self._anew else self._shop.settings.sweep_age
        sweep = Sweep(self._shop.now(), age)
        swept = await self._shop.batcher.submit(self._upkeep.sweep, sweep)
        self._anew = False
        for row in swept.fired:
            self._actors.deliver(row)
        for conversation in swept.conversations:
            self._actors.recover(conversation)
        metrics.OUTBOX_WAITING.set(swept.open_effects)
        if self._database.shared:
            await self._shop.log.poll()

    async def _purge_when_due(self) -> None:
        now, every = asyncio.get_running_loop().time(), self._shop.settings.purge_every
        if self._purge_at is None:  # the start is busy enough
            self._purge_at = now + min(every, _FIRST_PURGE)
        elif now >= self._purge_at:
            self._purge_at = now + every * between(0.9, 1.1)
            await self.purge()

    async def purge(self) -> int:
        """Delete closed rows that are older than `keep_days`, and what has its own time to go.

        A few at a time; returns how many. Raises Disconnected.
        """
        before = self._shop.now() - self._shop.settings.keep_days * _SECONDS_A_DAY
        deleted = 0
        for table in (inbox, outbox):
            after: int | None = 0
            while after is not None:
                step = PurgeStep(table, after, before)
                purged = await self._shop.batcher.submit(self._upkeep.purge, step)
                deleted += purged.deleted
                after = purged.last
        today = self._shop.clock.now().date()
        deleted += await self._shop.batcher.submit(review.expire, today)
        while gone := await self._shop.batcher.submit(sent.expire, self._shop.now()):
            deleted += gone
        if deleted:
            _log.info("old_rows_purged", rows=deleted)
        return deleted


class Undertaker:
    """Tells a human of dead letters, again and again until it has worked."""

    def __init__(self, workshop: Workshop, upkeep: Upkeep) -> None:
        self._shop = workshop
        self._upkeep = upkeep

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            self._shop.dead_letters.clear()
            try:
                await self._tell_all()
            except Disconnected:
                _log.warning("dead_letters_without_database")
            except Exception as error:  # noqa: BLE001 - nobody else would tell
                _log.error("dead_letters_failed", error=describe(error))
            try:
                async with asyncio.timeout(self._shop.settings.sweep_every[1]):
                    await self._shop.dead_letters.wait()
            except TimeoutError:
                continue

    async def _tell_all(self) -> None:
        now = self._shop.now()
        claim = (now, now + self._shop.settings.tell_again)
        for letter in await self._shop.batcher.submit(self._upkeep.claim_dead, claim):
            if await self._tell(letter):
                await self._shop.batcher.submit(self._upkeep.told, letter)

    async def _tell(self, letter: DeadLetter) -> bool:
        try:
            async with asyncio.timeout(self._shop.settings.turn_timeout):
                await self._shop.handler.on_dead_letter(
                    letter.conversation, letter.payload, letter.error
                )
        except Exception as error:  # noqa: BLE001 - it is told again later
            _log.error("dead_letter_untold", row=letter.id, error=describe(error))
            return False
        return True
