"""A signed letter from a chat in Teams to the request, through the bot as `build` wires it."""

import asyncio
import re
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import count

import pytest
from aiohttp.test_utils import TestClient, TestServer
from backend_double import BackendDouble
from fake_microsoft import LINK_KEY, Fault
from stub_engine import StubEngine
from teams_kit import activity, claims, settings, signed

from bot.channels.port import Attachment
from bot.channels.teams import PATH
from bot.main import MIGRATIONS, Bot, build
from ops import migrations
from ops.documents import Documents

REQUEST = """Mohon dibuatkan akun tamu
Unit: Satuan Pengawas Internal
Nomor surat: 102/IT1.B01/TU.02/2026
tanggal surat 27 feb 2026
Keperluan: audit tahunan
Aktif sampai 17 Maret 2026
Kontak: Ibu Yulia 0857-2114-7437
Ulfa Pratiwi, KAP Contoh, ulfa@contoh.com"""
PDF, PHOTO = b"%PDF-1.7 surat permohonan", b"\xff\xd8\xff\xe0 foto"
HTML = {
    "contentType": "text/html",
    "content": '<p>ini suratnya</p><attachment id="u-1"></attachment>',
}


@dataclass
class Reception:
    """The whole bot, and Budi in front of it."""

    bot: Bot
    client: TestClient
    microsoft: object
    numbers: count = field(default_factory=lambda: count(1))
    read: int = 0

    @classmethod
    async def open(cls, folder, microsoft, backend, clock):
        here = {"teams_openid_url": f"{microsoft.url}/openid", "teams_login_url": microsoft.url}
        chosen = settings(state_dir=folder, **here)
        await migrations.upgrade(chosen.database, MIGRATIONS)
        bot = build(chosen, StubEngine(), backend, clock)
        await bot.runtime.start()
        client = TestClient(TestServer(bot.app))
        await client.start_server()
        return cls(bot, client, microsoft)

    async def close(self):
        await self.bot.runtime.stop(grace=1.0)
        await self.client.close()

    async def post(self, **changed):
        content = activity(self.microsoft.service, id=f"n{next(self.numbers)}", **changed)
        headers = {"Authorization": f"Bearer {signed(claims(self.microsoft.service))}"}
        async with self.client.post(PATH, json=content, headers=headers) as response:
            assert response.status == 202, await response.text()

    async def sends(self, text, *files, expected):
        """Post a message; wait until what is said since holds `expected`."""
        before = len(self.microsoft.said)
        await self.post(text=text, attachments=[*files, HTML] if files else None)
        await self.hears(expected, before)

    async def hears(self, expected, before=0):
        async with asyncio.timeout(20), self.microsoft.came:
            await self.microsoft.came.wait_for(
                lambda: re.search(expected, str(self.microsoft.said[before:]), re.DOTALL)
            )


@pytest.fixture
def backend(clock):
    return BackendDouble(clock)


@pytest.fixture
async def receptions(tmp_path, microsoft, backend, clock):
    opened = []

    async def open_one():
        opened.append(await Reception.open(tmp_path, microsoft, backend, clock))
        return opened[-1]

    yield open_one
    for reception in opened:
        await reception.close()


@pytest.fixture
async def reception(receptions):
    return await receptions()


def at_rest(folder):
    """Everything on the disk, the letters themselves aside."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return b"".join(path.read_bytes() for path in files if "documents" not in path.parts)


def shows_a_link(content):
    return (
        LINK_KEY.encode() in content or b"/personal/" in content or b"/v3/attachments" in content
    )


async def test_a_letter_and_a_photo_reach_the_request(
    reception, microsoft, backend, tmp_path, capsys
):
    await reception.sends(REQUEST, expected="Mohon diperiksa")
    letter = microsoft.letter("surat permohonan.pdf", PDF)
    await reception.sends("ini suratnya", letter, expected="Lampiran: surat permohonan.pdf")
    await reception.sends("", microsoft.picture(PHOTO), expected="surat permohonan.pdf, file")
    await reception.sends("ya", expected="ITB-2026-000001")
    (request,) = backend.guest_requests
    documents = Documents(tmp_path / "documents")
    assert [documents.read(one.sha256) for one in request.documents] == [PDF, PHOTO]
    assert [one.mime for one in request.documents] == ["application/pdf", "image/jpeg"]
    told = (str(backend.guest_requests) + "".join(capsys.readouterr())).encode()
    assert not shows_a_link(told + at_rest(tmp_path))
    assert b"gAAAA" not in told, "the sealed address is shown to nobody either"


async def test_a_link_waits_sealed_and_another_replica_opens_it(
    receptions, reception, microsoft, clock, tmp_path, capsys
):
    await reception.sends(REQUEST, expected="Mohon diperiksa")
    microsoft.file_faults = [Fault(503, {"Retry-After": "2"})]
    await reception.post(
        text="ini suratnya", attachments=[microsoft.letter("surat.pdf", PDF), HTML]
    )
    async with asyncio.timeout(20), microsoft.came:
        await microsoft.came.wait_for(lambda: microsoft.fetched)
    await reception.bot.runtime.stop(grace=1.0)
    waiting = at_rest(tmp_path)
    assert b"gAAAA" in waiting, "what the other replica finds"
    assert not shows_a_link(waiting)
    clock.forward(seconds=5)
    other = await receptions()
    await other.hears("Lampiran: surat.pdf")
    assert len(microsoft.fetched) == 2
    assert not shows_a_link(at_rest(tmp_path) + "".join(capsys.readouterr()).encode())


@pytest.mark.parametrize(
    ("link", "answer"),
    [
        ("https://evil.example/surat.pdf?tempauth={key}", "tidak berhasil saya ambil"),
        ("{url}/personal/other.pdf?tempauth={key}", "sudah tidak tersedia"),
    ],
    ids=["elsewhere", "gone"],
)
async def test_a_letter_that_cannot_be_had_is_told_and_the_request_goes_on(
    reception, microsoft, backend, tmp_path, capsys, link, answer
):
    await reception.sends(REQUEST, expected="Mohon diperiksa")
    letter = microsoft.letter("surat.pdf", PDF)
    letter["content"]["downloadUrl"] = link.format(url=microsoft.url, key=LINK_KEY)
    await reception.sends("ini suratnya", letter, expected=answer)
    await reception.sends("ya", expected="ITB-2026-000001")
    (request,) = backend.guest_requests
    assert list(request.documents) == []
    assert not shows_a_link(at_rest(tmp_path) + "".join(capsys.readouterr()).encode())


async def test_nobody_fetches_what_was_not_asked_for(reception, microsoft):
    await reception.sends("surat ini", microsoft.letter("surat.pdf", PDF), expected="text")
    assert await reception.bot.runtime.settled("teams:a:budi", 20)
    assert microsoft.fetched == []


async def test_whoever_reads_may_stop(reception, microsoft):
    channel = reception.bot.channels["teams"]
    url = microsoft.letter("surat.pdf", PDF)["content"]["downloadUrl"]
    sealed = Attachment(channel._sealed(url, picture=False))
    async with aclosing(channel.fetch(sealed)) as chunks:
        assert await anext(chunks)
