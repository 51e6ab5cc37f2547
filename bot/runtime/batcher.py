"""Group commit: what is asked for while a transaction is in flight shares the next one."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.runtime.port import Disconnected

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from typing import TypeAlias

    from bot.runtime.port import Item, Result

    AnyOperation: TypeAlias = Callable[[Any, Sequence[Any]], Any]
    Run: TypeAlias = Callable[
        [Sequence[tuple[AnyOperation, Sequence[Any]]]], Awaitable[Sequence[Sequence[Any]]]
    ]


@dataclass(slots=True)
class _Request:
    operation: AnyOperation
    item: Any
    done: asyncio.Future[Any]


class Batcher:
    """Collects requests and runs them, many a transaction, in `lanes` transactions at a time.

    A request that makes its transaction fail does not take the others with it: they are run
    again one by one.
    """

    def __init__(self, run: Run, *, lanes: int, max_batch: int) -> None:
        self._run = run
        self._idle_lanes = lanes
        self._max_batch = max_batch
        self._queue: deque[_Request] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def waiting(self) -> int:
        """Requests that wait for a transaction."""
        return len(self._queue)

    def submit(
        self,
        operation: Callable[[Any, Sequence[Item]], Sequence[Result] | Awaitable[Sequence[Result]]],
        item: Item,
    ) -> asyncio.Future[Result]:
        """Ask for an operation; the future is done after the commit.

        It raises what the operation raised, or Disconnected.
        """
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._queue.append(_Request(operation, item, done))
        if self._idle_lanes:
            self._idle_lanes -= 1
            task = asyncio.create_task(self._work())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return done

    async def drain(self) -> None:
        """Wait until nothing is asked for and no transaction is in flight."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _work(self) -> None:
        try:
            while self._queue:
                size = min(len(self._queue), self._max_batch)
                await self._commit([self._queue.popleft() for _ in range(size)])
        finally:
            self._idle_lanes += 1

    async def _commit(self, batch: list[_Request]) -> None:
        groups: dict[AnyOperation, list[_Request]] = {}
        for request in batch:
            groups.setdefault(request.operation, []).append(request)
        calls = [(op, [request.item for request in group]) for op, group in groups.items()]
        try:
            results = await self._run(calls)
        except Exception as error:  # noqa: BLE001 - handed on to those who asked
            await self._blame(batch, error)
        else:
            for group, values in zip(groups.values(), results, strict=True):
                for request, value in zip(group, values, strict=True):
                    if not request.done.done():
                        request.done.set_result(value)

    async def _blame(self, batch: list[_Request], error: Exception) -> None:
        if len(batch) == 1 or isinstance(error, Disconnected):
            for request in batch:
                if not request.done.done():
                    request.done.set_exception(error)
                    # Whoever asked may be gone; then nobody is there to hear of it.
                    request.done.exception()
            return
        for request in batch:
            await self._commit([request])
