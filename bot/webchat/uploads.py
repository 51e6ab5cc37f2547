"""Files the page sends: taken whole, looked at, and parked until a flow asks for them.

They wait in the folder of documents, which all replicas share: whichever answers may fetch them.
None is ever served to a browser.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

import structlog
from aiohttp import web

from bot.channels.inbound import clean_file_name
from bot.channels.port import Attachment, FileGone, FileRefused, TemporarilyUnavailable
from bot.file_calls import NAMELESS
from bot.files import LARGEST, take_in
from handlers.kernel import FileProblem

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from ops.documents import Documents, Incoming

NAME_HEADER: Final = "X-File-Name"
"""What the person calls the file, percent-encoded: in no address, so in no proxy's log."""
LONGEST_HEADER: Final = 4_000
PATIENCE: Final = 300.0
"""Seconds an upload may take: 10 MB at 35 KB a second."""
KEPT: Final = 24 * 3600.0
"""Seconds a file waits to be asked for: as long as we may be down between event and answer."""
ROOM: Final = 2 * 1024**3
"""Bytes that may wait at once: a full disk would stop every conversation."""
LEAST: Final = 1024**2
"""Bytes a waiting file counts for at the least: many small ones are a burden, too."""
KEPT_WHEN_FULL: Final = 600.0
"""Seconds a file waits even then: a flow that wants one asks within moments."""
_PURGED_EVERY: Final = 3600.0
_CHUNK: Final = 64 * 1024

_log = structlog.get_logger(__name__)


class Uploads:
    """Files on their way from a page to `documents`."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def take(self, request: web.Request, chat: str, message: str) -> Attachment:
        """Park the body of `request`, the file of `chat`'s `message`; again, it is still one file.

        Raises HTTPException: 413 too large, 415 neither PDF nor photo, 408 too slow, 400 broken,
        507 no room. Raises ConnectionError when the client goes away.
        """
        if (request.content_length or 0) > LARGEST:
            raise web.HTTPRequestEntityTooLarge(LARGEST, request.content_length or 0)
        # Made here, of what no other chat has: nobody can name a file that is not theirs.
        name = hashlib.sha256(f"{chat}:{message}".encode()).hexdigest()
        try:
            await asyncio.to_thread(self._find_room)
            with self._documents.incoming() as file:
                mime = await _read(request, file)
                await asyncio.to_thread(file.park, name)
                return Attachment(name, _name_of(request), mime, file.size)
        except ConnectionError:
            raise
        except OSError as error:
            _log.error("upload_failed", error=str(error))
            raise web.HTTPInsufficientStorage(text="no room for files") from error

    def _find_room(self) -> None:
        if self._is_full():
            self._documents.purge_incoming(time.time() - KEPT_WHEN_FULL)
            if self._is_full():
                raise OSError("too many files wait to be asked for")

    def _is_full(self) -> bool:
        waiting = sum(max(size, LEAST) for size in self._documents.incoming_sizes())
        return waiting + LARGEST > ROOM

    async def fetch(self, attachment: Attachment) -> AsyncGenerator[bytes]:
        """Yield the bytes of a file that was parked. Raises FileGone, TemporarilyUnavailable."""
        try:
            with self._documents.parked(attachment.id).open("rb") as file:
                while chunk := await asyncio.to_thread(file.read, _CHUNK):
                    yield chunk
        except (FileNotFoundError, ValueError) as error:
            raise FileGone from error
        except OSError as error:
            raise TemporarilyUnavailable from error

    async def purge(self, stop: asyncio.Event) -> None:
        """Delete what nobody asked for within a day, every hour until `stop`."""
        while not stop.is_set():
            try:
                before = time.time() - KEPT
                await asyncio.to_thread(self._documents.purge_incoming, before)
            except OSError as error:
                _log.error("purge_failed", error=str(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _PURGED_EVERY)


async def _read(request: web.Request, file: Incoming) -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            return await take_in(request.content.iter_chunked(_CHUNK), file)
    except FileRefused as refusal:
        if refusal.problem is FileProblem.TOO_LARGE:
            raise web.HTTPRequestEntityTooLarge(LARGEST, file.size) from None
        raise web.HTTPUnsupportedMediaType(text="neither PDF, JPEG nor PNG") from None
    except TimeoutError:
        raise web.HTTPRequestTimeout(text="too slow") from None
    except web.RequestPayloadError:
        raise web.HTTPBadRequest(text="broken off") from None


def _name_of(request: web.Request) -> str:
    told = unquote(request.headers.get(NAME_HEADER, "")[:LONGEST_HEADER], errors="replace")
    return clean_file_name(told) or NAMELESS
