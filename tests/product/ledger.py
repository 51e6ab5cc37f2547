"""The oracle: what may have happened, judged from mailboxes, chats, pages and the clock.

It knows what arrived in whose mailbox, what was typed where and when, and compares the databases
before and after every step with what these permit. It never asks a service for its opinion.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from backend.adapters.mail.rendering import PURPOSES
from backend.service.demo import DEMO_ACCOUNTS
from backend.store.accounts import accounts
from backend.store.audit import AUDIT
from backend.store.links import links
from backend.store.verification import challenges, grants

CODE_LIFE, PROOF_LIFE = timedelta(minutes=10), timedelta(minutes=15)
LINK_LIFE, PAGE_IDLE = timedelta(minutes=15), timedelta(minutes=10)
MAX_TRIES = 5
RESET, UNLOCK = "reset_password", "unlock_account"
OWNERS = {demo.recovery_email: demo.username for demo in DEMO_ACCOUNTS}
MAILBOXES = {demo.username: demo.recovery_email for demo in DEMO_ACCOUNTS}
_PURPOSE = {words: purpose for purpose, words in PURPOSES["id"].items()}
_CODE = re.compile(r"^Kode untuk (?P<purpose>.+):\n\n +(?P<code>\d{8})$", re.MULTILINE)
_LINK = re.compile(r"/password#(\S+)")
_FREEZE = re.compile(r"/password/freeze#(\S+)")
_NUMBER = re.compile(r"nomor ini: (\d{4})")
_CHANGED = re.compile(r"Password akun \S+ sudah diganti")


# -- what people hold ---------------------------------------------------------------------------
@dataclass(eq=False)
class Code:
    """A code as it came by mail."""

    account: str
    purpose: str
    chat: str
    """Where it was asked for."""
    digits: str
    mailed_at: datetime
    version: int
    """Of the account's password."""
    accepted: bool = False


@dataclass(eq=False)
class Proof:
    """An accepted code."""

    account: str
    purpose: str
    chat: str
    at: datetime
    spent: bool = False


@dataclass(eq=False)
class Link:
    """A one-time link as it came by mail, and the number its chat was told."""

    account: str
    chat: str
    token: str
    number: str
    mailed_at: datetime
    version: int
    page: "Page | None" = None
    """The newest: the ones opened before it are over."""
    used: bool = False


@dataclass(eq=False)
class Page:
    """An opened link."""

    link: Link
    cookie: str
    touched_at: datetime
    number_proven: bool = False


@dataclass
class Step:
    """What somebody did."""

    began: datetime
    chat: str = ""
    text: str = ""
    page: Page | None = None
    number: str = ""
    good_password: bool = False
    state: str = ""
    """What the page answered."""


# -- what the databases show --------------------------------------------------------------------
@dataclass(frozen=True)
class Seen:
    """The tables at one moment, by primary key."""

    accounts: dict
    challenges: dict
    grants: dict
    links: dict
    events: Counter = field(hash=False)


_COUNTS = sa.select(AUDIT.c.event, sa.func.count()).group_by(AUDIT.c.event)


async def look(db):
    """Return what the backend's database shows now."""
    async with db.read() as tx:
        tables = [
            {row[0]: row for row in await tx.execute(sa.select(table))}
            for table in (accounts, challenges, grants, links)
        ]
        events = Counter(dict((await tx.execute(_COUNTS)).all()))
    return Seen(*tables, events)


class Ledger:
    """Everything that came of the story so far."""

    def __init__(self, seen):
        self.seen = seen
        self.names = {row.id: row.username for row in seen.accounts.values()}
        self.codes: list[Code] = []
        self.proofs: list[Proof] = []
        self.links: list[Link] = []
        self.freezes: list[tuple[str, str]] = []
        """Account and token of every notice's "it wasn't me"."""
        self.frozen_until: dict[str, datetime] = {}
        self.reached = Counter()
        self.changes = self.told = 0

    # -- one step ------------------------------------------------------------------------------
    def judge(self, step, seen, mails, heard, now):
        """Compare what is `seen` after a step with what it permits. Raises AssertionError."""
        before, self.seen = self.seen, seen
        self._codes_arrived(step, mails, before, now)
        self._codes_accepted(step, before)
        self._links_arrived(step, mails, heard, before, now)
        self._passwords_changed(step, before)
        self._locks_lifted(step, before)
        self._owners_told(step, heard)
        for mail in mails:
            if found := _FREEZE.search(mail.text):
                self.freezes.append((_account_of_notice(mail), found[1]))
        self.always()

    def nothing_changed(self, seen, mails):
        """Judge what must have no effect: a repeat, a restart."""
        assert not mails, "a repeat sent mail"
        for table in ("accounts", "challenges", "grants", "links", "events"):
            assert getattr(seen, table) == getattr(self.seen, table), f"a repeat changed {table}"

    def always(self):
        """Judge what holds at every moment."""
        seen = self.seen
        live = Counter(row.account_id for row in seen.links.values() if row.ended is None)
        assert max(live.values(), default=0) <= 1, "two live links of one account"
        assert all(row.attempts <= MAX_TRIES for row in seen.challenges.values()), "a sixth try"
        waiting = Counter(
            (row.conversation, row.purpose)
            for row in seen.challenges.values()
            if row.used_at is None and row.voided_at is None
        )
        assert max(waiting.values(), default=0) <= 1, "two open challenges for one purpose"
        assert seen.events["challenge.accepted"] == len(self.proofs), "a code accepted unseen"
        assert seen.events["password_changed"] == self.changes, "a change unseen"

    # -- codes ---------------------------------------------------------------------------------
    def _codes_arrived(self, step, mails, before, now):
        found = [(mail, match) for mail in mails if (match := _CODE.search(mail.text))]
        asked = len(self.seen.challenges.keys() - before.challenges.keys())
        assert max(asked, len(found)) <= (1 if step.chat else 0), "more codes than were asked for"
        for mail, match in found:
            account = OWNERS[mail.to]
            self.codes.append(
                Code(
                    account=account,
                    purpose=_PURPOSE[match["purpose"]],
                    chat=step.chat,
                    digits=match["code"],
                    mailed_at=now,
                    version=self._version(before, account),
                )
            )

    def _codes_accepted(self, step, before):
        new = [row for key, row in self.seen.grants.items() if key not in before.grants]
        assert len(new) <= 1, "two grants for one message"
        for grant in new:
            code = self._right_code(step, grant)
            code.accepted = True
            assert code.version == self._version(before, code.account), "outlived a password"
            frozen = step.began < self.frozen_until.get(code.account, step.began)
            assert not frozen or grant.human or code.purpose not in {RESET, UNLOCK}, "frozen"
            self.proofs.append(Proof(code.account, code.purpose, code.chat, step.began))
            self.reached["code accepted"] += 1

    def _right_code(self, step, grant):
        """Return the mailed code that earned `grant`."""
        assert grant.conversation == f"rest:{step.chat}", "a grant for another conversation"
        asked = [c for c in self.codes if (c.chat, c.purpose) == (step.chat, grant.purpose)]
        assert asked, "a grant nobody asked for"
        code = asked[-1]
        typed = re.findall(r"\d+", step.text)
        assert code.digits in typed, "not the newest right code"
        assert code.account == self.names[grant.account], "a grant for another account"
        assert not code.accepted, "a code accepted twice"
        assert step.began < code.mailed_at + CODE_LIFE, "a code accepted too late"
        return code

    # -- links ---------------------------------------------------------------------------------
    def _links_arrived(self, step, mails, heard, before, now):
        found = [(mail, match) for mail in mails if (match := _LINK.search(mail.text))]
        new = [row for key, row in self.seen.links.items() if key not in before.links]
        assert len(found) == len(new) <= 1, "links and their mails do not match"
        for (mail, match), row in zip(found, new, strict=True):
            account = self.names[row.account_id]
            assert mail.to == MAILBOXES[account], "a link to another's mailbox"
            self._spend_proof(step, account, RESET)
            numbers = [one[1] for text in heard if (one := _NUMBER.search(text))]
            number = numbers[-1] if numbers else ""
            version = self._version(before, account)
            self.links.append(Link(account, step.chat, match[1], number, now, version))
            self.reached["link mailed"] += 1

    def _spend_proof(self, step, account, purpose):
        fitting = [
            proof
            for proof in self.proofs
            if (proof.account, proof.purpose, proof.chat) == (account, purpose, step.chat)
            and not proof.spent
            and step.began < proof.at + PROOF_LIFE
        ]
        assert fitting, "no proof for this account, purpose and conversation"
        fitting[-1].spent = True

    # -- passwords -----------------------------------------------------------------------------
    def _passwords_changed(self, step, before):
        rises = Counter()
        for key, row in self.seen.accounts.items():
            risen = row.password_version - before.accounts[key].password_version
            assert risen in {0, 1}, "more than one change in a step"
            rises[row.username] += risen
        changed = rises.total() > 0
        assert changed == (step.state == "changed"), "the page does not say what happened"
        if step.page is not None:
            self._touch(step)
        if changed:
            assert rises == Counter({step.page.link.account: 1}), "another account was changed"
            self._may_change(step, before)
            step.page.link.used = True
            self.changes += 1
            self.reached["password changed"] += 1

    def _touch(self, step):
        """Note the number a page was given; once right it need not be typed again."""
        right = step.number == step.page.link.number
        step.page.number_proven |= right and step.state in {"refused", "changed"}

    def _may_change(self, step, before):
        page, link = step.page, step.page.link
        newest = [one for one in self.links if one.account == link.account][-1]
        assert link is newest, "an older link worked"
        assert link.page is page, "a page worked that was opened elsewhere since"
        assert not link.used, "a link worked twice"
        assert page.number_proven, "the number was wrong"
        assert step.good_password, "a bad password was taken"
        assert link.version == self._version(before, link.account), "outlived a password"
        assert step.began < link.mailed_at + LINK_LIFE + PAGE_IDLE, "a link outlived its time"
        assert step.began < page.touched_at + PAGE_IDLE, "an idle page worked"
        assert step.began >= self.frozen_until.get(link.account, step.began), "frozen"

    def opened(self, link, cookie, now):
        """Note a page that was opened. Raises AssertionError when the link should not work."""
        assert not link.used, "a used link opened"
        assert now < link.mailed_at + LINK_LIFE, "a link opened too late"
        link.page = Page(link, cookie, now)
        self.reached["link opened"] += 1
        return link.page

    # -- lockouts and what is said -------------------------------------------------------------
    def _locks_lifted(self, step, before):
        for key, row in self.seen.accounts.items():
            if before.accounts[key].locked and not row.locked:
                if step.state == "changed" and step.page.link.account == row.username:
                    continue
                self._spend_proof(step, row.username, UNLOCK)
                self.reached["unlocked"] += 1

    def _owners_told(self, step, heard):
        self.told += sum(1 for text in heard if _CHANGED.search(text))
        assert self.told == self.changes, "a chat was told of a change that was not, or not told"

    def _version(self, seen, account):
        rows = seen.accounts.values()
        return next(row.password_version for row in rows if row.username == account)


def _account_of_notice(mail):
    return re.search(r"akun (\S+) diganti", mail.text)[1]
