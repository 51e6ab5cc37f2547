"""What the Cloud API's error codes mean for a message, in one table."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from prometheus_client import Counter

FAILURES: Final = Counter(
    "helpdesk_whatsapp_failures_total",
    "Messages the Cloud API refused or could not deliver, by Meta's error code.",
    ["code"],
)


class Meaning(StrEnum):
    """What to do about a refusal."""

    AWAY = "away"
    """Meta's trouble: the same request may pass later."""
    CHAT_PACE = "chat_pace"
    """Too much to one person: others are not held up."""
    PACE = "pace"
    """Too much from our number or account: nobody is written to for a while."""
    TOKEN = "token"  # noqa: S105 - the name of a trouble
    """The token is expired, revoked or lacks a right: an operator must act."""
    ACCOUNT = "account"
    """Meta locked or restricted the number or account: an operator must act."""
    WINDOW = "window"
    """More than a day since the person wrote."""
    GONE = "gone"
    """The person cannot be reached on WhatsApp."""
    REJECTED = "rejected"
    """This message will never be taken."""


class Verdict(NamedTuple):
    """A meaning, and the seconds until it is worth another try."""

    meaning: Meaning
    seconds: float = 0.0


_SOON: Final = Verdict(Meaning.AWAY, 5.0)
_TOKEN: Final = Verdict(Meaning.TOKEN, 300.0)
_ACCOUNT: Final = Verdict(Meaning.ACCOUNT, 300.0)
_GONE: Final = Verdict(Meaning.GONE)
_REJECTED: Final = Verdict(Meaning.REJECTED)

CODES: Final[dict[int, Verdict]] = {
    0: _TOKEN,  # the app could not be authenticated
    1: _SOON,  # unknown API error
    2: _SOON,  # service down or overloaded
    3: _TOKEN,  # capability or permission
    10: _TOKEN,  # permission not granted
    102: _TOKEN,  # session
    190: _TOKEN,  # expired, revoked
    200: _TOKEN,  # permission
    4: Verdict(Meaning.PACE, 60.0),  # calls of the app
    80007: Verdict(Meaning.PACE, 60.0),  # calls of the business account
    130429: Verdict(Meaning.PACE, 2.0),  # messages a second of the number
    131048: Verdict(Meaning.PACE, 300.0),  # too many people reported or blocked the number
    131056: Verdict(Meaning.CHAT_PACE, 12.0),  # messages to one person
    33: _REJECTED,  # no such object
    100: _REJECTED,  # a parameter
    131008: _REJECTED,  # a parameter is missing
    131009: _REJECTED,  # a value is not valid
    131021: _REJECTED,  # to ourselves
    131051: _REJECTED,  # message type
    131049: _REJECTED,  # held back: too many templates from businesses to this person
    131050: _REJECTED,  # the person wants no marketing templates
    131000: _SOON,  # something went wrong, not sent
    131016: _SOON,  # service overloaded
    131057: _SOON,  # number under maintenance
    133004: _SOON,  # server away
    131005: _TOKEN,  # access denied
    131047: Verdict(Meaning.WINDOW),
    131026: _GONE,  # no WhatsApp, old version, terms not accepted
    131030: _GONE,  # a test number writes to registered people only
    130497: _GONE,  # the person's country is closed to us
    368: _ACCOUNT,  # blocked for a breach of the rules
    131031: _ACCOUNT,  # locked
    131037: _ACCOUNT,  # display name not approved
    131042: _ACCOUNT,  # payment
    131045: _ACCOUNT,  # certificate
    133010: _ACCOUNT,  # number not registered
}
_FORBIDDEN: Final = (401, 403)
_TOO_MANY: Final = 429


class GraphError(Exception):
    """Meta refused a request: nothing was sent."""

    def __init__(
        self,
        status: int,
        code: int = -1,
        subcode: int = 0,
        retry_after: float = 0.0,
        message: str = "",
    ) -> None:
        super().__init__(f"HTTP {status}, code {code}, subcode {subcode}")
        self.status = status
        self.code = code
        self.subcode = subcode
        self.retry_after = retry_after
        self.message = message
        """Meta's own words: for operators' eyes, never for a log."""


def judge(code: int, status: int = 400) -> Verdict:
    """Return what `code` means; for one that is not in the table, what the HTTP status says."""
    known = CODES.get(code)
    if known:
        return known
    if status in _FORBIDDEN:
        return _TOKEN
    return Verdict(Meaning.PACE, 60.0) if status == _TOO_MANY else _REJECTED


def count(code: int) -> None:
    """Count a failure; codes nobody here knows are counted together."""
    FAILURES.labels(str(code) if code in CODES else "other").inc()
