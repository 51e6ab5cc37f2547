"""A verification service over real database, vault, mail queue and audit trail.

Only the edges are stand-ins: a directory in memory and a mail system that keeps what it gets.
"""

import re
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import event

import backend.store.tables  # noqa: F401 - registers every table
from backend.adapters.mail.rendering import JinjaTemplates
from backend.domain.accounts import Account, AccountType, normalise_login
from backend.domain.codes import CodeRules
from backend.service.audit import Audit
from backend.service.feed import Feed
from backend.service.grants import Grants
from backend.service.mailer import Mailer
from backend.service.ports import AccountNotFound, AmbiguousAccount, Capability
from backend.service.unlocks import Unlocks
from backend.service.vault import Vault
from backend.service.verification import Verification
from backend.store.audit import AUDIT
from backend.store.database import Database, metadata
from backend_client import wire

RESET = wire.Purpose.RESET_PASSWORD
UNLOCK = wire.Purpose.UNLOCK_ACCOUNT
OURS = (
    "challenges",
    "grants",
    "proven_identities",
    "unlock_operations",
    "recovery_standing",
    "limit_locks",
    "limit_hits",
    "breaker_minutes",
    "breaker_pauses",
    "mail_outbox",
)
NEIGHBOURS = (
    "accounts",
    "recovery_freezes",
    "audit",
    "audit_head",
    "audit_checkpoints",
    "feed",
    "mail_outage",
    "links",
    "tickets",
    "ticket_conversations",
)
NO_DELAYS = (timedelta(0),) * 5
BUDI = Account(
    id="acc-budi",
    username="budi.santoso",
    account_type=AccountType.STUDENT,
    display_name="Budi Santoso",
    student_number="13519001",
    recovery_email="budi@example.net",
)
SITI = replace(
    BUDI,
    id="acc-siti",
    username="siti.rahma",
    account_type=AccountType.LECTURER,
    display_name="Siti Rahma",
    student_number=None,
    employee_number="198503122010122001",
    recovery_email="siti@example.net",
)
MAILLESS = replace(
    BUDI, id="acc-tono", username="tono", student_number="13519009", recovery_email=None
)


class FakeDirectory:
    """Accounts in memory; `error` is raised by every call, `unlock_error` by `unlock`."""

    def __init__(self, *accounts):
        self.accounts = {account.id: account for account in accounts}
        self.capabilities = Capability.LOCK_STATE
        self.error = self.unlock_error = None
        self.calls = []
        self.during_unlock = None

    def change(self, account_id, **changes):
        self.accounts[account_id] = replace(self.accounts[account_id], **changes)

    def _called(self, name, argument):
        self.calls.append((name, argument))
        if self.error is not None:
            raise self.error

    async def find(self, key):
        self._called("find", key)
        login = normalise_login(key)
        found = [
            one
            for one in self.accounts.values()
            if login in {one.username, one.student_number, one.employee_number}
        ]
        if len(found) > 1:
            raise AmbiguousAccount
        return found[0] if found else None

    async def get(self, account_id):
        self._called("get", account_id)
        if account_id not in self.accounts:
            raise AccountNotFound
        return self.accounts[account_id]

    async def unlock(self, account_id):
        self._called("unlock", account_id)
        if self.unlock_error is not None:
            raise self.unlock_error
        self.change(account_id, locked=False)
        if self.during_unlock is not None:
            self.during_unlock()


class Post:
    """A mail system that keeps what it gets."""

    def __init__(self):
        self.sent = []

    async def check(self):
        pass

    async def send(self, mail):
        self.sent.append(mail)

    async def close(self):
        pass


class World:
    """Everything a test of identity needs, at one clock."""

    def __init__(self, url, clock, rules=None, directory=None):
        self.clock, self.rules = clock, (rules := rules or CodeRules())
        self.db = Database(url)
        self.vault = Vault("k" * 43)
        self.directory = directory or FakeDirectory(BUDI, SITI, MAILLESS)
        self.post = Post()
        self.feed = Feed(self.db, clock)
        self.audit = Audit(clock, self.vault)
        self.mailer = Mailer(self.db, self.vault, self.post, JinjaTemplates(), clock, self.feed)
        self.verification = Verification(
            db=self.db,
            directory=self.directory,
            vault=self.vault,
            mailer=self.mailer,
            audit=self.audit,
            clock=clock,
            rules=rules,
        )
        self.mailer.code_source = self.verification.code_for
        self.grants = Grants(self.vault, clock, rules)
        self.unlocks = Unlocks(
            db=self.db,
            directory=self.directory,
            vault=self.vault,
            grants=self.grants,
            audit=self.audit,
            clock=clock,
        )

    async def start(self, login="budi.santoso", *, user="u1", conversation="c1", **more):
        channel = more.pop("channel", "web")
        request = wire.StartChallenge(
            purpose=more.pop("purpose", RESET),
            login=login,
            conversation=conversation,
            identity=wire.ChatIdentity(channel, user),
            **more,
        )
        return (await self.verification.start(request)).challenge

    async def check(self, challenge, code, conversation="c1"):
        return await self.verification.check(challenge, wire.CheckCode(conversation, code))

    async def resend(self, challenge, conversation="c1"):
        return await self.verification.resend(challenge, wire.ResendCode(conversation))

    async def void(self, challenge, conversation="c1"):
        await self.verification.void(challenge, wire.VoidChallenge(conversation))

    async def mails(self):
        """Send what is queued and return the codes that arrived, as (address, code)."""
        before = len(self.post.sent)
        await self.mailer.run_due()
        code = re.compile(r"^ +(\d+)$", re.MULTILINE)
        return [(mail.to, code.search(mail.text)[1]) for mail in self.post.sent[before:]]

    async def code(self):
        """Return the code of the one mail that is queued."""
        ((_, code),) = await self.mails()
        return code

    async def proven(self, login="budi.santoso", **more):
        """Start, read the mail, enter the code; return the outcome."""
        challenge = await self.start(login, **more)
        return await self.check(challenge, await self.code(), more.get("conversation", "c1"))

    async def rows(self, table):
        async with self.db.read() as tx:
            return (await tx.execute(sa.select(table))).mappings().all()

    async def trail(self):
        """Return the audit rows since this world was opened."""
        query = sa.select(AUDIT).order_by(AUDIT.c.seq.desc())
        found = []
        async with self.db.read() as tx:
            for row in (await tx.execute(query)).mappings():
                if row["event"] == "world.opened":
                    break
                found.insert(0, row)
        return found

    async def events(self):
        return [row["event"] for row in await self.trail()]

    async def forget_everything(self):
        """Empty the tables of this part, so that a story can be told again from the start."""
        async with self.db.begin() as tx:
            for name in (*OURS, "accounts", "feed", "mail_outage"):
                await tx.execute(sa.delete(metadata.tables[name]))

    @contextmanager
    def recorded(self):
        """Collect the statements sent to the database meanwhile."""
        statements = []

        def note(_connection, _cursor, statement, *_):
            statements.append(re.sub(r"sa_savepoint_\d+", "savepoint", statement))

        event.listen(self.db.engine.sync_engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            event.remove(self.db.engine.sync_engine, "before_cursor_execute", note)


@asynccontextmanager
async def opened(url, clock, **options):
    world = World(url, clock, **options)
    async with world.db.engine.begin() as connection:
        tables = [metadata.tables[name] for name in (*OURS, *NEIGHBOURS)]
        await connection.run_sync(metadata.create_all, tables=tables)
    await world.forget_everything()  # PostgreSQL's tables serve every test
    async with world.db.begin() as tx:  # the first row of the chain takes statements of its own
        await world.audit.record(tx, "world.opened", actor="test")
    try:
        yield world
    finally:
        await world.db.close()


def wrong(code, by=1):
    """Return another code of the same length."""
    return f"{(int(code) + by) % 10 ** len(code):0{len(code)}}"
