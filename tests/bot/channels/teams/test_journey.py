"""A person in Teams, through the real runtime, dialogue and texts, to a Microsoft of our own."""

import contextlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from backend_double import BackendDouble
from fake_microsoft import Fault
from stub_engine import StubEngine
from teams_kit import BOT, GROUP, activity, claims, settings, signed

from bot.channels.capabilities import capabilities_of
from bot.channels.teams import PATH, TeamsChannel
from bot.dialogue import Dialogue
from bot.effects import Effects
from bot.http import application
from bot.messages import Messages
from bot.runtime.durable import DurableRuntime
from bot.runtime.settings import RuntimeSettings
from bot.texts.catalogue import Texts

TEXTS = Texts.load()
SECRET = "Rahasia#2026x"


@dataclass
class Office:
    """A whole bot with one channel, and Budi in front of it."""

    client: TestClient
    backend: BackendDouble
    microsoft: object
    runtime: DurableRuntime
    channel: TeamsChannel
    file: Path
    sent: int = 0
    read: int = 0

    @classmethod
    async def open(cls, folder, clock, microsoft):
        here = {"teams_openid_url": f"{microsoft.url}/openid", "teams_login_url": microsoft.url}
        chosen = settings(**here)
        backend, channels = BackendDouble(clock), {}
        dialogue = Dialogue(StubEngine(), TEXTS, capabilities_of, clock)
        messages = Messages(channels, clock)
        policies = {**Effects(backend).policies(), **messages.policies()}
        kept = RuntimeSettings(create_schema=True, keep_payloads=True)
        file = folder / "bot.db"
        runtime = DurableRuntime(f"sqlite:///{file}", dialogue, policies, clock, kept)
        dialogue.connect(runtime.ingest)
        messages.connect(runtime)
        channels["teams"] = channel = TeamsChannel(runtime, chosen)
        await runtime.start()
        client = TestClient(TestServer(application([channel], {})))
        await client.start_server()
        return cls(client, backend, microsoft, runtime, channel, file)

    async def close(self):
        await self.runtime.stop(grace=1.0)
        await self.channel.stop()
        await self.client.close()

    async def does(self, **changed):
        """Post an activity; return the messages it is answered with."""
        self.sent += 1
        content = activity(self.microsoft.service, id=str(self.sent), **changed)
        token = signed(claims(self.microsoft.service))
        headers = {"Authorization": f"Bearer {token}"}
        async with self.client.post(PATH, json=content, headers=headers) as response:
            assert response.status == 202, await response.text()
        return await self.answer()

    async def answer(self):
        await self.runtime.settled("teams:a:budi", 20)
        await self.runtime.settled(f"teams:{GROUP['id']}", 20)
        new = self.microsoft.messages[self.read :]
        self.read += len(new)
        return "\n".join(map(words, new))

    async def says(self, text, **changed):
        return await self.does(text=text, **changed)

    async def presses(self, title):
        """Press the newest button of this title."""
        for place, card in reversed(self.microsoft.cards.items()):
            for action in actions(card):
                if action["title"] == title:
                    return await self.does(value=action["data"], replyToId=place)
        raise AssertionError(f"no button {title!r}")

    @property
    def stored(self):
        """Everything in the database, as text."""
        with contextlib.closing(sqlite3.connect(self.file)) as database:
            return "\n".join(database.iterdump())


def actions(card):
    for attachment in card.get("attachments", ()):
        for element in attachment["content"]["body"]:
            yield from element.get("actions", ())


def words(message):
    """A message as a reader sees it: text, and titles of buttons in brackets."""
    lines = [message.get("text", "").replace("\\", "")]
    for attachment in message.get("attachments", ()):
        for element in attachment["content"]["body"]:
            lines += [run["text"] for run in element.get("inlines", ())]
            lines += [f"[{action['title']}]" for action in element.get("actions", ())]
    return "\n".join(filter(None, lines))


@pytest.fixture
async def office(tmp_path, clock, microsoft):
    opened = await Office.open(tmp_path, clock, microsoft)
    yield opened
    await opened.close()


async def test_a_password_is_reset(office):
    welcome = await office.does(type="installationUpdate", action="add")
    assert "[Reset password]" in welcome
    assert await office.does(type="conversationUpdate", membersAdded=[BOT]) == "", "greeted once"
    assert "Kalau setuju" in await office.says("halo min, saya lupa password")
    assert "Akun mana" in await office.presses("Ya, lanjutkan")
    assert "kode 8 digit" in await office.says("13519001")
    done = await office.says(office.backend.code)
    assert "bu***@example.net" in done
    assert "42" in done
    assert office.backend.links == ["budi.santoso"]


async def test_pressed_buttons_are_gone_and_a_second_press_is_stale(office):
    await office.says("lupa password, NIM saya 13519001")
    (place,) = [place for place, card in office.microsoft.cards.items() if list(actions(card))]
    press = next(actions(office.microsoft.cards[place]))["data"]
    assert "kode 8 digit" in await office.does(value=press, replyToId=place)
    assert list(actions(office.microsoft.cards[place])) == []
    assert len(office.backend.challenges) == 1
    await office.does(value=press, replyToId=place)
    assert len(office.backend.challenges) == 1, "a press counts once"


async def test_a_password_that_was_typed_is_nowhere(office, capsys):
    await office.says(f"lupa password, password saya {SECRET}")
    assert SECRET not in office.stored
    assert "teams:a:budi" in office.stored
    assert SECRET not in str(office.microsoft.calls)
    printed = capsys.readouterr()
    assert SECRET not in printed.out + printed.err


async def test_in_a_group_the_person_is_asked_to_write_privately(office):
    answer = await office.says("lupa password, NIM saya 13519001", conversation=GROUP)
    assert "[" not in answer
    assert answer
    assert office.backend.calls == []


async def test_the_newest_address_is_answered(office):
    await office.says("halo")
    moved = f"{office.microsoft.url}/emea/"
    content = activity(moved, id="moved", text="lupa password")
    headers = {"Authorization": f"Bearer {signed(claims(moved))}"}
    async with office.client.post(PATH, json=content, headers=headers) as response:
        assert response.status == 202
    assert await office.answer()
    assert office.microsoft.calls[-1][1].startswith("/emea/v3/")


async def test_what_could_not_be_said_is_said_when_the_person_writes_again(office):
    office.microsoft.faults = [Fault(403)]
    assert await office.says("lupa password") == ""
    back = await office.says("halo")
    assert "Kalau setuju" in back


async def test_an_edit_runs_nothing(office):
    await office.says("halo")
    assert await office.does(type="messageUpdate", text="lupa password") == ""
