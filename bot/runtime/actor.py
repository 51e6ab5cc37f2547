"""One conversation at work: its turns one after the other, its lanes beside them."""

from __future__ import annotations

import asyncio
from bisect import insort
from collections import deque
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

import structlog

from bot.runtime import metrics
from bot.runtime.blame import describe
from bot.runtime.chance import backoff
from bot.runtime.port import StoredMessage
from bot.runtime.records import Fenced, Mishap, Waiting
from bot.runtime.turns import compose
from bot.store.tables import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.runtime.port import Turn
    from bot.runtime.records import Effect, Found, Outcome, TurnRecord
    from bot.runtime.workshop import Workshop

_log = structlog.get_logger(__name__)

_KNOWN_IDS = 2000
"""Message ids an actor that never rests remembers, against handling one twice."""


class _Lane:
    """Effects of one kind of way out, oldest first; the first may wait for its retry."""

    __slots__ = ("busy", "effects", "suspect")

    def __init__(self) -> None:
        self.effects: deque[Effect] = deque()
        self.busy = False
        self.suspect = False
        """The first effect was perhaps under way when its process died."""


class Actor:
    """Does all there is to do for a conversation, then ends.

    Whoever runs it holds the conversation's lock. Should the lock be lost without notice, the
    version check of every turn keeps a second owner's work apart from ours.
    """

    def __init__(
        self,
        workshop: Workshop,
        conversation: str,
        *,
        suspect: bool = False,
        found: asyncio.Future[Found] | None = None,
    ) -> None:
        """`suspect`: the work was found lying around, and may have killed its last owner.

        `found` is what there is to do, where it is being read already.
        """
        self.conversation = conversation
        self.ended = asyncio.Event()
        self.missed = False
        """A message came too late for this actor: another one must follow."""
        self._shop = workshop
        self._suspect = suspect
        self._found = found
        self._suspected: int | None = None
        """The message that was perhaps in the making when its process died."""
        self._prefix = workshop.prefix(conversation)
        self._version = 0
        self._state: str | None = None
        self._waiting: deque[Waiting] = deque()
        self._known: set[int] = set()
        self._parked_until: float | None = None
        self._lanes: dict[str, _Lane] = {}
        self._changed = asyncio.Event()
        self._stale = False
        self._over = False

    # -- told from outside ----------------------------------------------------------------
    def push(self, row: Waiting) -> None:
        """Hand over a message that was just stored."""
        if self._over:
            self.missed = True
        elif row.id not in self._known and self._parked_until is None:
            self._known.add(row.id)
            insort(self._waiting, row, key=lambda waiting: waiting.id)
            self._changed.set()

    def look_again(self) -> None:
        """Read the inbox again: something may have been stored elsewhere, or come due."""
        self.missed = self._over
        self._stale = True
        self._changed.set()

    @property
    def retry_at(self) -> float | None:
        """When there is something to do again, once the actor has ended; None: nothing."""
        heads = [lane.effects[0].next_at for lane in self._lanes.values() if lane.effects]
        parked = [] if self._parked_until is None else [self._parked_until]
        return min(heads + parked, default=None)

    # -- the work -------------------------------------------------------------------------
    async def run(self) -> None:
        """Work until there is nothing left to do now.

        Raises Fenced, Disconnected, or what else the database has to say.
        """
        try:
            self._take_over(await (self._found or self._load()))
            async with asyncio.TaskGroup() as group:
                await self._work(group)
        finally:
            self._over = True

    async def _work(self, group: asyncio.TaskGroup) -> None:
        while not self._shop.closing:
            self._changed.clear()
            if self._stale:
                await self._reload()
            self._start_lanes(group)
            if self._waiting:
                await self._take(self._waiting[0])
            elif any(lane.busy for lane in self._lanes.values()):
                await self._changed.wait()
            else:
                return

    async def _load(self) -> Found:
        return await self._shop.batcher.submit(self._shop.operations.load, self.conversation)

    def _take_over(self, found: Found) -> None:
        self._version, self._state = found.version, found.state
        for effect in found.effects:
            lane = self._lane(effect.lane)
            lane.effects.append(effect)
            lane.suspect = self._suspect
        if self._suspect and found.waiting:
            self._suspected = found.waiting[0].id
        for row in found.waiting:
            self.push(row)

    async def _reload(self) -> None:
        self._stale = False
        found = await self._load()
        if found.version != self._version:
            raise Fenced("somebody else works on this conversation")
        self._parked_until = None
        for row in found.waiting:
            self.push(row)

    # -- turns ----------------------------------------------------------------------------
    async def _take(self, row: Waiting) -> None:
        if row.next_at > self._shop.now():
            self._park(row.next_at)
            return
        suspected, self._suspected = self._suspected, None
        if row.id != suspected:
            await self._turn(row)
        elif row.attempts == 0:
            await self._recover(row)
        else:
            async with self._shop.quarantine:
                await self._recover(row)

    def _park(self, until: float) -> None:
        """Leave the messages alone until the first may be tried again: their order stands."""
        self._parked_until = until
        self._known.difference_update(row.id for row in self._waiting)
        self._waiting.clear()

    async def _recover(self, row: Waiting) -> None:
        """Charge an attempt before the run: it could not be charged after the last one."""
        orderly = row.next_at > 0  # it failed without a crash, and was charged then
        charged = replace(row, next_at=0.0, attempts=row.attempts + (0 if orderly else 1))
        if await self._note(charged, "its process died"):
            await self._turn(charged)

    async def _turn(self, row: Waiting) -> None:
        started = perf_counter()
        try:
            async with asyncio.timeout(self._shop.settings.turn_timeout):
                turn = await self._shop.handler(self.conversation, self._state, row.payload)
            record = self._compose(row, turn)
        except Exception as error:  # noqa: BLE001 - a turn may fail in any way
            await self._failed(row, error)
            return
        ids = await self._shop.batcher.submit(self._shop.operations.record_turn, record)
        self._version, self._state = record.version, record.state
        self._waiting.popleft()
        self._forget_old_ids()
        metrics.TURNS_DONE.inc()
        metrics.TURN_SECONDS.observe(perf_counter() - started)
        self._send_off(record, ids)

    def _compose(self, row: Waiting, turn: Turn) -> TurnRecord:
        return compose(
            turn,
            conversation=self.conversation,
            version=self._version + 1,
            prefix=self._prefix,
            inbox_id=row.id,
            now=self._shop.now(),
            lane_of=self._shop.courier.lane_of,
        )

    def _forget_old_ids(self) -> None:
        if len(self._known) > _KNOWN_IDS:
            self._known = set(sorted(self._known)[-_KNOWN_IDS // 2 :])

    async def _failed(self, row: Waiting, error: Exception) -> None:
        metrics.TURNS_FAILED.inc()
        settings = self._shop.settings
        attempts = row.attempts + 1
        delay = backoff(attempts, settings.first_retry, settings.max_retry)
        failed = replace(row, attempts=attempts, next_at=self._shop.now() + delay)
        reason = describe(error)
        _log.warning("turn_failed", inbox_id=row.id, attempts=attempts, error=reason)
        if await self._note(failed, reason):
            self._park(failed.next_at)

    async def _note(self, row: Waiting, reason: str) -> bool:
        """Write down how a run ended; tell whether the message is to be tried again."""
        dead = row.attempts >= self._shop.settings.attempts
        status = Status.DEAD if dead else Status.OPEN
        next_at = 0.0 if dead else row.next_at
        mishap = Mishap(row.id, row.attempts, next_at, status, reason)
        await self._shop.batcher.submit(self._shop.operations.note_mishap, mishap)
        if dead:
            _log.error("message_given_up", inbox_id=row.id, error=reason)
            metrics.DEAD_MESSAGES.inc()
            self._waiting.popleft()
            self._shop.dead_letters.set()
        return not dead

    # -- effects --------------------------------------------------------------------------
    def _send_off(self, record: TurnRecord, ids: Sequence[int]) -> None:
        logged: list[StoredMessage] = []
        for new, id_ in zip(record.effects, ids, strict=True):
            if new.status is Status.LOGGED:
                logged.append(StoredMessage(id_, self.conversation, new.payload))
            else:
                self._lane(new.lane).effects.append(new.stored(id_, self.conversation))
        if logged:
            self._shop.log.publish(self.conversation, logged)

    def _lane(self, name: str) -> _Lane:
        lane = self._lanes.get(name)
        if lane is None:
            lane = self._lanes[name] = _Lane()
        return lane

    def _start_lanes(self, group: asyncio.TaskGroup) -> None:
        for lane in self._lanes.values():
            if lane.effects and not lane.busy and lane.effects[0].next_at <= self._shop.now():
                lane.busy = True
                group.create_task(self._drain(lane))

    async def _drain(self, lane: _Lane) -> None:
        """Deliver the lane's effects in order, until one has to wait for its retry."""
        try:
            while lane.effects and not self._shop.closing:
                if lane.effects[0].next_at > self._shop.now():
                    return
                await self._deliver(lane)
        finally:
            lane.busy = False
            self._changed.set()

    async def _deliver(self, lane: _Lane) -> None:
        effect = lane.effects[0]
        if lane.suspect:
            lane.suspect = False
            lane.effects[0], outcome = await self._shop.courier.charge(effect)
            await self._finish(lane, outcome)
        else:
            await self._finish(lane, await self._shop.courier.attempt(effect))

    async def _finish(self, lane: _Lane, outcome: Outcome) -> None:
        """Commit what became of the first effect, before the next one leaves.

        So at most one effect of a lane is in doubt after a crash.
        """
        ids = await self._shop.batcher.submit(self._shop.operations.finish, outcome)
        if outcome.status is Status.OPEN:
            lane.effects[0] = lane.effects[0].tried(outcome.attempts, outcome.next_at)
        else:
            lane.effects.popleft()
        for answer, id_ in zip(outcome.answers, ids, strict=True):
            if id_ is not None:
                self.push(Waiting(id_, answer.conversation, answer.payload))
        if outcome.status is Status.DEAD:
            self._shop.dead_letters.set()
