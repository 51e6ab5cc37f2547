"""Deletes documents that no request names any more."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from backend.store.guests import documents_named

if TYPE_CHECKING:
    from backend.store.database import Database
    from ops.clock import Clock
    from ops.documents import Documents

ORPHANS_KEPT: Final = timedelta(days=30)
"""A document is there before its request, which the bot files for a week when we are away."""


class DocumentUpkeep:
    """The upkeep of the folder; where it is not seen from here, nothing is done."""

    def __init__(self, db: Database, clock: Clock, documents: Documents) -> None:
        self._db = db
        self._clock = clock
        self._documents = documents

    async def purge(self) -> int:
        """Delete what is older than thirty days and belongs to no ticket; return how many."""
        before = (self._clock.now() - ORPHANS_KEPT).timestamp()
        async with self._db.read() as tx:
            kept = await documents_named(tx)
        return await asyncio.to_thread(self._documents.purge, kept, before)
