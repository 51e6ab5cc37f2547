"""Keys the embedded default makes for itself: once, readable by their owner only."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import SecretStr


def key(given: SecretStr | None, state_dir: Path, name: str) -> str:
    """Return the key that was given, else the one kept (or made now) in the state folder."""
    return given.get_secret_value() if given else load_or_make_key(state_dir, name)


def load_or_make_key(state_dir: Path, name: str) -> str:
    """Return the key `name` kept in `state_dir/keys`, made (256 bit) when it is not there yet.

    Two processes that start at once agree on one key: the file is linked into place whole.
    """
    folder = state_dir / "keys"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / name
    if not path.exists():
        draft = folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="utf-8")
