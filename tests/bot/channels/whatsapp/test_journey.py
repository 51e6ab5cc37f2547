"""Whole conversations: webhooks in, the real runtime on SQLite, requests out to a Meta of ours."""

import itertools
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field

import pytest
from aiohttp.test_utils import TestClient, TestServer
from backend_double import BackendDouble
from fake_meta import Fault
from stub_engine import StubEngine
from whatsapp_kit import ACCOUNT, BSUID, PATH, PHONE, hook, message, settings, signed, status, text

from backend_client import wire
from bot.main import MIGRATIONS, Bot, build
from ops import migrations

_numbers = itertools.count(1)


@dataclass
class Phone:
    """A person with WhatsApp, a bot, and Meta between them. `shown`: what is on the screen."""

    bot: Bot
    client: TestClient
    meta: object
    backend: BackendDouble
    clock: object
    folder: object
    user: str = PHONE
    read: int = 0
    buttons: dict = field(default_factory=dict)

    async def arrive(self, *messages, **more):
        body = hook(*messages, **more)
        async with self.client.post(PATH, data=body, headers=signed(body)) as response:
            assert response.status == 200
        return await self.settle()

    async def settle(self):
        await self.bot.runtime.settled(f"whatsapp:{ACCOUNT}:{self.user}", 20)
        fresh, self.read = self.meta.sent[self.read :], len(self.meta.sent)
        return "\n".join(map(self._look, fresh))

    def _look(self, body):
        if body["type"] == "text":
            return body["text"]["body"]
        if body["type"] == "template":
            return f"<{body['template']['name']}>"
        action = body["interactive"]["action"]
        replies = [("button_reply", button["reply"]) for button in action.get("buttons", [])]
        sections = action.get("sections", [])
        rows = [("list_reply", row) for section in sections for row in section["rows"]]
        self.buttons = {item["title"]: (kind, item["id"]) for kind, item in (*replies, *rows)}
        return body["interactive"]["body"]["text"]

    def _own(self, kind, **more):
        at = int(self.clock.now().timestamp())
        named = {"from_user_id": self.user, "from": None} if "." in self.user else {}
        return {**message(kind, at=at, **more), **named}

    async def says(self, words):
        return await self.arrive(self._own("text", text={"body": words}))

    async def presses(self, title):
        kind, id_ = self.buttons[title]
        pressed = {"type": kind, kind: {"id": id_, "title": title}}
        ours = {"id": self.meta.wamid(len(self.meta.sent)), "from": "15550783881"}
        return await self.arrive(self._own("interactive", interactive=pressed, context=ours))

    async def hears(self, event, **fields):
        self.backend.tell(event, f"whatsapp:{ACCOUNT}:{self.user}", **fields)
        await self.bot.feed.read_page()
        return await self.settle()

    def database(self):
        """Return everything the bot wrote down, as text."""
        with closing(sqlite3.connect(self.folder / "bot.db")) as database:
            return "\n".join(database.iterdump())


@pytest.fixture
async def phones(meta, clock, tmp_path):
    opened = []

    async def open_one(user=PHONE, **changed):
        folder = tmp_path / str(len(opened))
        folder.mkdir()
        chosen = settings(state_dir=folder, whatsapp_api_url=meta.url, **changed)
        backend = BackendDouble(clock)
        bot = build(chosen, StubEngine(), backend, clock)
        await migrations.upgrade(chosen.database, MIGRATIONS)
        await bot.runtime.start()
        client = TestClient(TestServer(bot.app))
        await client.start_server()
        opened.append(Phone(bot, client, meta, backend, clock, folder, user))
        return opened[-1]

    yield open_one
    for phone in opened:
        await phone.client.close()
        await phone.bot.runtime.stop(grace=1.0)


@pytest.mark.parametrize("user", [PHONE, BSUID], ids=["by phone", "by id"])
async def test_a_password_is_reset(phones, user):
    phone = await phones(user)
    assert "kode ke email pemulihan" in await phone.says("halo min, saya lupa password")
    assert "Akun mana" in await phone.presses("Ya, lanjutkan")
    assert "kode 8 digit" in await phone.says("13519001")
    assert "Kode cocok" in await phone.says(phone.backend.code)
    done = await phone.hears(wire.PasswordChanged, account="bu***", state=wire.ChangeState.APPLIED)
    assert "sudah diganti" in done
    assert phone.backend.links == ["budi.santoso"]
    addresses = {body.get("to") or body.get("recipient") for body in phone.meta.sent}
    assert addresses == {user}


async def test_a_password_typed_into_the_chat_is_kept_nowhere(phones, capsys):
    phone = await phones()
    secret = "Rahasia#2026x"
    answer = await phone.says(f"lupa password, password lama saya {secret}")
    assert "hapus" in answer
    printed = "".join(capsys.readouterr())
    for kept in (phone.database(), printed, str(phone.meta.bodies)):
        assert secret not in kept
    assert PHONE not in printed


async def test_a_redelivered_webhook_is_answered_once(phones):
    phone = await phones()
    halo = phone._own("text", text={"body": "halo"})
    assert await phone.arrive(halo)
    assert await phone.arrive(halo) == ""


async def test_after_a_day_a_template_asks_for_a_word_and_then_all_is_said(phones):
    phone = await phones(whatsapp_template="ada_pesan")
    await phone.says("saya mau bicara dengan petugas")
    phone.clock.forward(hours=25)
    assert await phone.hears(wire.AgentReplied, ticket=ticket(phone), **RINA) == "<ada_pesan>"
    more = {**RINA, "text": "Masih di sana?"}
    assert await phone.hears(wire.AgentReplied, ticket=ticket(phone), **more) == ""
    back = await phone.says("ya")
    assert back.index("Akun Anda sudah dibuka") < back.index("Masih di sana?")


async def test_a_window_that_meta_says_is_shut_is_no_different(phones):
    phone = await phones(whatsapp_template="ada_pesan")
    await phone.says("saya mau bicara dengan petugas")
    phone.meta.faults.append(Fault(131047))
    assert await phone.hears(wire.AgentReplied, ticket=ticket(phone), **RINA) == "<ada_pesan>"
    assert "Akun Anda sudah dibuka" in await phone.says("ya")


async def test_what_is_told_to_have_failed_later_is_said_on_return(phones):
    phone = await phones()
    greeting = await phone.says("halo")
    await phone.arrive(statuses=[status(phone.meta.wamid(1), "failed", 131026)])
    assert await phone.hears(wire.AgentReplied, ticket="ITB-2026-000009", **RINA) == ""
    assert greeting in await phone.says("halo lagi")


async def test_a_changed_number_ends_what_was_going_on(phones):
    phone = await phones()
    await phone.says("lupa password, NIM saya 13519001")
    await phone.says("ya")
    moved = {"type": "user_changed_number", "wa_id": "6281210000002", "body": "…"}
    assert await phone.arrive(message("system", system=moved))
    assert "cocok" not in await phone.says(phone.backend.code)
    assert phone.backend.links == []


async def test_the_id_of_a_person_known_by_phone_opens_a_chat_of_its_own(phones):
    phone = await phones()
    await phone.says("lupa password, NIM saya 13519001")
    await phone.says("ya")
    code = phone.backend.code
    phone.user = BSUID
    answer = await phone.says(code)
    assert "cocok" not in answer
    assert phone.backend.links == []


async def test_a_group_is_asked_to_write_in_private(phones):
    phone = await phones()
    phone.user = "group:G1"
    answer = await phone.arrive(text("lupa password", group_id="G1"))
    assert "pesan pribadi" in answer
    assert phone.meta.sent[-1]["recipient_type"] == "group"


RINA = {"agent": "Rina", "text": "Akun Anda sudah dibuka"}


def ticket(phone):
    return phone.backend.ticket.number
