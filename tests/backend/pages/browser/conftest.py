"""Chromium, driven over the pages; one browser and one event loop a module."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import async_playwright

from backend.web.pages import PageSettings, add_pages

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}
MODULE = {"scope": "module", "loop_scope": "module"}


@dataclass
class Watched:
    """A page, and everything that must not happen on it."""

    page: object
    origin: str
    links: object
    requests: list = field(default_factory=list)
    errors: list = field(default_factory=list)

    def listen(self):
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._console)

    def _console(self, message):
        if message.type in {"error", "warning"}:
            self.errors.append(message.text)

    async def open(self, path="/password", token="t" * 43):
        await self.page.goto(f"{self.origin}{path}#{token}" if token else self.origin + path)

    async def screen(self, name):
        """Wait until this screen, and no other, is shown."""
        await self.page.wait_for_selector(f"[data-screen={name}]:not([hidden])")
        assert await self.page.locator("[data-screen]:visible").count() == 1

    async def fill(self, number="4821", password="Rahasia-sekali-7", repeat=None):
        await self.page.fill("#number", number)
        await self.page.fill("#password", password)
        await self.page.fill("#repeat", password if repeat is None else repeat)

    async def text(self, selector):
        return (await self.page.locator(selector).inner_text()).strip()

    async def focused(self):
        return await self.page.evaluate(
            "document.activeElement.id || document.activeElement.tagName"
        )

    async def axe(self):
        results = await Axe().run(self.page)
        return [
            (one["id"], [node["html"] for node in one["nodes"]])
            for one in results.response["violations"]
        ]


@pytest_asyncio.fixture(**MODULE)
async def chromium():
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(**MODULE)
async def site():
    """The pages on a free port; `links` is put in place by each test."""
    links = SimpleNamespace(now=None)

    class Current:
        def __getattr__(self, name):
            return getattr(links.now, name)

    app = web.Application()
    server = TestServer(app)
    settings = PageSettings(origin="pending", secure=False)
    add_pages(app, links=Current(), settings=settings)
    await server.start_server()
    origin = str(server.make_url("")).rstrip("/")
    object.__setattr__(settings, "origin", origin)
    yield SimpleNamespace(origin=origin, links=links, app=app)
    await server.close()


@pytest_asyncio.fixture(loop_scope="module")
async def browse(chromium, site, links):
    """Open a page as a browser of this size, language and colour scheme; watch it to the end."""
    site.links.now = links
    opened = []

    async def make(*, viewport=DESKTOP, locale="id-ID", scheme="light", **options):
        context = await chromium.new_context(
            viewport=viewport, locale=locale, color_scheme=scheme, **options
        )
        watched = Watched(await context.new_page(), site.origin, links)
        watched.page.set_default_timeout(15_000)
        watched.listen()
        opened.append((context, watched))
        return watched

    yield make
    for context, watched in opened:
        await context.close()
        assert watched.errors == []
        assert all(url.startswith(site.origin + "/password") for url in watched.requests)


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def viewport(request):
    return request.param
