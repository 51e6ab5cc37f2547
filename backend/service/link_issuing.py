"""Mailing one-time links: one live link per account, to an address that was on file before.

Mail templates: `reset_link` {link, minutes}, `claim_link` {link, username, hours},
`claim_code` {number, username}.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from backend.domain.accounts import AccountType, is_frozen, is_usable
from backend.domain.links import LinkPurpose, LinkRules
from backend.domain.masking import mask_email
from backend.service.errors import BackendBusy, GrantInvalid, HumanNeeded
from backend.service.ports import DirectoryError
from backend.store import links as rows
from backend_client import wire

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.domain.accounts import Account
    from backend.service.audit import Audit
    from backend.service.grants import Grant, Grants
    from backend.service.mailer import Mailer
    from backend.service.ports import Directory
    from backend.service.vault import Vault
    from backend.store.database import Database
    from ops.clock import Clock

_PURPOSES = (wire.Purpose.RESET_PASSWORD, wire.Purpose.CLAIM_GUEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """Whom a link is for, and where it was asked for."""

    account: Account
    purpose: LinkPurpose
    language: str
    lifetime: timedelta
    conversation: str | None = None
    channel: str = ""
    ticket: str | None = None
    actor: str = "bot"


@dataclass(frozen=True, slots=True)
class _Made:
    """A stored link and its two secrets, which are known to nobody else."""

    op: str
    url: str
    number: str


class LinkIssuer:
    """Makes links. `page_url` is the password page; the token follows as its fragment."""

    def __init__(  # noqa: PLR0913 - wired in one place, by name
        self,
        *,
        db: Database,
        directory: Directory,
        vault: Vault,
        mailer: Mailer,
        audit: Audit,
        grants: Grants,
        clock: Clock,
        rules: LinkRules,
        page_url: str,
    ) -> None:
        self._db = db
        self._directory = directory
        self._vault = vault
        self._mailer = mailer
        self._audit = audit
        self._grants = grants
        self._clock = clock
        self._rules = rules
        self._page_url = page_url

    async def issue(self, request: wire.IssueLink) -> wire.LinkIssued:
        """Spend a grant and mail a link to the recovery address.

        Raises GrantInvalid, HumanNeeded (the account takes no link), BackendBusy.
        """
        async with self._db.read() as tx:
            grant = await self._grants.peek(tx, request.grant, request.conversation, _PURPOSES)
        account = await self._read(grant.account_id)
        self._check(account, grant)
        minutes = int(self._rules.lifetime / timedelta(minutes=1))
        async with self._db.begin() as tx:
            await self._grants.consume(tx, request.grant, request.conversation, grant.purpose)
            is_claim = grant.purpose is wire.Purpose.CLAIM_GUEST
            made = await self._make(
                tx,
                _Request(
                    account=account,
                    purpose=LinkPurpose.CLAIM if is_claim else LinkPurpose.RESET,
                    language=request.language.value,
                    lifetime=self._rules.lifetime,
                    conversation=request.conversation,
                    channel=grant.channel,
                ),
            )
            await self._mailer.queue(
                tx,
                op=made.op,
                template="reset_link",
                to=account.recovery_email,
                language=request.language.value,
                context={"link": made.url, "minutes": minutes},
                urgent=True,
                conversation=request.conversation,
            )
        return wire.LinkIssued(mask_email(account.recovery_email), made.number, minutes * 60)

    async def issue_claim(
        self,
        tx: AsyncConnection,
        *,
        account_id: str,
        to: str,
        ticket: str | None,
        language: str,
        code_mail: bool = True,
    ) -> str:
        """Mail an approved guest the link to a first password, within the caller's transaction.

        A second mail holds the short number that the page asks for; it is also returned, for the
        contact person's phone where `code_mail` is False. The account must be committed.
        Raises BackendBusy, AccountNotFound.
        """
        account = await self._read(account_id)
        request = _Request(
            account=account,
            purpose=LinkPurpose.CLAIM,
            language=language,
            lifetime=self._rules.claim_lifetime,
            ticket=ticket,
            actor="system",
        )
        made = await self._make(tx, request)
        hours = int(self._rules.claim_lifetime / timedelta(hours=1))
        link = {"link": made.url, "username": account.username, "hours": hours}
        await self._mailer.queue(
            tx, op=made.op, template="claim_link", to=to, language=language, context=link
        )
        if code_mail:
            number = {"number": made.number, "username": account.username}
            await self._mailer.queue(
                tx, op=made.op, template="claim_code", to=to, language=language, context=number
            )
        return made.number

    async def _read(self, account_id: str) -> Account:
        try:
            return await self._directory.get(account_id)
        except DirectoryError:
            raise BackendBusy from None

    def _check(self, account: Account, grant: Grant) -> None:
        if account.password_version != grant.password_version:
            raise GrantInvalid("the password was changed since")
        moved_at = account.recovery_email_changed_at
        if moved_at is not None and moved_at >= grant.issued_at:
            # Another mailbox than the one the code was proven with (security.md 3, 7).
            raise GrantInvalid("the recovery address was changed since")
        is_guest = account.account_type is AccountType.GUEST
        if grant.purpose is wire.Purpose.CLAIM_GUEST and not is_guest:
            raise GrantInvalid("only guests claim accounts")
        now = self._clock.now()
        closed = account.privileged or is_frozen(account, now) or not is_usable(account, now)
        if closed or not account.recovery_email:
            raise HumanNeeded

    async def _make(self, tx: AsyncConnection, request: _Request) -> _Made:
        """Store a link in place of the account's live one."""
        link_id = uuid.uuid4().hex
        token = self._vault.new_token()
        digits = self._rules.number_digits
        number = f"{secrets.randbelow(10**digits):0{digits}}"
        now = self._clock.now()
        account = request.account
        row = {
            "id": link_id,
            "account_id": account.id,
            "purpose": request.purpose.value,
            "token_digest": self._vault.digest(token),
            "number_index": number_index(self._vault, link_id, number),
            "conversation": request.conversation,
            "channel": request.channel,
            "language": request.language,
            "ticket": request.ticket,
            "password_version": account.password_version,
            "address_index": self._vault.index(account.recovery_email or ""),
            "issued_at": now,
            "expires_at": now + request.lifetime,
        }
        await rows.insert_only_live(self._db, tx, row)
        await self._audit.record(
            tx,
            "link_issued",
            actor=request.actor,
            subject=f"account:{account.id}",
            detail={"link": link_id, "purpose": request.purpose.value, "ticket": request.ticket},
        )
        return _Made(f"link:{link_id}", f"{self._page_url}#{token}", number)


def number_index(vault: Vault, link_id: str, number: str) -> str:
    """Return what is stored of a link's short number: keyed, for four digits are soon guessed."""
    return vault.index(f"link-number:{link_id}:{number}")
