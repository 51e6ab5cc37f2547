"""Fetches the files people sent: through their channel, bounded, looked at, kept.

Nothing its sender says of a file is believed: not its name, not its type, not its size.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

import structlog
from msgspec.structs import replace
from prometheus_client import Counter

from bot.channels.port import (
    Attachment,
    ChannelError,
    FateUnknown,
    FetchesFiles,
    FileGone,
    FileRefused,
    TemporarilyUnavailable,
)
from bot.envelope import FromBackend, encode
from bot.file_calls import FILE, decode
from bot.runtime.port import Policy, RetryLater
from handlers import kernel
from handlers.guest_draft import MAX_MEGABYTES
from handlers.kernel import FileProblem

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Mapping, Sequence

    from bot.channels.port import Channel
    from bot.file_calls import FileCall
    from bot.runtime.port import Delivery
    from ops.documents import Documents, Incoming

_log = structlog.get_logger(__name__)

FETCHED: Final = Counter(
    "helpdesk_files_total", "Files people sent, by what became of them.", ["outcome"]
)
LARGEST: Final = MAX_MEGABYTES * 1024 * 1024
TRIES: Final = 5
LONGEST_WAIT: Final = 30.0
"""Seconds a file is waited for because its platform asks to: somebody looks at the chat."""
MAGIC: Final = {
    b"%PDF-": "application/pdf",
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
}
_LONGEST_MAGIC: Final = max(map(len, MAGIC))


class Files:
    """The sender of the outbox rows that fetch files, from `channels` into `documents`."""

    def __init__(self, channels: Mapping[str, Channel], documents: Documents) -> None:
        self._channels = channels
        self._documents = documents

    def policies(self) -> dict[str, Policy]:
        """Return how such a row is delivered."""
        policy = Policy(
            self.send,
            lane=FILE,
            tries=TRIES,
            first_delay=0.5,
            max_delay=5.0,
            on_give_up=self.give_up,
            timeout=60.0,
        )
        return {FILE: policy}

    async def send(self, delivery: Delivery) -> Sequence[str]:
        """Fetch the file and keep it, or tell why not. Done twice, it is kept once."""
        call = decode(delivery.payload)
        try:
            document = await self._fetch(delivery.conversation.partition(":")[0], call.effect.file)
        except (TemporarilyUnavailable, FateUnknown) as away:
            wait = getattr(away, "retry_after", None)
            if (wait or 0) > LONGEST_WAIT:
                return _refused(call, FileProblem.UNAVAILABLE)
            raise RetryLater("the channel is away", wait) from away
        except FileGone:
            return _refused(call, FileProblem.GONE)
        except FileRefused as refusal:
            return _refused(call, refusal.problem)
        except ChannelError:
            return _refused(call, FileProblem.UNAVAILABLE)
        FETCHED.labels("kept").inc()
        return _payloads(call, kernel.FileStored(document))

    async def give_up(self, delivery: Delivery, reason: str) -> Sequence[str]:
        """Tell the conversation that there will be no file."""
        del reason
        return _refused(decode(delivery.payload), FileProblem.UNAVAILABLE)

    async def _fetch(self, name: str, facts: kernel.FileFacts) -> kernel.Document:
        channel = self._channels.get(name)
        if not isinstance(channel, FetchesFiles):
            raise FileRefused("the channel has no way to fetch files")
        if facts.size > LARGEST:
            raise FileRefused("too large", FileProblem.TOO_LARGE)
        with self._documents.incoming() as file:
            attachment = Attachment(facts.id, facts.name, facts.mime, facts.size)
            async with aclosing(channel.fetch(attachment)) as chunks:
                mime = await take_in(chunks, file)
            digest = await asyncio.to_thread(file.keep)
            return kernel.Document(digest, facts.name, mime, file.size)


async def take_in(chunks: AsyncIterable[bytes], file: Incoming) -> str:
    """Read all of it, and no further than what is too much; return what it is.

    Raises FileRefused, and whatever `chunks` raises.
    """
    head = b""
    async for chunk in chunks:
        head += chunk[: _LONGEST_MAGIC - len(head)]
        file.write(chunk)
        if file.size > LARGEST:
            raise FileRefused("too large", FileProblem.TOO_LARGE)
    mime = next((mime for magic, mime in MAGIC.items() if head.startswith(magic)), None)
    if mime is None:
        raise FileRefused("neither PDF, JPEG nor PNG", FileProblem.WRONG_TYPE)
    return mime


def _refused(call: FileCall, problem: FileProblem) -> Sequence[str]:
    FETCHED.labels(problem).inc()
    _log.info("file_refused", problem=problem)
    return _payloads(call, kernel.FileRefused(call.effect.file.name, problem))


def _payloads(call: FileCall, event: kernel.FileStored | kernel.FileRefused) -> Sequence[str]:
    answer = replace(event, ref=call.effect.ref)
    return (encode(FromBackend(answer, call.correlation)),)
