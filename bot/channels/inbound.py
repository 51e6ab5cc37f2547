"""What every channel does with a request and its words before anything is stored."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec
from aiohttp import web

from bot.file_calls import clean_name
from nlu.secrets import redact

if TYPE_CHECKING:
    from aiohttp.web import Request

T = TypeVar("T")

_JOINTS: Final = re.compile("[_-]+")
MAX_TEXT: Final = 4_000
"""Characters of a message that is read; longer ones are politely refused by the channel."""
MAX_BODY: Final = 64 * 1024
"""Bytes of a chat message's request: `MAX_TEXT` of the widest characters, and to spare."""


def clean(text: str) -> tuple[str, bool]:
    """Return the text without passwords and control characters, and whether one was found.

    Nothing of a channel's text may be stored, logged or measured before it went through here.
    """
    normal = unicodedata.normalize("NFC", text)
    visible = "".join(c for c in normal if c in "\n\t" or unicodedata.category(c)[0] != "C")
    redacted = redact(visible)
    return redacted.text, redacted.found


def clean_file_name(name: str) -> str:
    """Return a file's name as it may be stored and shown; empty for one that holds a password.

    Cameras and offices join words by strokes, which alone would make them look like a password.
    """
    if not name:
        return ""
    bare = clean_name(name)
    stem, _, end = bare.rpartition(".")
    return "" if redact(_JOINTS.sub(" ", stem or end)).found else bare


async def read_json(request: Request, decoder: msgspec.json.Decoder[T]) -> T:
    """Return the body as `decoder` reads it.

    Raises HTTPRequestEntityTooLarge (413) or HTTPBadRequest (400), neither quoting the body.
    """
    if (request.content_length or 0) > MAX_BODY:
        raise web.HTTPRequestEntityTooLarge(MAX_BODY, request.content_length or 0)
    body = await request.read()
    if len(body) > MAX_BODY:
        raise web.HTTPRequestEntityTooLarge(MAX_BODY, len(body))
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise web.HTTPBadRequest(text="not a message in the expected shape") from None
