"""What a visitor does with the page: write, press, read again, start over."""

import asyncio

import pytest
from playwright.async_api import expect

from bot.channels.port import Button, OutboundMessage
from bot.envelope import press_payload

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

GREETING = "Halo, ada apa?"


async def test_words_are_answered_and_there_after_a_reload(visitor):
    await visitor.say("halo")
    await visitor.say("apa kabar")
    chat = [GREETING, "halo", "Anda menulis: halo", "apa kabar", "Anda menulis: apa kabar"]
    await visitor.sees(*chat)
    await visitor.page.reload()
    await visitor.sees(*chat)
    assert visitor.site.said() == ["halo", "apa kabar"]


async def test_a_button_is_pressed_once_and_gone(visitor):
    visitor.site.script.answers[press_payload(1, "reset")] = [OutboundMessage("Siapa akunnya?")]
    await visitor.button("Reset kata sandi").click()
    await visitor.sees(GREETING, "Reset kata sandi", "Siapa akunnya?")
    await expect(visitor.button("Cek akun")).to_have_count(0)
    assert visitor.site.said() == ["/choose:1:reset"]


async def test_buttons_are_there_again_after_a_reload(visitor):
    await visitor.page.reload()
    await visitor.button("Cek akun").click()
    await visitor.sees(GREETING, "Cek akun", "Anda menulis: /choose:1:check")


async def test_a_link_opens_in_a_tab_of_its_own(visitor):
    link = Button("Buka halaman", url=f"{visitor.site.origin}/healthz")
    visitor.site.script.answers["x"] = [OutboundMessage("Silakan.", (link,))]
    await visitor.say("x")
    async with visitor.page.context.expect_page() as opened:
        await visitor.button("Buka halaman").click()
    page = await opened.value
    await page.wait_for_load_state()
    assert page.url.endswith("/healthz")
    assert await page.evaluate("window.opener") is None
    assert visitor.site.said() == ["x"]


async def test_a_humans_words_stand_under_their_name(visitor):
    said = "Halo, saya Rina.\nSilakan baca https://kampus.example/a?b=1&c=2."
    visitor.site.script.answers["x"] = [OutboundMessage(said, author="Rina Wulandari")]
    await visitor.say("x")
    bubble = visitor.bubbles.last
    await expect(bubble).to_contain_text("Halo, saya Rina.")
    assert await bubble.locator("p").all_inner_texts() == [
        "Rina Wulandari",
        "Halo, saya Rina.\nSilakan baca https://kampus.example/a?b=1&c=2.",
    ]
    link = bubble.get_by_role("link")
    assert await link.get_attribute("href") == "https://kampus.example/a?b=1&c=2"
    assert await link.get_attribute("target") == "_blank"
    assert "noopener" in await link.get_attribute("rel")


HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "[x](javascript:alert(1)) javascript:alert(1)",
    'https://a.example/"onmouseover="alert(1)',
    "https://a.example/<b>x</b>",
    "\u2063<b>x</b>\u2063y",
    "&lt;b&gt; &amp;",
    "**tebal** _miring_ `kode`",
]


@pytest.mark.parametrize("author", ["bot", "<b>Rina</b>"])
async def test_words_are_words_and_nothing_else(visitor, author):
    visitor.page.on("dialog", lambda dialog: visitor.errors.append(dialog.message))
    messages = [OutboundMessage(text, author=author) for text in HOSTILE]
    visitor.site.script.answers["x"] = messages
    await visitor.say("x")
    await expect(visitor.bubbles).to_have_count(2 + len(HOSTILE))
    shown = await visitor.bubbles.all_inner_texts()
    for text, bubble in zip(HOSTILE, shown[2:], strict=True):
        name = "" if author == "bot" else f"{author}\n\n"
        assert bubble == name + text.replace("\u2063", "")
    main = visitor.page.locator("main")
    assert await main.locator("img, script, svg[onload], b, strong, em, code").count() == 0
    links = await main.locator("a").evaluate_all("links => links.map((link) => link.href)")
    assert {link.partition("//")[0] for link in links} == {"https:"}


async def test_a_password_stays_on_the_page_only_until_it_is_stored(visitor):
    await visitor.say("password saya Bandung#2024 ya")
    redacted = "password saya [redacted] ya"
    await visitor.sees(GREETING, redacted, f"Anda menulis: {redacted}")
    # The region for screen readers forgets what it has read out.
    async with asyncio.timeout(10):
        while "Bandung" in await visitor.page.content():  # noqa: ASYNC110 - the browser tells nobody
            await asyncio.sleep(0.05)
    await visitor.page.reload()
    await visitor.sees(GREETING, redacted, f"Anda menulis: {redacted}")


async def test_a_letter_too_long_is_refused_politely(visitor):
    await visitor.say("x" * 4001)
    await expect(visitor.bubbles.last).to_have_text(
        "Pesan itu terlalu panjang. Mohon kirim paling banyak 4.000 huruf."
    )
    await visitor.say("x" * 4000)
    await expect(visitor.bubbles.last).to_contain_text("Anda menulis: xxx")
    assert visitor.site.said() == ["x" * 4000]


async def test_it_is_seen_that_the_assistant_works(visitor):
    visitor.site.script.pause = asyncio.Event()
    typing = visitor.page.locator(".webchat__typing-indicator, .webchat__typingIndicator")
    await visitor.say("halo")
    await expect(typing).to_be_visible()
    visitor.site.script.pause.set()
    await visitor.sees(GREETING, "halo", "Anda menulis: halo")
    await expect(typing).to_have_count(0)


async def test_starting_over_is_asked_first_and_forgets(visitor):
    await visitor.say("rahasia")
    await visitor.sees(GREETING, "rahasia", "Anda menulis: rahasia")
    restart = visitor.page.locator("#restart")
    await restart.click()
    await visitor.page.get_by_role("dialog").get_by_role("button", name="Batal").click()
    await visitor.sees(GREETING, "rahasia", "Anda menulis: rahasia")
    await restart.click()
    await visitor.page.get_by_role("dialog").get_by_role("button", name="Mulai baru").click()
    await visitor.sees(GREETING)
    assert len({event.conversation for event in visitor.site.script.events}) == 2


async def test_the_page_speaks_english_where_it_is_asked_to(browse, site):
    visitor = await browse(site, locale="en-US")
    await visitor.open()
    await visitor.sees("Hello, how can I help?")
    await expect(visitor.page).to_have_title("Account help · IT Helpdesk")
    await expect(visitor.box).to_have_attribute("placeholder", "Type your message")
    await visitor.page.get_by_role("link", name="Indonesia").click()
    await expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Bantuan Akun")
    await expect(visitor.box).to_have_attribute("placeholder", "Ketik pesan Anda")
    await visitor.sees("Hello, how can I help?")
    assert await visitor.page.evaluate("document.documentElement.lang") == "id"
