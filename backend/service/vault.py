"""Keys derived from the one secret of the backend: sealing, digests, lookups, codes.

Every use has a key of its own (HKDF, RFC 5869), so that what one of them gives away says nothing
about another. Losing the secret makes sealed values unreadable; nothing here can bring them back.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MIN_SECRET = 32
"""Characters the secret must have: what `ops.keys` makes has 43 (256 bit)."""
_NONCE = 12
_TAG = 16
_TOKEN = 32


class SecretTooShort(ValueError):
    """The backend's secret key has fewer than 32 characters."""


class SealBroken(Exception):
    """The value was not sealed by us, not for this place, or was changed since."""


class Vault:
    """Seals, digests and derives with keys made from `secret_key` (32 or more characters).

    Raises SecretTooShort.
    """

    def __init__(self, secret_key: str) -> None:
        if len(secret_key) < MIN_SECRET:
            raise SecretTooShort
        self._secret = secret_key.encode()
        self._cipher = AESGCM(self.derive(b"helpdesk/seal", b"", 32))
        self._index_key = self.derive(b"helpdesk/index", b"", 32)

    def seal(self, text: str, *, bound_to: str) -> str:
        """Encrypt `text` for the one place named by `bound_to` (AES-256-GCM, base64url)."""
        nonce = secrets.token_bytes(_NONCE)
        sealed = self._cipher.encrypt(nonce, text.encode(), bound_to.encode())
        return urlsafe_b64encode(nonce + sealed).decode()

    def unseal(self, sealed: str, *, bound_to: str) -> str:
        """Give back what `seal` was given. Raises SealBroken."""
        try:
            raw = urlsafe_b64decode(sealed.encode())
            if len(raw) < _NONCE + _TAG:
                raise SealBroken
            return self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], bound_to.encode()).decode()
        except (InvalidTag, NotBase64):
            raise SealBroken from None

    def digest(self, token: str) -> str:
        """Return what is stored of a token: SHA-256 in hex. Only for tokens of 256 random bit."""
        return hashlib.sha256(token.encode()).hexdigest()

    def index(self, value: str) -> str:
        """Return a keyed fingerprint (64 hex) to find `value` by, whatever its letters' case."""
        folded = value.strip().casefold().encode()
        return hmac.new(self._index_key, folded, hashlib.sha256).hexdigest()

    def derive(self, info: bytes, salt: bytes, length: int) -> bytes:
        """Return `length` bytes of key for the use `info` (HKDF-SHA-256, RFC 5869)."""
        return HKDF(SHA256(), length, salt or None, info).derive(self._secret)

    def new_token(self) -> str:
        """Return a new random token: 256 bit, 43 URL-safe characters."""
        return secrets.token_urlsafe(_TOKEN)
