"""axe finds nothing to complain about, in any state, light or dark."""

import pytest
from playwright.async_api import expect

from backend.domain.links import LinkEnd
from backend.domain.password_policy import Rule
from backend.service.link_views import NeedsHuman, Refused, Uncertain, WrongNumber

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

OUTCOMES = {
    "changed": None,
    "uncertain": Uncertain(),
    "needs_human": NeedsHuman(),
    "refused": Refused((Rule.WEAK, Rule.COMMON), 9),
    "wrong number": WrongNumber(2),
}


@pytest.fixture(params=[("light", "id-ID"), ("dark", "en-GB")], ids=["light", "dark"])
def look(request):
    scheme, locale = request.param
    return {"scheme": scheme, "locale": locale}


async def test_the_form_while_it_is_filled_in(browse, look, viewport):
    browser = await browse(**look, viewport=viewport)
    await browser.open()
    await browser.screen("form")
    assert await browser.axe() == []
    await browser.fill(number="4", password="Sandi é ", repeat="x")
    await browser.page.click("#submit")
    await browser.page.focus("#repeat")
    assert await browser.axe() == []


@pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=OUTCOMES)
async def test_what_comes_after_a_submit(browse, links, look, outcome):
    links.outcomes = [outcome] if outcome else []
    browser = await browse(**look)
    await browser.open()
    await browser.screen("form")
    await browser.fill()
    async with browser.page.expect_response("**/submit"):
        await browser.page.click("#submit")
    await expect(browser.page.locator("#submit")).to_have_attribute("aria-disabled", "false")
    assert await browser.axe() == []


@pytest.mark.parametrize("end", [LinkEnd.EXPIRED, LinkEnd.FROZEN])
async def test_a_link_that_is_over(browse, links, look, end):
    links.end = end
    browser = await browse(**look)
    await browser.open()
    await browser.screen("over")
    assert await browser.axe() == []


async def test_no_link_and_no_server(browse, look):
    browser = await browse(**look)
    await browser.open(token="")
    await browser.screen("no_link")
    assert await browser.axe() == []
    await browser.page.route("**/session", lambda route: route.abort())
    await browser.page.reload()
    await browser.screen("offline")
    browser.errors.clear()
    assert await browser.axe() == []


async def test_the_freeze_page(browse, look, viewport):
    browser = await browse(**look, viewport=viewport)
    await browser.open("/password/freeze")
    await browser.screen("ask")
    assert await browser.axe() == []
    await browser.page.click("#freeze")
    await browser.screen("frozen")
    assert await browser.axe() == []
