"""What is remembered of an address that the mail system refused for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.service.audit import Audit
    from backend.service.mail_rules import RefusedMail


def audited(audit: Audit) -> Callable[[AsyncConnection, RefusedMail], Awaitable[None]]:
    """Return a hook for `Mailer.on_bad_address` that leaves an audit record.

    The record names the address by its keyed fingerprint: whoever knows the address finds it
    (`Vault.index`), and nobody else learns it.
    """

    async def record(tx: AsyncConnection, refused: RefusedMail) -> None:
        detail = {"template": refused.template, "address": refused.address_index[:16]}
        await audit.record(tx, "mail_address_refused", actor="system", detail=detail)

    return record
