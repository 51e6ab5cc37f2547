"""A request to the backend on its way through the outbox: the effect, and who asks."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from bot.memory import Line, Person
from handlers.kernel import (
    AppendToTicket,
    CancelTicket,
    CheckCode,
    DropProofs,
    FileGuestRequest,
    IssueResetLink,
    ListTickets,
    OpenTicket,
    ResendCode,
    SendCode,
    UnlockAccount,
    VoidChallenge,
)
from nlu.types import Language

QuickEffect = (
    SendCode
    | ResendCode
    | CheckCode
    | VoidChallenge
    | IssueResetLink
    | UnlockAccount
    | ListTickets
)
"""Somebody waits for the answer: given up on after seconds."""
CaseEffect = OpenTicket | AppendToTicket | CancelTicket | FileGuestRequest | DropProofs
"""Must not be lost: tried for days."""
BackendEffect = QuickEffect | CaseEffect

QUICK: Final = "backend"
CASE: Final = "case"
"""Kinds of outbox rows, each with a policy of its own (`bot.effects`)."""


class BackendCall(Struct, frozen=True, omit_defaults=True):
    """The payload of such a row. `transcript` goes with a ticket only."""

    effect: BackendEffect
    person: Person
    language: Language = Language.ID
    transcript: tuple[Line, ...] = ()
    correlation: str = ""


_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(BackendCall)


def encode(call: BackendCall) -> str:
    """Return the payload of an outbox row."""
    return _encoder.encode(call).decode()


def decode(payload: str) -> BackendCall:
    """Read the payload of an outbox row. Raises msgspec.DecodeError."""
    return _decoder.decode(payload)


def kind_of(effect: BackendEffect) -> str:
    """Return the kind of row `effect` travels in."""
    return CASE if isinstance(effect, CaseEffect) else QUICK
