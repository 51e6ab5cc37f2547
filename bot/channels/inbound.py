"""What every channel does with words before they are stored."""

from __future__ import annotations

import unicodedata
from typing import Final

from nlu.secrets import redact

MAX_TEXT: Final = 4_000
"""Characters of a message that is read; longer ones are politely refused by the channel."""


def clean(text: str) -> tuple[str, bool]:
    """Return the text without passwords and control characters, and whether one was found.

    Nothing of a channel's text may be stored, logged or measured before it went through here.
    """
    normal = unicodedata.normalize("NFC", text)
    visible = "".join(c for c in normal if c in "\n\t" or unicodedata.category(c)[0] != "C")
    redacted = redact(visible)
    return redacted.text, redacted.found
