"""Codes by mail: the numbers and rules of security.md 2-6, without any I/O.

A code is an HOTP value (RFC 4226) under a key that is derived anew for every challenge, so neither
codes nor anything to verify them by is ever stored. What a caller gets to see is decided from what
the same caller typed and when, never from the account: that is what keeps accounts unguessable.
"""

from __future__ import annotations

import hmac
import unicodedata
from base64 import b32encode
from collections.abc import Iterable, Sequence  # noqa: TC003 - signatures stay readable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from ipaddress import IPv6Address, IPv6Network, ip_address

from pyotp.hotp import HOTP

from backend.domain.risk import RiskRules

MIN_CODE_LENGTH = 6
MAX_CODE_LENGTH = 10
KEY_BYTES = 32
"""256 bit: RFC 4226 §4 R6 asks for at least 128."""
IPV6_SITE = 64
"""Bits of an IPv6 address that one customer holds at least: counted as one caller."""


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `limit` in any stretch of `window`."""

    limit: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class BreakerRules:
    """When wrong codes are so many that recovery pauses for everybody (security.md 6).

    200 wrong codes of 8 digits every 15 minutes expect one takeover in 14 years.
    """

    window: timedelta = timedelta(minutes=10)
    min_failures: int = 200
    ratio: float = 0.5
    """Share of wrong codes among all codes of the window, from which the breaker opens."""
    pause: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class CodeRules:
    """Every number of security.md 3-6. Raises ValueError when they contradict each other."""

    code_length: int = 8
    lifetime: timedelta = timedelta(minutes=10)
    tries: int = 5
    delays: tuple[timedelta, ...] = (
        timedelta(0),
        timedelta(seconds=5),
        timedelta(seconds=10),
        timedelta(seconds=20),
        timedelta(seconds=40),
    )
    """Wait before the first, second, … try of a challenge."""
    account_failures: Cap = Cap(10, timedelta(hours=24))
    consecutive_failures: int = 100
    """Then recovery by chat is off for the account until its owner is re-proofed (N 3.2.2)."""
    resend_after: timedelta = timedelta(seconds=60)
    resends: int = 3
    mails: tuple[Cap, ...] = (Cap(5, timedelta(hours=1)), Cap(10, timedelta(days=1)))
    """Per destination; beyond, the answer is the same and no mail goes."""
    identity_challenges: Cap = Cap(10, timedelta(days=1))
    identity_logins: Cap = Cap(3, timedelta(days=1))
    """Different logins one chat identity may try."""
    network_challenges: Cap = Cap(30, timedelta(minutes=5))
    breaker: BreakerRules = BreakerRules()
    grant_lifetime: timedelta = timedelta(minutes=15)
    challenge_retention: timedelta = timedelta(hours=24)
    risk: RiskRules = field(default_factory=RiskRules)

    def __post_init__(self) -> None:
        if not MIN_CODE_LENGTH <= self.code_length <= MAX_CODE_LENGTH:
            msg = f"a code has {MIN_CODE_LENGTH} to {MAX_CODE_LENGTH} digits"
            raise ValueError(msg)
        if self.tries < 1 or len(self.delays) != self.tries:
            msg = "there must be one delay for each try"
            raise ValueError(msg)

    @property
    def longest_window(self) -> timedelta:
        """The age beyond which nothing that happened counts towards a cap."""
        caps = (
            *self.mails,
            self.account_failures,
            self.identity_challenges,
            self.identity_logins,
            self.network_challenges,
        )
        return max(cap.window for cap in caps)

    def delay_after(self, attempts: int) -> timedelta:
        """Return the wait after the `attempts`-th wrong try; none after the last one."""
        return self.delays[attempts] if attempts < self.tries else timedelta(0)

    def tries_left(self, attempts: int, failures: int) -> int:
        """Return how many tries remain after `attempts` here and `failures` within the day."""
        return max(0, min(self.tries - attempts, self.account_failures.limit - failures))


# -- the code -------------------------------------------------------------------------------
def code_at(key: bytes, counter: int, length: int) -> str:
    """Return the code for the `counter`-th mail of a challenge (HOTP with SHA-256, RFC 4226)."""
    return HOTP(b32encode(key).decode(), digits=length, digest=sha256).at(counter)


def normalise_code(text: str) -> str:
    """Undo what keyboards and mail programs do to a code: spaces, dashes, full-width digits.

    Digits of any script become ASCII digits; anything else stays, and makes the code wrong.
    """
    kept = [c for c in unicodedata.normalize("NFKC", text) if not _is_filler(c)]
    return "".join(str(unicodedata.decimal(c, c)) for c in kept)


def _is_filler(character: str) -> bool:
    # Separators, dashes, controls (tab) and invisible format characters (zero-width space).
    return unicodedata.category(character) in {"Zs", "Zl", "Zp", "Pd", "Cc", "Cf"}


def same_code(typed: str, right: str) -> bool:
    """Compare in constant time, whatever was typed."""
    return hmac.compare_digest(normalise_code(typed).encode(errors="replace"), right.encode())


def storable(*texts: str) -> bool:
    """Tell whether PostgreSQL can hold the texts: it knows no NUL, so nothing stored has one."""
    return not any("\0" in text for text in texts)


# -- the life of a challenge ----------------------------------------------------------------
class Death(StrEnum):
    """Why a challenge takes no code any more."""

    EXPIRED = "expired"
    EXHAUSTED = "exhausted"
    VOID = "void"
    USED = "used"


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A code asked for: what the code is bound to, and how far the challenge has come."""

    id: str
    purpose: str
    conversation: str
    channel: str
    identity: str
    """Fingerprint of the user's name in the channel."""
    login: str
    """Sealed: every step looks the account up anew."""
    login_index: str
    account: str
    """The directory's id, or the stand-in for a login that nobody has."""
    destination: str
    """Fingerprint of the address the code goes to."""
    password_version: int
    language: str
    nonce: str
    mailed: bool
    """False: no mail went out, so no code is right."""
    counter: int = 0
    """Resends so far."""
    attempts: int = 0
    started_at: datetime
    expires_at: datetime
    next_try_at: datetime
    resend_at: datetime
    used_at: datetime | None = None
    voided_at: datetime | None = None

    def key_info(self) -> bytes:
        """Return the HKDF info of the code's key: with anything else in it, the code is wrong.

        Every part comes with its length, so that none runs into the next.
        """
        parts = (
            "helpdesk/code",
            self.id,
            self.purpose,
            self.account,
            self.channel,
            self.identity,
            self.conversation,
            str(self.password_version),
            self.destination,
        )
        encoded = [part.encode() for part in parts]
        return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)

    def death(self, rules: CodeRules, now: datetime) -> Death | None:
        """Return why the challenge is dead at `now`, or None. At `expires_at` it is."""
        if self.used_at is not None:
            return Death.USED
        if self.voided_at is not None:
            return Death.VOID
        if self.attempts >= rules.tries:
            return Death.EXHAUSTED
        return Death.EXPIRED if now >= self.expires_at else None


def seconds_until(then: datetime, now: datetime) -> int:
    """Return the whole seconds, rounded up, from `now` to `then`; 0 when it is past."""
    return max(0, -((now - then) // timedelta(seconds=1)))


# -- caps -----------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Hit:
    """Something that counts towards a cap, and what it was about."""

    at: datetime
    member: str = ""


def within(cap: Cap, hits: Iterable[Hit], now: datetime) -> list[Hit]:
    """Return the hits that count at `now`, oldest first: those younger than the window."""
    return sorted((hit for hit in hits if now - hit.at < cap.window), key=lambda hit: hit.at)


def full_until(cap: Cap, hits: Iterable[Hit], now: datetime) -> datetime | None:
    """Return when there is room for one more, or None when there is room now."""
    counted = within(cap, hits, now)
    if len(counted) < cap.limit:
        return None
    return _leaves(cap, [hit.at for hit in counted], now)


def members_full_until(
    cap: Cap, hits: Iterable[Hit], member: str, now: datetime
) -> datetime | None:
    """Return when one more different member may come, or None when `member` may come now."""
    latest = {hit.member: hit.at for hit in within(cap, hits, now)}
    if member in latest or len(latest) < cap.limit:
        return None
    return _leaves(cap, sorted(latest.values()), now)


def _leaves(cap: Cap, ages: Sequence[datetime], now: datetime) -> datetime:
    # With a limit of 0 nothing ever leaves to make room: come back after a whole window.
    leaver = len(ages) - cap.limit
    return ages[leaver] + cap.window if leaver < len(ages) else now + cap.window


def network_of(address: str) -> str:
    """Return what an IP address counts as: itself, or its /64 for IPv6 (security.md 6).

    What is no address counts as one caller, so that rubbish is no way around the cap.
    """
    try:
        parsed = ip_address(address.strip())
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped or IPv6Network((int(parsed), IPV6_SITE), strict=False))
    return str(parsed)


def breaker_opens(rules: BreakerRules, checks: int, failures: int) -> bool:
    """Tell whether `failures` of `checks` codes in the window pause recovery for everybody."""
    return failures >= rules.min_failures and failures >= rules.ratio * checks
