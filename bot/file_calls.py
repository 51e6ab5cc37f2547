"""A file on its way through the outbox: what is asked for, and what its sender says it is."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from handlers.kernel import FetchFile, FileFacts

if TYPE_CHECKING:
    from bot.channels.port import Attachment

FILE: Final = "file"
"""The kind of outbox row that fetches a file."""
LONGEST_NAME: Final = 100
NAMELESS: Final = "file"
_FOLDERS: Final = re.compile(r".*[/\\]", re.DOTALL)


class FileCall(Struct, frozen=True, omit_defaults=True):
    """The payload of such a row."""

    effect: FetchFile
    correlation: str = ""


_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(FileCall)


def encode(call: FileCall) -> str:
    """Return the payload of an outbox row."""
    return _encoder.encode(call).decode()


def decode(payload: str) -> FileCall:
    """Read the payload of an outbox row. Raises msgspec.DecodeError."""
    return _decoder.decode(payload)


def facts(attachment: Attachment) -> FileFacts:
    """Return what the flows learn of a file: shown to people, trusted by nobody."""
    name = clean_name(attachment.name)
    return FileFacts(attachment.id, name, attachment.mime, max(0, attachment.size))


def clean_name(name: str) -> str:
    """Return a name without folders and characters that do not show; its end is kept when cut."""
    bare = _FOLDERS.sub("", name)
    shown = "".join(char if _is_shown(char) else " " for char in bare)
    words = " ".join(shown.split()).strip(". ")
    stem, dot, end = words.rpartition(".")
    if len(words) > LONGEST_NAME and stem and len(end) < _LONGEST_END:
        words = stem[: LONGEST_NAME - len(dot + end)] + dot + end
    return words[:LONGEST_NAME] or NAMELESS


_LONGEST_END: Final = 10


def _is_shown(char: str) -> bool:
    """Tell controls, marks that turn the direction of writing, and lone surrogates apart."""
    return not unicodedata.category(char).startswith("C")
