"""What a call to the backend can end with, besides its answer."""

from __future__ import annotations


class BackendError(Exception):
    """A call to the backend did not succeed."""


class Unavailable(BackendError):
    """The backend is out of reach, busy or failing: the same call, same key, may be repeated.

    `retry_after` is what the backend asked for, in seconds.
    """

    def __init__(self, reason: str, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Refused(BackendError):
    """The backend said no: `code` is the last part of the problem's type (RFC 9457)."""

    def __init__(
        self, code: str, status: int, retry_after: int | None = None, detail: str | None = None
    ) -> None:
        super().__init__(f"{code} ({status})")
        self.detail = detail
        self.code = code
        self.status = status
        self.retry_after = retry_after
