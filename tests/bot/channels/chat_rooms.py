"""A bot with a script for a mind: everything else of it is real."""

import asyncio
from dataclasses import dataclass, field
from urllib.parse import quote

import msgspec
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from msgspec.structs import replace

from bot.channels.port import Button, InboundKind, OutboundMessage
from bot.channels.rest import RestChannel
from bot.channels.webchat import WebChat
from bot.envelope import FromChannel, decode, encode_message, press_payload
from bot.http import application
from bot.runtime.durable import DurableRuntime
from bot.runtime.port import NotAccepting, Out, Turn
from bot.runtime.settings import RuntimeSettings
from bot.settings import BotSettings
from nlu.types import Entity, EntityKind, Intent, Ranked, Understanding

MENU = (
    Button("Reset kata sandi", press_payload(1, "reset")),
    Button("Cek akun", press_payload(1, "check")),
)


@dataclass
class Script:
    """Answers by rote: `answers` maps what is said to messages; anything else is repeated."""

    clock: object
    answers: dict = field(default_factory=dict)
    heard: list = field(default_factory=list)
    pause: asyncio.Event | None = None

    async def __call__(self, conversation, state, payload):
        envelope = decode(payload)
        self.heard.append(envelope)
        if self.pause:
            await self.pause.wait()
        event = envelope.event
        said = [*self._echo(event, conversation), *self._answer(event)]
        out = tuple(
            Out("message", encode_message(replace(m, at=self.clock.now())), delivered=True)
            for m in said
        )
        return Turn(str(int(state or 0) + 1), out)

    def _echo(self, event, conversation):
        if conversation.startswith("webchat:") and event.kind is not InboundKind.JOINED:
            words = next((b.title for b in MENU if b.payload == event.choice), _said(event))
            yield OutboundMessage(words, author="user", custom={"id": event.native_id})

    def _answer(self, event):
        if event.kind is InboundKind.JOINED:
            greeting = "Hello, how can I help?" if event.locale == "en" else "Halo, ada apa?"
            return [OutboundMessage(greeting, MENU)]
        said = event.choice or _said(event)
        answer = self.answers.get(said)
        return answer if answer is not None else [OutboundMessage(f"Anda menulis: {said}")]

    async def on_dead_letter(self, conversation, payload, error):
        raise AssertionError(error)

    @property
    def events(self):
        return [e.event for e in self.heard if isinstance(e, FromChannel)]


def _said(event):
    return event.text or "".join(f"📎 {file.name}" for file in event.attachments)


class RuleEngine:
    """An understanding engine that always finds the same."""

    async def parse(self, text, *, today):
        return Understanding(
            text,
            Intent.RESET_PASSWORD,
            0.875,
            ranking=(Ranked(Intent.RESET_PASSWORD, 0.875), Ranked(Intent.CHECK_ACCOUNT, 0.125)),
            entities=(Entity(EntityKind.DATE, 0, 4, today.isoformat()),),
        )

    async def close(self):
        pass


CHANNELS = web.AppKey("channels", list)


class Away:
    """A runtime that is stopping."""

    def __getattr__(self, name):
        async def refuse(*_args, **_kwargs):
            raise NotAccepting("stopping")

        return refuse


@dataclass
class Room:
    """A bot that serves, and a client of it."""

    client: TestClient
    script: Script
    runtime: object

    async def join(self, **headers):
        return await self.client.post("/webchat/join", headers=headers)

    async def say(self, text, id_="m1", **more):
        return await self.client.post("/webchat/messages", json={"id": id_, "text": text, **more})

    async def send_file(self, content, name="surat.pdf", id_="f1", **headers):
        headers = {"X-File-Name": quote(name), **headers}
        return await self.client.put(f"/webchat/files/{id_}", data=content, headers=headers)

    async def log(self, after=0):
        async with self.client.get(f"/webchat/messages?after={after}") as response:
            assert response.status == 200
            return (await response.json())["messages"]

    async def texts(self):
        """Wait until all is said, and return the texts and who said them."""
        async with self.client.get("/webchat/settled") as response:
            assert (await response.json()) == {"settled": True}
        return [(m["author"], m["text"]) for m in await self.log()]


def settings(folder, **changed):
    return BotSettings(_env_file=None, state_dir=folder, **{"bind": "127.0.0.1:0", **changed})


def app_of(runtime, clock, settings):
    channels = [
        WebChat(runtime, settings),
        RestChannel(runtime, RuleEngine(), clock, "Asia/Jakarta"),
    ]

    async def database():
        await runtime.read_cursor("x")

    app = application(channels, {"database": database})
    app[CHANNELS] = channels

    async def hang_up(_app):
        for channel in channels:
            await channel.stop()

    app.on_shutdown.append(hang_up)
    return app


async def start_runtime(folder, script, clock):
    runtime = DurableRuntime(
        f"sqlite:///{folder / 'bot.db'}", script, {}, clock, RuntimeSettings(create_schema=True)
    )
    await runtime.start()
    return runtime


async def open_room(folder, clock, runtime=None, **changed):
    """Start a bot; with `runtime`, one of the test's own."""
    script = Script(clock)
    runtime = runtime or await start_runtime(folder, script, clock)
    client = TestClient(TestServer(app_of(runtime, clock, settings(folder, **changed))))
    await client.start_server()
    return Room(client, script, runtime)


async def close_room(room):
    await room.client.close()
    if isinstance(room.runtime, DurableRuntime):
        await room.runtime.stop(grace=1.0)


def decoded(body):
    return msgspec.json.decode(body)
