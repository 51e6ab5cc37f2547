"""Whatever happens in whatever order: each message has one effect, in order, in every lane."""

import asyncio
import tempfile
from pathlib import Path

from clocks import ManualClock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from runtime_kit import Bot, Sink, numbered

from bot.runtime.durable import DurableRuntime
from bot.runtime.port import Inbound, Out, Policy, RetryLater
from bot.runtime.settings import RuntimeSettings

CHATS = ("a", "b")
LANES = ("x", "y")

ingest = st.tuples(st.just("ingest"), st.sampled_from(CHATS), st.integers(1, 3))
repeat = st.tuples(st.just("repeat"), st.integers(0, 30))
fail = st.tuples(st.just("fail"), st.sampled_from(LANES), st.sampled_from((0, 5, 30)))
crash = st.tuples(st.just("crash turn"))
restart = st.tuples(st.just("restart"))
wait = st.tuples(st.just("wait"), st.sampled_from((1, 10, 60)))
stories = st.lists(st.one_of(ingest, repeat, fail, crash, restart, wait), max_size=14)


class Stage:
    """A runtime on a file, and what the world saw of it."""

    def __init__(self, folder):
        self.url = f"sqlite:///{folder}/model.db"
        self.clock = ManualClock()
        self.sinks = {lane: Sink() for lane in LANES}
        self.sent = []
        self.turn_failures = 0
        self.runtime = None

    def react(self, state, payload):
        if self.turn_failures:
            self.turn_failures -= 1
            raise RuntimeError
        return numbered(state, *(Out(lane, payload) for lane in LANES))

    async def start(self):
        policies = {lane: Policy(sink.send, lane=lane) for lane, sink in self.sinks.items()}
        self.runtime = DurableRuntime(
            self.url,
            Bot(self.react),
            policies,
            self.clock,
            RuntimeSettings(create_schema=True, sweep_every=(0.01, 0.02)),
        )
        await self.runtime.start()

    async def play(self, step):
        match step:
            case ("ingest", chat, count):
                first = len(self.sent)
                new = [Inbound(f"m{first + n}", chat, str(first + n)) for n in range(count)]
                self.sent += new
                await self.runtime.ingest(new)
            case ("repeat", n) if self.sent:
                await self.runtime.ingest([self.sent[n % len(self.sent)]])
            case ("fail", lane, after):
                self.sinks[lane].failures.append(RetryLater("busy", after=after))
            case ("crash turn",):
                self.turn_failures = min(self.turn_failures + 1, 3)
            case ("restart",):
                await self.runtime.stop()
                await self.start()
            case ("wait", seconds):
                self.clock.forward(seconds=seconds)
                await self.runtime.sweep()
            case _:
                pass

    async def finish(self):
        async with asyncio.timeout(20):
            for chat in CHATS:
                while not await self.runtime.settled(chat, 0.02) or self.missing(chat):
                    self.clock.forward(seconds=120)
                    await self.runtime.sweep()
        await self.runtime.stop()

    def missing(self, chat):
        wanted = sum(m.conversation == chat for m in self.sent)
        return any(len(self.seen(lane, chat)) < wanted for lane in LANES)

    def seen(self, lane, chat):
        return [d.payload for d in self.sinks[lane].deliveries if d.conversation == chat]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stories)
def test_every_message_has_its_effects_once_and_in_order(story):
    async def tell(folder):
        stage = Stage(folder)
        await stage.start()
        for step in story:
            await stage.play(step)
        await stage.finish()
        for chat in CHATS:
            wanted = [m.payload for m in stage.sent if m.conversation == chat]
            for lane in LANES:
                assert stage.seen(lane, chat) == wanted
        keys = [d.key for sink in stage.sinks.values() for d in sink.deliveries]
        assert len(keys) == len(set(keys))

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(tell(Path(folder)))
