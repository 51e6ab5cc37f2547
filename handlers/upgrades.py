"""Saved conversations of older versions, made readable again: one function per version.

A state nobody can read is no reason to keep a person waiting: `bot.dialogue` starts afresh, says
so and logs it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from handlers.model import VERSION, Conversation

Saved = dict[str, Any]
Upgrade = Callable[[Saved], Saved]

UPGRADES: Final[Mapping[int, Upgrade]] = {}
"""From version `n` to `n + 1`. An entry stays as long as a state of its version may exist."""


class Undecodable(Exception):
    """The saved state is of no version we know."""


def load(saved: Saved, upgrades: Mapping[int, Upgrade] = UPGRADES) -> Conversation:
    """Return the conversation that was saved, by whatever version. Raises Undecodable."""
    version = saved.get("version", 1)
    while version != VERSION:
        if version not in upgrades:
            raise Undecodable(f"version {version}")
        saved = upgrades[version](saved)
        version = saved["version"]
    try:
        return msgspec.convert(saved, Conversation)
    except msgspec.ValidationError as error:
        raise Undecodable(str(error)) from None
