"""The whole bot with every channel on, as `build` wires it, between fakes of the platforms."""

from dataclasses import dataclass

import fake_telegram
import teams_kit
import telegram_kit
import whatsapp_kit
from aiohttp.test_utils import TestClient, TestServer
from backend_double import BackendDouble
from fake_meta import FakeMeta
from fake_microsoft import FakeApi
from stub_engine import StubEngine

from bot.channels.pace import Pace
from bot.channels.teams_api import Connector, Login
from bot.channels.teams_guard import Guard
from bot.main import MIGRATIONS, Bot, build
from bot.settings import BotSettings
from ops import migrations


class Backend:
    """The backend, which is another one for every person: numbers of tickets begin anew."""

    def __init__(self, clock):
        self.now = BackendDouble(clock)

    def __getattr__(self, name):
        return getattr(self.now, name)

    def renew(self):
        told = self.now.events
        self.now = BackendDouble(self.now.clock)
        self.now.events = told  # the bot has read them and asks for what comes after


@dataclass
class Campus:
    bot: Bot
    client: TestClient
    backend: Backend
    clock: object
    telegram: fake_telegram.FakeTelegram
    meta: FakeMeta
    microsoft: FakeApi
    settings: BotSettings

    @classmethod
    async def open(cls, folder, clock):
        telegram, meta, microsoft = fake_telegram.FakeTelegram(), FakeMeta(), FakeApi()
        for platform in (telegram, meta, microsoft):
            await platform.start()
        chosen = _settings(folder, telegram, meta)
        backend = Backend(clock)
        bot = build(chosen, StubEngine(), backend, clock)
        _hurry(bot)
        _bring_microsoft_here(bot.channels["teams"], microsoft)
        await migrations.upgrade(chosen.database, MIGRATIONS)
        await bot.runtime.start()
        client = TestClient(TestServer(bot.app))
        await client.start_server()
        return cls(bot, client, backend, clock, telegram, meta, microsoft, chosen)

    async def close(self):
        await self.bot.runtime.stop(grace=1.0)
        await self.client.close()
        for platform in (self.telegram, self.meta, self.microsoft):
            await platform.stop()


def _settings(folder, telegram, meta):
    parts = (
        whatsapp_kit.settings(whatsapp_api_url=meta.url),
        teams_kit.settings(),
        telegram_kit.settings(folder, telegram_api_url=telegram.url),
    )
    given = {name: getattr(part, name) for part in parts for name in part.model_fields_set}
    return BotSettings(_env_file=None, **given)


def _bring_microsoft_here(teams, microsoft):
    """Let the channel believe loopback, which settings with a public address cannot ask for."""
    here = {"teams_openid_url": f"{microsoft.url}/openid", "teams_login_url": microsoft.url}
    chosen = teams_kit.settings(**here)
    teams._guard, teams._connector = Guard(chosen), Connector(Login(chosen))


def _hurry(bot):
    """Drop the platforms' limits of pace, which make tests slow and change no words."""
    channels = bot.channels
    for name in ("telegram", "whatsapp", "teams"):
        channels[name]._pace = Pace([], [])
    channels["telegram"]._groups = Pace([], [])
