"""What looks like a secret: the last net under text and audit details.

The language layer redacts what people type (`nlu.secrets`). The backend may not know that layer,
so it takes a `redact` function from the outside and always applies this smaller one as well.
"""

from __future__ import annotations

import re

MASK = "[***]"

_NAMED = re.compile(
    r"(?P<name>\b(?:kata\s*sandi|katasandi|sandi|password|passwd|passphrase|pasword|pass|pwd|pw)"
    r"(?:nya|ku|mu)?(?:\s+(?:baru|lama|anda|sementara|new|old|your|temporary))?"
    r"(?:\s*[:=]\s*|\s+(?:adalah|is|ialah|yaitu)\s*:?\s*))(?P<value>\S+)",
    re.IGNORECASE,
)
_WORD = re.compile(r"\S+")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|\w+://\S+", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{40,}")
_SECRET_NAME = re.compile(
    r"password|passphrase|sandi|secret|token|code|otp|\bpin\b|grant|cookie", re.IGNORECASE
)
_SHORTEST_PASSWORD = 10
"""ITB II.B.6a."""


def redact(text: str) -> str:
    """Return `text` with everything that looks like a password or token replaced."""
    named = _NAMED.sub(lambda match: match["name"] + MASK, text)
    return _WORD.sub(lambda match: MASK if looks_secret(match[0]) else match[0], named)


def looks_secret(word: str) -> bool:
    """Tell whether a single word has the shape of a password (ITB II.B.6) or of a token."""
    core = word.strip(".,;()[]\"'")
    return (_composed(word) and not _ADDRESS.fullmatch(core)) or _random(core)


def secret_detail(name: str, value: str | int | bool | None) -> bool:  # noqa: FBT001 - data
    """Tell whether an audit detail must be refused: a secret's name with a value, or its shape."""
    if not isinstance(value, str):
        return False
    if _SECRET_NAME.search(name) and any(character.isdigit() for character in value):
        return True
    return any(looks_secret(word) for word in value.split())


def _composed(word: str) -> bool:
    return (
        len(word) >= _SHORTEST_PASSWORD
        and any(c.isupper() for c in word)
        and any(c.islower() for c in word)
        and any(c.isdigit() for c in word)
        and any(not c.isalnum() for c in word)
    )


def _random(word: str) -> bool:
    return (
        _TOKEN.fullmatch(word) is not None
        and any(c.isupper() for c in word)
        and any(c.islower() for c in word)
        and any(c.isdigit() for c in word)
    )
