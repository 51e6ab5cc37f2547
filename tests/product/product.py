"""Both services in this process: real applications on loopback, real databases, a clock by hand.

What time and workers do by themselves in production is done here when the story says so: mail is
sent, jobs are run, the feed is read, timers are fired.
"""

import asyncio
import shutil
import socket
import sqlite3
from contextlib import closing, suppress
from zoneinfo import ZoneInfo

import aiohttp
from aiohttp import web
from clocks import ManualClock
from keywords import Keywords

from backend import main as backend_main
from backend.adapters.directory.sql import SqlDirectory
from backend.service.demo import seed_demo
from backend.service.vault import Vault
from backend.settings import BackendSettings
from backend_client.client import BackendClient
from backend_client.errors import Unavailable
from backend_client.transport import Transport
from bot import main as bot_main
from bot.envelope import decode_message
from bot.feed import FeedReader
from bot.settings import BotSettings
from ops import migrations
from ops.keys import load_or_make_key

LOST, DEADLY = "lost", "deadly"
"""What can happen to the answer of a call the backend has dealt with: it is lost, or the bot dies
before it has noted it."""
PATIENCE = 20.0


async def prepare(folder):
    """Make both databases and the demo accounts in `folder`."""
    backend, bot = BackendSettings(_env_file=None, state_dir=folder), _bot_settings(folder)
    await migrations.upgrade(backend.database, backend_main.MIGRATIONS)
    await migrations.upgrade(bot.database, bot_main.MIGRATIONS)
    clock = ManualClock()
    made = backend_main.build(backend, clock)
    vault = Vault(load_or_make_key(folder, "backend"))
    directory = SqlDirectory(made.db, vault, clock)
    await seed_demo(made.db, directory, vault, clock, ZoneInfo(backend.time_zone))
    await made.transport.close()
    await made.db.close()


def _bot_settings(folder, port=8080, backend_port=8081):
    binds = {"bind": f"127.0.0.1:{port}", "backend_bind": f"127.0.0.1:{backend_port}"}
    return BotSettings(_env_file=None, state_dir=folder, **binds)


class FaultyTransport(Transport):
    """The real one; `fault` says what happens to the answer of the next writing call."""

    fault = None

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.waits_for_death = asyncio.Event()

    async def call(self, method, *args, **options):
        try:
            return await super().call(method, *args, **options)
        finally:
            await self._suffer(method)

    async def _suffer(self, method):
        if method != "POST" or self.fault is None:
            return
        fault, self.fault = self.fault, None
        if fault == LOST:
            raise Unavailable("the answer was lost")
        self.waits_for_death.set()
        await asyncio.Event().wait()


class Product:
    """Backend and bot over one state folder, copied from a prepared one."""

    def __init__(self, prepared, folder, clock):
        shutil.copytree(prepared, folder, dirs_exist_ok=True)
        self.folder, self.clock = folder, clock
        self.backend_port, self.bot_port = _free_port(), _free_port()
        self.chats: set[str] = set()
        self._read: dict[str, int] = {}
        self._mails: set[str] = set()

    @property
    def backend_url(self):
        return f"http://127.0.0.1:{self.backend_port}"

    async def start(self):
        connector = aiohttp.TCPConnector(force_close=True)
        self.http = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), raise_for_status=True
        )
        await self.start_backend()
        await self.start_bot()

    async def stop(self):
        await self.stop_bot()
        await self.stop_backend()
        await self.http.close()

    # -- the services --------------------------------------------------------------------------
    async def start_backend(self):
        settings = BackendSettings(
            _env_file=None,
            state_dir=self.folder,
            backend_bind=f"127.0.0.1:{self.backend_port}",
        )
        self.backend = backend_main.build(settings, self.clock)
        self._backend_runner = await _serve(self.backend.app, self.backend_port)

    async def stop_backend(self):
        await self._backend_runner.cleanup()
        await self.backend.transport.close()
        await self.backend.db.close()

    async def start_bot(self):
        settings = _bot_settings(self.folder, self.bot_port, self.backend_port)
        secret = load_or_make_key(self.folder, "bot")
        self.transport = FaultyTransport(
            settings.backend, principal="bot", key=secret, clock=self.clock
        )
        client = BackendClient(self.transport)
        self.bot = bot_main.build(settings, Keywords(), client, self.clock)
        self._feed = FeedReader(client, self.bot.runtime, wait=0)
        await self.bot.runtime.start()
        # A request whose client is gone is dropped: it must not hold up a death.
        self._bot_runner = await _serve(self.bot.app, self.bot_port, handler_cancellation=True)

    async def stop_bot(self):
        """Drop whatever is under way: nothing of it is noted."""
        await self._bot_runner.cleanup()
        await self.bot.runtime.stop(grace=0)
        await self.bot.backend.close()

    async def restart_bot(self):
        await self.stop_bot()
        await self.start_bot()

    async def restart_backend(self):
        await self.stop_backend()
        await self.start_backend()

    # -- the chat ------------------------------------------------------------------------------
    async def say(self, chat, text, event_id, fault=None):
        """Post a message to the webhook and see to everything that follows from it."""
        self.chats.add(chat)
        self.transport.fault = fault
        dies = asyncio.create_task(self.transport.waits_for_death.wait())
        body = {"sender": chat, "message": text, "event_id": event_id}
        posted = asyncio.create_task(self._post(f"{self._bot_url}/webhooks/rest/webhook", body))
        await self._patiently(asyncio.wait({posted, dies}, return_when=asyncio.FIRST_COMPLETED))
        died = dies.done()
        await _drop(dies)
        if died:
            await _drop(posted)
            await self.restart_bot()
        else:
            await posted
        self.transport.fault = None
        await self.settle()

    async def settle(self):
        """Send the mail, read the feed, fire due timers, until nothing is left to do."""
        await self.bot.runtime.sweep()
        await self._all_quiet()
        await self.backend.mailer.run_due()
        while await self._feed.read_page():
            pass
        await self._all_quiet()

    async def _all_quiet(self):
        for chat in sorted(self.chats):
            assert await self._patiently(self.bot.runtime.settled(f"rest:{chat}", PATIENCE))

    async def heard(self, chat):
        """Return what the bot said in `chat` since this was last asked."""
        name = f"rest:{chat}"
        rows = await self.bot.runtime.log_after(name, self._read.get(name, 0))
        if rows:
            self._read[name] = rows[-1].id
        return [decode_message(row.payload).text for row in rows]

    async def _patiently(self, work):
        """Wait for `work`; an effect that waits for its next try gets the time it waits for."""
        task = asyncio.ensure_future(work)
        while not (await asyncio.wait({task}, timeout=0.05))[0]:
            self._forward_to_retry()
        return await task

    def _forward_to_retry(self):
        now = self.clock.now().timestamp()
        waiting = "SELECT min(next_at) FROM outbox WHERE status = 0 AND next_at > ?"
        with closing(sqlite3.connect(f"file:{self.folder}/bot.db?mode=ro", uri=True)) as database:
            (next_at,) = database.execute(waiting, (now,)).fetchone()
        if next_at is not None:
            self.clock.forward(seconds=next_at - now + 0.001)

    # -- mailboxes and pages -------------------------------------------------------------------
    def new_mails(self):
        """Return the mails that were sent since this was last asked, in no order."""
        new = [name for name in self.backend.transport.names() if name not in self._mails]
        self._mails.update(new)
        return [self.backend.transport.read(name) for name in new]

    async def page(self, action, body, cookie=""):
        """Do what a page's script does; return its answer and the cookie it leaves."""
        headers = {"Origin": self.backend_url, "Sec-Fetch-Site": "same-origin"}
        if cookie:
            headers["Cookie"] = f"helpdesk-password={cookie}"
        url = f"{self.backend_url}/password/{action}"
        async with self.http.post(url, json=body, headers=headers) as response:
            morsel = response.cookies.get("helpdesk-password")
            return await response.json(), morsel.value if morsel else ""

    @property
    def _bot_url(self):
        return f"http://127.0.0.1:{self.bot_port}"

    async def _post(self, url, body):
        async with self.http.post(url, json=body) as response:
            return await response.json()


async def _serve(app, port, **options):
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, **options)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner


async def _drop(task):
    task.cancel()
    with suppress(asyncio.CancelledError, aiohttp.ClientError):
        await task


def _free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
