"""The page for everybody: on a phone, by keyboard, by night, with a screen reader."""

import pytest
from playwright.async_api import expect

from bot.channels.port import Button, OutboundMessage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

GREETING = "Halo, ada apa?"
PHONE = {"width": 360, "height": 680}
LOOKS = {"light": ("light", "id-ID"), "dark": ("dark", "en-US")}


@pytest.fixture(params=LOOKS.values(), ids=LOOKS)
def look(request):
    scheme, locale = request.param
    return {"scheme": scheme, "locale": locale}


async def test_axe_finds_nothing_at_any_moment(browse, site, look, viewport):
    visitor = await browse(site, viewport=viewport, **look)
    await visitor.open()
    assert await visitor.axe() == []
    buttons = (Button("Batal", "/choose:2:no"), Button("Situs", url="https://kampus.example/"))
    site.script.answers["x"] = [
        OutboundMessage("Lihat https://kampus.example ya.", author="Rina"),
        OutboundMessage("Lanjut?\n\nPilih satu.", buttons),
    ]
    await visitor.say("x")
    await visitor.button("Batal").wait_for()
    assert await visitor.axe() == []
    await visitor.page.locator("#restart").click()
    assert await visitor.axe() == []
    await visitor.page.keyboard.press("Escape")
    visitor.may_break = True
    await site.stop()
    await visitor.page.locator("#offline").wait_for()
    assert await visitor.axe() == []


async def test_everything_is_in_reach_of_the_keyboard(visitor):
    page = visitor.page
    await visitor.box.focus()
    await page.keyboard.type("halo")
    await page.keyboard.press("Enter")
    await visitor.sees(GREETING, "halo", "Anda menulis: halo")
    site = visitor.site
    site.script.answers["menu"] = [
        OutboundMessage("Pilih:", (Button("Satu", "/choose:3:a"), Button("Dua", "/choose:3:b")))
    ]
    await page.keyboard.type("menu")
    await page.keyboard.press("Enter")
    await visitor.button("Satu").wait_for()
    await page.keyboard.press("Shift+Tab")  # past the paper clip
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Enter")
    await expect(visitor.bubbles.last).to_have_text("Anda menulis: /choose:3:b")
    await expect(visitor.box).to_be_focused()


async def test_the_question_before_starting_over_can_be_left_by_keyboard(visitor):
    page = visitor.page
    restart = page.locator("#restart")
    await restart.focus()
    await page.keyboard.press("Enter")
    question = page.get_by_role("dialog", name="Mulai percakapan baru?")
    await expect(question).to_be_visible()
    await expect(page.get_by_role("button", name="Batal")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(question).to_be_hidden()
    await expect(restart).to_be_focused()


async def test_the_first_stops_of_the_tab_key_are_the_pages_own(visitor):
    stops = []
    for _ in range(2):
        await visitor.page.keyboard.press("Tab")
        stops.append(await visitor.page.evaluate("document.activeElement.textContent.trim()"))
    assert stops == ["English", "Mulai baru"]


async def test_a_screen_reader_hears_who_says_what(visitor):
    visitor.site.script.answers["x"] = [OutboundMessage("Saya bantu.", author="Rina")]
    read_out = visitor.page.get_by_role("log").filter(has_text="Saya bantu.")
    await visitor.say("x")
    await expect(read_out).to_have_count(1)
    await expect(read_out).to_contain_text("Rina")


async def test_a_phone_scrolls_down_only(browse, site):
    visitor = await browse(site, viewport=PHONE, is_mobile=True, has_touch=True)
    await visitor.open()
    wide = "x" * 300
    buttons = tuple(Button(f"Pilihan panjang nomor {n}", f"/choose:1:{n}") for n in range(6))
    site.script.answers["x"] = [OutboundMessage(f"https://kampus.example/{wide} {wide}", buttons)]
    await visitor.say("x")
    await visitor.button("Pilihan panjang nomor 5").wait_for()
    width = await visitor.page.evaluate("document.documentElement.scrollWidth")
    assert width == PHONE["width"]
    for name in ("Pilihan panjang nomor 0", "Mulai baru"):
        box = await visitor.button(name).bounding_box()
        assert box["height"] >= 40
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]
    await visitor.button("Pilihan panjang nomor 5").tap()
    await expect(visitor.bubbles.last).to_have_text("Anda menulis: /choose:1:5")


async def test_nightfall_changes_the_colours_and_nothing_else(visitor):
    await visitor.say("halo")
    chat = [GREETING, "halo", "Anda menulis: halo"]
    await visitor.sees(*chat)
    await visitor.box.fill("belum selesai")
    brightness = """() => getComputedStyle(document.querySelector(".webchat__basic-transcript"))
        && [...document.querySelectorAll("main *")].map((e) => getComputedStyle(e).backgroundColor)
        .filter((c) => c.startsWith("rgb(")).map((c) => c.match(/\\d+/g).map(Number))
        .map(([r, g, b]) => r + g + b)"""
    assert max(await visitor.page.evaluate(brightness)) > 700
    await visitor.page.emulate_media(color_scheme="dark")
    await expect(visitor.page.locator("main")).to_be_visible()
    await visitor.sees(*chat)
    await expect(visitor.box).to_have_value("belum selesai")
    assert max(await visitor.page.evaluate(brightness)) < 400
