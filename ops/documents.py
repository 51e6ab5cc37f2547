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
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Container, Generator

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
        if not _DIGEST.fullmatch(digest):
            raise ValueError("not a SHA-256")
        return self.folder / digest[:2] / digest

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
        gone = 0
        for path in (*ours, *self.folder.glob(f"{_INCOMING}*")):
            if path.name not in kept and path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
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
        self._file.flush()
        os.fsync(self._file.fileno())
        digest = self._hash.hexdigest()
        place = self._documents.path_of(digest)
        if not place.parent.exists():
            place.parent.mkdir(exist_ok=True, mode=0o700)
            place.parent.chmod(self._folder_mode())
        self._path.replace(place)
        for folder in (place.parent, self._documents.folder):
            _sync(folder)
        return digest

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
