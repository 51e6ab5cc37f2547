"""Shows people that their message was read and that an answer is being written."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from bot.channels.port import ChannelError, InboundKind
from bot.channels.whatsapp_errors import GraphError
from bot.channels.whatsapp_render import seen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.channels.port import InboundEvent
    from bot.channels.whatsapp_api import Graph

_log = structlog.get_logger(__name__)

_MOST: Final = 100
"""Signs under way; beyond it none is shown: the answer comes all the same."""
_WORTH_ONE: Final = frozenset(
    {InboundKind.TEXT, InboundKind.CHOICE, InboundKind.ATTACHMENT, InboundKind.UNSUPPORTED}
)


class Signs:
    """Best effort, beside everything else. `path`: where messages go."""

    def __init__(self, graph: Graph, path: str) -> None:
        self._graph = graph
        self._path = path
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    def show(self, events: Iterable[InboundEvent]) -> None:
        """Mark the newest message of each private chat as read, and show that we are writing."""
        newest = {
            event.conversation: event.event_id
            for event in events
            if event.private and event.kind in _WORTH_ONE
        }
        for id_ in newest.values():
            if self._stopping or len(self._tasks) >= _MOST:
                return
            task = asyncio.create_task(self._show(id_))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def shown(self) -> None:
        """Wait until what is under way has left."""
        await asyncio.gather(*self._tasks)

    async def stop(self) -> None:
        """Break off what is under way, and begin no more."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _show(self, id_: str) -> None:
        try:
            await self._graph.post(self._path, seen(id_))
        except (ChannelError, GraphError) as error:
            _log.debug("whatsapp_sign_lost", error=str(error))
