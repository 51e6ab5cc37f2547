"""Nothing lost and nothing twice, whatever the connection does; many tabs, one chat."""

import asyncio

import pytest
from playwright.async_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

GREETING = "Halo, ada apa?"
HIDE = """hidden => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


async def eventually(condition, within=10.0):
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - the browser has no event for us
            await asyncio.sleep(0.05)


def streams(site):
    """Count the requests that wait for messages."""
    return site.webchat._floods._streams.total()


async def test_a_restart_of_the_service_loses_and_doubles_nothing(visitor):
    visitor.may_break = True
    await visitor.say("sebelum")
    await visitor.sees(GREETING, "sebelum", "Anda menulis: sebelum")
    await visitor.site.stop()
    offline = visitor.page.locator("#offline")
    await expect(offline).to_be_visible()
    await visitor.say("selama")
    await visitor.say("juga selama")
    await visitor.site.start()
    await visitor.sees(
        GREETING,
        "sebelum",
        "Anda menulis: sebelum",
        "selama",
        "Anda menulis: selama",
        "juga selama",
        "Anda menulis: juga selama",
        within=20_000,
    )
    await expect(offline).to_be_hidden()
    assert visitor.site.said() == ["sebelum", "selama", "juga selama"]


async def test_a_receipt_that_is_lost_makes_no_second_message(visitor):
    visitor.may_break = True
    lost = []

    async def lose(route):
        await route.fetch()
        if len(lost) < 2:
            lost.append(route)
            await route.abort()
        else:
            await route.continue_()

    await visitor.page.route("**/webchat/messages", lose)
    await visitor.say("sekali saja")
    await visitor.sees(GREETING, "sekali saja", "Anda menulis: sekali saja")
    await visitor.say("lagi")
    await expect(visitor.bubbles.last).to_have_text("Anda menulis: lagi")
    assert len(lost) == 2
    assert visitor.site.said() == ["sekali saja", "lagi"]


async def test_a_service_that_comes_up_late_still_greets(browse, site):
    visitor = await browse(site)
    visitor.may_break = True
    refused = []

    async def refuse(route):
        refused.append(route)
        await (route.fulfill(status=503) if len(refused) < 3 else route.continue_())

    await visitor.page.route("**/webchat/join**", refuse)
    await visitor.open()
    await visitor.sees(GREETING)
    assert len(refused) == 3


async def test_what_is_said_too_fast_is_said_later(browse, sites):
    visitor = await browse(await sites(webchat_per_minute=2))
    visitor.may_break = True
    await visitor.open()
    await visitor.page.clock.install()
    for text in ("a", "b", "c"):
        await visitor.say(text)
    await expect(visitor.page.locator("#too-fast")).to_be_visible()
    assert visitor.site.said() == ["a", "b"]
    visitor.site.webchat._floods._lately._instants.clear()
    await visitor.page.clock.run_for(11_000)
    await expect(visitor.bubbles.last).to_have_text("Anda menulis: c")
    await expect(visitor.page.locator("#too-fast")).to_be_hidden()
    assert visitor.site.said() == ["a", "b", "c"]


async def test_two_tabs_are_one_chat(browse, visitor):
    other = await browse.tab(visitor.page.context, visitor.site)
    await other.open()
    await visitor.say("dari satu")
    await other.sees(GREETING, "dari satu", "Anda menulis: dari satu")
    await other.say("dari dua")
    chat = [GREETING, "dari satu", "Anda menulis: dari satu", "dari dua", "Anda menulis: dari dua"]
    await visitor.sees(*chat)
    await other.sees(*chat)


async def test_starting_over_in_one_tab_starts_over_in_all(browse, visitor):
    other = await browse.tab(visitor.page.context, visitor.site)
    await other.open()
    await visitor.say("lama")
    await other.sees(GREETING, "lama", "Anda menulis: lama")
    await visitor.page.locator("#restart").click()
    await visitor.page.get_by_role("dialog").get_by_role("button", name="Mulai baru").click()
    await visitor.sees(GREETING)
    await other.sees(GREETING)


async def test_two_browsers_are_two_chats(browse, visitor):
    other = await browse(visitor.site)
    await other.open()
    await visitor.say("milik saya")
    await visitor.sees(GREETING, "milik saya", "Anda menulis: milik saya")
    await other.say("milik lain")
    await other.sees(GREETING, "milik lain", "Anda menulis: milik lain")


async def test_ten_tabs_do_not_hang_the_eleventh(browse, visitor):
    """Browsers open six connections to a host: only the tab that is seen may hold one."""
    context = visitor.page.context
    for _ in range(9):
        await visitor.page.evaluate(HIDE, arg=True)
        visitor = await browse.tab(context, visitor.site)
        await visitor.open()
    await visitor.page.evaluate(HIDE, arg=True)
    last = await browse.tab(context, visitor.site)
    await last.open()
    await last.say("halo")
    await last.sees(GREETING, "halo", "Anda menulis: halo")
    await eventually(lambda: streams(visitor.site) == 1)


async def test_a_tab_in_the_background_counts_what_it_hears(browse, visitor):
    other = await browse.tab(visitor.page.context, visitor.site)
    await other.page.clock.install()
    await other.open()
    await other.page.clock.run_for(4_000)
    await other.page.evaluate(HIDE, arg=True)
    await visitor.say("halo")
    await visitor.sees(GREETING, "halo", "Anda menulis: halo")
    await other.page.clock.run_for(11_000)
    await expect(other.page).to_have_title("(1) Bantuan Akun · IT Helpdesk")
    await other.page.evaluate(HIDE, arg=False)
    await expect(other.page).to_have_title("Bantuan Akun · IT Helpdesk")
    await visitor.say("lagi")
    await other.sees(GREETING, "halo", "Anda menulis: halo", "lagi", "Anda menulis: lagi")


async def test_without_its_cookie_a_tab_says_what_to_do(visitor):
    visitor.may_break = True
    await visitor.page.context.clear_cookies()
    await visitor.say("halo")
    await expect(visitor.page.get_by_role("alert").filter(has_text="cookie")).to_be_visible()
    assert visitor.site.said() == []
