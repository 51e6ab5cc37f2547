"""The durable runtime: the one place that puts its parts together.

Every message is stored before it is acknowledged; one turn is one transaction; effects leave
through the outbox, in order, under a key that a repeat shares. See `docs/decisions/0050-*` and on.
"""

from __future__ import annotations

import asyncio
from secrets import randbits
from typing import TYPE_CHECKING

import sqlalchemy as sa
import structlog

from bot.runtime import metrics
from bot.runtime.actors import Actors
from bot.runtime.batcher import Batcher
from bot.runtime.chance import between
from bot.runtime.delivery import Courier
from bot.runtime.operations import Operations
from bot.runtime.port import Disconnected, NotAccepting
from bot.runtime.pull_log import PullLog
from bot.runtime.records import Store, Waiting
from bot.runtime.settings import RuntimeSettings
from bot.runtime.sqlite import SqliteDatabase
from bot.runtime.sweeper import Sweeper, Undertaker
from bot.runtime.upkeep import Upkeep
from bot.runtime.workshop import Workshop
from bot.store.tables import metadata
from ops.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.runtime.database import Database
    from bot.runtime.port import (
        Handler,
        Inbound,
        Item,
        MoveCursor,
        Policy,
        Result,
        StoredMessage,
    )
    from bot.runtime.records import Operation
    from ops.clock import Clock

_log = structlog.get_logger(__name__)

_SALT = "runtime:salt"
_SALT_BITS = 63
_LONGEST_LOOK = 0.25
"""Longest pause between two looks at what another process is doing."""


class DurableRuntime:
    """Runs conversations on one database; `bot.runtime.port.Runtime` says what it promises.

    `policies` say, by the kind of effect, who delivers it. The database is named by URL:
    `sqlite:///path` (one process), `postgresql://…` (any number), `sqlite://` (memory, for tests).
    """

    def __init__(
        self,
        database_url: str,
        handler: Handler,
        policies: Mapping[str, Policy],
        clock: Clock | None = None,
        settings: RuntimeSettings | None = None,
    ) -> None:
        settings = settings or RuntimeSettings()
        clock = clock or SystemClock()
        url = sa.make_url(database_url)
        dialect = url.get_backend_name()
        operations = Operations(dialect, clock, keep_payloads=settings.keep_payloads)
        upkeep = Upkeep(dialect, keep_payloads=settings.keep_payloads)
        self._settings = settings
        self._operations = operations
        self._database = _database(url, operations)
        self._log = PullLog(self._database, operations)
        self._batcher = Batcher(
            self._database.run, lanes=self._database.lanes, max_batch=settings.max_batch
        )
        # Messages that come in while others are being stored must not overtake them.
        self._intake = (
            Batcher(self._database.run, lanes=1, max_batch=settings.max_batch)
            if self._database.lanes > 1
            else self._batcher
        )
        self._shop = Workshop(
            self._batcher,
            operations,
            Courier(policies, clock),
            handler,
            self._log,
            clock,
            settings,
        )
        self._undertaker = Undertaker(self._shop, upkeep)
        self._actors = Actors(self._shop, self._database)
        self._sweeper = Sweeper(self._shop, self._actors, self._database, upkeep)
        self._accepting = False
        self._lost = asyncio.Event()
        self._background: list[asyncio.Task[None]] = []

    # -- lifecycle ------------------------------------------------------------------------
    async def start(self) -> None:
        """Connect, take the process lock, adopt what a dead process left.

        Raises AlreadyRunning (another process works on the SQLite file) and Disconnected.
        """
        await self._connect()
        self._background = [
            asyncio.create_task(self._supervise()),
            asyncio.create_task(self._sweeper.run()),
            asyncio.create_task(self._undertaker.run()),
        ]

    async def _connect(self) -> None:
        await self._database.open(self._lost.set)
        self._lost.clear()
        if self._settings.create_schema:
            await self._batcher.submit(_create_schema, None)
        salt = (_SALT, randbits(_SALT_BITS))
        self._shop.salt = await self._batcher.submit(self._operations.first_cursor, salt)
        self._actors.begin()
        self._sweeper.adopt_all()
        self._accepting = True

    async def _supervise(self) -> None:
        """Without its lock session this process owns nothing: drop all work, and start over."""
        while True:
            await self._wait_for_loss()
            _log.warning("lock_session_lost")
            self._accepting = False
            self._actors.drop_all()
            while not self._accepting:
                try:
                    await self._connect()
                except Exception as error:  # noqa: BLE001 - tried until it works
                    _log.warning("reconnect_failed", error=type(error).__name__)
                    await asyncio.sleep(between(0.2, 0.5))
            _log.info("reconnected")

    async def _wait_for_loss(self) -> None:
        """Return when the locks are gone: listened for, and asked for as well."""
        while True:
            try:
                async with asyncio.timeout(self._settings.sweep_every[1]):
                    await self._lost.wait()
            except TimeoutError:
                if await self._database.is_alive():
                    continue
            return

    async def stop(self, grace: float = 10.0) -> None:
        """Stop accepting, finish the turns under way, commit, disconnect.

        For half of `grace` all accepted work may end; what then remains is done after the next
        start. Calling it again does nothing.
        """
        self._accepting = False
        background, self._background = self._background, []
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        await self._actors.rest(grace)
        await self._intake.drain()
        await self._batcher.drain()
        await self._database.close()

    # -- taking in ------------------------------------------------------------------------
    async def ingest(
        self, messages: Sequence[Inbound], *, cursor: MoveCursor | None = None
    ) -> None:
        """Store all of `messages` in one commit, and return after it. Raises NotAccepting."""
        await self._store(Store(messages, cursor))

    async def _store(self, store: Store) -> Sequence[int | None]:
        if not self._accepting:
            raise NotAccepting("stopping, or the database is away")
        if self._actors.is_full:
            raise NotAccepting("too many conversations wait for their turn")
        stored = self._intake.submit(self._operations.store, store)
        self._actors.expect(dict.fromkeys(message.conversation for message in store.messages))
        try:
            ids = await stored
        except Disconnected as error:
            raise NotAccepting("the database is away") from error
        for message, id_ in zip(store.messages, ids, strict=True):
            if id_ is None:
                metrics.INGESTED_REPEAT.inc()
            else:
                metrics.INGESTED_NEW.inc()
                self._actors.deliver(Waiting(id_, message.conversation, message.payload))
        return ids

    async def read_cursor(self, name: str) -> int:
        """Return the value last stored by a `MoveCursor` of that name. Raises Disconnected."""
        return await self.read(self._operations.read_cursor, name)

    async def read(self, operation: Operation[Item, Result], item: Item) -> Result:
        """Do a reading operation on a table of one's own. Raises Disconnected."""
        return await self._database.read(operation, item)

    async def ingest_and_collect(self, message: Inbound, within: float) -> Sequence[StoredMessage]:
        """Store, wait until settled, return what was said meanwhile. Raises NotAccepting."""
        loop, name = asyncio.get_running_loop(), message.conversation
        deadline = loop.time() + within
        with self._log.collect(name) as collected:
            (inbox_id,) = await self._store(Store([message]))
            await self._actors.quiet(name, within)
        if collected.complete or inbox_id is None:
            return collected.messages
        try:
            await self.settled(name, deadline - loop.time())
            return await self._log.since(name, inbox_id)
        except Disconnected as error:
            raise NotAccepting("the database is away") from error

    # -- waiting and reading --------------------------------------------------------------
    async def settled(self, conversation: str, within: float) -> bool:
        """Wait until nothing is under way or due within the time. Raises Disconnected."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within
        pause = 0.01
        while await self._actors.quiet(conversation, max(deadline - loop.time(), 0.0)):
            left = deadline - loop.time()
            if not await self._is_due(conversation, max(left, 0.0)):
                return True
            if left <= 0:
                return False
            await asyncio.sleep(min(pause, left))
            pause = min(pause * 2, _LONGEST_LOOK)
        return False

    async def _is_due(self, conversation: str, within: float) -> bool:
        standing = await self._database.read(self._operations.standing, conversation)
        if standing.message_due is not None:
            return True
        horizon = self._shop.now() + within
        return standing.effect_due is not None and standing.effect_due <= horizon

    async def log_after(
        self, conversation: str, after: int, limit: int = 100
    ) -> Sequence[StoredMessage]:
        """Return messages of a pull channel's log, oldest first. Raises Disconnected."""
        return await self._log.after(conversation, after, limit)

    async def wait_log(self, conversation: str, after: int, within: float) -> bool:
        """Wait until the log holds something after `after`. Raises Disconnected."""
        return await self._log.wait(conversation, after, within)

    # -- upkeep ---------------------------------------------------------------------------
    async def sweep(self) -> None:
        """Fire due timers and take up abandoned work now, instead of within a second.

        Raises Disconnected.
        """
        await self._sweeper.sweep()

    async def purge(self) -> int:
        """Delete closed rows older than `keep_days`; return how many. Raises Disconnected."""
        return await self._sweeper.purge()


def _database(url: sa.URL, operations: Operations) -> Database:
    if url.get_backend_name() == "sqlite":
        return SqliteDatabase(url)
    from bot.runtime.postgres import PostgresDatabase  # noqa: PLC0415 - brings the ORM

    return PostgresDatabase(url, operations.needs_no_transaction)


def _create_schema(connection: sa.Connection, items: Sequence[None]) -> Sequence[None]:
    if connection.dialect.name == "postgresql":
        # Replicas that start together must not both create.
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(42)))
    metadata.create_all(connection)
    return items
