"""The password page as people meet it: on a desk and a phone, in both languages, by keyboard."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from backend.domain.links import LinkEnd, LinkPurpose
from backend.domain.password_policy import Rule
from backend.service.link_views import Away, Changed, Refused, WrongNumber

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@pytest.mark.parametrize(
    ("locale", "titles"),
    [
        ("id-ID", ("Buat password baru", "Password Anda sudah diganti")),
        ("en-GB", ("Set a new password", "Your password has been changed")),
    ],
)
async def test_a_password_is_set(browse, links, viewport, locale, titles):
    browser = await browse(viewport=viewport, locale=locale)
    await browser.open()
    await browser.screen("form")
    assert browser.page.url == f"{browser.origin}/password"  # the token is gone
    assert await browser.text("#form-title") == titles[0]
    assert await browser.text("#fact-account") == "bu***.san****"
    await browser.fill()
    await browser.page.click("#submit")
    await browser.screen("changed")
    assert await browser.text("#changed-title") == titles[1]
    assert await browser.page.title() == f"{titles[1]} · IT Helpdesk"
    assert links.submits == [("cookie-of-the-page", "4821", "Rahasia-sekali-7")]
    assert links.exchanged == ["t" * 43]


async def test_nothing_is_wider_than_a_phone(browse, viewport):
    browser = await browse(viewport=viewport)
    await browser.open()
    await browser.screen("form")
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await browser.page.evaluate(overflow) <= 0


async def test_the_keyboard_is_enough(browse, links):
    browser = await browse()
    await browser.open()
    await browser.screen("form")
    keyboard = browser.page.keyboard
    assert await browser.focused() == "form-title"
    visited = []
    for typed in ("4821", "Rahasia-sekali-7", "", "Rahasia-sekali-7"):
        await keyboard.press("Tab")
        visited.append(await browser.focused())
        await keyboard.type(typed)
    assert visited == ["number", "password", "reveal", "repeat"]
    await keyboard.press("Enter")
    await browser.screen("changed")
    assert await browser.focused() == "changed-title"
    assert len(links.submits) == 1


async def test_the_checklist_follows_what_is_typed(browse):
    browser = await browse()
    await browser.open()
    await browser.screen("form")

    async def met():
        items = browser.page.locator("#rules li")
        return {
            await item.get_attribute("data-rule"): await item.get_attribute("data-met")
            for item in await items.all()
        }

    rules = ["too_short", "needs_upper", "needs_lower", "needs_digit", "needs_symbol"]
    assert await met() == dict.fromkeys(rules, "no")
    await browser.page.fill("#password", "abc")
    assert await met() == {**dict.fromkeys(rules, "no"), "needs_lower": "yes"}
    await browser.page.fill("#password", "Abcdefgh-1")
    assert await met() == dict.fromkeys(rules, "yes")
    await browser.page.fill("#password", "Ab-1é ")
    state = await met()
    assert (state["charset"], state["edge_space"], state["too_short"]) == (
        "broken",
        "broken",
        "no",
    )
    await browser.page.fill("#password", "Aa-1" * 17)
    assert (await met())["too_long"] == "broken"
    summary = browser.page.locator("#rules-summary")
    await expect(summary).to_have_text("5 dari 6 aturan terpenuhi.")
    assert await summary.get_attribute("aria-live") == "polite"


async def test_showing_the_password_replaces_typing_it_twice(browse, links):
    browser = await browse()
    await browser.open()
    await browser.screen("form")
    await browser.page.fill("#number", "4821")
    await browser.page.fill("#password", "Rahasia-sekali-7")
    await browser.page.check("#reveal")
    assert await browser.page.get_attribute("#password", "type") == "text"
    assert await browser.page.locator("#repeat").is_hidden()
    await browser.page.click("#submit")
    await browser.screen("changed")
    assert len(links.submits) == 1


async def test_pasting_works(browse, links):
    browser = await browse()
    await browser.open()
    await browser.screen("form")
    await browser.page.fill("#number", "4821")
    for field in ("#password", "#repeat"):
        await browser.page.evaluate(
            """selector => {
                 document.querySelector(selector).focus();
                 document.execCommand("insertText", false, "Rahasia-sekali-7");
               }""",
            field,
        )
        assert await browser.page.get_attribute(field, "autocomplete") == "new-password"
        assert await browser.page.get_attribute(field, "onpaste") is None
    await browser.page.click("#submit")
    await browser.screen("changed")


@pytest.mark.parametrize(
    ("filled", "field", "error"),
    [
        ({"number": "48"}, "number", "Isi dengan 4 angka."),
        ({"number": "4a21"}, "number", "Isi dengan 4 angka."),
        ({"password": ""}, "password", "Isi password baru."),
        ({"password": "pendek"}, "password", "Password belum memenuhi"),
        ({"repeat": "Rahasia-sekali-8"}, "repeat", "Kedua isian tidak sama."),
    ],
    ids=lambda it: str(it)[:30],
)
async def test_what_the_page_can_see_itself_is_not_sent(browse, links, filled, field, error):
    browser = await browse()
    await browser.open()
    await browser.screen("form")
    await browser.fill(**filled)
    await browser.page.click("#submit")
    assert (await browser.text(f"#{field}-error")).startswith(error)
    assert await browser.focused() == field
    assert await browser.page.get_attribute(f"#{field}", "aria-invalid") == "true"
    described = await browser.page.get_attribute(f"#{field}", "aria-describedby")
    assert f"{field}-error" in described.split()
    assert links.submits == []


async def test_a_refusal_is_explained_and_the_link_lives_on(browse, links):
    links.outcomes = [Refused((Rule.WEAK, Rule.USED_BEFORE), 9), Changed()]
    browser = await browse()
    await browser.open()
    await browser.screen("form")
    await browser.fill()
    await browser.page.click("#submit")
    await browser.page.wait_for_selector("#alert:not([hidden])")
    assert await browser.focused() == "alert"
    told = await browser.text("#alert")
    assert "Masih mudah ditebak" in told
    assert "Pernah dipakai" in told
    assert "Sisa percobaan: 9" in told
    assert await browser.page.locator("#number").is_hidden()  # proven, not asked again
    await browser.page.click("#language")
    assert "Still easy to guess" in await browser.text("#alert")
    await browser.page.fill("#password", "Rahasia-sekali-8")
    await browser.page.fill("#repeat", "Rahasia-sekali-8")
    await browser.page.click("#submit")
    await browser.screen("changed")
    assert [password for _, _, password in links.submits] == [
        "Rahasia-sekali-7",
        "Rahasia-sekali-8",
    ]


async def test_every_refusal_has_words(browse, links):
    links.outcomes = [Refused(tuple(Rule), 9)]
    browser = await browse()
    await browser.open()
    await browser.screen("form")
    await browser.fill()
    await browser.page.click("#submit")
    await browser.page.wait_for_selector("#alert:not([hidden])")
    for _language in ("id", "en"):
        told = await browser.page.locator("#alert-rules li").all_inner_texts()
        assert len(told) == len(Rule)
        assert all(len(words) > 10 for words in told)
        assert not any("{" in words or "undefined" in words for words in told)
        await browser.page.click("#language")


async def test_a_wrong_number_says_how_many_tries_are_left(browse, links):
    links.outcomes = [WrongNumber(2), WrongNumber(0)]
    browser = await browse()
    await browser.open()
    await browser.screen("form")
    await browser.fill()
    await browser.page.click("#submit")
    await browser.page.wait_for_selector("#number-error:not([hidden])")
    assert await browser.text("#number-error") == "Nomornya tidak cocok. Sisa percobaan: 2."
    assert await browser.focused() == "number"
    assert await browser.page.input_value("#password") == "Rahasia-sekali-7"
    await browser.page.click("#submit")
    await browser.screen("over")
    assert await browser.text("#over-title") == "Nomor pendek salah terlalu sering"


async def test_a_directory_that_is_away_leaves_the_form(browse, links):
    links.outcomes = [Away(), Changed()]
    browser = await browse()
    await browser.open()
    await browser.screen("form")
    await browser.fill()
    await browser.page.click("#submit")
    await browser.page.wait_for_selector("#alert:not([hidden])")
    assert "Belum ada yang berubah" in await browser.text("#alert")
    await browser.page.click("#submit")
    await browser.screen("changed")


async def test_two_presses_submit_once(browse, links):
    browser = await browse()
    await browser.open()
    await browser.screen("form")
    await browser.fill()
    await browser.page.evaluate(
        "() => { for (let i = 0; i < 5; i += 1) document.getElementById('submit').click(); }"
    )
    await browser.screen("changed")
    assert len(links.submits) == 1


async def test_nothing_typed_is_left_in_the_page_afterwards(browse):
    browser = await browse()
    await browser.open()
    await browser.screen("form")
    await browser.fill()
    await browser.page.click("#submit")
    await browser.screen("changed")
    for field in ("#number", "#password", "#repeat"):
        assert await browser.page.input_value(field) == ""
    storage = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
    assert await browser.page.evaluate(storage) == '[{},{},""]'


@pytest.mark.parametrize("end", LinkEnd)
async def test_every_end_is_told_in_both_languages(browse, links, end):
    links.end = end
    browser = await browse()
    await browser.open()
    await browser.screen("over")
    seen = set()
    for _language in ("id", "en"):
        words = [await browser.text(f"#over-{part}") for part in ("title", "body", "next")]
        assert all(len(sentence) > 10 for sentence in words)
        seen.add(words[0])
        await browser.page.click("#language")
    assert len(seen) == 2


async def test_the_language_can_be_switched_and_is_kept_over_a_reload(browse):
    browser = await browse(locale="id-ID")
    await browser.open()
    await browser.screen("form")
    await browser.page.fill("#password", "abc")
    await browser.page.click("#language")
    assert await browser.text("#form-title") == "Set a new password"
    assert await browser.page.get_attribute("html", "lang") == "en"
    assert await browser.page.input_value("#password") == "abc"
    await browser.page.reload()
    await browser.screen("form")
    assert await browser.text("#form-title") == "Set a new password"


async def test_a_reload_keeps_the_page_and_a_second_link_replaces_it(browse, links):
    browser = await browse()
    await browser.open()
    await browser.screen("form")
    await browser.page.reload()
    await browser.screen("form")
    assert links.exchanged == ["t" * 43]
    async with browser.page.expect_response("**/exchange"):
        await browser.page.evaluate("location.hash = 'second'")
    await browser.screen("form")
    assert links.exchanged == ["t" * 43, "second"]


async def test_without_a_link_it_says_where_one_comes_from(browse):
    browser = await browse()
    await browser.open(token="")
    await browser.screen("no_link")


async def test_a_guest_is_asked_for_the_number_of_the_other_mail(browse, links):
    links.purpose, links.channel = LinkPurpose.CLAIM, ""
    browser = await browse(locale="en-GB")
    await browser.open()
    await browser.screen("form")
    assert await browser.text("#form-title") == "Set your first password"
    assert "our other mail" in await browser.text("#number-hint")
    assert await browser.page.locator("#fact-channel-row").is_hidden()


async def test_a_page_whose_time_is_over_says_so_by_itself(browse, links):
    links.ends_at = datetime.now(UTC) + timedelta(seconds=2)
    browser = await browse()
    await browser.open()
    await browser.screen("over")
    assert await browser.text("#over-title") == "Tautan sudah kedaluwarsa"
    assert links.submits == []
