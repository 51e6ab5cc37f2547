"""Several photos of a letter, sent at once: Telegram tells of each by itself."""

import asyncio

import pytest

REQUEST = """Mohon dibuatkan akun tamu
Unit: Satuan Pengawas Internal
Nomor surat: 102/IT1.B01/TU.02/2026
tanggal surat 27 feb 2026
Keperluan: audit tahunan
Aktif sampai 30 April 2026
Kontak: Ibu Yulia 0857-2114-7437
Ulfa Pratiwi, KAP Contoh, ulfa@contoh.com
Wynne Taslim, KAP Contoh, wynne@contoh.com"""
PAGES = ("page-1", "page-2", "page-3")
SUMMARY = "Mohon diperiksa"


def album(bot):
    for id_ in PAGES:
        bot.telegram.files[id_] = b"\xff\xd8\xff\xe0" + id_.encode()
        size = {"file_id": id_, "file_unique_id": id_, "width": 9, "height": 9, "file_size": 10}
        yield bot.make.message(None, photo=[size], media_group_id="77")


async def by_webhook(bot, updates):
    for update in updates:
        assert await bot.hook(update) == 200


async def by_fetching(bot, updates):
    await bot.channel.start()
    await bot.telegram.push(*updates)


@pytest.mark.parametrize(
    ("mode", "arrives"),
    [("webhook", by_webhook), ("polling", by_fetching)],
    ids=["pushed", "fetched"],
)
async def test_every_photo_is_taken_and_the_request_shown_once(bots, mode, arrives):
    bot = await bots(telegram_mode=mode)
    find, all_are_here = bot.telegram._get_file, asyncio.Event()

    async def once_all_are_here(parameters):
        await all_are_here.wait()
        return await find(parameters)

    bot.telegram._get_file = once_all_are_here
    assert await bot.channel._take([bot.make.message(REQUEST)]) == []
    await bot.settle()
    before = len(bot.telegram.said)
    assert SUMMARY in bot.telegram.said[-1]
    await arrives(bot, [*album(bot), bot.make.message("ya")])
    await bot.telegram.until(lambda t: "sedang saya terima" in t.said[-1])
    all_are_here.set()
    await bot.telegram.until(lambda t: SUMMARY in t.said[-1])
    await bot.settle()
    (told,) = bot.telegram.said[before + 1 :]
    assert told.count("Surat diterima") == 1
    assert [call["file_id"] for call in bot.telegram.called("getFile")] == list(PAGES)
