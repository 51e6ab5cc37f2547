"""Whatever is asked in whatever order: one live link an account, one change a link."""

import asyncio
import tempfile
from contextlib import suppress
from pathlib import Path

from clocks import ManualClock
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from password_world import World

from backend.service.demo import seed_demo
from backend.service.errors import HumanNeeded
from backend.service.link_views import Changed, LinkOver, Refused, WrongNumber
from backend.store.database import metadata
from backend.store.links import links
from backend_client import wire

LOGINS = ("budi.santoso", "siti.rahma")
LATE = st.sampled_from([-1, -1, -1, -2, 0])
"""Which of what was collected: mostly the newest."""
MOSTLY = st.sampled_from([True, True, True, False])


class LinkMachine(RuleBasedStateMachine):
    """Two accounts, their links and pages, over the real services on SQLite."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = ManualClock()
        self.runner = asyncio.Runner()
        self.world = World(f"sqlite:///{Path(self.folder.name) / 'm.db'}", self.clock)
        self.run(self.set_up())
        self.tokens, self.pages, self.freezes = [], [], []
        self.changes = 0
        self.spent = set()

    def run(self, awaitable):
        return self.runner.run(awaitable)

    async def set_up(self):
        async with self.world.db.engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        await seed_demo(self.world.db, self.world.directory, self.world.vault, self.clock)

    def teardown(self):
        self.run(self.world.db.close())
        self.runner.close()
        self.folder.cleanup()

    def keep_freezes(self):
        for mail in self.run(self.world.mails()):
            if "freeze#" in mail.text:
                self.freezes.append(mail.text.split("freeze#")[1].split()[0])

    @initialize(login=st.sampled_from(LOGINS))
    def begin(self, login):
        self.ask(login)
        self.open(-1)

    @rule(login=st.sampled_from(LOGINS))
    def ask(self, login):
        self.keep_freezes()
        try:
            token, number = self.run(self.world.issue(login))
        except HumanNeeded:
            event("asked: frozen")
            return
        self.tokens.append((login, token, number))

    @rule(which=LATE)
    def open(self, which):
        login, token, number = self.tokens[which % len(self.tokens)]
        try:
            session = self.run(self.world.links.exchange(token))
        except LinkOver as over:
            event(f"opened: {over.end}")
            return
        assert token not in self.spent
        self.pages.append((login, token, session.cookie, number))

    @rule(which=LATE, right=MOSTLY, good=MOSTLY, n=st.integers(10**6, 10**9))
    def submit(self, which, right, good, n):
        login, token, cookie, number = self.pages[which % len(self.pages)]
        typed = number if right else f"{(int(number) + 1) % 10_000:04}"
        password = f"Tulang.Rusuk.Ikan.{n}!" if good else "kurang"
        before = self.run(self.world.account(login)).password_version
        outcome = self.run(self.world.submit(cookie, typed, password))
        event(f"submit: {outcome}"[:60])
        after = self.run(self.world.account(login)).password_version
        assert after == before + (outcome == Changed())
        if outcome == Changed():
            assert good
            assert token not in self.spent
            self.spent.add(token)
            self.changes += 1
            assert self.run(self.world.verifies(password, login))
        elif not right:
            assert isinstance(outcome, WrongNumber | Refused) or outcome.end

    @rule(which=LATE, n=st.integers(10**6, 10**9))
    def submit_twice_at_once(self, which, n):
        _, token, cookie, number = self.pages[which % len(self.pages)]
        passwords = [f"Lampu-Redup-{n}-Setia", f"Payung {n} Robek"]

        async def both():
            return await asyncio.gather(
                *(self.world.submit(cookie, number, one) for one in passwords)
            )

        changed = self.run(both()).count(Changed())
        event(f"submitted twice: {changed} changed")
        assert changed <= (token not in self.spent)
        if changed:
            self.spent.add(token)
            self.changes += 1

    @rule(seconds=st.sampled_from([1, 59, 300, 599, 600, 900, 3600]))
    def wait(self, seconds):
        self.clock.forward(seconds=seconds)
        self.run(self.world.links.expire())
        self.run(self.world.passwords.reconcile())

    @precondition(lambda self: self.freezes)
    @rule(which=LATE)
    def object(self, which):
        with suppress(LinkOver):
            self.run(self.world.links.freeze(self.freezes[which % len(self.freezes)]))

    @invariant()
    def one_live_link_an_account_at_most(self):
        rows = self.run(self.world.rows(links))
        live = [row["account_id"] for row in rows if row["ended"] is None]
        assert len(live) == len(set(live))

    @invariant()
    def as_many_changes_as_used_links(self):
        rows = self.run(self.world.rows(links))
        used = [row for row in rows if row["ended"] == "used"]
        assert len(used) == self.changes == self.world.directory.writes
        applied = [
            told for told in self.run(self.world.told()) if isinstance(told, wire.PasswordChanged)
        ]
        assert len(applied) == self.changes


TestLinks = LinkMachine.TestCase
TestLinks.settings = settings(max_examples=12, stateful_step_count=30, deadline=None)
