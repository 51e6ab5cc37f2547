"""A person in Microsoft's Agents Playground resets a password, up to the mailed link."""

from pathlib import Path

import pytest
from playground import Playground
from playwright.async_api import async_playwright, expect
from stack import Stack

PICTURE = Path(__file__).resolve().parents[4] / "var" / "teams-playground.png"
"""Looked at by people, kept by nobody."""
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
PATIENCE = 60_000

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture
async def product(tmp_path):
    async with Stack(tmp_path / "state", {"HELPDESK_TEAMS_ANONYMOUS": "true"}) as stack:
        yield stack


@pytest.fixture
async def playground(product, tmp_path):
    async with Playground(f"{product.url('bot0')}/webhooks/teams", tmp_path) as teams:
        yield teams


@pytest.fixture
async def page(playground):
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1400, "height": 1000}, locale="id-ID")
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        await page.goto(playground.url, wait_until="domcontentloaded")
        yield page
        await browser.close()


async def says(page, text, *answers):
    box = page.get_by_role("textbox")
    await box.click()
    await box.press_sequentially(text)
    await box.press("Enter")
    for answer in answers:
        await expect(page.get_by_text(answer).last).to_be_visible()


async def test_a_password_is_reset_up_to_the_link(page, product):
    await expect(page.get_by_role("button", name="Reset password").last).to_be_visible()
    await says(page, "halo min, saya lupa password", "Kalau setuju")
    await page.get_by_role("button", name="Ya, lanjutkan").last.click()
    await expect(page.get_by_text("Akun mana").last).to_be_visible()
    await expect(page.get_by_role("button", name="Ya, lanjutkan")).to_have_count(0)
    await says(page, "13519001", "kode 8 digit")
    code = (await product.mail("budi@example.net", "code")).code
    await says(page, code, "Kode cocok")
    PICTURE.parent.mkdir(exist_ok=True)
    await page.screenshot(path=PICTURE)
    assert (await product.mail("budi@example.net", "link")).link
