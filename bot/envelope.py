"""What lies in the inbox: the payloads of the durable runtime, as tagged JSON.

Written by a channel (`FromChannel`), by the backend's answers and feed (`FromBackend`), by the
timers a turn asked for (`FromBackend(TimeUp(…))`), and by what could not be said (`Undelivered`).
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct

from bot.channels.port import InboundEvent, OutboundMessage
from bot.runtime.port import Inbound
from handlers.kernel import AnyEvent


class FromChannel(Struct, frozen=True, tag="from_channel", omit_defaults=True):
    """A person did something in a chat. `correlation` follows it through logs and calls."""

    event: InboundEvent
    correlation: str = ""


class FromBackend(Struct, frozen=True, tag="from_backend", omit_defaults=True):
    """The backend answered an effect, told something unasked, or a timer came due."""

    event: AnyEvent
    correlation: str = ""


class Undelivered(Struct, frozen=True, tag="undelivered", omit_defaults=True):
    """A message did not reach the person. `gone`: they blocked us; else the window is shut."""

    message: OutboundMessage
    gone: bool = False
    correlation: str = ""


Envelope = FromChannel | FromBackend | Undelivered

_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(Envelope)
_message_decoder: Final = msgspec.json.Decoder(OutboundMessage)


def encode(envelope: Envelope) -> str:
    """Return the payload of an inbox row."""
    return _encoder.encode(envelope).decode()


def decode(payload: str) -> Envelope:
    """Read the payload of an inbox row. Raises msgspec.ValidationError."""
    return _decoder.decode(payload)


def encode_message(message: OutboundMessage) -> str:
    """Return the payload of an outbox row that is a message to the person."""
    return _encoder.encode(message).decode()


def decode_message(payload: str) -> OutboundMessage:
    """Read the payload of an outbox row that is a message. Raises msgspec.ValidationError."""
    return _message_decoder.decode(payload)


def inbound(event: InboundEvent, correlation: str = "") -> Inbound:
    """Return the inbox row of a channel's event, under its dedupe key."""
    return Inbound(
        dedupe=f"{event.channel}:{event.account}:{event.event_id}",
        conversation=event.conversation,
        payload=encode(FromChannel(event, correlation)),
    )


class Press(NamedTuple):
    """A pressed button: which offer it belongs to, and its value."""

    offer: int
    value: str


_PRESS: Final = re.compile(r"/choose:(\d{1,9}):(.+)", re.DOTALL)


def press_payload(offer: int, value: str) -> str:
    """Return the payload a button carries through every channel (64 bytes on the tightest)."""
    return f"/choose:{offer}:{value}"


def read_press(payload: str) -> Press | None:
    """Return what `press_payload` put in, or None for any other text."""
    match = _PRESS.fullmatch(payload)
    return Press(int(match[1]), match[2]) if match else None
