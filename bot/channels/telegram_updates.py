"""From an update of Telegram's to an event of ours. Pure.

An update that is not for us (a channel's post, a group's chatter, a pinned message) is no event.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from msgspec.structs import replace
from telegram import Update

from bot.channels.inbound import MAX_TEXT, clean, clean_file_name
from bot.channels.port import Attachment, InboundEvent, InboundKind
from bot.channels.telegram_render import Route
from nlu.types import Intent

if TYPE_CHECKING:
    from datetime import datetime

    from telegram import CallbackQuery, Chat, ChatMemberUpdated, Message, User

WANTED: Final = ("message", "edited_message", "callback_query", "my_chat_member")
"""The kinds of update Telegram is asked for."""
_FILES: Final = ("document", "video", "audio", "animation")
_AWAY: Final = frozenset({"kicked", "left"})
_COMMAND: Final = re.compile(r"/(\w{1,32})(?:@(\w+))?(?:\s+([\w-]{1,64}))?\s*", re.ASCII)
_INTENTS: Final = frozenset(intent.value for intent in Intent)
_COMMANDS: Final = _INTENTS | {"start"}


class Us(NamedTuple):
    """Who we are in Telegram; the name is empty until it is known."""

    id: int
    name: str = ""


class Read(NamedTuple):
    """What an update says: at most one event, and a press that waits to be answered."""

    event: InboundEvent | None = None
    press: str = ""


def read(raw: Any, us: Us) -> Read:  # noqa: ANN401 - whatever came
    """Read one update. Raises almost anything for one in a shape nobody knows."""
    update = Update.de_json(raw, None)
    _int(update.update_id)
    if update.message:
        return Read(_message(update, update.message, us))
    if update.edited_message:
        return Read(_edit(update, update.edited_message, us))
    if update.callback_query:
        return _press(update, update.callback_query, us)
    if update.my_chat_member:
        return Read(_standing(update, update.my_chat_member, us))
    return Read()


def _message(update: Update, message: Message, us: Us) -> InboundEvent | None:
    person = message.from_user
    if person is None or person.is_bot or not _is_for_us(message, us):
        return None
    kind, attachments = _content(message)
    if kind is None:
        return None
    event = _event(update, message.chat, person, us, kind, message=message)
    wish = _wish(message.text or "", us) if event.private else None
    if wish is not None:
        return replace(event, kind=InboundKind.JOINED, text="", choice=wish)
    return replace(event, attachments=attachments)


def _edit(update: Update, message: Message, us: Us) -> InboundEvent | None:
    person = message.from_user
    words = message.text or message.caption
    if person is None or person.is_bot or not words or not _is_for_us(message, us):
        return None
    return _event(update, message.chat, person, us, InboundKind.EDIT, message=message)


def _press(update: Update, query: CallbackQuery, us: Us) -> Read:
    """A pressed button; our message with it may be too old for Telegram to show."""
    answer = _str(query.id)
    message = query.message
    if message is None:
        return Read(press=answer)  # a button of an inline result: we make none
    event = _event(update, message.chat, query.from_user, us, InboundKind.CHOICE)
    pressed = replace(
        event, choice=_str(query.data or ""), native_id=str(_int(message.message_id))
    )
    return Read(pressed, answer)


def _standing(update: Update, change: ChatMemberUpdated, us: Us) -> InboundEvent | None:
    """We were blocked, let in again, added to a group or removed from it."""
    before, after = change.old_chat_member.status, change.new_chat_member.status
    if change.chat.type == "channel":
        return None
    if after in _AWAY:
        kind = InboundKind.BLOCKED
    elif before in _AWAY and change.chat.type == "private":
        kind = InboundKind.JOINED
    else:
        return None
    return _event(update, change.chat, change.from_user, us, kind, sent_at=change.date)


def _event(
    update: Update,
    chat: Chat,
    person: User,
    us: Us,
    kind: InboundKind,
    *,
    message: Message | None = None,
    sent_at: datetime | None = None,
) -> InboundEvent:
    private = chat.type == "private"
    text, secret = clean((message.text or message.caption or "") if message else "")
    return InboundEvent(
        channel="telegram",
        event_id=str(update.update_id),
        conversation=f"telegram:{_int(chat.id)}",
        user=str(_int(person.id)),
        kind=kind,
        text=text[:MAX_TEXT],
        secret=secret,
        private=private,
        native_id=str(_int(message.message_id)) if message else "",
        sent_at=message.date if message else sent_at,
        locale=_str(person.language_code or "")[:10],
        account=str(us.id),
        route="" if message is None else _route(message, private=private),
    )


def _route(message: Message, *, private: bool) -> str:
    topic = message.message_thread_id if message.is_topic_message else None
    route = Route(0 if private else _int(message.message_id), _int(topic or 0))
    return "" if route == Route() else msgspec.json.encode(route).decode()


def _content(message: Message) -> tuple[InboundKind | None, tuple[Attachment, ...]]:
    """Return what kind of message it is; None for Telegram's own (a pin, a new member)."""
    if message.text:
        return InboundKind.TEXT, ()
    if message.photo:
        largest = message.photo[-1]
        file = Attachment(
            _str(largest.file_id), mime="image/jpeg", size=_int(largest.file_size or 0)
        )
        return InboundKind.ATTACHMENT, (file,)
    for name in _FILES:
        found: Any = message[name]
        if found:
            return InboundKind.ATTACHMENT, (_file(found),)
    if message.effective_attachment is not None:
        return InboundKind.UNSUPPORTED, ()
    return None, ()


def _file(file: Any) -> Attachment:  # noqa: ANN401 - the library's classes have no common one
    name, mime = _str(file.file_name or ""), _str(file.mime_type or "")
    return Attachment(_str(file.file_id), clean_file_name(name), mime, _int(file.file_size or 0))


def _is_for_us(message: Message, us: Us) -> bool:
    """Tell whether a message is meant for us: in a group only a command, an answer, a mention."""
    if message.chat.type == "private":
        return True
    if message.chat.type == "channel":
        return False
    answered = message.reply_to_message
    if answered and answered.from_user and answered.from_user.id == us.id:
        return True
    words = message.text or message.caption or ""
    command = _COMMAND.match(words)
    if command:
        return _is_us(command[2], us) if command[2] else command[1].casefold() in _COMMANDS
    return any(_is_us(name, us) for name in re.findall(r"(?<!\w)@(\w+)", words))


def _is_us(name: str, us: Us) -> bool:
    return bool(us.name) and name.casefold() == us.name.casefold()


def _wish(text: str, us: Us) -> str | None:
    """Return the intent that a command or a link (`t.me/…?start=`) names, or None.

    A bare `/start` greets: it is pressed again whenever someone comes back, and waits for a word.
    """
    command = _COMMAND.fullmatch(text)
    if command is None or (command[2] and not _is_us(command[2], us)):
        return None
    name, argument = command[1].casefold(), command[3] or ""
    if name == "start":
        return argument if argument in _INTENTS else Intent.GREET.value
    return name if name in _INTENTS and not argument else None


def _int(value: object) -> int:
    """Telegram's ids are whole numbers of up to 52 bits. Raises TypeError for anything else."""
    if type(value) is not int:
        raise TypeError("not a whole number")
    return value


def _str(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value
