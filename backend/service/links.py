"""One-time links: from a grant, through a mailbox, to a new password (security.md 7-10).

The token stands in the URL's fragment, which no server and no mail scanner that merely follows
links ever sees. The page posts it and gets a session. Opening uses nothing up: only a password
that was set does. Who read the mail on a phone may open it again on a laptop: the newest page
counts (docs/decisions/0022).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from backend.domain.links import LinkEnd, LinkRules
from backend.service.freezes import Freezes
from backend.service.jobs import Job
from backend.service.link_issuing import LinkIssuer
from backend.service.link_pages import LinkPages
from backend.service.link_views import LinkOver
from backend.store import links as rows
from backend.store.accounts import freeze_tokens

if TYPE_CHECKING:
    from pydantic import SecretStr
    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.service.audit import Audit
    from backend.service.feed import Feed
    from backend.service.freezes import OnFreeze
    from backend.service.grants import Grants
    from backend.service.link_views import Frozen, PageSession, PageView, SubmitOutcome
    from backend.service.mailer import Mailer
    from backend.service.passwords import Passwords
    from backend.service.ports import Directory
    from backend.service.vault import Vault
    from backend.store.database import Database
    from backend_client import wire
    from ops.clock import Clock

_BATCH = 500


class Links:
    """Issues links for the API, honours them for the password page, ends them in time.

    `page_url` is the password page, the token follows as its fragment. `on_freeze` is called
    within the transaction of a freeze, with the account and its end: it opens the ticket.
    """

    def __init__(  # noqa: PLR0913 - wired in one place, by name
        self,
        *,
        db: Database,
        directory: Directory,
        vault: Vault,
        mailer: Mailer,
        audit: Audit,
        feed: Feed,
        grants: Grants,
        passwords: Passwords,
        clock: Clock,
        page_url: str,
        rules: LinkRules = LinkRules(),  # noqa: B008 - frozen
        on_freeze: OnFreeze | None = None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._rules = rules
        self._issuer = LinkIssuer(
            db=db,
            directory=directory,
            vault=vault,
            mailer=mailer,
            audit=audit,
            grants=grants,
            clock=clock,
            rules=rules,
            page_url=page_url,
        )
        self._pages = LinkPages(
            db=db,
            directory=directory,
            vault=vault,
            audit=audit,
            feed=feed,
            passwords=passwords,
            clock=clock,
            rules=rules,
        )
        self._freezes = Freezes(
            db=db,
            directory=directory,
            vault=vault,
            audit=audit,
            feed=feed,
            grants=grants,
            notices=passwords.notices,
            clock=clock,
            rules=rules,
            on_freeze=on_freeze,
        )

    async def issue(self, request: wire.IssueLink) -> wire.LinkIssued:
        """Spend a grant and mail a link to the recovery address.

        Raises GrantInvalid, HumanNeeded (the account takes no link), BackendBusy.
        """
        return await self._issuer.issue(request)

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
        """Mail an approved guest a link to a first password; return the short number.

        The account must be committed before. See `LinkIssuer.issue_claim`. Raises BackendBusy.
        """
        return await self._issuer.issue_claim(
            tx,
            account_id=account_id,
            to=to,
            ticket=ticket,
            language=language,
            code_mail=code_mail,
        )

    async def exchange(self, token: str) -> PageSession:
        """Open a page with a mailed token, on POST only. Raises LinkOver, BackendBusy."""
        return await self._pages.exchange(_possible(token))

    async def view(self, session: str) -> PageView:
        """Return what the page of this cookie shows. Raises LinkOver, BackendBusy."""
        return await self._pages.view(session)

    async def submit(self, session: str, number: str, password: SecretStr) -> SubmitOutcome:
        """Check the short number and set the password."""
        return await self._pages.submit(session, number, password)

    async def freeze(self, token: str) -> Frozen:
        """Honour "it wasn't me", on POST only. Raises LinkOver, BackendBusy."""
        return await self._freezes.freeze(_possible(token))

    def jobs(self) -> tuple[Job, ...]:
        """Return what must be done every so often."""
        return (
            Job("expire_links", timedelta(seconds=20), self.expire),
            Job("purge_links", timedelta(hours=24), self.purge),
        )

    async def expire(self) -> None:
        """End the links nobody can use any more and tell the chats they came from."""
        async with self._db.read() as tx:
            old = await rows.past_expiry(tx, self._clock.now(), _BATCH)
        for row in old:
            await self._pages.expire(row)

    async def purge(self) -> None:
        """Forget links and freeze tokens that ended a week ago."""
        before = self._clock.now() - self._rules.keep_ended
        async with self._db.begin() as tx:
            await rows.purge(tx, before)
            await tx.execute(sa.delete(freeze_tokens).where(freeze_tokens.c.expires_at < before))


def _possible(token: str) -> str:
    """Return `token` if it can be one of ours at all. Raises LinkOver."""
    if not token.isascii():
        raise LinkOver(LinkEnd.UNKNOWN)
    return token
