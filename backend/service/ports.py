"""What the backend asks of the outside world. The prose stands here, not on each adapter."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - dataclass annotations stay readable at run time
from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    from pydantic import SecretStr

    from backend.domain.accounts import Account


class Capability(enum.Flag):
    """What a directory does by itself; the service does the rest."""

    NONE = 0
    HISTORY_ON_RESET = enum.auto()
    NATIVE_EXPIRY = enum.auto()
    LOCK_STATE = enum.auto()
    REVOKE_SESSIONS = enum.auto()
    VERIFY = enum.auto()


class Why(enum.StrEnum):
    """Why a directory refused a password."""

    TOO_SHORT = "too_short"
    COMPLEXITY = "complexity"
    IN_HISTORY = "in_history"
    TOO_YOUNG = "too_young"
    BANNED = "banned"
    CHARSET = "charset"
    UNSPECIFIED = "unspecified"


class DirectoryError(Exception):
    """The directory did not do what was asked."""

    retryable: ClassVar[bool] = False


class AccountNotFound(DirectoryError):
    """No account has this id."""


class AmbiguousAccount(DirectoryError):
    """More than one account answers to this key."""


class AccountExists(DirectoryError):
    """The username is taken."""


class NotPermitted(DirectoryError):
    """We may not touch this account (privileged): a human must."""


class ManagedElsewhere(DirectoryError):
    """The account's home is another directory (hybrid)."""


class Misconfigured(DirectoryError):
    """The directory does not accept us or lacks what we need: the operator must act."""


class PasswordRejected(DirectoryError):
    """The directory's own policy refused the password."""

    def __init__(self, *why: Why) -> None:
        super().__init__(", ".join(why))
        self.why = frozenset(why)


class Unavailable(DirectoryError):
    """The directory is away; nothing was changed."""

    retryable = True


class Throttled(DirectoryError):
    """The directory asks to come back after `retry_after` seconds; nothing was changed."""

    retryable = True

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"come back in {retry_after} s")
        self.retry_after = retry_after


class Conflict(DirectoryError):
    """Someone else changed the account at the same moment; nothing was changed by us."""

    retryable = True


class OutcomeUnknown(DirectoryError):
    """The write was sent and its answer lost: reconcile, never repeat blindly."""


class Directory(Protocol):
    """Where accounts live. Ids are immutable; keys (username, number, e-mail) may change.

    Every method may raise `DirectoryError`; those that name an account raise `AccountNotFound`.
    """

    capabilities: Capability

    async def find(self, key: str) -> Account | None:
        """Return the account with this username, student or employee number, or e-mail.

        Exact after case folding and trimming, never a pattern. Raises AmbiguousAccount.
        """
        ...

    async def get(self, account_id: str) -> Account:
        """Return the account with this id."""
        ...

    async def set_password(
        self, account_id: str, new: SecretStr, *, must_change: bool = False, unlock: bool = True
    ) -> None:
        """Replace the password. Raises PasswordRejected, OutcomeUnknown."""
        ...

    async def verify_password(self, account_id: str, candidate: SecretStr) -> bool | None:
        """Tell whether `candidate` is the password; None where the directory will not say."""
        ...

    async def unlock(self, account_id: str) -> None:
        """Lift a lockout. Idempotent. A disabled account stays disabled."""
        ...

    async def set_enabled(self, account_id: str, *, enabled: bool) -> None:
        """Switch the account on or off. Idempotent."""
        ...

    async def set_expiry(self, account_id: str, at: datetime | None) -> None:
        """Set the instant after which the account cannot be used."""
        ...

    async def create_guest(self, guest: NewGuest) -> Account:
        """Create a guest without a usable password. Raises AccountExists."""
        ...

    async def revoke_sessions(self, account_id: str) -> None:
        """End the account's sessions where the directory can."""
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


@dataclass(frozen=True, slots=True)
class NewGuest:
    """What a guest account is made from (ITB, last two letters)."""

    username: str
    display_name: str
    recovery_email: str
    institution: str
    sponsor: str
    valid_from: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class Mail:
    """One message to one recipient, rendered."""

    to: str
    subject: str
    text: str
    html: str
    message_id: str


@dataclass(frozen=True, slots=True)
class CapturedMail:
    """A message that was kept instead of sent (development only)."""

    name: str
    at: datetime
    to: str
    subject: str
    message_id: str
    text: str
    html: str


class MailUnavailable(Exception):
    """The mail server is away or asks to wait: try again later."""


class MailPostponed(MailUnavailable):
    """The server is there but takes this one message only later (a 4xx for the recipient)."""


class MailRefused(Exception):
    """The server will never take this message (a permanent 5xx).

    `bad_address` tells that the recipient's address is the reason.
    """

    def __init__(self, detail: str = "", *, bad_address: bool = False) -> None:
        super().__init__(detail)
        self.bad_address = bad_address


class MailTransport(Protocol):
    """Hands one message to the mail system."""

    async def check(self) -> None:
        """Find out whether the mail system takes mail from us now. Raises MailUnavailable.

        Asked before every message, also before those that end without a mail: whether the server
        is away must not depend on whether an account exists.
        """
        ...

    async def send(self, mail: Mail) -> None:
        """Send. Raises MailUnavailable, MailPostponed, MailRefused."""
        ...

    async def close(self) -> None:
        """Release connections."""
        ...
