"""Captured mail in a browser: it refreshes by itself, and its links open in a new tab."""

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from axe_playwright_python.async_playwright import Axe
from clocks import ManualClock

from backend.adapters.mail.captured import CapturedTransport
from backend.adapters.mail.rendering import JinjaTemplates
from backend.service.ports import Mail
from backend.web.pages import add_captured_mail

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module")
async def inbox(tmp_path, chromium):
    captured = CapturedTransport(tmp_path, "IT <it@kampus.example>", ManualClock())
    app = web.Application()
    add_captured_mail(app, captured)

    async def target(_request):
        return web.Response(text="<title>there</title>", content_type="text/html")

    app.router.add_get("/password", target)
    async with TestServer(app) as server:
        context = await chromium.new_context()
        page = await context.new_page()
        errors = []
        page.on("console", lambda message: errors.append(message.text))
        page.on("pageerror", lambda error: errors.append(str(error)))

        async def send():
            made = JinjaTemplates().render(
                "reset_link",
                "en",
                {"link": str(server.make_url("/password")) + "#tok", "minutes": 15},
            )
            await captured.send(
                Mail("b@x.id", made.subject, made.text, made.html, "<m1@kampus.example>")
            )

        yield page, str(server.make_url("/dev/mail")), send
        await context.close()
        assert errors == []


async def test_a_new_mail_appears_and_its_link_opens_a_tab(inbox):
    page, url, send = inbox
    await page.goto(url)
    await page.get_by_text("Nothing yet").wait_for()
    assert (await Axe().run(page)).violations_count == 0
    await send()
    await page.get_by_text("Your link to set a new password").click()  # without a reload
    await page.wait_for_url("**/dev/mail/*")
    assert (await Axe().run(page)).violations_count == 0
    button = page.frame_locator("iframe").get_by_text("Set a new password", exact=True)
    async with page.context.expect_page() as opened:
        await button.click()
    tab = await opened.value
    await tab.wait_for_load_state()
    assert await tab.title() == "there"
    assert tab.url.endswith("/password#tok")
