"""A visitor sends a file: by the paper clip, by keyboard, dropped, pasted; what is said of it."""

import asyncio

import pytest
from playwright.async_api import expect

from bot.files import LARGEST

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

GREETING = "Halo, ada apa?"
LETTER = b"%PDF-1.7 " + bytes(range(256)) * 1000
PHONE = {"width": 360, "height": 680}
DROP = """([kind, name, content]) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(content)], name));
    const bag = kind === "paste" ? { clipboardData: data } : { dataTransfer: data };
    const Kind = kind === "paste" ? ClipboardEvent : DragEvent;
    const event = new Kind(kind, { bubbles: true, cancelable: true, ...bag });
    return document.querySelector("main").dispatchEvent(event);
}"""


def letter(name="surat.pdf", content=LETTER):
    return {"name": name, "mimeType": "application/pdf", "buffer": content}


async def chooses(visitor, *files, how="click"):
    clip = visitor.button("Unggah file")
    async with visitor.page.expect_file_chooser() as opened:
        await (clip.click() if how == "click" else clip.press(how))
    await (await opened.value).set_files([*files])


def parked(visitor):
    folder = visitor.site.webchat._uploads._documents.folder
    return [path.read_bytes() for path in folder.glob(".incoming-*")]


async def test_a_letter_is_chosen_and_there_after_a_reload_and_in_other_tabs(browse, visitor):
    other = await browse.tab(visitor.page.context, visitor.site)
    await other.open()
    await visitor.box.fill("belum selesai")
    await chooses(visitor, letter("surat <b> & é.pdf"))
    chat = [GREETING, "📎 surat <b> & é.pdf", "Anda menulis: 📎 surat <b> & é.pdf"]
    await visitor.sees(*chat)
    await other.sees(*chat)
    await expect(visitor.box).to_have_value("belum selesai")
    await visitor.page.reload()
    await visitor.sees(*chat)
    assert parked(visitor) == [LETTER]


async def test_the_same_file_may_be_chosen_twice_and_several_at_once(visitor):
    await chooses(visitor, letter())
    await visitor.sees(GREETING, "📎 surat.pdf", "Anda menulis: 📎 surat.pdf")
    await chooses(visitor, letter(), letter("dua.pdf"))
    await expect(visitor.bubbles).to_have_count(7)
    assert [f.name for e in visitor.site.script.events for f in e.attachments] == [
        "surat.pdf",
        "surat.pdf",
        "dua.pdf",
    ]


@pytest.mark.parametrize("key", ["Enter", "Space"])
async def test_the_clip_is_in_reach_of_the_keyboard(visitor, key):
    await visitor.box.focus()
    await visitor.page.keyboard.press("Shift+Tab")
    await expect(visitor.button("Unggah file")).to_be_focused()
    await chooses(visitor, letter(), how=key)
    await visitor.sees(GREETING, "📎 surat.pdf", "Anda menulis: 📎 surat.pdf")
    await expect(visitor.box).to_be_focused()


@pytest.mark.parametrize("kind", ["drop", "paste"])
async def test_a_file_is_dropped_or_pasted(visitor, kind):
    unhandled = await visitor.page.evaluate(DROP, [kind, "x.pdf", [*LETTER[:500]]])
    assert not unhandled
    await visitor.sees(GREETING, "📎 x.pdf", "Anda menulis: 📎 x.pdf")
    assert parked(visitor) == [LETTER[:500]]


@pytest.mark.parametrize("pictured", [False, True], ids=["alone", "with their picture"])
async def test_pasted_words_are_words(visitor, pictured):
    paste = """([text, pictured]) => {
        const data = new DataTransfer();
        if (pictured) data.items.add(new File(["x"], "image.png", { type: "image/png" }));
        data.setData("text/plain", text);
        const bag = { bubbles: true, cancelable: true, clipboardData: data };
        const event = new ClipboardEvent("paste", bag);
        return document.querySelector("main").dispatchEvent(event);
    }"""
    left_alone = await visitor.page.evaluate(paste, ["1. Rina Lestari", pictured])
    assert left_alone
    await visitor.say("halo")
    await visitor.sees(GREETING, "halo", "Anda menulis: halo")


async def test_a_file_too_large_is_not_sent(visitor):
    asked = []
    visitor.page.on("request", lambda request: asked.append(request.method))
    await chooses(visitor, letter("besar.pdf", bytes(LARGEST + 1)))
    too_large = "besar.pdf lebih besar dari 10 MB. Mohon kirim berkas yang lebih kecil."
    await visitor.sees(GREETING, too_large)
    assert "PUT" not in asked


async def test_a_file_of_another_kind_is_refused_and_the_chat_goes_on(visitor):
    visitor.may_break = True
    await chooses(visitor, letter("arsip.zip", b"PK\x03\x04"))
    refused = "arsip.zip bukan PDF atau foto (JPEG, PNG), jadi tidak saya terima."
    await visitor.sees(GREETING, "📎 arsip.zip", refused)
    await visitor.say("halo")
    await visitor.sees(GREETING, "📎 arsip.zip", refused, "halo", "Anda menulis: halo")
    assert parked(visitor) == []


async def test_where_no_file_is_taken_the_visitor_is_told(visitor):
    visitor.may_break = True
    visitor.site.webchat._uploads._documents.folder.write_text("in the way")
    await chooses(visitor, letter())
    refused = "surat.pdf tidak dapat saya terima sekarang."
    await expect(visitor.bubbles.last).to_contain_text(refused)


async def test_a_restart_of_the_service_loses_and_doubles_no_file(visitor):
    visitor.may_break = True
    await visitor.site.stop()
    await chooses(visitor, letter())
    await visitor.say("ini suratnya")
    await expect(visitor.page.locator("#offline")).to_be_visible()
    await visitor.site.start()
    await visitor.sees(
        GREETING,
        "📎 surat.pdf",
        "Anda menulis: 📎 surat.pdf",
        "ini suratnya",
        "Anda menulis: ini suratnya",
        within=30_000,
    )
    assert visitor.site.said() == ["", "ini suratnya"]
    assert parked(visitor) == [LETTER]


async def test_an_answer_that_is_lost_makes_no_second_file(visitor):
    visitor.may_break = True
    lost = []

    async def lose(route):
        if lost:
            await route.continue_()
            return
        lost.append(await route.fetch())
        await route.abort()

    await visitor.page.route("**/webchat/files/*", lose)
    await chooses(visitor, letter())
    await visitor.sees(GREETING, "📎 surat.pdf", "Anda menulis: 📎 surat.pdf")
    await visitor.say("lagi")
    await visitor.sees(
        GREETING, "📎 surat.pdf", "Anda menulis: 📎 surat.pdf", "lagi", "Anda menulis: lagi"
    )
    assert [answer.status for answer in lost] == [202]
    assert visitor.site.said() == ["", "lagi"]


@pytest.mark.parametrize(("status", "tries"), [(408, 1), (502, 5)], ids=["slow", "broken"])
async def test_a_file_that_nobody_takes_holds_up_no_words(visitor, status, tries):
    visitor.may_break = True
    asked = []

    async def refuse(route):
        asked.append(route.request.method)
        await route.fulfill(status=status)

    await visitor.page.clock.install()
    await visitor.page.route("**/webchat/files/*", refuse)
    await chooses(visitor, letter())
    await visitor.box.fill("tanpa surat")
    await visitor.box.press("Enter")
    for number in range(1, tries + 1):
        while len(asked) < number:
            await visitor.page.clock.run_for(1000)
            await asyncio.sleep(0.05)
    await expect(visitor.bubbles.last).to_have_text("Anda menulis: tanpa surat")
    assert asked == ["PUT"] * tries


async def test_a_file_that_is_gone_since_is_given_up(visitor, tmp_path):
    visitor.may_break = True
    chosen = tmp_path / "surat.pdf"
    chosen.write_bytes(LETTER)
    await visitor.site.stop()
    await chooses(visitor, chosen)
    chosen.unlink()
    await visitor.site.start()
    await visitor.sees(
        GREETING,
        "📎 surat.pdf",
        "surat.pdf tidak dapat dibaca peramban. Mohon pilih lagi.",
        within=30_000,
    )
    await visitor.say("halo")
    await expect(visitor.bubbles.last).to_have_text("Anda menulis: halo")


async def test_how_far_it_is_gone_is_shown_and_axe_finds_nothing(browse, site):
    visitor = await browse(site, viewport=PHONE, scheme="dark", locale="en-US")
    await visitor.open()
    go_on = asyncio.Event()
    take = site.webchat._uploads.take

    async def slowly(*request):
        await go_on.wait()
        return await take(*request)

    site.webchat._uploads.take = slowly
    async with visitor.page.expect_file_chooser() as opened:
        await visitor.button("Upload file").click()
    await (await opened.value).set_files([letter(content=LETTER + bytes(LARGEST - len(LETTER)))])
    bar = visitor.page.get_by_role("progressbar", name="Sending the file…")
    await expect(bar).to_be_visible()
    assert await visitor.axe() == []
    go_on.set()
    await expect(bar).to_be_hidden()
    await expect(visitor.bubbles.last).to_have_text("Anda menulis: 📎 surat.pdf")
    assert await visitor.axe() == []
