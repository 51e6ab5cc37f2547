"""Writes messages down as the Cloud API wants them. Pure: golden tests need no network.

Up to three short choices become buttons, up to ten a list, a lone link a button of its own; what
fits none of these stands in the text. Nothing is marked up: WhatsApp's `*` and `_` cannot be
escaped, so a text that happens to hold them may look different, and can do nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from bot.channels.capabilities import WHATSAPP
from bot.channels.whatsapp_inbound import BSUID
from bot.render import render

if TYPE_CHECKING:
    from bot.channels.port import Button, Capabilities, OutboundMessage

BODY: Final = 1024
"""Characters of a text with buttons under it."""
BUTTONS: Final = 3
BUTTON_TITLE: Final = 20
ROWS: Final = 10
ROW_TITLE: Final = 24
ROW_DESCRIPTION: Final = 72

_PLAIN: Final = replace(WHATSAPP, max_buttons=0, link_buttons=False)
_REPLIES: Final = replace(
    WHATSAPP,
    max_text=BODY,
    max_buttons=BUTTONS,
    max_button_title=BUTTON_TITLE,
    max_payload_bytes=256,
)
_LIST: Final = replace(WHATSAPP, max_text=BODY, max_button_title=ROW_DESCRIPTION)


def parts(message: OutboundMessage, to: str) -> list[OutboundMessage]:
    """Return `message` as messages of one payload each; none when there is nothing to say."""
    if message.author != "bot":
        message = replace(message, text=f"{message.author}: {message.text}")
    fitting = _PLAIN if _is_group(to) else _fitting(message.buttons)
    return [part for part in render(message, fitting) if part.text.strip()]


def payload(part: OutboundMessage, to: str, list_title: str) -> dict[str, Any]:
    """Return the request's body for one of `parts`. `list_title` is on the button of a list."""
    message: dict[str, Any]
    if not part.buttons:
        message = {"type": "text", "text": {"body": part.text, "preview_url": False}}
    else:
        shape, action = _action(part.buttons, list_title)
        interactive = {"type": shape, "body": {"text": part.text}, "action": action}
        message = {"type": "interactive", "interactive": interactive}
    return {**_addressed(to), **message}


def template(name: str, language: str, to: str) -> dict[str, Any]:
    """Return the body that sends the approved template `name`, which takes no parameters."""
    named = {"name": name, "language": {"code": language, "policy": "deterministic"}}
    return {**_addressed(to), "type": "template", "template": named}


def seen(message_id: str) -> dict[str, Any]:
    """Return the body that marks a message as read and shows that we are writing."""
    return {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": message_id,
        "typing_indicator": {"type": "text"},
    }


def _fitting(buttons: tuple[Button, ...]) -> Capabilities:
    choices = [button.title for button in buttons if not button.url]
    if not choices:
        return _REPLIES if len(buttons) == 1 else _PLAIN
    if len(choices) <= BUTTONS and _are_titles(choices, BUTTON_TITLE):
        return _REPLIES
    if len(choices) > ROWS:
        return _PLAIN
    # A row shows more than its title; two that begin alike get numbers instead.
    cut = [_cut(title) for title in choices]
    return _LIST if _are_titles(cut, ROW_TITLE) else replace(_LIST, max_button_title=ROW_TITLE)


def _are_titles(titles: list[str], longest: int) -> bool:
    """Tell whether Meta takes `titles`: short enough, and no two alike."""
    return len(set(titles)) == len(titles) and all(len(title) <= longest for title in titles)


def _action(buttons: tuple[Button, ...], list_title: str) -> tuple[str, dict[str, Any]]:
    first = buttons[0]
    if first.url:
        parameters = {"display_text": first.title, "url": first.url}
        return "cta_url", {"name": "cta_url", "parameters": parameters}
    titles = [button.title for button in buttons]
    if len(buttons) <= BUTTONS and _are_titles(titles, BUTTON_TITLE):
        replies = [{"id": button.payload, "title": button.title} for button in buttons]
        return "button", {"buttons": [{"type": "reply", "reply": reply} for reply in replies]}
    rows = [_row(button) for button in buttons]
    return "list", {"button": list_title[:BUTTON_TITLE], "sections": [{"rows": rows}]}


def _row(button: Button) -> dict[str, str]:
    row = {"id": button.payload, "title": _cut(button.title)}
    return row if row["title"] == button.title else {**row, "description": button.title}


def _cut(title: str) -> str:
    return title if len(title) <= ROW_TITLE else f"{title[: ROW_TITLE - 1].rstrip()}…"


def _addressed(to: str) -> dict[str, Any]:
    if _is_group(to):
        kind, address = "group", {"to": to.removeprefix("group:")}
    else:
        # A business-scoped id in `to` is taken for a phone number, and the message is lost.
        kind, address = "individual", {"recipient" if BSUID.fullmatch(to) else "to": to}
    return {"messaging_product": "whatsapp", "recipient_type": kind, **address}


def _is_group(to: str) -> bool:
    return to.startswith("group:")
