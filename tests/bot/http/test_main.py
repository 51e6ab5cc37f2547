"""The composed bot: what is wired under which settings, how it starts, how it stops."""

import asyncio
import os
import shutil
import signal

import aiohttp
import pytest
from models import trained_model
from servers import free_port

from backend_client.errors import Unavailable
from bot.main import build, run_bot, with_rasa
from bot.settings import BotSettings, UnsafeSettings
from nlu.embedded import EmbeddedEngine
from nlu.engines.rasa import RasaEngine


def settings(folder, **values):
    return BotSettings(_env_file=None, state_dir=folder, **values)


class NoBackend:
    """A backend that is away."""

    async def feed(self, after, wait):
        raise Unavailable("away")

    async def close(self):
        pass


def routes(bot):
    return {resource.canonical for resource in bot.app.router.resources()}


def test_the_rest_channel_is_there_on_ones_own_machine_only(tmp_path, clock):
    here = build(settings(tmp_path), None, NoBackend(), clock)
    there = settings(tmp_path, bind="0.0.0.0:80", public_url="https://bantuan.example")
    away = build(there, None, NoBackend(), clock)
    rest = {"/webhooks/rest/webhook", "/webhooks/rest/", "/model/parse"}
    assert rest <= routes(here)
    assert not rest & routes(away)
    assert {"/", "/webchat/events", "/healthz", "/readyz", "/metrics"} <= routes(away)


def test_unsafe_settings_build_nothing(tmp_path, clock):
    with pytest.raises(UnsafeSettings):
        build(settings(tmp_path, bind="0.0.0.0:80"), None, NoBackend(), clock)


def test_rasa_stands_before_the_embedded_engine_only_where_it_is_set(tmp_path):
    embedded = EmbeddedEngine(trained_model())
    rasa = settings(tmp_path, nlu="rasa", rasa_url="http://127.0.0.1:5005", rasa_token="t")

    assert with_rasa(settings(tmp_path), embedded) is embedded
    assert isinstance(with_rasa(rasa, embedded), RasaEngine)


# -- from start to SIGTERM ------------------------------------------------------------------------
@pytest.fixture
async def running(tmp_path, monkeypatch):
    """Run the bot without a backend; it must serve all the same."""
    model = trained_model()
    shutil.copy(model, tmp_path / model.name)
    monkeypatch.setattr("bot.main.configure_logging", lambda *_: None)
    port = free_port()
    chosen = settings(tmp_path, bind=f"127.0.0.1:{port}", backend_bind=f"127.0.0.1:{free_port()}")
    task = asyncio.create_task(run_bot(chosen))
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        async with asyncio.timeout(60):
            while not await ready(session):
                assert not task.done(), task.result()
                await asyncio.sleep(0.05)
        yield session, task
    if not task.done():
        os.kill(os.getpid(), signal.SIGTERM)
        await task


async def ready(session):
    try:
        async with session.get("/readyz") as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False


async def test_it_answers_in_both_languages_without_a_backend(running):
    session, _ = running
    for sender, message, expected in [("a", "halo", "Halo"), ("b", "hello there", "Hello")]:
        body = {"sender": sender, "message": message}
        async with session.post("/webhooks/rest/webhook", json=body) as response:
            (answer,) = await response.json()
        assert expected in answer["text"]
        assert answer["buttons"]


async def test_the_page_is_greeted_in_its_language(running):
    session, _ = running
    for language, expected in (("en", "Hello"), ("id", "Halo")):
        session.cookie_jar.clear()
        async with aiohttp.ClientSession(
            session._base_url, cookie_jar=aiohttp.CookieJar(unsafe=True)
        ) as visitor:
            assert (await visitor.post(f"/webchat/join?language={language}")).status == 202
            async with visitor.get("/webchat/settled") as response:
                assert await response.json() == {"settled": True}
            async with visitor.get("/webchat/messages") as response:
                (greeting,) = (await response.json())["messages"]
        assert expected in greeting["text"]
        assert 3 <= len(greeting["buttons"]) <= 6
        assert greeting["at"]


async def test_sigterm_ends_it_with_a_stream_open(running):
    session, task = running
    async with aiohttp.ClientSession(
        session._base_url, cookie_jar=aiohttp.CookieJar(unsafe=True)
    ) as visitor:
        await visitor.post("/webchat/join")
        async with visitor.get("/webchat/events") as stream:
            await stream.content.readline()
            os.kill(os.getpid(), signal.SIGTERM)
            async with asyncio.timeout(8):
                await stream.content.read()
                await task
