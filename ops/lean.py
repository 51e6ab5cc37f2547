"""What keeps a service small: resident memory is what a small machine runs out of first.

What was measured: `docs/decisions/0090-*`.
"""

from __future__ import annotations

import ctypes
import gc
import sys
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from types import ModuleType

_ARENA_MAX: Final = -8
"""glibc's M_ARENA_MAX."""


def forgo_rich() -> None:
    """Let this process find neither rich nor pygments. To be called before anything is imported.

    structlog and httpx load both: for traces that `ops.logs` never draws, for a command line.
    """
    for name in ("rich", "pygments"):
        sys.modules.setdefault(name, cast("ModuleType", None))  # Python's way to say: not found


def share_arenas() -> None:
    """Let all threads allocate from two pools: glibc would give each of them one of its own."""
    _libc("mallopt", _ARENA_MAX, 2)


def settle() -> None:
    """Give back what only the start needed; keep the garbage collector off what stays."""
    gc.collect()
    gc.freeze()
    _libc("malloc_trim", 0)


def _libc(name: str, *arguments: int) -> None:
    function = getattr(ctypes.CDLL(None), name, None)  # other C libraries have neither
    if function is not None:
        function(*arguments)
