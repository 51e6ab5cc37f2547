"""From effects to messages: texts rendered, buttons titled, one bubble for one turn's words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bot.channels.port import Button, OutboundMessage
from bot.envelope import press_payload
from handlers.kernel import OfferChoices, Relay, Say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.texts.catalogue import Texts
    from handlers.kernel import AnyEffect
    from handlers.model import Conversation

_EDGES: Final = re.compile(r"^\W+|\W+$")
_NUMBER: Final = re.compile(r"\W*(\d{1,2})\W*")


def compose(
    texts: Texts, conversation: Conversation, effects: Iterable[AnyEffect], last: tuple[str, ...]
) -> tuple[list[OutboundMessage], tuple[str, ...]]:
    """Return the messages of a turn, and the sentences of the bot's (`last` if it was silent)."""
    messages: list[OutboundMessage] = []
    said: list[str] = []
    buttons: tuple[Button, ...] = ()
    for effect in effects:
        match effect:
            case Say(key, args):
                said.append(texts.render(conversation.language, key, args, last=last))
            case OfferChoices(key, _, args):
                said.append(texts.render(conversation.language, key, args, last=last))
                buttons = titled(texts, conversation)
            case Relay(agent, text):
                messages.append(OutboundMessage(text, author=agent))
            case _:
                pass
    if said:
        messages.append(OutboundMessage("\n".join(said), buttons))
    return messages, tuple(said) or last


def titled(texts: Texts, conversation: Conversation) -> tuple[Button, ...]:
    """Return the buttons of the open offer."""
    return tuple(
        Button(
            texts.render(conversation.language, choice.label, conversation.choice_args),
            press_payload(conversation.offer, choice.value),
        )
        for choice in conversation.choices
    )


def typed_choice(texts: Texts, conversation: Conversation, text: str) -> str | None:
    """Return the value of the button whose title or number `text` is, or None."""
    choices = conversation.choices
    if not choices:
        return None
    number = _NUMBER.fullmatch(text)
    if number:
        place = int(number[1])
        return choices[place - 1].value if 1 <= place <= len(choices) else None
    wanted = _EDGES.sub("", text.casefold())
    titles = {
        _EDGES.sub("", button.title.casefold()): choice.value
        for button, choice in zip(titled(texts, conversation), choices, strict=True)
    }
    return titles.get(wanted)


def title_of(texts: Texts, conversation: Conversation, value: str) -> str:
    """Return the title of the open offer's button `value`, or nothing."""
    for choice in conversation.choices:
        if choice.value == value:
            return texts.render(conversation.language, choice.label, conversation.choice_args)
    return ""
