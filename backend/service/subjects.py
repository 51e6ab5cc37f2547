"""Whom a typed login stands for: an account, or a stand-in that is treated just like one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo  # noqa: TC003 - dataclass annotations stay readable at run time
from math import ceil
from typing import TYPE_CHECKING, Final

import structlog

from backend.domain.accounts import Account, is_frozen, last_day, normalise_login, status_of
from backend.domain.masking import mask_email, mask_username
from backend.service.errors import BackendBusy
from backend.service.ports import (
    AccountNotFound,
    AmbiguousAccount,
    DirectoryError,
    ManagedElsewhere,
    NotPermitted,
    Throttled,
)
from backend.store.limits import NOBODY
from backend_client import wire

if TYPE_CHECKING:
    from datetime import datetime

    from backend.domain.codes import Challenge
    from backend.service.ports import Directory
    from backend.service.vault import Vault

RECOVERY: Final = frozenset(
    {wire.Purpose.RESET_PASSWORD, wire.Purpose.UNLOCK_ACCOUNT, wire.Purpose.CLAIM_GUEST}
)
"""Purposes that change something: these pass the risk gate, and no code goes to the frozen."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Subject:
    """An account, or the stand-in for nobody."""

    id: str
    destination: str
    """Fingerprint of the recovery address, or of nowhere."""
    password_version: int
    account: Account | None

    def address(self, purpose: wire.Purpose, now: datetime) -> str | None:
        """Return where codes for `purpose` go, or None when none may."""
        if self.account is None or (purpose in RECOVERY and is_frozen(self.account, now)):
            return None
        return self.account.recovery_email or None

    def is_still_of(self, challenge: Challenge) -> bool:
        """Tell whether account, password and address are those of the challenge's start."""
        return (self.id, self.password_version, self.destination) == (
            challenge.account,
            challenge.password_version,
            challenge.destination,
        )


class Subjects:
    """Looks logins up in the directory; every login costs one `find` there."""

    def __init__(self, directory: Directory, vault: Vault) -> None:
        self._directory = directory
        self._vault = vault

    def index(self, login: str) -> str:
        """Return the fingerprint of a typed login."""
        return self._vault.index(normalise_login(login) or login)

    async def find(self, login: str) -> Subject:
        """Return whom `login` stands for. Raises BackendBusy, whoever is asked for."""
        account = await self._account(login)
        typed = self.index(login)
        nowhere = self._vault.index(f"nowhere:{typed}")
        nobody = NOBODY + self._vault.index(f"nobody:{typed}")
        address = account and account.recovery_email
        somewhere = self._vault.index(address or "")
        if account is None:
            return Subject(nobody, nowhere, 0, None)
        destination = somewhere if address else nowhere
        return Subject(account.id, destination, account.password_version, account)

    async def _account(self, login: str) -> Account | None:
        try:
            return await self._directory.find(login)
        except (AccountNotFound, AmbiguousAccount, NotPermitted, ManagedElsewhere) as error:
            # Says something about one account: to the caller it is as if there were none.
            _log.warning("login_stands_for_nobody", reason=type(error).__name__)
            return None
        except DirectoryError as error:
            raise busy(error) from None


def busy(error: DirectoryError) -> BackendBusy:
    """Return what a caller is told when the directory does not answer."""
    _log.error("directory_failed", reason=type(error).__name__)
    wait = ceil(error.retry_after) if isinstance(error, Throttled) else None
    return BackendBusy("directory", retry_after=wait)


def view_of(account: Account, now: datetime, zone: tzinfo) -> wire.AccountView:
    """Return what the owner may see of an account: addresses and names masked, days of `zone`."""
    return wire.AccountView(
        username=mask_username(account.username),
        account_type=account.account_type.value,
        status=wire.AccountStatus(status_of(account, now).value),
        recovery_email=mask_email(account.recovery_email),
        valid_until=account.valid_until and last_day(account.valid_until, zone),
        password_changed_at=account.password_changed_at,
        must_change=account.must_change,
    )
