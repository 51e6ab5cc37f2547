"""The port every channel implements, and the channel-neutral messages that pass it.

A channel verifies and translates what comes in (`InboundEvent`), and renders what goes out
(`OutboundMessage`) with a pure `render(message, capabilities)`.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from msgspec import Struct

from handlers.kernel import FileProblem

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from aiohttp import web


class InboundKind(StrEnum):
    """What a channel can report."""

    TEXT = "text"
    CHOICE = "choice"
    ATTACHMENT = "attachment"
    EDIT = "edit"
    DELETE = "delete"
    JOINED = "joined"
    BLOCKED = "blocked"
    IDENTITY_CHANGED = "identity_changed"
    UNSUPPORTED = "unsupported"


class Attachment(Struct, frozen=True, omit_defaults=True):
    """A file in a message, not fetched yet. `id` is what the channel fetches it by."""

    id: str
    name: str = ""
    mime: str = ""
    size: int = 0
    """Bytes, as far as the channel says; 0 when it does not."""


class InboundEvent(Struct, frozen=True, omit_defaults=True):
    """One thing a person did in a chat. `text` is redacted before this is built into a row."""

    channel: str
    event_id: str
    """Unique within the channel account: the dedupe key is `channel:account:event_id`."""
    conversation: str
    """Stable key of the chat, `channel:…`; also the key of its durable conversation."""
    user: str
    """Stable key of the person within the channel."""
    kind: InboundKind = InboundKind.TEXT
    text: str = ""
    choice: str = ""
    """The payload of the pressed button, as it was sent with the offer; with `JOINED` the intent
    that the link which opened the chat asked for (`t.me/…?start=reset_password`)."""
    secret: bool = False
    """Something that looks like a password was redacted from `text`."""
    private: bool = True
    native_id: str = ""
    """The channel's id of the message, for deleting or answering it; with `CHOICE` the id of our
    message with the button."""
    sent_at: datetime | None = None
    locale: str = ""
    account: str = ""
    """Our own account in the channel (bot id, phone number id)."""
    address: str = ""
    """Client IP address where the channel knows it."""
    route: str = ""
    """What the channel needs to answer later, opaque to everybody else; the newest is kept."""
    attachments: tuple[Attachment, ...] = ()


class Button(Struct, frozen=True, omit_defaults=True):
    """A choice (`payload`) or a link (`url`) under a text."""

    title: str
    payload: str = ""
    url: str = ""


class Action(StrEnum):
    """What is to be done with an outbound message."""

    SAY = "say"
    DELETE = "delete"
    """Delete the person's message `target`: a password stands in it."""
    CLOSE = "close"
    """Take the buttons off our message `target`, which says `text`: they were pressed, or are good
    no more. `bot.messages` looks both up; a `text` that nobody knows any more is empty."""
    NUDGE = "nudge"
    """The service window is shut: send the template that asks the person to write."""


class OutboundMessage(Struct, frozen=True, omit_defaults=True):
    """One message to a person, in their language, ready to be rendered."""

    text: str
    buttons: tuple[Button, ...] = ()
    author: str = "bot"
    """`bot`, or the name of the agent who wrote it."""
    custom: dict[str, Any] | None = None
    at: datetime | None = None
    """When it was said, for a history."""
    action: Action = Action.SAY
    target: str = ""
    offer: int = 0
    """Whose buttons `CLOSE` takes off, where `target` is not known."""
    route: str = ""
    """The `route` of the person's last message."""
    heard_at: datetime | None = None
    """When the person wrote last (UTC): some channels allow answers for a day only."""
    language: str = ""
    """The conversation's language: of a template, and of what a channel says around the text."""


class Said(Struct, frozen=True):
    """One part of a message, as the platform took it under an id of its own."""

    native_id: str
    """Empty where the platform told none."""
    part: OutboundMessage


class Capabilities(Struct, frozen=True):
    """What a channel can do: `render` falls back gracefully where it cannot."""

    max_text: int
    max_buttons: int
    max_button_title: int
    max_payload_bytes: int
    link_buttons: bool
    links_beside_choices: bool
    deletes_user_messages: bool
    typing: bool
    pull: bool
    """The client fetches messages (web chat, REST, terminal): the outbox row is the delivery."""
    closes_offers: bool = False
    """Buttons can be taken off a message that was sent."""
    fails_late: bool = False
    """The platform may take a message and tell later that it could not be delivered."""
    echo: bool = False
    """The person's own words are put into the log too (redacted, codes masked): the client shows
    the whole conversation after a reload and in a second tab."""


class ChannelError(Exception):
    """A channel could not take a message."""


class TemporarilyUnavailable(ChannelError):
    """Try again after `retry_after` seconds."""

    def __init__(self, retry_after: float | None = None) -> None:
        super().__init__("the channel is away for the moment")
        self.retry_after = retry_after


class Unreachable(ChannelError):
    """The person blocked us or is gone: nothing can be sent until they write again."""


class WindowClosed(ChannelError):
    """Too long since the person wrote: only a template may be sent, the rest when they write."""


class Rejected(ChannelError):
    """The platform will never take this message: trying again is useless."""


class FateUnknown(ChannelError):
    """Sent, but the answer was lost: never repeated blindly."""


class FileGone(ChannelError):
    """The platform keeps the file no more: the person must send it again."""


class FileRefused(ChannelError):
    """The file is not taken: its size, its kind, or where it is said to be."""

    def __init__(self, detail: str, problem: FileProblem = FileProblem.UNAVAILABLE) -> None:
        super().__init__(detail)
        self.problem = problem


class Channel(Protocol):
    """One chat platform."""

    name: str
    capabilities: Capabilities

    def routes(self) -> list[web.RouteDef]:
        """Return the HTTP routes the channel needs (webhooks, pages)."""
        ...

    async def send(self, key: str, conversation: str, message: OutboundMessage) -> Sequence[Said]:
        """Deliver one message; `key` is its idempotency key. Raises ChannelError.

        Returns the parts as they left and the ids they got: all of them, also those that left in
        an earlier try, as far as this process remembers. What is to be taken back may be asked for
        twice. Never called for channels whose capabilities say `pull`. Actions that the
        capabilities do not name are not asked for.
        """
        ...

    async def start(self) -> None:
        """Begin listening where the channel pulls by itself (long polling)."""
        ...

    async def stop(self) -> None:
        """Stop listening and release connections."""
        ...


@runtime_checkable
class Registers(Protocol):
    """A channel whose platform has to be told where we are, once and after every move."""

    async def register(self) -> str:
        """Tell the platform; return what it was told. Raises ChannelError with what it said."""
        ...


@runtime_checkable
class FetchesFiles(Protocol):
    """A channel that can bring the files people sent, for some time after."""

    def fetch(self, attachment: Attachment) -> AsyncGenerator[bytes]:
        """Yield the bytes of a file, in pieces; whoever reads may stop at any of them.

        Raises ChannelError, also between two pieces: FileGone, FileRefused, or one that asks to
        try again.
        """
        ...
