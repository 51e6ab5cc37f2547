"""From messages to activities of Teams. Pure: golden tests need no network.

A text alone is a message in Markdown, every mark of it escaped. A text with buttons is one card:
Teams would tear a text and its card apart. Cards take the text as it is (text runs know no
Markdown) and one line for each button: clients show six in a row at most, and cut long titles.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.channels.port import Button, OutboundMessage

CARD: Final = "application/vnd.microsoft.card.adaptive"
SCHEMA: Final = "http://adaptivecards.io/schemas/adaptive-card.json"
VERSION: Final = "1.5"
TYPING: Final[dict[str, Any]] = {"type": "typing"}
LONGEST_SUMMARY: Final = 200

_ADDRESS: Final = re.compile(r"https?://[^\s<>]+")
_MARKS: Final = re.compile(r"([\\`*_\[\]~#|])")
_LIST: Final = re.compile(r"^(\s*)([-+=]|\d{1,9}(?=[.)]))(\)|\.)?", re.MULTILINE)


def payload(part: OutboundMessage) -> dict[str, Any]:
    """Return the activity that says `part`, a message rendered for Teams."""
    if part.buttons:
        return card(part)
    # A single line feed is no new line to Markdown.
    said = [escape(line) for line in part.text.split("\n") if line.strip()]
    if part.author != "bot":
        said.insert(0, f"**{escape(part.author)}**")
    return {"type": "message", "textFormat": "markdown", "text": "\n\n".join(said)}


def card(part: OutboundMessage) -> dict[str, Any]:
    """Return `part` as a card, whether it has buttons or not: a card stays one."""
    body = [*_lines(part.text, part.author), *map(_row, part.buttons)]
    content = {"type": "AdaptiveCard", "$schema": SCHEMA, "version": VERSION, "body": body}
    return {
        "type": "message",
        # What a notification and a list of chats show: a card has no words of its own there.
        "summary": part.text[:LONGEST_SUMMARY],
        "attachments": [{"contentType": CARD, "content": content}],
    }


def escape(text: str) -> str:
    """Return `text` such that Markdown shows it as it is; addresses stay links."""
    pieces: list[str] = []
    end = 0
    for address in _ADDRESS.finditer(text):
        pieces += [_escape(text[end : address.start()]), address[0]]
        end = address.end()
    return "".join([*pieces, _escape(text[end:])])


def _escape(text: str) -> str:
    named = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _LIST.sub(_not_a_list, _MARKS.sub(r"\\\1", named))


def _not_a_list(found: re.Match[str]) -> str:
    space, mark, end = found.groups()
    if mark.isdigit():
        return f"{space}{mark}\\{end}"
    return f"{space}\\{mark}{end or ''}"


def _lines(text: str, author: str) -> Iterator[dict[str, Any]]:
    if author != "bot":
        yield _text(author, weight="Bolder")
    for line in text.split("\n"):
        if line.strip():
            yield _text(line)


def _text(line: str, **looks: str) -> dict[str, Any]:
    run = {"type": "TextRun", "text": line, **looks}
    return {"type": "RichTextBlock", "inlines": [run]}


def _row(button: Button) -> dict[str, Any]:
    action: dict[str, Any] = {"type": "Action.Submit", "title": button.title}
    if button.url:
        action = {"type": "Action.OpenUrl", "title": button.title, "url": button.url}
    else:
        action["data"] = {"press": button.payload}
    return {"type": "ActionSet", "actions": [action]}
