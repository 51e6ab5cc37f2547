"""Links and passwords over a real database, directory, vault, mail queue and audit trail.

Only the edges are stand-ins: a mail system that keeps what it gets, and faults of a directory.
"""

import re
from contextlib import asynccontextmanager

import sqlalchemy as sa
from pydantic import SecretStr

import backend.store.tables  # noqa: F401 - registers every table
from backend.adapters.directory.sql import SqlDirectory
from backend.adapters.mail.rendering import JinjaTemplates
from backend.service.audit import Audit
from backend.service.demo import seed_demo
from backend.service.feed import Feed
from backend.service.grants import Grants, Proof
from backend.service.link_views import Changed
from backend.service.links import Links
from backend.service.mailer import Mailer
from backend.service.passwords import Passwords
from backend.service.vault import Vault
from backend.store.audit import AUDIT
from backend.store.database import Database, metadata
from backend_client import wire

PAGE = "https://akun.kampus.example/password"
FREEZE = f"{PAGE}/freeze"
RESET = wire.Purpose.RESET_PASSWORD
GOOD = "Tulang.Rusuk.Ikan.88"
OTHER = "Sembilan Panci 7 Bocor!"
THIRD = "Lampu-Redup-Tetap-Setia-5"


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


class Faulty:
    """A directory in front of a real one: `before` and `after` run around every `set_password`."""

    def __init__(self, inner):
        self.inner = inner
        self.capabilities = inner.capabilities
        self.before = self.after = None
        self.failing = {}
        self.writes = 0

    def __getattr__(self, name):
        if name in self.failing:
            return self._fail(self.failing[name])
        return getattr(self.inner, name)

    def _fail(self, error):
        async def call(*_arguments, **_named):
            raise error

        return call

    async def set_password(self, account_id, new, **options):
        if self.before is not None:
            await self.before()
        await self.inner.set_password(account_id, new, **options)
        self.writes += 1
        if self.after is not None:
            await self.after()


def fails_with(error):
    async def fail():
        raise error

    return fail


class World:
    """Everything a test of passwords needs, at one clock."""

    def __init__(self, url, clock, **options):
        self.clock = clock
        self.db = Database(url)
        self.vault = Vault("k" * 43)
        self.post = Post()
        self.directory = Faulty(SqlDirectory(self.db, self.vault, clock))
        self.feed = Feed(self.db, clock)
        self.audit = Audit(clock, self.vault)
        self.mailer = Mailer(self.db, self.vault, self.post, JinjaTemplates(), clock, self.feed)
        self.grants = Grants(self.vault, clock)
        self.frozen = []
        self.build(**options)

    def build(self, **options):
        """Make the services, as a fresh process over the same database would."""
        common = {
            "db": self.db,
            "directory": self.directory,
            "vault": self.vault,
            "clock": self.clock,
            "mailer": self.mailer,
            "audit": self.audit,
            "feed": self.feed,
            "grants": self.grants,
        }
        self.passwords = Passwords(**common, freeze_url=FREEZE, **options)
        self.links = Links(
            **common, passwords=self.passwords, page_url=PAGE, on_freeze=self._on_freeze
        )

    async def _on_freeze(self, _tx, account, until):
        self.frozen.append((account.username, until))

    async def account(self, login="budi.santoso"):
        return await self.directory.find(login)

    async def grant(self, login="budi.santoso", *, purpose=RESET, conversation="c1", **more):
        account = await self.account(login)
        proof = Proof(
            account_id=account.id,
            purpose=purpose,
            conversation=conversation,
            channel="webchat",
            identity="i1",
            password_version=account.password_version,
            **more,
        )
        async with self.db.begin() as tx:
            return await self.grants.issue(tx, proof)

    async def issue(self, login="budi.santoso", *, conversation="c1", **more):
        """Prove the account and ask for a link; return token and short number."""
        grant = await self.grant(login, conversation=conversation, **more)
        issued = await self.links.issue(wire.IssueLink(grant, conversation, wire.Language.EN))
        return await self.mailed_token(), issued.check_number

    async def mailed_token(self):
        (mail,) = await self.mails()
        return re.search(rf"{re.escape(PAGE)}#(\S+)", mail.text)[1]

    async def page(self, login="budi.santoso", **more):
        """Open a page; return its cookie and the short number."""
        token, number = await self.issue(login, **more)
        return (await self.links.exchange(token)).cookie, number

    async def submit(self, cookie, number, password):
        return await self.links.submit(cookie, number, SecretStr(password))

    async def change(self, password, login="budi.santoso"):
        """Change a password the whole way and forget the mails."""
        cookie, number = await self.page(login)
        assert await self.submit(cookie, number, password) == Changed()
        await self.mails()

    async def verifies(self, password, login="budi.santoso"):
        account = await self.account(login)
        return await self.directory.inner.verify_password(account.id, SecretStr(password))

    async def mails(self):
        """Send what is queued and return what arrived since the last look."""
        before = len(self.post.sent)
        await self.mailer.run_due()
        return self.post.sent[before:]

    async def rows(self, table):
        async with self.db.read() as tx:
            return (await tx.execute(sa.select(table))).mappings().all()

    async def set(self, table, **values):
        async with self.db.begin() as tx:
            await tx.execute(sa.update(table).values(values))

    async def events(self):
        return [row["event"] for row in await self.rows(AUDIT)]

    async def told(self):
        """Return what the chats were told, oldest first."""
        return (await self.feed.page(0, 0)).events


@asynccontextmanager
async def opened(url, clock, **options):
    world = World(url, clock, **options)
    async with world.db.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await seed_demo(world.db, world.directory, world.vault, clock)
    try:
        yield world
    finally:
        await world.db.close()
