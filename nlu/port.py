"""The port every understanding engine implements (embedded, Rasa server)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import date

    from nlu.types import Understanding


class Engine(Protocol):
    """Finds the meaning of one message."""

    async def parse(self, text: str, *, today: date) -> Understanding:
        """Return the meaning of `text` (at most 10 000 characters are read).

        `today` (Asia/Jakarta) resolves relative dates. Never raises for any text: what is not
        understood is `Intent.OUT_OF_SCOPE` with a low confidence.
        """
        ...

    async def close(self) -> None:
        """Release what the engine holds."""
        ...
