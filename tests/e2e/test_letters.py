"""The signed letter of a guest request: from a chat, or the page, to the agent's folder."""

import hashlib
import itertools
import json
import re
import stat
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from chatter import Chatter
from fake_telegram import TOKEN, FakeTelegram
from stack import Stack

pytestmark = pytest.mark.slow
LETTER = b"%PDF-1.7 " + bytes(range(256)) * 3000
SOON = datetime.now(UTC).date() + timedelta(days=30)
MONTHS = "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember"
REQUEST = f"""Mohon dibuatkan akun tamu
Unit: Satuan Pengawas Internal
Nomor surat: 102/IT1.B01/TU.02/2026
tanggal surat 27 feb 2026
Keperluan: audit tahunan
Aktif sampai {SOON.day} {MONTHS.split()[SOON.month - 1]} {SOON.year}
Kontak: Ibu Yulia 0857-2114-7437
Ulfa Pratiwi, KAP Contoh, ulfa@contoh.com
Wynne Taslim, KAP Contoh, wynne@contoh.com"""
PERSON = {"id": 4503599627370495, "is_bot": False, "first_name": "Budi", "language_code": "id"}
ROOM = {"id": PERSON["id"], "type": "private", "first_name": "Budi"}


class Library(FakeTelegram):
    """A Telegram that keeps one file."""

    async def start(self):
        await super().start()
        app = web.Application()
        app.add_routes(
            [
                web.post("/bot{token}/{method}", self._answer),
                web.get(f"/file/bot{TOKEN}/documents/1.pdf", self._give),
            ]
        )
        await self.server.close()
        self.server = TestServer(app)
        await self.server.start_server()
        self.updates, self.messages = itertools.count(700_000_000), itertools.count(1)
        return self

    async def _get_file(self, parameters):
        assert parameters["file_id"] == "the-letter"
        return {"file_id": "the-letter", "file_unique_id": "u", "file_path": "documents/1.pdf"}

    async def _give(self, _request):
        return web.Response(body=LETTER)

    async def sends(self, expected, **content):
        """The person sends something; wait for an answer that says `expected`."""
        before = len(self.said)
        about = {"from": PERSON, "chat": ROOM, "date": 1772420400}
        message = {"message_id": next(self.messages), **about, **content}
        await self.push({"update_id": next(self.updates), "message": message})
        await self.until(
            lambda _: re.search(expected, "\n".join(self.said[before:]), re.DOTALL), within=60
        )
        return "\n".join(self.said[before:])


@pytest.fixture
async def telegram():
    server = await Library().start()
    yield server
    await server.stop()


async def test_a_letter_goes_from_the_chat_to_the_agent(tmp_path, both_databases, telegram):
    environment = {
        **both_databases,
        "HELPDESK_TELEGRAM_TOKEN": TOKEN,
        "HELPDESK_TELEGRAM_API_URL": telegram.url,
    }
    async with Stack(tmp_path / "state", environment=environment) as stack:
        file = {"file_id": "the-letter", "file_unique_id": "u", "file_size": 3}
        named = {"file_name": "../surat permohonan.pdf", "mime_type": "text/html", **file}
        await telegram.sends("Lampiran: -", text=REQUEST)
        await telegram.sends("Lampiran: surat permohonan.pdf", document=named)
        await stack.restart("bot0")
        said = await telegram.sends(r"ITB-\d{4}-\d{6}", text="ya")
        number = re.search(r"ITB-\d{4}-\d{6}", said)[0]
        shown = await stack.run("tickets", "show", number)
        assert re.search(r"document 1: surat permohonan.pdf, application/pdf, \d+ KB", shown)
        ticket = json.loads(await stack.run("tickets", "show", number, "--json"))
        (document,) = ticket["guest_request"]["documents"]
        assert document["sha256"] == hashlib.sha256(LETTER).hexdigest()
        out = tmp_path / "letter.pdf"
        await stack.run("tickets", "document", number, "--out", str(out))
        assert out.read_bytes() == LETTER
        assert stat.S_IMODE(out.stat().st_mode) == 0o600
        for problem, arguments in {
            "there already": ("--out", str(out)),
            "has 1 documents": ("2", "--out", str(tmp_path / "other.pdf")),
        }.items():
            with pytest.raises(AssertionError, match=problem):
                await stack.run("tickets", "document", number, *arguments)


async def test_a_letter_goes_from_the_page_to_the_agent(tmp_path, both_databases):
    """Each request finds another replica (SQLite serves one); all are killed in between."""
    bots = 2 if both_databases else 1
    async with Stack(tmp_path / "state", environment=both_databases, bots=bots) as stack:
        turns = itertools.cycle(range(bots))
        async with Chatter(lambda: stack.url(f"bot{next(turns)}")) as visitor:
            await visitor.send("m1", REQUEST)
            await visitor.until("Lampiran: -")
            await visitor.send_file("m2", LETTER, "../surat permohonan.pdf")
            for number in range(bots):
                await stack.restart(f"bot{number}")
            await visitor.send_file("m2", LETTER, "../surat permohonan.pdf")
            await visitor.until("Lampiran: surat permohonan.pdf")
            await visitor.send("m3", "ya")
            number = (await visitor.until(r"ITB-\d{4}-\d{6}"))[0]
        own = [message["text"] for message in visitor.log if message["author"] == "user"]
        assert own == [REQUEST, "📎 surat permohonan.pdf", "ya"]
        ticket = json.loads(await stack.run("tickets", "show", number, "--json"))
        (document,) = ticket["guest_request"]["documents"]
        out = tmp_path / "letter.pdf"
        await stack.run("tickets", "document", number, "--out", str(out))
        assert (out.read_bytes(), document["name"]) == (LETTER, "surat permohonan.pdf")
