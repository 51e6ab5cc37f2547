"""The folder of documents people sent: each stands under the SHA-256 of its content.

The bot puts them there, the backend deletes what no request names any more, an operator's command
reads them. None of them ever serves one to a browser.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Container, Generator, Iterable

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_INCOMING: Final = ".incoming-"
_FOR_THE_GROUP: Final = 0o640


class Damaged(Exception):
    """The file is not what it was when it was put there."""


class Documents:
    """The documents in `folder`, which is made when the first one comes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path_of(self, digest: str) -> Path:
        """Return where the document is. Raises ValueError for anything but a SHA-256."""
        return self.folder / _sha256(digest)[:2] / digest

    def parked(self, name: str) -> Path:
        """Return where a file is that may be asked for. Raises ValueError as `path_of` does."""
        return self.folder / f"{_INCOMING}{_sha256(name)}"

    def read(self, digest: str) -> bytes:
        """Return the document. Raises OSError (FileNotFoundError), Damaged."""
        content = self.path_of(digest).read_bytes()
        if hashlib.sha256(content).hexdigest() != digest:
            raise Damaged
        return content

    @contextmanager
    def incoming(self) -> Generator[Incoming]:
        """Take a new one: unless it is kept, nothing remains of it."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = Incoming(self)
        try:
            yield file
        finally:
            file.discard()

    def purge(self, kept: Container[str], before: float) -> int:
        """Delete what is older than `before` (seconds of the epoch) and not among `kept`.

        Also what a process that was killed left half written; files that are not ours stay.
        Returns how many are gone.
        """
        ours = [path for path in self.folder.glob("[0-9a-f][0-9a-f]/*") if _is_document(path)]
        orphans = (path for path in ours if path.name not in kept)
        return _delete(orphans, before) + self.purge_incoming(before)

    def purge_incoming(self, before: float) -> int:
        """Delete what was parked, or left half written, before `before`; return how many."""
        return _delete(self.folder.glob(f"{_INCOMING}*"), before)

    def incoming_sizes(self) -> list[int]:
        """Return the bytes of each file that is parked or being written."""
        found: list[int] = []
        for path in self.folder.glob(f"{_INCOMING}*"):
            with suppress(FileNotFoundError):
                found.append(path.stat().st_size)
        return found


def _sha256(text: str) -> str:
    if not _DIGEST.fullmatch(text):
        raise ValueError("not a SHA-256")
    return text


def _delete(paths: Iterable[Path], before: float) -> int:
    """Delete those that are older; several processes may be at it."""
    gone = 0
    for path in paths:
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before:
                path.unlink()
                gone += 1
    return gone


def _is_document(path: Path) -> bool:
    return _DIGEST.fullmatch(path.name) is not None and path.name.startswith(path.parent.name)


class Incoming:
    """A document on its way: for our user only (0600), or for the group the folder is for."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._hash = hashlib.sha256()
        descriptor, name = tempfile.mkstemp(prefix=_INCOMING, dir=documents.folder)
        self._file, self._path = os.fdopen(descriptor, "wb"), Path(name)
        if self._folder_mode() & stat.S_IRGRP:
            os.fchmod(descriptor, _FOR_THE_GROUP)
        self.size = 0

    def write(self, chunk: bytes) -> None:
        """Add the next bytes."""
        self._file.write(chunk)
        self._hash.update(chunk)
        self.size += len(chunk)

    def keep(self) -> str:
        """Put it into its place, whole or not at all, and return its SHA-256. Raises OSError.

        The same content again is the same file, and young again.
        """
        self._write_out()
        digest = self._hash.hexdigest()
        place = self._documents.path_of(digest)
        if not place.parent.exists():
            place.parent.mkdir(exist_ok=True, mode=0o700)
            place.parent.chmod(self._folder_mode())
        self._path.replace(place)
        for folder in (place.parent, self._documents.folder):
            _sync(folder)
        return digest

    def park(self, name: str) -> None:
        """Leave it under `name`, a SHA-256 of whatever names it. Raises OSError.

        Parked again under the same name, it takes the place of what was there.
        """
        self._write_out()
        self._path.replace(self._documents.parked(name))
        _sync(self._documents.folder)

    def _write_out(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())

    def _folder_mode(self) -> int:
        return stat.S_IMODE(self._documents.folder.stat().st_mode)

    def discard(self) -> None:
        """Delete it, unless it was kept."""
        self._file.close()
        self._path.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Make a rename survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
