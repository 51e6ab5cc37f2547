"""Seals the addresses of files: whoever has one may read the file for some minutes.

So an address is in no row and no log: what is passed on and stored is this, which only the bot's
key opens, on any replica, for as long as the address could be good.
"""

from __future__ import annotations

import time
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Final

import msgspec
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Struct

from ops.keys import key

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.settings import BotSettings

LIFE: Final = 3600
"""Seconds a seal holds. Microsoft's links open for minutes: what is older asks in vain."""


class Link(Struct, frozen=True):
    """Where a file is. `ours`: it is asked for with our token, the address alone opens nothing."""

    url: str
    ours: bool = False


class Broken(Exception):
    """Not sealed by this bot, changed since, or too old."""


class Seal:
    """Seals with a key derived from `secret` for this purpose alone."""

    def __init__(self, secret: str, now: Callable[[], float] = time.time) -> None:
        derived = HKDF(SHA256(), 32, salt=None, info=b"teams file address").derive(secret.encode())
        self._box = Fernet(urlsafe_b64encode(derived))
        self._now = now

    @classmethod
    def of(cls, settings: BotSettings) -> Seal:
        """Return the seal of every replica that shares the bot's key."""
        return cls(key(settings.bot_key, settings.state_dir, "bot"))

    def close(self, link: Link) -> str:
        """Return `link` as nobody else can read it."""
        plain = msgspec.json.encode(link)
        return self._box.encrypt_at_time(plain, int(self._now())).decode()

    def open(self, sealed: str) -> Link:
        """Return what was sealed. Raises Broken."""
        try:
            plain = self._box.decrypt_at_time(sealed.encode(), LIFE, int(self._now()))
            return msgspec.json.decode(plain, type=Link)
        except (InvalidToken, UnicodeEncodeError):
            raise Broken from None
