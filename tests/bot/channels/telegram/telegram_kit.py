"""A bot in Telegram: the real channel, runtime, dialogue and texts between two fakes."""

import json
from dataclasses import dataclass, field
from io import BytesIO
from itertools import count

from aiohttp.test_utils import TestClient, TestServer
from backend_double import BackendDouble
from fake_telegram import TOKEN, FakeTelegram
from stub_engine import StubEngine

from bot.channels.capabilities import capabilities_of
from bot.channels.pace import Pace
from bot.channels.telegram import HEADER, PATH, Telegram, webhook_secret
from bot.dialogue import Dialogue
from bot.effects import Effects
from bot.envelope import decode
from bot.files import Files
from bot.http import application
from bot.messages import Messages
from bot.runtime.durable import DurableRuntime
from bot.runtime.port import NotAccepting
from bot.runtime.settings import RuntimeSettings
from bot.settings import BotSettings
from bot.texts.catalogue import Texts
from ops.documents import Documents

TEXTS = Texts.load()
BUDI = {"id": 4503599627370495, "is_bot": False, "first_name": "Budi", "language_code": "id"}
ROOM = {"id": BUDI["id"], "type": "private", "first_name": "Budi"}
GROUP = {"id": -1001234567890, "type": "supergroup", "title": "TI 2026"}
NAME = f"telegram:{BUDI['id']}"
NOW = 1772420400


class Updates:
    """Makes updates as Telegram sends them; every one has a number of its own."""

    def __init__(self):
        self._numbers = count(700_000_000)
        self._messages = count(1)

    def message(self, text=None, chat=ROOM, person=BUDI, **more):
        message = {
            "message_id": next(self._messages),
            "from": person,
            "chat": chat,
            "date": NOW,
            **more,
        }
        if text is not None:
            message["text"] = text
        if (text or "").startswith("/"):
            length = len(text.split()[0])
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        return self.of(message=message)

    def press(self, data, message_id=1001, chat=ROOM, **more):
        shown = {"message_id": message_id, "chat": chat, "date": NOW, "text": "?"}
        query = {"id": f"q{message_id}", "from": BUDI, "chat_instance": "1", "data": data}
        return self.of(callback_query={"message": shown, **query, **more})

    def standing(self, before, after, chat=ROOM):
        def member(status):
            more = {"until_date": 0} if status == "kicked" else {}
            return {"status": status, "user": {**BUDI, "id": 123456789, "is_bot": True}, **more}

        change = {"chat": chat, "from": BUDI, "date": NOW}
        members = {"old_chat_member": member(before), "new_chat_member": member(after)}
        return self.of(my_chat_member={**change, **members})

    def of(self, **update):
        return {"update_id": next(self._numbers), **update}


def settings(folder, **changed):
    given = {
        "bind": "127.0.0.1:0",
        "telegram_token": TOKEN,
        "public_url": "https://bantuan.example",
        **changed,
    }
    return BotSettings(_env_file=None, state_dir=folder, **given)


@dataclass
class Bot:
    """A bot that serves, and its Telegram."""

    telegram: FakeTelegram
    settings: BotSettings
    backend: BackendDouble
    runtime: object
    channel: Telegram
    client: TestClient
    make: Updates = field(default_factory=Updates)

    async def hook(self, body, secret=None, **headers):
        """Post to the webhook; `secret` None: the right one."""
        shown = webhook_secret(self.settings) if secret is None else secret
        headers = {**({HEADER: shown} if shown != "" else {}), **headers}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.client.post(PATH, data=BytesIO(data), headers=headers) as response:
            return response.status

    async def hears(self, update):
        """An update comes in, and all is done that it asks for; what was said to it."""
        before = len(self.telegram.said)
        assert await self.hook(update) == 200
        await self.settle()
        return self.telegram.said[before:]

    async def says(self, text, **more):
        return await self.hears(self.make.message(text, **more))

    async def settle(self, conversation=NAME):
        assert await self.runtime.settled(conversation, 10)

    def buttons(self):
        """Titles and payloads of the newest buttons."""
        markup = [
            c["reply_markup"] for c in self.telegram.called("sendMessage") if "reply_markup" in c
        ]
        return {
            key["text"]: key.get("callback_data") or key["url"]
            for row in markup[-1]["inline_keyboard"]
            for key in row
        }


async def open_bot(folder, clock, telegram, *, runtime=None, hurried=True, **changed):
    """Start a bot. `hurried`: without Telegram's limits, which make tests slow."""
    chosen = settings(folder, telegram_api_url=telegram.url, **changed)
    backend = BackendDouble(clock)
    channels = {}
    dialogue = Dialogue(StubEngine(), TEXTS, capabilities_of, clock)
    if runtime is None:
        messages = Messages(channels, clock)
        files = Files(channels, Documents(folder / "documents"))
        policies = {**Effects(backend).policies(), **files.policies(), **messages.policies()}
        url = f"sqlite:///{folder / 'bot.db'}"
        made = RuntimeSettings(create_schema=True)
        runtime = DurableRuntime(url, dialogue, policies, clock, made)
        dialogue.connect(runtime.ingest)
        messages.connect(runtime)
        await runtime.start()
    channel = channels["telegram"] = Telegram(runtime, chosen, TEXTS)
    if hurried:
        channel._pace, channel._groups = Pace([], []), Pace([], [])
    client = TestClient(TestServer(application(channels.values(), {})))
    await client.start_server()
    return Bot(telegram, chosen, backend, runtime, channel, client)


async def close_bot(bot):
    await bot.channel.stop()
    await bot.client.close()
    if isinstance(bot.runtime, DurableRuntime):
        await bot.runtime.stop(grace=1.0)


class Recorder:
    """A runtime that only writes down; `away`: that takes nothing."""

    def __init__(self, *, away=False):
        self.calls, self.rows, self.away = [], [], away

    async def ingest(self, messages, *, cursor=None):
        if self.away:
            raise NotAccepting("stopping")
        self.rows.extend(messages)
        self.calls.append([decode(message.payload).event for message in messages])

    async def settled(self, conversation, within):
        return True

    @property
    def events(self):
        return [event for call in self.calls for event in call]
