"""The accounts of approved guests: made once each, warned, ended on their day.

Every step is a state of the guest's row, and every step can be repeated: a process killed between
two of them leaves a row that the next run goes on with. The username is reserved before the
directory is asked, so an account that was made without our hearing of it is known and adopted.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import sqlalchemy as sa
import structlog
from prometheus_client import Counter

from backend.domain import guests as rules_of
from backend.domain.accounts import AccountType, last_day
from backend.domain.guests import GuestRules
from backend.domain.tickets import ACTIVE, Trigger
from backend.service.errors import BackendBusy
from backend.service.ports import (
    AccountExists,
    AccountNotFound,
    Capability,
    DirectoryError,
    NewGuest,
    OutcomeUnknown,
    Unavailable,
)
from backend.store import guests as store
from backend.store import tickets as tickets_store
from backend.store.guests import Guest, State
from backend_client import wire

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.domain.accounts import Account
    from backend.service.mailer import Mailer
    from backend.service.ports import Directory
    from backend.service.ticket_book import TicketBook
    from backend.service.vault import Vault
    from backend.store.tickets import Ticket

log = structlog.get_logger(__name__)

GUESTS = Counter("helpdesk_guests_total", "Guest accounts, by what became of them.", ["outcome"])
_GIVES_UP_AFTER = 12
"""Refusals of the directory after which a human must look; outages do not count."""


RESOLVED_CREATED = "guest_accounts_created"


class ClaimLinks(Protocol):
    """Mails a guest the link and the number with which the first password is set."""

    async def issue_claim(
        self, tx: AsyncConnection, *, account_id: str, to: str, ticket: str | None, language: str
    ) -> str:
        """Queue both mails within the caller's transaction. Raises BackendBusy."""
        ...


class GuestAccounts:
    """Two jobs: `create_due` makes accounts, `tend_due` warns and ends them.

    Args:
        book: the tickets the guests belong to.
        directory: where accounts are made.
        links: mails the claim link and its number.
        mailer: mails the warnings (template `guest_warning`).
        vault: unseals the addresses.
        rules: what the institution allows.
    """

    def __init__(
        self,
        book: TicketBook,
        directory: Directory,
        links: ClaimLinks,
        mailer: Mailer,
        vault: Vault,
        rules: GuestRules = GuestRules(),  # noqa: B008 - frozen
    ) -> None:
        self._book = book
        self._directory = directory
        self._links = links
        self._mailer = mailer
        self._vault = vault
        self._rules = rules

    async def create_due(self) -> None:
        """Make the accounts that are approved, up to the day's cap: a job."""
        while (guest := await self._reserve()) is not None:
            try:
                account = await self._make(guest)
            except AccountExists:
                await self._take_another_name(guest)
            except DirectoryError as error:
                await self._postpone(guest, error)
                if error.retryable:
                    return
            else:
                try:
                    await self._hand_over(guest, account)
                except BackendBusy:
                    await self._postpone(guest, Unavailable())
                    return

    async def tend_due(self) -> None:
        """Warn guests and end accounts on their day: a job."""
        while (guest := await self._next_to_tend()) is not None:
            try:
                await self._tend(guest)
            except DirectoryError as error:
                await self._tend_later(guest, error)

    async def _reserve(self) -> Guest | None:
        """Return the next guest to make an account for: one half done, or one that is charged."""
        async with self._book.db.begin() as tx:
            half_done = await store.first_due(tx, State.CREATING, self._now())
            if half_done is not None:
                return half_done
            guest = await store.first_due(tx, State.APPROVED, self._now(), lock=True)
            if guest is None:
                return None
            today = self._now().astimezone(self._book.zone).date()
            if not await store.charge(self._book.db, tx, today, self._rules.per_day):
                log.info("guest_cap_reached")
                return None
            return await self._prepare(tx, guest)

    async def _prepare(self, tx: AsyncConnection, guest: Guest) -> Guest:
        """Fix everything about an account before the directory is asked."""
        now = self._now()
        request = await store.request_of(tx, guest.ticket_id)
        if request is None:  # pragma: no cover - a foreign key says so
            raise LookupError
        until = rules_of.valid_until(request.active_until, now, self._rules, self._book.zone)
        news = await self._name(tx, guest)
        news |= {"state": State.CREATING.value, "valid_from": now, "valid_until": until}
        await store.change(tx, guest, **news)
        return replace(guest, **news)

    async def _name(self, tx: AsyncConnection, guest: Guest) -> dict[str, object]:
        """Return the first username from the guest's next try on that no guest has or had."""
        number = await self._number(tx, guest)
        tries = guest.name_tries
        while True:
            username = rules_of.username_for(
                guest.name, request=number, email=self._email(guest), attempt=tries
            )
            if not await store.username_taken(tx, username):
                return {"username": username, "name_tries": tries}
            tries += 1

    async def _make(self, guest: Guest) -> Account:
        """Create the account, or adopt the one an earlier try has created.

        Raises AccountExists when the username belongs to somebody else.
        """
        wanted = await self._wanted(guest)
        try:
            return await self._directory.create_guest(wanted)
        except AccountExists:
            found = await self._directory.find(wanted.username)
            if found is None:
                raise OutcomeUnknown from None
            if not _is_ours(found, wanted):
                raise
            log.info("guest_adopted", guest=guest.id)
            return found

    async def _wanted(self, guest: Guest) -> NewGuest:
        async with self._book.db.read() as tx:
            request = await store.request_of(tx, guest.ticket_id)
        if (
            request is None
            or guest.username is None
            or guest.valid_from is None
            or guest.valid_until is None
        ):  # pragma: no cover - `_prepare` has set them
            raise LookupError
        return NewGuest(
            username=guest.username,
            display_name=guest.name,
            recovery_email=self._email(guest),
            institution=guest.institution,
            sponsor=request.unit,
            valid_from=guest.valid_from,
            valid_until=guest.valid_until,
        )

    async def _take_another_name(self, guest: Guest) -> None:
        async with self._book.db.begin() as tx:
            other = replace(guest, name_tries=guest.name_tries + 1)
            await store.change(tx, guest, **await self._name(tx, other))

    async def _postpone(self, guest: Guest, error: DirectoryError) -> None:
        """Try again later; after many refusals leave it to a human."""
        failures = guest.failures + (not error.retryable)
        gives_up = failures >= _GIVES_UP_AFTER
        log.warning("guest_not_made", guest=guest.id, error=type(error).__name__)
        next_at = None if gives_up else rules_of.next_try(failures, self._now())
        async with self._book.db.begin() as tx:
            news = {"failures": failures, "next_at": next_at}
            if not gives_up:
                await store.change(tx, guest, **news)
                return
            ticket = await self._hold_ticket(tx, guest)
            if await store.change(tx, guest, state=State.FAILED.value, **news):
                text = _FAILED[ticket.language].format(name=guest.name)
                await self._book.say(tx, ticket, wire.Author.SYSTEM, text, public=False)
                await self._book.note_down(tx, ticket, "guest_failed", "system", guest=guest.id)
                GUESTS.labels("failed").inc()

    async def _hand_over(self, guest: Guest, account: Account) -> None:
        """Note the account and mail its claim link, once: both or neither."""
        until = guest.valid_until
        if until is None:  # pragma: no cover - `_prepare` has set it
            raise LookupError
        warned = rules_of.already_past(until, self._now())
        async with self._book.db.begin() as tx:
            ticket = await self._hold_ticket(tx, guest)
            made = await store.change(
                tx,
                guest,
                state=State.ACTIVE.value,
                account_id=account.id,
                warned=warned,
                failures=0,
                next_at=rules_of.next_action(until, warned),
            )
            if not made:
                return
            await self._links.issue_claim(
                tx,
                account_id=account.id,
                to=self._email(guest),
                ticket=ticket.number,
                language=ticket.language,
            )
            await self._record(tx, ticket, "guest_created", account.id)
            if await store.all_made(tx, guest.ticket_id):
                await self._finish(tx, ticket)
        GUESTS.labels("created").inc()

    async def _finish(self, tx: AsyncConnection, ticket: Ticket) -> None:
        """Resolve the ticket of a request whose accounts all stand."""
        if ticket.status not in ACTIVE:
            return
        await self._book.move(
            tx, ticket, Trigger.RESOLVED, "system", resolution=RESOLVED_CREATED, held=False
        )
        if ticket.held:
            await self._book.feed.publish(
                tx,
                wire.TicketResolved,
                ticket.conversation,
                ticket=ticket.number,
                resolution=RESOLVED_CREATED,
            )

    async def _next_to_tend(self) -> Guest | None:
        async with self._book.db.read() as tx:
            return await store.first_due(tx, State.ACTIVE, self._now())

    async def _tend(self, guest: Guest) -> None:
        account_id, until = guest.account_id or "", guest.valid_until or self._now()
        try:
            account = await self._directory.get(account_id)
            if account.valid_until not in {None, until}:
                await self._follow(guest, account.valid_until or until)
            elif self._now() < until:
                await self._warn(guest, until)
            else:
                await self._directory.set_enabled(account_id, enabled=False)
                if Capability.REVOKE_SESSIONS in self._directory.capabilities:
                    await self._directory.revoke_sessions(account_id)
                await self._end(guest)
        except AccountNotFound:
            log.info("guest_gone", guest=guest.id)
            await self._end(guest)

    async def _warn(self, guest: Guest, until: datetime) -> None:
        """Tell the guest by mail, and the unit in its ticket, that the end is near."""
        days = rules_of.warning_due(until, self._now(), guest.warned)
        warned = guest.warned if days is None else days
        async with self._book.db.begin() as tx:
            ticket = await self._hold_ticket(tx, guest)
            next_at = rules_of.next_action(until, warned)
            if not await store.change(tx, guest, warned=warned, next_at=next_at) or days is None:
                return
            ends_on = last_day(until, self._book.zone).isoformat()
            await self._mailer.queue(
                tx,
                op=f"guest:{guest.id}:{ends_on}:{days}",
                template="guest_warning",
                to=self._email(guest),
                language=ticket.language,
                context={"username": guest.username or "", "until": ends_on, "days": days},
            )
            text = _ENDS[ticket.language].format(username=guest.username, day=ends_on)
            await self._book.say(tx, ticket, wire.Author.SYSTEM, text)
            await self._record(tx, ticket, f"guest_warned_{days}", guest.account_id or "")
        GUESTS.labels(f"warned_{days}").inc()

    async def _end(self, guest: Guest) -> None:
        """Note that the account is over, once."""
        async with self._book.db.begin() as tx:
            ticket = await self._hold_ticket(tx, guest)
            if not await store.change(tx, guest, state=State.ENDED.value, next_at=None):
                return
            text = _ENDED[ticket.language].format(username=guest.username)
            await self._book.say(tx, ticket, wire.Author.SYSTEM, text)
            await self._record(tx, ticket, "guest_ended", guest.account_id or "")
        GUESTS.labels("ended").inc()

    async def _follow(self, guest: Guest, until: datetime) -> None:
        """The account's end was moved in the directory: so are its warnings."""
        warned = rules_of.already_past(until, self._now())
        async with self._book.db.begin() as tx:
            next_at = rules_of.next_action(until, warned)
            await store.change(tx, guest, valid_until=until, warned=warned, next_at=next_at)

    async def _tend_later(self, guest: Guest, error: DirectoryError) -> None:
        log.warning("guest_not_tended", guest=guest.id, error=type(error).__name__)
        failures = guest.failures + 1
        async with self._book.db.begin() as tx:
            next_at = rules_of.next_try(failures, self._now())
            await store.change(tx, guest, failures=failures, next_at=next_at)

    async def _record(
        self, tx: AsyncConnection, ticket: Ticket, event: str, account_id: str
    ) -> None:
        await self._book.audit.record(
            tx,
            event,
            actor="system",
            subject=f"account:{account_id}",
            detail={"ticket": ticket.number},
        )

    async def _hold_ticket(self, tx: AsyncConnection, guest: Guest) -> Ticket:
        return await self._book.hold(tx, await self._number(tx, guest))

    async def _number(self, tx: AsyncConnection, guest: Guest) -> str:
        query = sa.select(tickets_store.TICKETS.c.number).where(
            tickets_store.TICKETS.c.id == guest.ticket_id
        )
        return (await tx.execute(query)).scalar_one()

    def _email(self, guest: Guest) -> str:
        place = email_place(guest.ticket_id, guest.position)
        return self._vault.unseal(guest.email, bound_to=place)

    def _now(self) -> datetime:
        return self._book.clock.now()


def email_place(ticket_id: int, position: int) -> str:
    """Name the place a guest's address is sealed for."""
    return f"guest_email:{ticket_id}:{position}"


def _is_ours(found: Account, wanted: NewGuest) -> bool:
    """Tell whether an account is the one an earlier try made: same guest, address and end."""
    same_end = found.valid_until in {None, wanted.valid_until}
    same_address = (found.recovery_email or "").casefold() == wanted.recovery_email.casefold()
    same_sponsor = found.unit in {None, wanted.sponsor}
    is_guest = found.account_type is AccountType.GUEST
    return is_guest and same_address and same_end and same_sponsor


_ENDS = {
    "id": "Akun tamu {username} berakhir pada {day}.",
    "en": "The guest account {username} ends on {day}.",
}
_ENDED = {
    "id": "Akun tamu {username} sudah berakhir dan dinonaktifkan.",
    "en": "The guest account {username} has ended and is switched off.",
}
_FAILED = {
    "id": "Akun untuk {name} belum dapat dibuat; perlu diperiksa petugas.",
    "en": "The account for {name} could not be made; somebody has to look.",
}
