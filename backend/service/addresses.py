"""Recovery addresses at rest: sealed for one account, found by a keyed fingerprint."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backend.service.vault import Vault


def seal_address(vault: Vault, account_id: str, address: str | None) -> dict[str, str | None]:
    """Return the columns `recovery_email` and `recovery_index` for an address."""
    if not address:
        return {"recovery_email": None, "recovery_index": None}
    return {
        "recovery_email": vault.seal(address, bound_to=_place(account_id)),
        "recovery_index": vault.index(address),
    }


def unseal_address(vault: Vault, account_id: str, sealed: str | None) -> str | None:
    """Give the address back. Raises SealBroken where the row was made for another account."""
    return sealed and vault.unseal(sealed, bound_to=_place(account_id))


def _place(account_id: str) -> str:
    return f"accounts.recovery_email:{account_id}"
