"""From what Teams sends (an activity) to what a person did. Pure.

Read loosely: Teams adds fields as it likes, and sends null for what is not there. What is not a
person's doing (typing, reactions, events) is no event.
"""

from __future__ import annotations

import hashlib
import html
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct, field

from bot.channels.inbound import MAX_TEXT, clean, clean_file_name
from bot.channels.port import Attachment, InboundEvent, InboundKind

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_KEY: Final = 180
"""Characters of a key: the backend takes 200, and a prefix is to come."""
LONGEST_PRESS: Final = 500
LONGEST_NAME: Final = 200
LONGEST_LINK: Final = 8_000
FILE: Final = "application/vnd.microsoft.teams.file.download.info"
_AT: Final = re.compile(r"</?at\b[^>]{0,100}>")


class Account(Struct, rename="camel"):
    """Somebody in a chat: a person or a bot."""

    id: str | None = None
    aad_object_id: str | None = None


class Chat(Struct, rename="camel"):
    """Where an activity happened."""

    id: str | None = None
    conversation_type: str | None = None
    tenant_id: str | None = None


class Tenant(Struct):
    """The organisation."""

    id: str | None = None


class ChannelData(Struct):
    """What Teams adds to every activity."""

    tenant: Tenant | None = None


class Entity(Struct):
    """Something within the text; mentions matter."""

    type: str | None = None
    text: str | None = None
    mentioned: Account | None = None


class Enclosed(Struct, rename="camel"):
    """A file, a card, or the message's own HTML."""

    content_type: str | None = None
    content_url: Any = None
    name: str | None = None
    content: Any = None


class File(Struct, rename="camel"):
    """What an attached file says of itself. The link opens it for anybody, for some minutes."""

    download_url: str


class Pressed(Struct):
    """What a button of ours sends."""

    press: str


class Activity(Struct, rename="camel"):
    """What Teams posts, as far as it is read."""

    type: str
    channel_id: str = ""
    service_url: str = ""
    id: str | None = None
    timestamp: Any = None
    locale: str | None = None
    from_: Account | None = field(default=None, name="from")
    recipient: Account | None = None
    conversation: Chat | None = None
    channel_data: ChannelData | None = None
    text: str | None = None
    entities: list[Entity] | None = None
    attachments: list[Enclosed] | None = None
    value: Any = None
    reply_to_id: str | None = None
    name: str | None = None
    action: str | None = None
    members_added: list[Account] | None = None

    @property
    def tenants(self) -> set[str]:
        """Return the tenants it names: one, unless someone made it up."""
        data = self.channel_data
        return {
            tenant
            for tenant in (
                data.tenant.id if data and data.tenant else None,
                self.conversation.tenant_id if self.conversation else None,
            )
            if tenant
        }


class Route(Struct):
    """What is needed to answer. `conversation` may name a thread within a channel."""

    service: str
    conversation: str
    bot: str
    user: str


class Unreadable(Exception):
    """An activity without what every activity has."""


def events(
    activity: Activity, body: bytes, seal: Callable[[str, bool], str]
) -> list[InboundEvent]:
    """Return what happened, if anything did. Raises Unreadable.

    `seal` makes an id of the address of a file, which may open it for anybody, and of whether our
    token is asked for there.
    """
    if activity.type == "message":
        return [_message(activity, body, seal)]
    kind = _kind(activity)
    if kind is InboundKind.EDIT:
        _, secret = clean(_words(activity)[: 2 * MAX_TEXT])
        return [_event(activity, body, kind, secret=secret)]
    return [_event(activity, body, kind)] if kind else []


def _kind(activity: Activity) -> InboundKind | None:
    action = activity.action or ""
    match activity.type:
        case "messageUpdate":
            return InboundKind.EDIT
        case "messageDelete":
            return InboundKind.DELETE
        case "conversationUpdate":
            return InboundKind.JOINED if _is_met(activity) else None
        case "installationUpdate" if action.startswith("add"):
            return InboundKind.JOINED
        case "installationUpdate" if action.startswith("remove"):
            return InboundKind.BLOCKED
        case _:
            return None


def read_route(route: str) -> Route | None:
    """Return what an event's `route` holds, or None for anything else."""
    try:
        return msgspec.json.decode(route, type=Route)
    except msgspec.DecodeError:
        return None


def _message(activity: Activity, body: bytes, seal: Callable[[str, bool], str]) -> InboundEvent:
    if activity.value is not None:
        return _event(activity, body, InboundKind.CHOICE, choice=_press(activity.value))
    text, secret = clean(_words(activity)[: 2 * MAX_TEXT])
    text = text[:MAX_TEXT].strip()
    enclosed = [each for each in activity.attachments or () if each.content_type != "text/html"]
    files = tuple(filter(None, (_file(each, seal) for each in enclosed)))
    if files:
        kind = InboundKind.ATTACHMENT
    elif text:
        kind = InboundKind.TEXT
    else:
        kind = InboundKind.UNSUPPORTED
    return _event(activity, body, kind, text=text, secret=secret, attachments=files)


def _words(activity: Activity) -> str:
    """Return the text without the bot's own name: in groups it must be called to hear."""
    text = activity.text or ""
    bot = activity.recipient.id if activity.recipient else None
    for entity in activity.entities or ():
        called = entity.mentioned.id if entity.mentioned else None
        if entity.type == "mention" and entity.text and called == bot:
            text = text.replace(entity.text, " ")
    return html.unescape(_AT.sub("", text)).replace("\xa0", " ")


def _press(value: object) -> str:
    try:
        press = msgspec.convert(value, Pressed).press
    except msgspec.ValidationError:
        return ""
    return press if len(press) <= LONGEST_PRESS else ""


def _file(enclosed: Enclosed, seal: Callable[[str, bool], str]) -> Attachment | None:
    mime = (enclosed.content_type or "").casefold()
    picture = mime.startswith("image/")
    if mime != FILE and not picture:
        return None
    url = enclosed.content_url if picture else _download(enclosed.content)
    named = isinstance(url, str) and 0 < len(url) <= LONGEST_LINK
    name = clean_file_name((enclosed.name or "")[:LONGEST_NAME])
    return Attachment(seal(url, picture) if named else "", name, mime[:LONGEST_NAME])


def _download(content: object) -> str:
    try:
        return msgspec.convert(content, File).download_url
    except msgspec.ValidationError:
        return ""


def _is_met(activity: Activity) -> bool:
    bot = activity.recipient.id if activity.recipient else None
    return bool(bot) and any(member.id == bot for member in activity.members_added or ())


def _event(
    activity: Activity,
    body: bytes,
    kind: InboundKind,
    *,
    text: str = "",
    choice: str = "",
    secret: bool = False,
    attachments: tuple[Attachment, ...] = (),
) -> InboundEvent:
    chat, person, bot = activity.conversation, activity.from_, activity.recipient
    if not (chat and chat.id and person and person.id):
        raise Unreadable
    base = chat.id.partition(";messageid=")[0]
    route = Route(activity.service_url, chat.id, (bot and bot.id) or "", person.id)
    pressed = kind is InboundKind.CHOICE
    return InboundEvent(
        channel="teams",
        event_id=_event_id(activity, chat.id, body),
        conversation=f"teams:{_key(base)}",
        user=_key(_user(activity, person)),
        kind=kind,
        text=text,
        choice=choice,
        secret=secret,
        private=chat.conversation_type == "personal",
        native_id=(activity.reply_to_id if pressed else activity.id) or "",
        sent_at=_instant(activity.timestamp),
        locale=(activity.locale or "")[:35],
        account=_key((bot and bot.id) or ""),
        route=msgspec.json.encode(route).decode(),
        attachments=attachments,
    )


def _event_id(activity: Activity, chat: str, body: bytes) -> str:
    """Return what is the same when Teams sends it again, and only then.

    An edit has the id of the message: it is told apart by what it says.
    """
    if activity.type == "message" and activity.id:
        return f"{chat}/{activity.id}"
    return f"{chat}/{activity.type}/{hashlib.sha256(body).hexdigest()[:32]}"


def _user(activity: Activity, person: Account) -> str:
    tenants = activity.tenants
    if person.aad_object_id and len(tenants) == 1:
        return f"{tenants.pop()}:{person.aad_object_id}"
    return person.id or ""


def _key(name: str) -> str:
    if len(name) <= LONGEST_KEY and name.isprintable():
        return name
    return f"sha256:{hashlib.sha256(name.encode(errors='surrogatepass')).hexdigest()}"


def _instant(timestamp: object) -> datetime | None:
    try:
        instant = msgspec.convert(timestamp, datetime)
    except msgspec.ValidationError:
        return None
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
