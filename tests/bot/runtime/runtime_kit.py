"""Handlers and senders to try the runtime with."""

import asyncio
import inspect
import itertools

from sqlalchemy.ext.asyncio import create_async_engine

from bot.runtime.port import Inbound, Out, Turn


class Bot:
    """A handler made of one function `(state, payload) -> Turn`, that remembers dead letters."""

    def __init__(self, react):
        self.react = react
        self.dead = []
        self.told = asyncio.Event()

    async def __call__(self, conversation, state, payload):
        turn = self.react(state, payload)
        return await turn if inspect.isawaitable(turn) else turn

    async def on_dead_letter(self, conversation, payload, error):
        self.dead.append((conversation, payload, error))
        self.told.set()


def echo():
    """Answer each message with its number in the conversation, as an effect to be pushed."""
    return Bot(lambda state, payload: numbered(state, Out("push", payload)))


def numbered(state, *out, timers=()):
    return Turn(str(int(state or 0) + 1), out, timers)


_numbers = itertools.count(1)


def message(payload, conversation="chat", dedupe=None):
    return Inbound(dedupe or f"test:{next(_numbers)}", conversation, payload)


class Sink:
    """A sender that notes what it was given, and can be made to fail."""

    def __init__(self):
        self.deliveries = []
        self.failures = []
        self.answers = {}
        self._arrived = asyncio.Condition()
        self.tries = 0

    async def send(self, delivery):
        async with self._arrived:
            self.tries += 1
            self._arrived.notify_all()
        if self.failures:
            raise self.failures.pop(0)
        async with self._arrived:
            self.deliveries.append(delivery)
            self._arrived.notify_all()
        return self.answers.get(delivery.payload, ())

    @property
    def payloads(self):
        return [delivery.payload for delivery in self.deliveries]

    async def wait_for(self, count, within=10.0):
        """Wait until so many deliveries have arrived, and return their payloads."""
        async with asyncio.timeout(within), self._arrived:
            await self._arrived.wait_for(lambda: len(self.deliveries) >= count)
        return self.payloads

    async def wait_for_tries(self, count, within=10.0):
        async with asyncio.timeout(within), self._arrived:
            await self._arrived.wait_for(lambda: self.tries >= count)


async def until(condition, within=10.0):
    """Wait for what no event tells of."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.005)


async def ask(url, statement):
    """Run one statement on the database beside the runtime, and return its rows."""
    driver = url.replace("postgresql://", "postgresql+asyncpg://")
    engine = create_async_engine(driver.replace("sqlite://", "sqlite+aiosqlite://"))
    try:
        async with engine.begin() as connection:
            result = await connection.execute(statement)
            return [tuple(row) for row in result] if result.returns_rows else []
    finally:
        await engine.dispose()


async def until_asked(url, statement, wanted, within=10.0):
    """Wait until the database answers so."""
    async with asyncio.timeout(within):
        while await ask(url, statement) != wanted:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.02)
