"""Who is shown "typing": whoever waits, counted from what was heard or said last."""

import asyncio

import pytest
from telegram_kit import NAME

from bot.channels import telegram as channel_module
from bot.channels.port import OutboundMessage

FOR_EVER = (3600.0,)


@pytest.fixture
async def watching(bot, monkeypatch):
    monkeypatch.setattr(channel_module, "WORKING_AFTER", FOR_EVER)
    return bot


async def test_several_messages_of_a_chat_are_watched_once(watching):
    for text in ("halo", "halo?", "lupa password"):
        assert await watching.hook(watching.make.message(text)) == 200
    assert list(watching.channel._watched) == [NAME]


async def test_what_is_said_begins_the_wait_anew(watching):
    watching.channel._watch(NAME)
    before = watching.channel._watched[NAME]
    await watching.channel.send("k", NAME, OutboundMessage("Sebentar"))
    assert watching.channel._watched[NAME] is not before


async def test_nobody_who_did_not_ask_sees_typing(watching):
    await watching.channel.send("k", NAME, OutboundMessage("Selamat siang", author="Rina"))
    assert watching.channel._watched == {}


async def test_once_all_is_said_nobody_is_shown_anything(watching, monkeypatch):
    await watching.says("halo")
    monkeypatch.setattr(channel_module, "WORKING_AFTER", (0.0,))
    watching.channel._watch(NAME)
    await asyncio.gather(*watching.channel._watched.values())
    assert watching.channel._watched == {}
    assert watching.telegram.called("sendChatAction") == []


async def test_only_so_many_are_watched(watching, monkeypatch):
    monkeypatch.setattr(channel_module, "BACKGROUND", 1)
    watching.channel._watch(NAME)
    watching.channel._watch("telegram:1")
    watching.channel._watch(NAME)
    assert list(watching.channel._watched) == [NAME]


async def test_stopping_ends_it_and_nothing_begins_it_again(watching):
    await watching.says("halo")
    assert watching.channel._watched
    await watching.channel.stop()
    watching.channel._watch(NAME)
    assert watching.channel._watched == {}
