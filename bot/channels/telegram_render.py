"""From a message to calls of `sendMessage`. Pure.

Texts are plain, without a parse mode: what a person or an agent wrote cannot become markup, and
nothing has to be escaped. Telegram makes web addresses clickable by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from bot.channels.capabilities import TELEGRAM
from bot.render import render, split

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.channels.port import Button, OutboundMessage

SHORT: Final = 14
"""Letters of a title that fits beside another on a small phone."""
SIDE_BY_SIDE: Final = 2


class Route(Struct, frozen=True, omit_defaults=True):
    """Where in a group an answer belongs: under the message it answers, in its topic."""

    reply_to: int = 0
    topic: int = 0


def parts(message: OutboundMessage) -> list[OutboundMessage]:
    """Return `message` as messages of one call each; none when there is nothing to say."""
    if message.author != "bot":
        message = replace(message, text=f"{message.author}: {message.text}")
    shown = render(message, TELEGRAM)
    texts = [text for part in shown for text in _fitting(part.text)]
    if not texts:
        return []
    first = [replace(message, text=text, buttons=(), custom=None) for text in texts[:-1]]
    return [*first, replace(shown[-1], text=texts[-1])]


def payload(part: OutboundMessage, chat: str) -> dict[str, Any]:
    """Return the parameters of `sendMessage` for one of `parts`."""
    call: dict[str, Any] = {
        "chat_id": int(chat),
        "text": part.text,
        # A preview would fetch the page behind a link that works once.
        "link_preview_options": {"is_disabled": True},
        **_where(part.route),
    }
    if part.buttons:
        call["reply_markup"] = {"inline_keyboard": _rows(part.buttons)}
    return call


def _fitting(text: str) -> Iterator[str]:
    """Telegram counts as UTF-16 does, where an emoji is two."""
    if len(text.encode("utf-16-le")) // 2 <= TELEGRAM.max_text:
        pieces = [text]
    else:
        pieces = split(text, TELEGRAM.max_text // 2)
    return (piece for piece in pieces if piece.strip())


def _where(route: str) -> dict[str, Any]:
    if not route:
        return {}
    place = msgspec.json.decode(route, type=Route)
    where: dict[str, Any] = {}
    if place.reply_to:
        # The asker may have deleted it: the answer is said all the same.
        where["reply_parameters"] = {
            "message_id": place.reply_to,
            "allow_sending_without_reply": True,
        }
    if place.topic:
        where["message_thread_id"] = place.topic
    return where


def _rows(buttons: Sequence[Button]) -> list[list[dict[str, str]]]:
    """One button a row, as titles are sentences; two short ones share it."""
    keys = [_key(button) for button in buttons]
    if len(buttons) == SIDE_BY_SIDE and all(len(button.title) <= SHORT for button in buttons):
        return [keys]
    return [[key] for key in keys]


def _key(button: Button) -> dict[str, str]:
    if button.url:
        return {"text": button.title, "url": button.url}
    return {"text": button.title, "callback_data": button.payload}
