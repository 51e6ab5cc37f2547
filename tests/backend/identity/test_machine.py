"""Any order of steps: no code works without being right, in time and in its place; none twice."""

import asyncio
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from clocks import ManualClock
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle as Known
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)
from identity_world import BUDI, MAILLESS, NEIGHBOURS, OURS, SITI, World, wrong

from backend.domain.codes import Challenge
from backend.service.errors import (
    ChallengeDead,
    GrantInvalid,
    HumanNeeded,
    NotFound,
    TooMany,
    TooSoon,
)
from backend.store.database import metadata
from backend.store.verification import challenges, grants
from backend_client import wire

OWNERS = {BUDI.username: BUDI.id, "13519001": BUDI.id, SITI.username: SITI.id}
LOGINS = [*OWNERS, MAILLESS.username, "nobody"]
LOGIN = st.sampled_from(LOGINS)
OWNED = st.sampled_from(list(OWNERS))
CHAT = st.sampled_from(["c1", "c2"])
PURPOSE = st.sampled_from([wire.Purpose.RESET_PASSWORD, wire.Purpose.UNLOCK_ACCOUNT])
USER = st.integers(0, 3)


@dataclass
class Model:
    """What we know of one challenge without asking the service."""

    id: str
    login: str
    conversation: str
    purpose: wire.Purpose
    version: int
    expires_at: datetime
    next_try_at: datetime
    counter: int = 0
    tries: int = 0
    over: bool = False
    """Used, voided or replaced."""


class Codes(RuleBasedStateMachine):
    """Random starts, resends, guesses, changes and waits against the real service on SQLite."""

    asked = Known("asked")
    earned = Known("earned")

    @initialize()
    def open(self):
        self.folder = Path(tempfile.mkdtemp())
        self.loop = asyncio.new_event_loop()
        self.clock = ManualClock()
        self.world = World(f"sqlite:///{self.folder / 'machine.db'}", self.clock)
        self.versions = dict.fromkeys([BUDI.id, SITI.id], 0)
        self.codes: dict[str, tuple[str, int]] = {}
        """Code by challenge, as it came by mail, with its counter."""
        self.accepted: set[str] = set()
        """Challenges whose code was accepted."""
        self.spent: set[str] = set()
        """Grants that opened something."""
        self.models: list[Model] = []
        self.run(self._create())

    async def _create(self):
        async with self.world.db.engine.begin() as connection:
            tables = [metadata.tables[name] for name in (*OURS, *NEIGHBOURS)]
            await connection.run_sync(metadata.create_all, tables=tables)

    def run(self, call):
        return self.loop.run_until_complete(call)

    def teardown(self):
        if hasattr(self, "world"):
            self.run(self.world.db.close())
            self.loop.close()
            shutil.rmtree(self.folder)

    # -- steps ------------------------------------------------------------------------------
    @rule(target=asked, login=LOGIN, chat=CHAT, purpose=PURPOSE, user=USER)
    def start(self, login, chat, purpose, user):
        return self.start_one(login, chat, purpose, user) or multiple()

    @rule(
        target=earned, login=st.sampled_from(list(OWNERS)), chat=CHAT, purpose=PURPOSE, user=USER
    )
    def start_and_prove(self, login, chat, purpose, user):
        """What nearly everybody does."""
        model = self.start_one(login, chat, purpose, user)
        return multiple() if model is None else self.prove(model)

    def start_one(self, login, chat, purpose, user):
        try:
            challenge = self.run(
                self.world.start(login, user=str(user), conversation=chat, purpose=purpose)
            )
        except TooMany:
            return None
        for older in self.models:
            if (older.conversation, older.purpose) == (chat, purpose):
                older.over = True
        now = self.clock.now()
        version = self.versions.get(OWNERS.get(login, ""), 0)
        model = Model(challenge, login, chat, purpose, version, now + timedelta(minutes=10), now)
        self.models.append(model)
        self._read_mail()
        return model

    @rule(model=asked)
    def resend(self, model):
        try:
            self.run(self.world.resend(model.id, model.conversation))
        except (TooSoon, TooMany, ChallengeDead):
            return
        assert not model.over
        assert self.clock.now() < model.expires_at
        model.counter += 1
        model.expires_at = self.clock.now() + timedelta(minutes=10)
        self._read_mail()

    def _read_mail(self):
        """Keep every code that really arrived, by the challenge it was made for."""
        arrived = [code for _, code in self.run(self.world.mails())]
        for row in self.run(self.world.rows(challenges)):
            code = self.world.verification._challenges.code(Challenge(**row))
            if code in arrived:
                self.codes[row["id"]] = (code, row["counter"])

    @rule(target=earned, model=asked)
    def enter_latest(self, model):
        return self.prove(model)

    def prove(self, model):
        """Do what the owner does: enter the latest mail's code where it was asked for."""
        return self.check_code(model, model, model.conversation, rightly=True)

    @rule(
        target=earned,
        model=asked,
        source=asked,
        chat=CHAT,
        rightly=st.booleans(),
    )
    def attack(self, model, source, chat, rightly):
        """Try the code of one challenge, or a wrong one, at another and from any chat."""
        return self.check_code(model, source, chat, rightly=rightly)

    def check_code(self, model, source, chat, *, rightly):
        code, counter = self.codes.get(source.id, ("00000000", -1))
        typed = code if rightly else wrong(code)
        now = self.clock.now()
        outcome = self.run(self._check(model, typed, chat))
        if isinstance(outcome, wire.CodeAccepted):
            assert rightly
            assert source is model
            assert counter == model.counter
            assert chat == model.conversation
            assert not model.over
            assert now < model.expires_at
            assert now >= model.next_try_at
            assert model.version == self.versions[OWNERS[model.login]]
            assert model.tries < 5
            assert model.id not in self.accepted
            self.accepted.add(model.id)
            event("a code was accepted")
            model.over = True
            return (model, outcome.grant, now)
        if isinstance(outcome, wire.CodeRejected):
            model.tries += 1
            model.next_try_at = now + timedelta(seconds=outcome.wait)
        return multiple()

    async def _check(self, model, typed, chat):
        try:
            return await self.world.check(model.id, typed, chat)
        except NotFound:
            assert chat != model.conversation
            return None

    @rule(model=asked, chance=st.integers(0, 4))
    def void(self, model, chance):
        if chance:  # else nothing lives long enough to be interesting
            return
        self.run(self.world.void(model.id, model.conversation))
        model.over = True

    @rule(account=st.sampled_from([BUDI.id, SITI.id]))
    def change_password(self, account):
        self.versions[account] += 1
        self.world.directory.change(account, password_version=self.versions[account])

    @rule(proven=earned)
    def spend_rightly(self, proven):
        self.spend(proven, proven[0].conversation, proven[0].purpose)

    @rule(proven=earned, chat=CHAT, purpose=PURPOSE)
    def spend(self, proven, chat, purpose):
        model, grant, at = proven
        try:
            spent = self.run(self._consume(grant, chat, purpose))
        except (GrantInvalid, HumanNeeded):
            return
        assert (chat, purpose) == (model.conversation, model.purpose)
        assert spent.account_id == OWNERS[model.login]
        assert self.clock.now() < at + timedelta(minutes=15)
        assert grant not in self.spent
        self.spent.add(grant)
        event("a grant was spent")

    async def _consume(self, grant, chat, purpose):
        async with self.world.db.begin() as tx:
            return await self.world.grants.consume(tx, grant, chat, purpose)

    @rule(seconds=st.sampled_from([1, 5, 10, 40, 60, 540, 600, 3600, 86_400]))
    def wait(self, seconds):
        self.clock.forward(seconds=seconds)

    @rule()
    def purge(self):
        if self.models and self.clock.now() - self.models[0].expires_at < timedelta(hours=23):
            self.run(self.world.verification.purge())

    # -- what always holds ------------------------------------------------------------------
    @invariant()
    def no_challenge_ever_spends_more_than_five_tries(self):
        assert all(row["attempts"] <= 5 for row in self.run(self.world.rows(challenges)))

    @invariant()
    def every_grant_was_earned_by_a_right_code(self):
        assert len(self.run(self.world.rows(grants))) <= len(self.accepted)


TestCodes = Codes.TestCase
TestCodes.settings = settings(
    max_examples=30,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
