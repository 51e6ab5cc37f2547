"""What each channel can do, in one table: flows and texts never ask which channel it is."""

from __future__ import annotations

from typing import Final

from bot.channels.port import Capabilities

WEBCHAT: Final = Capabilities(
    max_text=10_000,
    max_buttons=12,
    max_button_title=60,
    max_payload_bytes=200,
    link_buttons=True,
    links_beside_choices=True,
    deletes_user_messages=False,
    typing=True,
    pull=True,
    echo=True,
)
REST: Final = Capabilities(
    max_text=10_000,
    max_buttons=100,
    max_button_title=200,
    max_payload_bytes=500,
    link_buttons=True,
    links_beside_choices=True,
    deletes_user_messages=False,
    typing=False,
    pull=True,
)
TEAMS: Final = Capabilities(
    # A card may have 28 KB, a message 40 KB in UTF-16: room for escapes and the widest characters.
    max_text=5_000,
    max_buttons=12,
    max_button_title=60,
    max_payload_bytes=200,
    link_buttons=True,
    links_beside_choices=True,
    deletes_user_messages=False,
    typing=True,
    pull=False,
    closes_offers=True,
)
TELEGRAM: Final = Capabilities(
    max_text=4096,
    max_buttons=20,
    max_button_title=60,
    max_payload_bytes=64,
    link_buttons=True,
    links_beside_choices=True,
    deletes_user_messages=True,
    typing=True,
    pull=False,
    closes_offers=True,
)
WHATSAPP: Final = Capabilities(
    max_text=4096,
    max_buttons=10,
    max_button_title=20,
    max_payload_bytes=200,
    link_buttons=True,
    links_beside_choices=False,
    deletes_user_messages=False,
    typing=True,
    pull=False,
    fails_late=True,
)

BY_CHANNEL: Final = {
    "webchat": WEBCHAT,
    "rest": REST,
    "teams": TEAMS,
    "telegram": TELEGRAM,
    "whatsapp": WHATSAPP,
}


def capabilities_of(channel: str) -> Capabilities:
    """Return what `channel` can do. Raises KeyError for a channel that does not exist."""
    return BY_CHANNEL[channel]
