"""The password page's side of a link: open, look, submit (security.md 8)."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from backend.domain import links as life
from backend.domain.accounts import Status, is_frozen, status_of
from backend.domain.links import LinkEnd, LinkPurpose, LinkRules, LinkState, Turn
from backend.domain.masking import mask_username
from backend.domain.password_policy import policy_view
from backend.service.errors import BackendBusy, HumanNeeded
from backend.service.link_issuing import number_index
from backend.service.link_views import (
    Away,
    Busy,
    Changed,
    LinkOver,
    NeedsHuman,
    Over,
    PageSession,
    PageView,
    Refused,
    SubmitOutcome,
    Uncertain,
    WrongNumber,
)
from backend.service.password_types import (
    ChangeApplied,
    ChangeInFlight,
    ChangeOrder,
    ChangeOutcome,
    ChangeRefused,
    ChangeUnknown,
    LinkGone,
)
from backend.service.ports import AccountNotFound, DirectoryError
from backend.store import links as rows
from backend_client import wire

if TYPE_CHECKING:
    from collections.abc import Callable

    import sqlalchemy as sa
    from pydantic import SecretStr
    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.domain.accounts import Account
    from backend.service.audit import Audit
    from backend.service.feed import Feed
    from backend.service.passwords import Passwords
    from backend.service.ports import Directory
    from backend.service.vault import Vault
    from backend.store.database import Database
    from ops.clock import Clock

    LinkRow = sa.Row[Any]


class LinkPages:
    """Opens pages with mailed tokens and takes their submits."""

    def __init__(
        self,
        *,
        db: Database,
        directory: Directory,
        vault: Vault,
        audit: Audit,
        feed: Feed,
        passwords: Passwords,
        clock: Clock,
        rules: LinkRules,
    ) -> None:
        self._db = db
        self._directory = directory
        self._vault = vault
        self._audit = audit
        self._feed = feed
        self._passwords = passwords
        self._clock = clock
        self._rules = rules

    async def exchange(self, token: str) -> PageSession:
        """Open a page with a mailed token; the page opened before is over."""
        digest = self._vault.digest(token)
        async with self._db.read() as tx:
            row = await rows.find_by(tx, rows.links.c.token_digest, digest)
        row = self._openable(row)
        await self._account_of(row)
        cookie = self._vault.new_token()
        now = self._clock.now()
        async with self._db.begin() as tx:
            held = self._openable(await rows.lock_by(tx, rows.links.c.id, row.id))
            state = life.opened(rows.state_of(held), now)
            session = self._vault.digest(cookie)
            await rows.save_state(tx, row.id, state, now, session_digest=session)
        left = life.page_deadline(state, self._rules) - now
        return PageSession(cookie, int(left.total_seconds()))

    async def view(self, session: str) -> PageView:
        """Return what the page shows, and note that somebody is there."""
        now = self._clock.now()
        async with self._db.begin() as tx:
            row = await self._page(tx, session)
            state = rows.state_of(row)
            end = life.page_end(state, self._rules, now)
            if end is not None:
                raise LinkOver(end)
            await rows.save_state(tx, row.id, life.seen(state, now), now)
        account = await self._account_of(row)
        return self._view(row, state, account)

    def _view(self, row: LinkRow, state: LinkState, account: Account) -> PageView:
        return PageView(
            purpose=LinkPurpose(row.purpose),
            username=mask_username(account.username),
            channel=row.channel,
            language=row.language,
            issued_at=row.issued_at,
            ends_at=life.page_deadline(state, self._rules),
            number_digits=self._rules.number_digits,
            number_tries_left=self._rules.number_tries - state.number_tries,
            number_proven=state.number_proven,
            submits_left=self._rules.submits - state.submits,
            policy=policy_view(self._passwords.policy),
        )

    async def submit(self, session: str, number: str, password: SecretStr) -> SubmitOutcome:
        """Check the number, then set the password. One submit of a link is worked on at a time."""
        try:
            async with self._db.begin() as tx:
                row = await self._page(tx, session)
                turn, state = self._charge(row, number)
                await self._save(tx, row, state)
        except LinkOver as over:
            return Over(over.end)
        match turn:
            case Turn.OVER:
                return Over(self._page_end(state))
            case Turn.BUSY:
                return Busy()
            case Turn.WRONG_NUMBER:
                return WrongNumber(self._rules.number_tries - state.number_tries)
            case Turn.GO:
                return await self._go(row, password)

    def _charge(self, row: LinkRow, number: str) -> tuple[Turn, LinkState]:
        digits = "".join(number.split()) if number.isascii() else ""
        right = hmac.compare_digest(row.number_index, number_index(self._vault, row.id, digits))
        now = self._clock.now()
        return life.submitted(rows.state_of(row), self._rules, now, right_number=right)

    async def _go(self, row: LinkRow, password: SecretStr) -> SubmitOutcome:
        """Change the password, and leave the link as what went wrong wants it."""
        try:
            outcome = await self._change(row, password)
        except LinkOver as over:
            return Over(over.end)
        except LinkGone:
            return Over(await self._why_gone(row))
        except HumanNeeded:
            await self.close(row, LinkEnd.ACCOUNT_NOT_USABLE)
            return NeedsHuman()
        except (ChangeInFlight, BackendBusy) as error:
            await self._after(row, life.given_back)
            return Busy() if isinstance(error, ChangeInFlight) else Away()
        return await self._decided(row, outcome)

    async def _decided(self, row: LinkRow, outcome: ChangeOutcome) -> SubmitOutcome:
        match outcome:
            case ChangeApplied():
                return Changed()
            case ChangeUnknown():
                return Uncertain()
            case ChangeRefused(rules):
                state = await self._after(row, lambda held: life.refused(held, self._rules))
                return Refused(rules, max(self._rules.submits - state.submits, 0))

    async def _change(self, row: LinkRow, password: SecretStr) -> ChangeOutcome:
        order = ChangeOrder(
            # A key of its own for every submit: which one wins is decided by the link's row.
            op_id=f"link:{row.id}:{secrets.token_hex(8)}",
            account=await self._account_of(row),
            language=row.language,
            link_id=row.id,
            conversation=row.conversation,
        )
        return await self._passwords.change(order, password)

    async def close(self, row: LinkRow, end: LinkEnd) -> None:
        """End a live link and tell the chat it came from."""
        await self._after(row, lambda held: replace(held, ended=end, busy_until=None))

    async def expire(self, row: LinkRow) -> None:
        """End a link that nobody can use any more."""
        now = self._clock.now()

        def past(held: LinkState) -> LinkState:
            over = life.is_past(held, self._rules, now)
            return replace(held, ended=LinkEnd.EXPIRED) if over else held

        await self._after(row, past)

    async def _after(self, row: LinkRow, change: Callable[[LinkState], LinkState]) -> LinkState:
        """Apply `change` to the link as it is now; one that has ended stays as it ended."""
        async with self._db.begin() as tx:
            held = await rows.lock_by(tx, rows.links.c.id, row.id)
            if held is None or held.ended is not None:
                return rows.state_of(row if held is None else held)
            state = change(rows.state_of(held))
            await self._save(tx, held, state)
            return state

    async def _save(self, tx: AsyncConnection, row: LinkRow, state: LinkState) -> None:
        await rows.save_state(tx, row.id, state, self._clock.now())
        if state.ended is None or row.ended is not None:
            return
        subject = f"account:{row.account_id}"
        detail = {"link": row.id, "end": state.ended.value}
        await self._audit.record(tx, "link_ended", actor="system", subject=subject, detail=detail)
        if row.conversation is not None and state.ended in life.TOLD_TO_CHAT:
            reason = state.ended.value
            await self._feed.publish(tx, wire.LinkEnded, row.conversation, reason=reason)

    async def _page(self, tx: AsyncConnection, session: str) -> LinkRow:
        """Return the link of a page's cookie, its row locked. Raises LinkOver."""
        digest = self._vault.digest(session)
        row = await rows.lock_by(tx, rows.links.c.session_digest, digest)
        if row is None:
            raise LinkOver(LinkEnd.SESSION_OVER)
        return row

    def _page_end(self, state: LinkState) -> LinkEnd:
        end = life.page_end(state, self._rules, self._clock.now())
        return end or LinkEnd.SESSION_OVER

    async def _why_gone(self, row: LinkRow) -> LinkEnd:
        async with self._db.read() as tx:
            found = await rows.find_by(tx, rows.links.c.id, row.id)
        return rows.state_of(found).ended or LinkEnd.UNKNOWN if found else LinkEnd.UNKNOWN

    def _openable(self, row: LinkRow | None) -> LinkRow:
        if row is None:
            raise LinkOver(LinkEnd.UNKNOWN)
        end = life.opening_end(rows.state_of(row), self._clock.now())
        if end is not None:
            raise LinkOver(end)
        return row

    async def _account_of(self, row: LinkRow) -> Account:
        """Return the account the link is for. Raises LinkOver when it is not as it was."""
        try:
            account = await self._directory.get(row.account_id)
        except AccountNotFound:
            raise LinkOver(LinkEnd.UNKNOWN) from None
        except DirectoryError:
            raise BackendBusy from None
        end = self._account_end(row, account)
        if end is not None:
            await self.close(row, end)
            raise LinkOver(end)
        return account

    def _account_end(self, row: LinkRow, account: Account) -> LinkEnd | None:
        now = self._clock.now()
        if is_frozen(account, now):
            return LinkEnd.FROZEN
        address = self._vault.index(account.recovery_email or "")
        if account.password_version != row.password_version or address != row.address_index:
            return LinkEnd.ACCOUNT_CHANGED
        # A guest may set the first password before the first day.
        ended = status_of(account, now) in {Status.DISABLED, Status.EXPIRED}
        return LinkEnd.ACCOUNT_NOT_USABLE if ended or account.privileged else None
