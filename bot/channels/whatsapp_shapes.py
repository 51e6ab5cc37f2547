"""The shapes of the Cloud API's webhooks, as far as they are read.

Every list holds raw parts, read one by one: a broken one costs no other.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct


class Words(Struct):
    """A text."""

    body: str = ""


class Media(Struct):
    """A file."""

    id: str
    mime_type: str = ""
    filename: str | None = None
    caption: str | None = None
    file_size: int = 0


class Pressed(Struct):
    """A pressed button or chosen row."""

    id: str


class Interactive(Struct):
    """The answer to buttons or a list."""

    type: str = ""
    button_reply: Pressed | None = None
    list_reply: Pressed | None = None


class QuickReply(Struct):
    """The answer to a template's button."""

    payload: str = ""


class System(Struct):
    """Something that happened to a person's number or id."""

    type: str = ""
    previous_user_id: str | None = None
    user_id: str | None = None
    wa_id: str | None = None
    new_wa_id: str | None = None
    customer: str | None = None


class Context(Struct):
    """The message that is answered."""

    id: str | None = None


class Message(Struct):
    """What a person did."""

    id: str
    type: str
    from_: str | None = msgspec.field(name="from", default=None)
    from_user_id: str | None = None
    group_id: str | None = None
    timestamp: str | int = ""
    text: Words | None = None
    image: Media | None = None
    document: Media | None = None
    interactive: Interactive | None = None
    button: QuickReply | None = None
    system: System | None = None
    context: Context | None = None


class Contact(Struct):
    """Who a person is."""

    wa_id: str | None = None
    user_id: str | None = None


class Error(Struct):
    """Why a message failed."""

    code: int = -1


class Status(Struct):
    """What became of a message of ours."""

    id: str
    status: str
    recipient_id: str | None = None
    recipient_user_id: str | None = None
    errors: list[Error] = []

    @property
    def code(self) -> int:
        """Return Meta's error code of a failure."""
        return self.errors[0].code if self.errors else -1


class Ids(Struct):
    """A person's id, before and after."""

    previous: str
    current: str | None = None


class IdUpdate(Struct):
    """A changed id, in the form Meta announced first."""

    user_id: Ids
    timestamp: str | int = ""


class Metadata(Struct):
    """Which number of ours is meant."""

    phone_number_id: str


class Value(Struct):
    """What a change holds."""

    metadata: Metadata
    contacts: list[Raw] = []
    messages: list[Raw] = []
    statuses: list[Raw] = []
    user_id_update: list[Raw] = []


class Change(Struct):
    """One part of an entry: what kind, and what it holds."""

    field: str
    value: Raw


class Entry(Struct):
    """One business account's part of a webhook."""

    changes: list[Raw] = []


class Webhook(Struct):
    """The whole of it."""

    object: str
    entry: list[Raw]
