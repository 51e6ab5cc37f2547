"""The whole way with nothing scripted: real links, passwords, mails and directory."""

import re
import sys
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from clocks import ManualClock

sys.path.insert(0, str(Path(__file__).parents[2] / "passwords"))  # `password_world`

from password_world import GOOD, opened

from backend.web.pages import PageSettings, add_pages

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module")
async def world(tmp_path):
    clock = ManualClock()
    async with opened(f"sqlite:///{tmp_path / 'backend.db'}", clock) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def real(world, chromium):
    """A browser on pages that stand before the real services."""
    app = web.Application()
    server = TestServer(app)
    settings = PageSettings(origin="pending", secure=False)
    add_pages(app, links=world.links, settings=settings, clock=world.clock)
    await server.start_server()
    origin = str(server.make_url("")).rstrip("/")
    object.__setattr__(settings, "origin", origin)
    context = await chromium.new_context(locale="en-GB", viewport={"width": 390, "height": 844})
    page = await context.new_page()
    page.set_default_timeout(15_000)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page, origin
    await context.close()
    await server.close()
    assert errors == []


async def screen(page, name):
    await page.wait_for_selector(f"[data-screen={name}]:not([hidden])")


async def fill(page, number, password):
    if await page.locator("#number").is_visible():
        await page.fill("#number", number)
    await page.fill("#password", password)
    await page.fill("#repeat", password)
    await page.click("#submit")


async def test_from_the_mailed_link_to_a_new_password_and_back(real, world):
    page, origin = real
    token, number = await world.issue()
    await page.goto(f"{origin}/password#{token}")
    await screen(page, "form")
    assert "budi.santoso" not in await page.content()

    wrong = f"{(int(number) + 1) % 10 ** len(number):0{len(number)}}"
    await fill(page, wrong, GOOD)
    await page.wait_for_selector("#number-error:not([hidden])")
    await fill(page, number, "Mahasiswa#2024")  # four classes, and one of the commonest
    await page.wait_for_selector("#alert:not([hidden])")
    assert "easy to guess" in await page.inner_text("#alert")
    assert not await world.verifies(GOOD)

    await fill(page, number, GOOD)
    await screen(page, "changed")
    assert await world.verifies(GOOD)

    await page.reload()
    await screen(page, "no_link")
    await page.goto(f"{origin}/password#{token}")
    await screen(page, "over")
    assert await page.inner_text("#over-title") == "This link has been used"

    mails = await world.mails()
    assert all(GOOD not in mail.text + mail.html + mail.subject for mail in mails)
    [freeze_token] = {re.search(r"/freeze#(\S+)", mail.text)[1] for mail in mails}
    await page.goto(f"{origin}/password/freeze#{freeze_token}")
    await screen(page, "ask")
    assert world.frozen == []
    await page.click("#freeze")
    await screen(page, "frozen")
    assert [username for username, _ in world.frozen] == ["budi.santoso"]


async def test_three_wrong_numbers_end_the_link(real, world):
    page, origin = real
    token, number = await world.issue()
    wrong = f"{(int(number) + 1) % 10 ** len(number):0{len(number)}}"
    await page.goto(f"{origin}/password#{token}")
    await screen(page, "form")
    for left in ("2", "1"):
        await fill(page, wrong, GOOD)
        await page.get_by_text(f"Tries left: {left}.").wait_for()
    await fill(page, wrong, GOOD)
    await screen(page, "over")
    assert not await world.verifies(GOOD)


async def test_a_newer_link_ends_the_older_ones_page(real, world):
    page, origin = real
    token, number = await world.issue()
    await page.goto(f"{origin}/password#{token}")
    await screen(page, "form")
    await world.issue()
    await fill(page, number, GOOD)
    await screen(page, "over")
    assert await page.inner_text("#over-title") == "There is a newer link"
    assert not await world.verifies(GOOD)


async def test_ten_idle_minutes_end_the_page_and_the_mailed_link_opens_it_again(real, world):
    page, origin = real
    token, number = await world.issue()
    await page.goto(f"{origin}/password#{token}")
    await screen(page, "form")
    world.clock.forward(minutes=10)
    await fill(page, number, GOOD)
    await screen(page, "over")
    assert await page.inner_text("#over-title") == "This page is over"
    await page.goto(f"{origin}/password#{token}")
    await screen(page, "form")
    await fill(page, number, GOOD)
    await screen(page, "changed")
