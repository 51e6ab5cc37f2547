"""What every actor works with."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.runtime.batcher import Batcher
    from bot.runtime.delivery import Courier
    from bot.runtime.operations import Operations
    from bot.runtime.port import Handler
    from bot.runtime.pull_log import PullLog
    from bot.runtime.settings import RuntimeSettings
    from ops.clock import Clock


@dataclass(slots=True)
class Workshop:
    """The tools of the actors of one runtime."""

    batcher: Batcher
    operations: Operations
    courier: Courier
    handler: Handler
    log: PullLog
    clock: Clock
    settings: RuntimeSettings
    dead_letters: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when one was written: a human is to be told."""
    salt: int = 0
    """Drawn once for a database, so that keys of one made anew differ from the old ones."""
    closing: bool = False
    """Actors stop at the next boundary: after the turn, and the delivery, under way."""
    quarantine: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Messages that were in flight at two crashes run one at a time: should one of them kill
    the process again, the others are not blamed for it."""

    def now(self) -> float:
        """Return the time as the tables keep it."""
        return self.clock.now().timestamp()

    def prefix(self, conversation: str) -> str:
        """Return what the keys of a conversation begin with: opaque, and safe in a header."""
        salt = self.salt.to_bytes(8, "big")
        return blake2b(conversation.encode(), digest_size=16, key=salt).hexdigest()
