"""Which conversations are being worked on here, and which are to be woken when."""

from __future__ import annotations

import asyncio
import contextvars
from typing import TYPE_CHECKING, cast

import structlog

from bot.runtime import metrics
from bot.runtime.actor import Actor
from bot.runtime.blame import describe

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable

    from bot.runtime.database import Database
    from bot.runtime.records import Found, Waiting
    from bot.runtime.workshop import Workshop

_log = structlog.get_logger(__name__)

_SHORTEST_NAP = 0.02


class Actors:
    """At most one actor a conversation, at most `max_active` at work."""

    def __init__(self, workshop: Workshop, database: Database) -> None:
        self._shop = workshop
        self._database = database
        self._active: dict[str, Actor] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(workshop.settings.max_active)
        self._alarms: dict[str, tuple[float, asyncio.TimerHandle]] = {}
        """Conversations to wake: when by the clock, and the loop's timer."""
        self._context = contextvars.copy_context()
        self._epoch = 0
        """Counts the sessions that locks lived in; locks of an older one are gone."""
        self._resting = True

    # -- waking ---------------------------------------------------------------------------
    @property
    def is_full(self) -> bool:
        """Whether no more conversations should be taken on."""
        settings = self._shop.settings
        return len(self._active) >= settings.max_active + settings.max_waiting

    def expect(self, conversations: Iterable[str]) -> None:
        """Prepare for messages that are being stored right now.

        What their actors have to know first is read in the same transaction: one round trip less.
        (Not on a shared database, where it could change until the lock is taken.)
        """
        if self._database.shared:
            return
        for name in conversations:
            if name not in self._active:
                found = self._shop.batcher.submit(self._shop.operations.load, name)
                self._start(name, found=found)

    def deliver(self, row: Waiting) -> None:
        """See to a message that was just stored here."""
        actor = self._active.get(row.conversation)
        if actor is None:
            self._start(row.conversation)
        elif self._database.shared:  # another replica may have stored one before it
            actor.look_again()
        else:
            actor.push(row)

    def recover(self, conversation: str) -> None:
        """See to work that the sweep found: unless we know of it, its owner has died."""
        actor = self._active.get(conversation)
        if actor is None:
            if not self.is_full:
                self._start(conversation, suspect=conversation not in self._alarms)
        elif self._database.shared:  # stored by another replica while we hold the lock
            actor.look_again()

    def _start(
        self,
        conversation: str,
        *,
        suspect: bool = False,
        found: asyncio.Future[Found] | None = None,
    ) -> None:
        if self._resting:
            return
        alarm = self._alarms.pop(conversation, None)
        if alarm is not None:
            alarm[1].cancel()
        actor = Actor(self._shop, conversation, suspect=suspect, found=found)
        self._active[conversation] = actor
        metrics.ACTIVE_ACTORS.inc()
        self._spawn(self._see_to(actor))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        # Not in the context of the request at hand: an actor outlives it.
        task = asyncio.create_task(work, context=self._context.copy())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _see_to(self, actor: Actor) -> None:
        try:
            async with self._places:
                again = await self._own(actor)
        except Exception as error:  # noqa: BLE001 - the rows are still there: the sweep finds them
            self._shop.log.worked_on_elsewhere(actor.conversation)
            _log.warning("actor_failed", error=_describe_all(error))
            self._remove(actor)
        else:
            self._remove(actor)
            self._follow_up(actor, again=again)
        finally:
            actor.ended.set()

    async def _own(self, actor: Actor) -> bool:
        """Work under the conversation's lock; tell whether there is something to do again."""
        epoch, name = self._epoch, actor.conversation
        if not await self._database.try_lock(name):
            # Its owner looks once more after unlocking, so it sees what we have stored.
            self._shop.log.worked_on_elsewhere(name)
            return False
        try:
            await actor.run()
        finally:
            if epoch == self._epoch:
                await self._database.unlock(name)
        if not self._database.shared:
            return False
        pending = await self._shop.batcher.submit(self._shop.operations.pending, name)
        return pending and not self._shop.closing

    def _remove(self, actor: Actor) -> None:
        if self._active.get(actor.conversation) is actor:
            del self._active[actor.conversation]
            metrics.ACTIVE_ACTORS.dec()

    def _follow_up(self, actor: Actor, *, again: bool) -> None:
        if again or actor.missed:
            self._start(actor.conversation)
        elif actor.retry_at is not None:
            self._set_alarm(actor.conversation, actor.retry_at)

    # -- retries --------------------------------------------------------------------------
    def _set_alarm(self, conversation: str, at: float) -> None:
        if self._resting or self._shop.closing:
            return
        pause = max(at - self._shop.now(), _SHORTEST_NAP)
        handle = asyncio.get_running_loop().call_later(pause, self._ring, conversation)
        self._alarms[conversation] = (at, handle)

    def _ring(self, conversation: str) -> None:
        at, _ = self._alarms.pop(conversation)
        if at > self._shop.now():
            self._set_alarm(conversation, at)
            return
        actor = self._active.get(conversation)
        if actor is None:
            self._start(conversation)
        else:
            actor.look_again()

    # -- waiting --------------------------------------------------------------------------
    async def quiet(self, conversation: str, within: float) -> bool:
        """Wait until nobody here works on a conversation, or is about to within the time."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within
        while True:
            actor, alarm = self._active.get(conversation), self._alarms.get(conversation)
            if actor is not None:
                try:
                    async with asyncio.timeout_at(deadline):
                        await actor.ended.wait()
                except TimeoutError:
                    return False
            elif alarm is not None and alarm[1].when() <= deadline:
                await asyncio.sleep(alarm[1].when() - loop.time())
            else:
                return True

    # -- beginning and ending -------------------------------------------------------------
    def begin(self) -> None:
        """Take on work."""
        self._shop.closing = False
        self._resting = False

    def drop_all(self) -> None:
        """Stop at once, wherever the work stands: the locks are gone, others may have them."""
        self._epoch += 1
        self._resting = True
        for _, handle in self._alarms.values():
            handle.cancel()
        self._alarms.clear()
        for task in self._tasks:
            task.cancel()
        for actor in self._active.values():
            actor.ended.set()
        self._active.clear()
        metrics.ACTIVE_ACTORS.set(0)
        self._shop.log.worked_on_elsewhere()

    async def rest(self, grace: float) -> None:
        """Finish what is under way within `grace` seconds, then drop it.

        The first half of the time all accepted work may end; then each conversation stops after
        the turn and the delivery at hand.
        """
        for _, handle in self._alarms.values():
            handle.cancel()
        self._alarms.clear()
        await self._wait_for_tasks(grace / 2)
        self._shop.closing = True
        for actor in self._active.values():
            actor.look_again()
        await self._wait_for_tasks(grace / 2)
        tasks = tuple(self._tasks)
        self.drop_all()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _wait_for_tasks(self, seconds: float) -> None:
        """Wait for all actors, those included that follow another."""
        try:
            async with asyncio.timeout(seconds):
                while self._tasks:
                    await asyncio.wait(tuple(self._tasks))
        except TimeoutError:
            return


def _describe_all(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        inner = cast("BaseExceptionGroup[BaseException]", error).exceptions
        return "; ".join(_describe_all(one) for one in inner)
    return describe(error)
