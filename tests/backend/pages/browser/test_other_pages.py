"""The freeze page, a server that is away, and no JavaScript."""

import pytest

from backend.domain.links import LinkEnd

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@pytest.mark.parametrize(
    ("locale", "title"),
    [("id-ID", "Pemulihan akun dibekukan"), ("en-GB", "Recovery is frozen")],
)
async def test_objecting_takes_one_press(browse, links, viewport, locale, title):
    browser = await browse(viewport=viewport, locale=locale)
    await browser.open("/password/freeze")
    await browser.screen("ask")
    assert browser.page.url == f"{browser.origin}/password/freeze"
    assert links.frozen == []  # opening the page changes nothing
    await browser.page.keyboard.press("Tab")  # the language
    await browser.page.keyboard.press("Tab")
    assert await browser.focused() == "freeze"
    await browser.page.keyboard.press("Enter")
    await browser.screen("frozen")
    assert await browser.text("[data-screen=frozen] h1") == title
    assert "10" in await browser.text("#frozen-body")  # the hour in Jakarta
    assert links.frozen == ["t" * 43]


@pytest.mark.parametrize("end", [LinkEnd.UNKNOWN, LinkEnd.EXPIRED, LinkEnd.USED])
async def test_a_notice_that_is_too_old_says_what_to_do(browse, links, end):
    links.end = end
    browser = await browse()
    await browser.open("/password/freeze")
    await browser.page.click("#freeze")
    await browser.screen("over")
    assert "petugas" in await browser.text("#over-next")


async def test_without_a_token_there_is_no_button(browse):
    browser = await browse()
    await browser.open("/password/freeze", token="")
    await browser.screen("no_link")
    assert await browser.page.locator("#freeze").is_hidden()


async def test_a_server_that_is_away_can_be_asked_again(browse, links):
    browser = await browse()
    await browser.page.route("**/exchange", lambda route: route.abort())
    await browser.open()
    await browser.screen("offline")
    browser.errors.clear()  # Chromium reports the broken connection
    await browser.page.unroute("**/exchange")
    await browser.page.click("#retry")
    await browser.screen("form")
    assert links.exchanged == ["t" * 43]


async def test_a_submit_that_does_not_get_through_keeps_what_was_typed(browse, links):
    browser = await browse()
    await browser.open()
    await browser.screen("form")
    await browser.fill()
    await browser.page.route("**/submit", lambda route: route.abort())
    await browser.page.click("#submit")
    await browser.page.wait_for_selector("#alert:not([hidden])")
    browser.errors.clear()
    assert "tidak menjawab" in await browser.text("#alert")
    assert await browser.page.input_value("#password") == "Rahasia-sekali-7"
    await browser.page.unroute("**/submit")
    await browser.page.click("#submit")
    await browser.screen("changed")
    assert len(links.submits) == 1


@pytest.mark.parametrize("path", ["/password", "/password/freeze"])
async def test_without_javascript_it_says_so_and_shows_no_form(browse, links, path):
    browser = await browse(java_script_enabled=False)
    await browser.open(path)
    assert await browser.page.locator("noscript h1").is_visible()
    assert await browser.page.locator("input:visible").count() == 0
    assert links.exchanged == links.frozen == []
