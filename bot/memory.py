"""What is saved of a conversation between two turns: the flows' state and a short transcript.

The transcript exists for the human who takes over: bounded, redacted, without codes.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec
import structlog
from msgspec import Struct
from msgspec.structs import replace

from bot.channels.port import Action, OutboundMessage
from bot.review import Watched
from handlers.model import VERSION, Conversation
from handlers.upgrades import Undecodable, load
from nlu.entities.codes import hide_codes

if TYPE_CHECKING:
    from collections.abc import Iterable

_log = structlog.get_logger(__name__)

KEPT_LINES: Final = 50
LONGEST_LINE: Final = 500
"""Characters of a line that are kept: the handoff is a summary, the channel has the rest."""
KEPT_MESSAGES: Final = 10
_MASK: Final = "••••••"


class Line(Struct, frozen=True):
    """One line of the transcript. `author`: user, bot, agent or system."""

    author: str
    text: str
    at: datetime


class Person(Struct, frozen=True, omit_defaults=True):
    """Who is on the other side, as the channel last said."""

    channel: str = ""
    user: str = ""
    address: str = ""
    route: str = ""
    heard_at: datetime | None = None


class Memory(Struct, frozen=True, omit_defaults=True):
    """Everything a turn starts from."""

    conversation: Conversation = Conversation()
    person: Person = Person()
    lines: tuple[Line, ...] = ()
    last: tuple[str, ...] = ()
    """The sentences of the bot's last message: none of them is said again at once."""
    gone: bool = False
    """The person blocked us: nothing is sent until they write."""
    kept: tuple[OutboundMessage, ...] = ()
    """What could not be said; it is, when the person writes."""
    watched: Watched | None = None
    """The last message, while it is open whether it was understood (only with the review on)."""


_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(Memory)
_plain: Final = msgspec.json.Decoder()


def dump(memory: Memory) -> str:
    """Return the saved form."""
    return _encoder.encode(memory).decode()


def recall(state: str | None) -> Memory | None:
    """Read what was saved, by this version or an older one; None when nobody can read it."""
    if state is None:
        return Memory()
    try:
        memory = _decoder.decode(state)
        if memory.conversation.version == VERSION:
            return memory
    except msgspec.DecodeError:
        pass
    return _upgraded(state)


def _upgraded(state: str) -> Memory | None:
    try:
        saved: dict[str, Any] = _plain.decode(state)
        conversation = load(saved.get("conversation", {}))
        return msgspec.convert(
            {**saved, "conversation": msgspec.to_builtins(conversation)}, Memory
        )
    except (Undecodable, msgspec.DecodeError, AttributeError, TypeError) as error:
        _log.error("conversation_state_lost", error=type(error).__name__)
        return None


def remember(memory: Memory, *lines: Line) -> Memory:
    """Return the memory with `lines` added, the oldest forgotten."""
    short = (replace(line, text=line.text[:LONGEST_LINE]) for line in lines if line.text)
    return replace(memory, lines=(*memory.lines, *short)[-KEPT_LINES:])


def keep(memory: Memory, *messages: OutboundMessage) -> Memory:
    """Return the memory with `messages` to be said later, the oldest forgotten.

    Their buttons are not: they belong to an offer that will be over.
    """
    words = (each for each in messages if each.text and each.action is Action.SAY)
    bare = (replace(message, buttons=()) for message in words)
    return replace(memory, kept=(*memory.kept, *bare)[-KEPT_MESSAGES:])


def without(text: str, secrets: Iterable[str]) -> str:
    """Return `text` with every one of `secrets` masked where it stands as a word."""
    for secret in secrets:
        text = re.sub(rf"\b{re.escape(secret)}\b", _MASK, text)
    return text


def without_codes(text: str) -> str:
    """Return `text` with every longer number, spelled or not, masked: it may be a code."""
    return hide_codes(text, _MASK)
