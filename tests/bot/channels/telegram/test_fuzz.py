"""Updates made from the vendor's schema and then broken: never a 5xx, never a turn that fails."""

import asyncio
import random

import pytest
from bot_api_schema import faults_of, made_update, mutated, needs_schema
from clocks import ManualClock
from fake_telegram import FakeTelegram
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stub_engine import StubEngine
from telegram_kit import TEXTS, Recorder, close_bot, open_bot

from bot.channels.capabilities import capabilities_of
from bot.dialogue import Dialogue

pytestmark = needs_schema
IN_A_GO = 20
SECRETS = (None, None, "", "x" * 64)


class Target:
    """A bot that writes down what it is told; everything else of it is real."""

    def __init__(self, folder):
        self.runner = asyncio.Runner()
        self.folder = folder

    def __enter__(self):
        self.runner.run(self._open())
        return self

    def __exit__(self, *_error):
        self.runner.run(self._close())
        self.runner.close()

    async def _open(self):
        clock = ManualClock()
        self.telegram = await FakeTelegram().start()
        self.bot = await open_bot(self.folder, clock, self.telegram, runtime=Recorder())
        self.dialogue = Dialogue(StubEngine(), TEXTS, capabilities_of, clock)

    async def _close(self):
        await close_bot(self.bot)
        await self.telegram.stop()

    async def shoot(self, seed, secret):
        source = random.Random(seed)
        update = made_update(source)
        for _ in range(source.randrange(3)):
            update = mutated(source, update)
        before = len(self.bot.runtime.rows)
        status = await self.bot.hook(update, secret=secret)
        new = self.bot.runtime.rows[before:]
        if secret is not None:
            assert (status, new) == (401, [])
            return
        assert status == 200
        for row in new:
            await self.dialogue(row.conversation, None, row.payload)

    def volley(self, shots):
        async def all_of_them():
            for seed, secret in shots:
                await self.shoot(seed, secret)

        self.runner.run(all_of_them())


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    with Target(tmp_path_factory.mktemp("fuzz")) as opened:
        yield opened
        assert opened.bot.runtime.rows, "some can be read"


shots = st.lists(
    st.tuples(st.integers(0, 2**64), st.sampled_from(SECRETS)),
    min_size=IN_A_GO,
    max_size=IN_A_GO,
)
calm = settings(deadline=None, suppress_health_check=list(HealthCheck), database=None)


@given(shots)
@settings(calm, max_examples=15)
def test_three_hundred_broken_updates(target, volley):
    target.volley(volley)


@pytest.mark.slow
@given(shots)
@settings(calm, max_examples=500)
def test_ten_thousand_broken_updates(target, volley):
    target.volley(volley)


@given(st.integers(0, 2**64))
@settings(calm, max_examples=50)
def test_before_they_are_broken_they_are_what_the_vendor_allows(seed):
    assert faults_of(made_update(random.Random(seed)), "Update") == []
