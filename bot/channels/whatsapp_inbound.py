"""Reads a webhook of the Cloud API: every entry, change, message and status of it.

Pure. What cannot be read is set aside part by part, so that one broken message costs no other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from bot.channels.inbound import MAX_TEXT, clean, clean_file_name
from bot.channels.port import Attachment, InboundEvent, InboundKind
from bot.channels.whatsapp_shapes import (
    Change,
    Contact,
    Entry,
    IdUpdate,
    Media,
    Message,
    Status,
    Value,
    Webhook,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from msgspec import Raw

T = TypeVar("T")

NAME: Final = "whatsapp"
BSUID: Final = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
"""A business-scoped user id: a person as our organisation alone sees them; a new phone number gets
a new one."""
_PHONE: Final = re.compile(r"\+?[0-9]{5,20}")
_GROUP: Final = re.compile(r"[A-Za-z0-9_=@.:+/-]{1,200}")
_ID: Final = re.compile(r"[\x21-\x7e]{1,300}")
_LONGEST_CHOICE: Final = 256
_LONGEST_NAME: Final = 200
_MOST_SECONDS: Final = 253_402_300_799
"""The last second of the year 9999, where Python's dates end."""


@dataclass(slots=True)
class Batch:
    """What a webhook holds for us."""

    events: list[InboundEvent] = field(default_factory=list[InboundEvent])
    statuses: list[Status] = field(default_factory=list[Status])
    foreign: int = 0
    """Parts that were meant for another of the account's numbers."""
    notices: list[str] = field(default_factory=list[str])
    """Other things Meta tells about the account, by the name of their field."""
    broken: list[tuple[str, bytes]] = field(default_factory=list[tuple[str, bytes]])
    """What could not be read: which part, and its bytes."""


def read(body: bytes, account: str, now: datetime) -> Batch:
    """Return what `body` holds for our phone number id `account`."""
    batch = Batch()
    webhook = _part(batch, "webhook", body, Webhook)
    if webhook is None:
        return batch
    if webhook.object != "whatsapp_business_account":
        batch.broken.append(("object", body))
        return batch
    for entry in _parts(batch, "entry", webhook.entry, Entry):
        for change in _parts(batch, "change", entry.changes, Change):
            _change(batch, change, account, now)
    # Meta promises no order: at least the messages of one request are brought into theirs.
    batch.events.sort(key=lambda event: event.sent_at or now)
    return batch


def who(conversation: str) -> str:
    """Return the id of the person or group in a conversation's key."""
    return conversation.split(":", 2)[2]


def key_of(account: str, person: str) -> str:
    """Return the conversation's key of a private chat."""
    return f"{NAME}:{account}:{person}"


def person(*candidates: str | None) -> str | None:
    """Return the best id: a business-scoped one, else a phone number."""
    for shape in (BSUID, _PHONE):
        for candidate in candidates:
            if candidate and shape.fullmatch(candidate):
                return candidate.removeprefix("+")
    return None


def _part(batch: Batch, what: str, raw: Raw | bytes, shape: type[T]) -> T | None:
    try:
        return msgspec.json.decode(raw, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        batch.broken.append((what, bytes(raw)))
        return None


def _parts(batch: Batch, what: str, raws: Iterable[Raw], shape: type[T]) -> Iterator[T]:
    for raw in raws:
        part = _part(batch, what, raw, shape)
        if part is not None:
            yield part


def _change(batch: Batch, change: Change, account: str, now: datetime) -> None:
    if change.field not in {"messages", "user_id_update"}:
        batch.notices.append(change.field)
        return
    value = _part(batch, "value", change.value, Value)
    if value is None:
        return
    if value.metadata.phone_number_id != account:
        batch.foreign += 1
        return
    reader = _Reader(account, now, list(_parts(batch, "contact", value.contacts, Contact)))
    batch.statuses.extend(_parts(batch, "status", value.statuses, Status))
    for update in _parts(batch, "id update", value.user_id_update, IdUpdate):
        batch.events.extend(reader.updated(update))
    for raw in value.messages:
        message = _part(batch, "message", raw, Message)
        if message is None:
            continue
        events = reader.message(message)
        if events is None:
            batch.broken.append((f"message {message.type[:20]!r}", bytes(raw)))
        else:
            batch.events.extend(events)


class _Reader:
    """Turns the messages of one change into events."""

    def __init__(self, account: str, now: datetime, contacts: list[Contact]) -> None:
        self._account = account
        self._now = now
        self._contacts = contacts

    def message(self, message: Message) -> list[InboundEvent] | None:
        """Return the events of `message`; None when it lacks what its type promises."""
        if not _ID.fullmatch(message.id):
            return None
        if message.type == "system":
            return self._moved(message)
        sender = self._sender(message)
        group = message.group_id
        if sender is None or (group is not None and not _GROUP.fullmatch(group)):
            return None
        told = _told(message)
        if told is None:
            return [] if message.type == "reaction" else None
        kind, text, choice, attachments = told
        words, secret = clean(text[: 2 * MAX_TEXT])
        pressed = kind is InboundKind.CHOICE and message.context and message.context.id
        return [
            InboundEvent(
                channel=NAME,
                event_id=message.id,
                conversation=key_of(self._account, f"group:{group}" if group else sender),
                user=sender,
                kind=kind,
                text=words[:MAX_TEXT],
                choice=choice,
                secret=secret,
                private=not group,
                native_id=pressed or message.id,
                sent_at=self._time(message.timestamp),
                account=self._account,
                attachments=attachments,
            )
        ]

    def updated(self, update: IdUpdate) -> list[InboundEvent]:
        """Return that a person's id changed, in the form Meta announced first."""
        mark = f"user_id_update:{update.timestamp}"
        return self._changed(mark, update.timestamp, [update.user_id.previous])

    def _moved(self, message: Message) -> list[InboundEvent] | None:
        """Return that a number or id changed hands: for every key the old or new one may have.

        The new number may have been somebody else's before: what its chat proved is void, too.
        """
        system = message.system
        if system is None:
            return None
        ids = [
            system.previous_user_id,
            message.from_user_id,
            message.from_,
            system.customer,
            system.user_id,
            system.wa_id,
            system.new_wa_id,
        ]
        return self._changed(message.id, message.timestamp, ids) or None

    def _changed(
        self, mark: str, timestamp: str | int, ids: Iterable[str | None]
    ) -> list[InboundEvent]:
        people = dict.fromkeys(filter(None, map(person, ids)))
        return [
            InboundEvent(
                channel=NAME,
                event_id=f"{mark}:{each}",
                conversation=key_of(self._account, each),
                user=each,
                kind=InboundKind.IDENTITY_CHANGED,
                sent_at=self._time(timestamp),
                account=self._account,
            )
            for each in people
        ]

    def _sender(self, message: Message) -> str | None:
        own = {message.from_, message.from_user_id} - {None}
        match = next((c for c in self._contacts if {c.wa_id, c.user_id} & own), None)
        if match is None and len(self._contacts) == 1 and not own:
            match = self._contacts[0]
        known = (match.user_id, match.wa_id) if match else ()
        return person(message.from_user_id, message.from_, *known)

    def _time(self, timestamp: str | int) -> datetime:
        """Return the time the person wrote; never one to come, which would keep a window open."""
        digits = str(timestamp)
        if not (digits.isascii() and digits.isdigit()) or int(digits[:20]) > _MOST_SECONDS:
            return self._now
        return min(datetime.fromtimestamp(int(digits), UTC), self._now)


_Told = tuple[InboundKind, str, str, tuple[Attachment, ...]]


def _told(message: Message) -> _Told | None:  # noqa: PLR0911 - one return per type
    """Return kind, text, choice and attachments of `message`."""
    match message.type:
        case "text":
            return (InboundKind.TEXT, message.text.body, "", ()) if message.text else None
        case "image" | "document":
            return _sent_file(message.image or message.document)
        case "interactive":
            reply = message.interactive
            pressed = reply and (reply.button_reply or reply.list_reply)
            return _chose(pressed.id) if pressed else (InboundKind.UNSUPPORTED, "", "", ())
        case "button":
            return _chose(message.button.payload) if message.button else None
        case "request_welcome":
            return InboundKind.JOINED, "", "", ()
        case "edit":
            return InboundKind.EDIT, "", "", ()
        case "revoke":
            return InboundKind.DELETE, "", "", ()
        case "reaction":
            return None
        case _:  # voice, stickers, places, contacts, orders, and whatever comes to Meta's mind
            return InboundKind.UNSUPPORTED, "", "", ()


def _chose(payload: str) -> _Told:
    printable = "".join(c for c in payload if c.isprintable())
    return InboundKind.CHOICE, "", printable[:_LONGEST_CHOICE], ()


def _sent_file(media: Media | None) -> _Told | None:
    if media is None or not _ID.fullmatch(media.id):
        return None
    name = clean_file_name((media.filename or "")[:_LONGEST_NAME])
    mime = clean(media.mime_type[:100])[0]
    file = Attachment(media.id, name, mime, max(0, media.file_size))
    return InboundKind.ATTACHMENT, media.caption or "", "", (file,)
