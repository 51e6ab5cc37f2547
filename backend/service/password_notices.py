"""What the owner is told after a change, and the link with which a stranger's change is stopped.

Templates: `password_changed` {username, at, freeze_link}, `recovery_frozen` {username, until};
`at` and `until` are instants in RFC 3339. The mailer seals the link and wipes it once sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from backend.store.accounts import freeze_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.domain.accounts import Account
    from backend.service.mailer import Mailer
    from backend.service.vault import Vault


def addresses_of(account: Account) -> dict[str, str]:
    """Return every address of an account by its kind, each mailbox once."""
    recovery, institutional = account.recovery_email, account.institutional_email
    addresses: dict[str, str] = {}
    if recovery:
        addresses["recovery"] = recovery
    if institutional and institutional.casefold() != (recovery or "").casefold():
        addresses["institutional"] = institutional
    return addresses


class Notices:
    """Queues the mails of security.md 10 within the transaction of what they tell."""

    def __init__(
        self, vault: Vault, mailer: Mailer, freeze_url: str, token_lifetime: timedelta
    ) -> None:
        self._vault = vault
        self._mailer = mailer
        self._freeze_url = freeze_url
        self._token_lifetime = token_lifetime

    async def changed(
        self, tx: AsyncConnection, op_id: str, account: Account, *, language: str, at: datetime
    ) -> None:
        """Tell all addresses that the password is another one, with the way to object."""
        token = self._vault.new_token()
        await tx.execute(
            sa.insert(freeze_tokens).values(
                digest=self._vault.digest(token),
                account_id=account.id,
                expires_at=at + self._token_lifetime,
                language=language,
            )
        )
        context = {
            "username": account.username,
            "at": at.isoformat(timespec="seconds"),
            "freeze_link": f"{self._freeze_url}#{token}",
        }
        await self._to_all(tx, op_id, account, "password_changed", language, context)

    async def frozen(
        self, tx: AsyncConnection, op_id: str, account: Account, *, language: str, until: datetime
    ) -> None:
        """Tell all addresses that recovery rests."""
        context = {
            "username": account.username,
            "until": until.isoformat(timespec="seconds"),
        }
        await self._to_all(tx, op_id, account, "recovery_frozen", language, context)

    async def _to_all(
        self,
        tx: AsyncConnection,
        op_id: str,
        account: Account,
        template: str,
        language: str,
        context: Mapping[str, str],
    ) -> None:
        for kind, address in addresses_of(account).items():
            await self._mailer.queue(
                tx,
                op=f"{op_id}:{kind}",
                template=template,
                to=address,
                language=language,
                context=context,
                urgent=True,
            )
