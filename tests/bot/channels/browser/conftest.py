"""Chromium on the real page of a real bot with a scripted mind; one event loop a module."""

from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from aiohttp import web
from axe_playwright_python.async_playwright import Axe
from chat_rooms import CHANNELS, Script, app_of, settings, start_runtime
from playwright.async_api import async_playwright, expect
from servers import free_port

from ops.clock import SystemClock

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 680}


@dataclass
class Site:
    """A bot on one address, that can be stopped and started."""

    folder: object
    script: Script
    changed: dict
    port: int = field(default_factory=free_port)
    runner: web.AppRunner | None = None
    runtime: object = None
    webchat: object = None

    @property
    def origin(self):
        return f"http://127.0.0.1:{self.port}"

    async def start(self):
        self.runtime = await start_runtime(self.folder, self.script, self.script.clock)
        chosen = settings(self.folder, bind=f"127.0.0.1:{self.port}", **self.changed)
        app = app_of(self.runtime, self.script.clock, chosen)
        self.webchat = app[CHANNELS][0]
        self.runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", self.port, reuse_address=True).start()

    async def stop(self):
        if self.runner:
            await self.runner.cleanup()
            await self.runtime.stop(grace=1.0)
        self.runner = None

    def said(self):
        """Return what people said, in order."""
        return [
            event.choice or event.text for event in self.script.events if event.native_id != "join"
        ]


@dataclass
class Visitor:
    """A tab, and everything that must not happen in it."""

    page: object
    site: Site
    may_break: bool = False
    """The test itself breaks connections: the browser will say so in its console."""
    errors: list = field(default_factory=list)
    foreign: list = field(default_factory=list)

    def listen(self):
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._console)
        self.page.on("request", self._request)

    def _console(self, message):
        broken = self.may_break and "Failed to load resource" in message.text
        if message.type in {"error", "warning"} and not broken:
            self.errors.append(message.text)

    def _request(self, request):
        if not request.url.startswith((self.site.origin, "data:", f"blob:{self.site.origin}")):
            self.foreign.append(request.url)

    async def open(self):
        await self.page.goto(self.site.origin)
        await self.bubbles.first.wait_for()
        return self

    @property
    def box(self):
        return self.page.get_by_role("textbox")

    @property
    def bubbles(self):
        return self.page.locator(".webchat__bubble__content")

    def button(self, name):
        # Screen readers are read the buttons, too: in a region that nobody sees.
        seen = self.page.locator("button:not([class*=live-region])")
        return self.page.get_by_role("button", name=name, exact=True).and_(seen)

    async def say(self, text):
        await self.box.fill(text)
        await self.box.press("Enter")

    async def sees(self, *texts, within=10_000):
        """Wait until the chat's bubbles say this, in this order, and nothing else."""
        await expect(self.bubbles).to_have_text([*texts], timeout=within)

    async def axe(self):
        results = await Axe().run(self.page)
        return [
            (one["id"], [node["html"][:200] for node in one["nodes"]])
            for one in results.response["violations"]
        ]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium():
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def sites(tmp_path):
    """Start bots; each takes settings by name."""
    opened = []

    async def start(**changed):
        folder = tmp_path / str(len(opened))
        folder.mkdir()
        opened.append(Site(folder, Script(SystemClock()), changed))
        await opened[-1].start()
        return opened[-1]

    yield start
    for site in opened:
        await site.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def site(sites):
    return await sites()


@pytest_asyncio.fixture(loop_scope="module")
async def browse(chromium, sites):
    """Open a browser of this size, language and colour scheme on a site; watch it to the end.

    Browsers are closed before `sites` are: a site that goes away would be an error to them.
    """
    opened = []

    async def make(site, *, viewport=DESKTOP, locale="id-ID", scheme="light", **options):
        context = await chromium.new_context(
            viewport=viewport, locale=locale, color_scheme=scheme, **options
        )
        return await tab(context, site)

    async def tab(context, site):
        visitor = Visitor(await context.new_page(), site)
        visitor.page.set_default_timeout(15_000)
        visitor.listen()
        opened.append(visitor)
        return visitor

    make.tab = tab
    yield make
    for visitor in opened:
        await visitor.page.context.close()
    assert [visitor.errors for visitor in opened if visitor.errors] == []
    assert [visitor.foreign for visitor in opened if visitor.foreign] == []


@pytest_asyncio.fixture(loop_scope="module")
async def visitor(browse, site):
    return await (await browse(site)).open()


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def viewport(request):
    return request.param
