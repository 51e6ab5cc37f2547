"""How a service says no. Every refusal has a code that crosses the wire (RFC 9457 `type`)."""

from __future__ import annotations

from typing import ClassVar


class Refusal(Exception):
    """The request was understood and refused; nothing was changed.

    `detail` is for developers and logs: it never holds personal data or a secret.
    """

    status: ClassVar[int] = 409
    code: ClassVar[str] = "refused"

    def __init__(self, detail: str = "", *, retry_after: int | None = None) -> None:
        super().__init__(detail or self.code)
        self.detail = detail
        self.retry_after = retry_after


class NotFound(Refusal):
    """There is no such thing, or it is not yours: the two are never told apart."""

    status = 404
    code = "not_found"


class Invalid(Refusal):
    """The request's content cannot be."""

    status = 422
    code = "invalid"


class TooMany(Refusal):
    """A cap of security.md 5-6 is reached; the same for known and unknown logins."""

    status = 429
    code = "too_many"


class TooSoon(TooMany):
    """A code was sent less than a minute ago."""

    code = "too_soon"


class ChallengeDead(Refusal):
    """The challenge takes no code and no resend any more."""

    status = 410
    code = "challenge_dead"


class GrantInvalid(Refusal):
    """The grant is spent, expired, or was made for another purpose, account or conversation."""

    status = 403
    code = "grant_invalid"


class HumanNeeded(Refusal):
    """The risk gate or the account's state asks for a human (security.md 3)."""

    status = 403
    code = "human_needed"


class StateConflict(Refusal):
    """Someone else was faster, or the thing is in a state that does not allow this."""

    status = 409
    code = "state_conflict"


class Paused(Refusal):
    """The global breaker is open: recovery is paused for everybody (security.md 6)."""

    status = 503
    code = "paused"


class BackendBusy(Refusal):
    """Something the backend needs (directory, database) is away for the moment."""

    status = 503
    code = "busy"
