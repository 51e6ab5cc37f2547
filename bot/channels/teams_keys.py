"""The keys that sign what Teams sends: fetched, remembered, and not fetched on a stranger's word.

A token names its key. One that nobody knows may be new, so the list is fetched again, but not more
often than every ten minutes: made-up names cost nothing.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK, PyJWTError
from msgspec import Struct

from bot.channels.teams_hosts import is_here

if TYPE_CHECKING:
    from collections.abc import Callable

_log = structlog.get_logger(__name__)

FRESH: Final = 24 * 3600.0
"""Seconds after which the list is fetched again."""
USABLE: Final = 5 * FRESH
"""Seconds after which a list that could not be fetched again is believed no more."""
UNKNOWN_AGAIN: Final = 600.0
"""Seconds between two fetches that a key nobody knows may cause."""
FAILED_AGAIN: Final = 10.0
"""Seconds between two fetches while they fail."""
_TIMEOUT: Final = aiohttp.ClientTimeout(total=5)
_STRONG: Final = 2048


class Key(Struct, frozen=True):
    """A public key, and the channels it may speak for."""

    key: RSAPublicKey
    endorsements: frozenset[str]


class UnknownKey(Exception):
    """No key has this name."""


class KeysAway(Exception):
    """The keys could not be fetched: nothing can be verified for the moment."""


class _Metadata(Struct):
    jwks_uri: str


class _KeySet(Struct):
    keys: list[dict[str, Any]]


class Keys:
    """The keys named by the OpenID metadata at `url`."""

    def __init__(self, url: str, now: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._now = now
        self._lock = asyncio.Lock()
        self._keys: dict[str, Key] = {}
        self._fetched = self._tried = float("-inf")
        self._failed = False

    async def find(self, http: aiohttp.ClientSession, kid: str) -> Key:
        """Return the key named `kid`. Raises UnknownKey, or KeysAway."""
        if self._wanted(kid):
            async with self._lock:
                if self._wanted(kid):
                    await self._refresh(http)
        usable = self._now() - self._fetched < USABLE
        if usable and kid in self._keys:
            return self._keys[kid]
        if not usable or self._failed:
            raise KeysAway
        raise UnknownKey

    def _wanted(self, kid: str) -> bool:
        known = kid in self._keys and self._now() - self._fetched < FRESH
        pause = FAILED_AGAIN if self._failed else UNKNOWN_AGAIN
        return not known and self._now() - self._tried >= pause

    async def _refresh(self, http: aiohttp.ClientSession) -> None:
        try:
            self._keys = await fetch(http, self._url)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            self._failed = True
            _log.warning("teams_keys_away", error=type(error).__name__)
        else:
            self._failed = False
            self._fetched = self._now()
        # Afterwards: whoever asks meanwhile waits for this answer.
        self._tried = self._now()


async def fetch(http: aiohttp.ClientSession, url: str) -> dict[str, Key]:
    """Return the keys named by the metadata at `url`.

    Raises ClientError, TimeoutError, or ValueError for an answer of another kind.
    """
    where = msgspec.json.decode(await _get(http, url), type=_Metadata).jwks_uri
    if not where.startswith("https://") and not (is_here(url) and is_here(where)):
        raise ValueError("keys are fetched by https only")
    listed = msgspec.json.decode(await _get(http, where), type=_KeySet).keys
    read = ((str(each.get("kid") or ""), _read(each)) for each in listed)
    return {kid: key for kid, key in read if kid and key}


async def _get(http: aiohttp.ClientSession, url: str) -> bytes:
    async with http.get(url, timeout=_TIMEOUT, allow_redirects=False) as response:
        if response.status != 200:  # noqa: PLR2004 - HTTP's word for yes
            raise ValueError(f"status {response.status}")
        return await response.read()


def _read(listed: dict[str, Any]) -> Key | None:
    try:
        key = PyJWK.from_dict(listed, algorithm="RS256").key
        endorsements = msgspec.convert(listed.get("endorsements", []), frozenset[str])
    except (PyJWTError, msgspec.ValidationError):
        return None
    if not isinstance(key, RSAPublicKey) or key.key_size < _STRONG:
        return None
    return Key(key, endorsements)
