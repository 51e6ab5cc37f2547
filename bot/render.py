"""Fits a message to what a channel can show. Pure: golden tests need no network.

What does not fit is said another way, never dropped: too many buttons become a numbered list (the
number can be typed), a long title is cut on its button and whole in the text, a link without a
button stands in the text, a long text is split where a reader would pause.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.channels.port import Button, Capabilities, OutboundMessage

_PAUSES: Final = (
    re.compile(r"\n\n+"),
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?…])\s+"),
    re.compile(r"(?<=[,;:])\s+"),
    re.compile(r"\s+"),
)
"""Where a text may be split, best first: paragraph, line, sentence, clause, word."""


def render(message: OutboundMessage, capabilities: Capabilities) -> list[OutboundMessage]:
    """Return `message` as messages the channel can show, in order; buttons come with the last."""
    offered = [button for button in message.buttons if not button.url]
    linked = [button for button in message.buttons if button.url]
    choices, listed = _fit_choices(offered, capabilities)
    links, spelled_links = _fit_links(linked, len(choices), capabilities)
    text = "\n".join([message.text, *listed, *spelled_links])
    *first, last = split(text, capabilities.max_text)
    return [
        *(replace(message, text=part, buttons=(), custom=None) for part in first),
        replace(message, text=last, buttons=(*choices, *links)),
    ]


def split(text: str, limit: int) -> list[str]:
    """Split `text` into parts of at most `limit` characters, at the best pauses there are."""
    parts: list[str] = []
    rest = text.strip()
    while len(rest) > limit:
        part, rest = _cut(rest, limit)
        parts.append(part)
    return [*parts, rest]


def _cut(text: str, limit: int) -> tuple[str, str]:
    for pause in _PAUSES:
        # One more character is looked at: a pause may begin right at the limit.
        found = [match for match in pause.finditer(text, 0, limit + 1) if match.start() <= limit]
        # A very short first part reads worse than a pause of a lesser kind.
        if found and found[-1].start() >= limit // 4:
            return text[: found[-1].start()].rstrip(), text[found[-1].end() :].lstrip()
    return text[:limit], text[limit:]


def _fit_choices(
    choices: list[Button], capabilities: Capabilities
) -> tuple[list[Button], list[str]]:
    """Return the buttons that can be shown, and the lines that say what they cannot."""
    numbered = [f"{number}. {button.title}" for number, button in enumerate(choices, 1)]
    if len(choices) > capabilities.max_buttons or any(
        len(button.payload.encode()) > capabilities.max_payload_bytes for button in choices
    ):
        return [], numbered
    longest = capabilities.max_button_title
    if all(len(button.title) <= longest for button in choices):
        return choices, []
    # The numbers tie a cut title to its line, and keep two that begin alike apart.
    cut = [
        replace(button, title=_shorten(title, longest))
        for button, title in zip(choices, numbered, strict=True)
    ]
    return cut, numbered


def _fit_links(
    links: list[Button], choices: int, capabilities: Capabilities
) -> tuple[list[Button], list[str]]:
    if not links:
        return [], []
    beside = capabilities.links_beside_choices and choices + len(links) <= capabilities.max_buttons
    alone = not choices and len(links) == 1
    if capabilities.link_buttons and (beside or alone):
        return [_titled(link, capabilities) for link in links], []
    return [], list(_spell(links))


def _titled(link: Button, capabilities: Capabilities) -> Button:
    return replace(link, title=_shorten(link.title, capabilities.max_button_title))


def _spell(links: Iterable[Button]) -> Iterator[str]:
    return (f"{link.title}: {link.url}" for link in links)


def _shorten(title: str, limit: int) -> str:
    return title if len(title) <= limit else f"{title[: limit - 1].rstrip()}…"
