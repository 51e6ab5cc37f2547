"""The log of pull channels: clients read it by a cursor, and are woken when it grows."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from bot.runtime.database import Database
    from bot.runtime.operations import Operations
    from bot.runtime.port import StoredMessage

_LATE_COMMIT = 5.0
"""Seconds a transaction may take from drawing an id to its commit, for the poll to see it."""


@dataclass(eq=False, slots=True)
class Collected:
    """Messages written to one conversation's log while somebody listens."""

    messages: list[StoredMessage] = field(default_factory=list["StoredMessage"])
    complete: bool = True
    """False: some of the conversation's work may have been done by another process."""


@dataclass(eq=False, slots=True)
class _Waiter:
    after: int
    grown: asyncio.Future[bool]


class PullLog:
    """Reads the log, and wakes those who wait for it to grow."""

    def __init__(self, database: Database, operations: Operations) -> None:
        self._database = database
        self._operations = operations
        self._waiters: defaultdict[str, set[_Waiter]] = defaultdict(set)
        self._collecting: defaultdict[str, list[Collected]] = defaultdict(list)
        self._ends: deque[tuple[float, int]] = deque()

    async def after(self, conversation: str, after: int, limit: int) -> Sequence[StoredMessage]:
        """Return messages with `id > after`, oldest first. Raises Disconnected."""
        item = (conversation, after, limit)
        return await self._database.read(self._operations.log_after, item)

    async def since(self, conversation: str, inbox_id: int) -> Sequence[StoredMessage]:
        """Return what the turn of a message, and later ones, wrote. Raises Disconnected."""
        return await self._database.read(self._operations.log_since, (conversation, inbox_id))

    async def wait(self, conversation: str, after: int, within: float) -> bool:
        """Wait until there is a message with `id > after`. Raises Disconnected."""
        waiter = _Waiter(after, asyncio.get_running_loop().create_future())
        self._waiters[conversation].add(waiter)
        try:
            # Looked at after joining the waiters: what is written in between wakes us.
            if await self.after(conversation, after, 1):
                return True
            async with asyncio.timeout(within):
                return await waiter.grown
        except TimeoutError:
            return False
        finally:
            self._waiters[conversation].discard(waiter)
            if not self._waiters[conversation]:
                del self._waiters[conversation]

    def publish(self, conversation: str, messages: Sequence[StoredMessage]) -> None:
        """Hand over messages that were just committed, oldest first."""
        for collected in self._collecting.get(conversation, ()):
            collected.messages.extend(messages)
        self._wake(conversation, messages[-1].id)

    def _wake(self, conversation: str, newest: int) -> None:
        for waiter in self._waiters.get(conversation, ()):
            if newest > waiter.after and not waiter.grown.done():
                waiter.grown.set_result(True)

    @contextmanager
    def collect(self, conversation: str) -> Generator[Collected]:
        """Listen to one conversation."""
        collected = Collected()
        self._collecting[conversation].append(collected)
        try:
            yield collected
        finally:
            self._collecting[conversation].remove(collected)
            if not self._collecting[conversation]:
                del self._collecting[conversation]

    def worked_on_elsewhere(self, *conversations: str) -> None:
        """Tell listeners of these conversations (none named: of all) to look into the table."""
        for name in conversations or tuple(self._collecting):
            for collected in self._collecting.get(name, ()):
                collected.complete = False

    async def poll(self) -> None:
        """Wake those who wait for what other processes wrote. Raises Disconnected."""
        now = asyncio.get_running_loop().time()
        while len(self._ends) > 1 and self._ends[1][0] <= now - _LATE_COMMIT:
            self._ends.popleft()
        # Ids are drawn before the commit, so rows can turn up below the newest id seen so far:
        # go back to where the log ended a while ago.
        mark = self._ends[0][1] if self._ends else None
        end, tips = await self._database.read(self._operations.log_tips, mark)
        self._ends.append((now, end))
        for conversation in self._waiters.keys() & tips.keys():
            self._wake(conversation, tips[conversation])
