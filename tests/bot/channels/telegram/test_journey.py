"""People and the assistant, through the real runtime and Telegram's own shapes."""

import asyncio
import sqlite3

import pytest
import structlog
from fake_telegram import BLOCKED, UNDELETABLE
from telegram_kit import BUDI, GROUP, NAME, TEXTS

from bot.channels import telegram as channel_module
from bot.memory import recall
from nlu.types import Language

PASSWORD = "Bandung#2024"


def database(bot):
    return sqlite3.connect(f"file:{bot.settings.state_dir / 'bot.db'}?mode=ro", uri=True)


def everything_stored(bot):
    with database(bot) as rows:
        return "\n".join(rows.iterdump())


def memory(bot):
    with database(bot) as rows:
        (state,) = rows.execute("SELECT state FROM conversation WHERE id = ?", (NAME,)).fetchone()
    return recall(state)


async def test_a_password_is_reset_with_buttons(bot):
    (answer,) = await bot.says("lupa password")
    assert "reset password" in answer.casefold()
    await bot.hears(bot.make.press(bot.buttons()["Ya, lanjutkan"], message_id=1001))
    assert bot.telegram.called("editMessageReplyMarkup") == [
        {"chat_id": BUDI["id"], "message_id": 1001}
    ]
    await bot.telegram.until(lambda t: t.called("answerCallbackQuery"))
    await bot.says("budi.santoso")
    (answer,) = await bot.says(bot.backend.code)
    assert "42" in answer
    assert bot.backend.links == ["budi.santoso"]


async def test_the_same_in_english_for_an_english_profile(bot):
    english = {**BUDI, "language_code": "en-GB"}
    (answer,) = await bot.says("/start reset_password", person=english)
    assert "Yes, go on" in bot.buttons()
    assert "password" in answer
    await bot.hears(bot.make.press(bot.buttons()["Yes, go on"]))
    await bot.says("budi.santoso")
    (answer,) = await bot.says(bot.backend.code)
    assert "42" in answer


async def test_a_link_opens_the_wish_it_names(bot):
    (answer,) = await bot.says("/start unlock_account")
    assert "username, NIM, NIP" in answer


@pytest.mark.parametrize("opening", ["/start", "/start nonsense", "/START"])
async def test_start_greets_at_any_time(bot, opening):
    for _ in range(2):
        (answer,) = await bot.says(opening)
        assert "Halo" in answer
    assert "Reset password" in bot.buttons()


async def test_a_command_of_the_menu_is_understood(bot):
    await bot.says("lupa password")
    (answer,) = await bot.says("/cancel")
    assert "batal" in answer.casefold() or "hentikan" in answer


async def test_a_stale_button_is_answered_closed_and_explained(bot):
    await bot.says("lupa password")
    pressed = bot.buttons()["Ya, lanjutkan"]
    await bot.says("batal")
    (answer,) = await bot.hears(bot.make.press(pressed, message_id=1001))
    assert any(variant in answer for variant in ("tidak berlaku", "sudah lewat"))
    assert bot.telegram.called("editMessageReplyMarkup")
    await bot.telegram.until(lambda t: t.called("answerCallbackQuery"))


async def test_a_typed_password_is_deleted_and_kept_nowhere(bot):
    with structlog.testing.capture_logs() as logs:
        (answer,) = await bot.says(f"password saya {PASSWORD}")
    assert bot.telegram.deleted == [1]
    assert "password" in answer
    assert PASSWORD not in everything_stored(bot)
    assert PASSWORD not in str(logs)
    assert PASSWORD not in str(bot.telegram.calls)


async def test_a_secret_stays_where_telegram_will_not_delete_it_and_the_answer_comes(bot):
    bot.telegram.fail("deleteMessage", UNDELETABLE)
    with structlog.testing.capture_logs() as logs:
        assert await bot.says(f"password saya {PASSWORD}")
    assert bot.telegram.deleted == []
    assert len(bot.telegram.called("deleteMessage")) == 1
    assert [log["event"] for log in logs if log["log_level"] == "warning"] == [
        "telegram_not_retracted"
    ]


async def test_an_edit_runs_nothing_and_is_redacted(bot):
    await bot.says("lupa password")
    edited = bot.make.message(f"ganti jadi {PASSWORD}, password saya {PASSWORD}")
    (warning,) = await bot.hears({**bot.make.of(), "edited_message": edited["message"]})
    assert "password" in warning
    (deleted,) = bot.telegram.called("deleteMessage")
    assert deleted["message_id"] == edited["message"]["message_id"]
    assert PASSWORD not in everything_stored(bot)


async def test_an_edit_without_a_password_is_not_answered(bot):
    await bot.says("lupa password")
    edited = bot.make.message("mau buka akun terkunci")
    assert await bot.hears({**bot.make.of(), "edited_message": edited["message"]}) == []


async def test_an_offer_that_expires_loses_its_buttons(bot):
    await bot.says("lupa password")
    await bot.says("batal")
    (closed,) = bot.telegram.called("editMessageReplyMarkup")
    assert closed["message_id"] == 1001, "the first that was sent"


async def test_a_group_is_told_to_write_privately(bot):
    assert await bot.hook(bot.make.message("/help@campus_help_bot", chat=GROUP)) == 200
    await bot.settle(f"telegram:{GROUP['id']}")
    (call,) = bot.telegram.called("sendMessage")
    assert "pesan pribadi" in call["text"]
    assert call["chat_id"] == GROUP["id"]
    assert call["reply_parameters"] == {"message_id": 1, "allow_sending_without_reply": True}


@pytest.mark.parametrize(
    "text",
    ["halo semua", "/help@other_bot", "@other_bot tolong", "/weather", "saya@campus_help_bot"],
)
async def test_a_groups_own_talk_is_none_of_our_business(bot, text):
    assert await bot.hook(bot.make.message(text, chat=GROUP)) == 200
    assert "telegram:-100" not in everything_stored(bot)


async def test_who_blocked_us_is_left_alone_until_they_return(bot):
    await bot.says("lupa password")
    assert await bot.hears(bot.make.standing("member", "kicked")) == []
    assert memory(bot).gone
    await bot.hears(bot.make.standing("kicked", "member"))
    assert not memory(bot).gone
    assert await bot.says("halo")


async def test_who_blocked_us_unnoticed_gets_the_answer_on_return(bot):
    bot.telegram.fail("sendMessage", BLOCKED)
    (lost,) = await bot.says("lupa password")
    assert memory(bot).gone
    assert (await bot.says("halo"))[0] == lost


async def test_a_files_caption_is_read_and_a_sticker_is_not(bot):
    photo = {"file_id": "p", "file_unique_id": "u", "width": 1, "height": 1, "file_size": 9}
    (answer,) = await bot.says(None, photo=[photo], caption="lupa password")
    assert "reset" in answer.casefold()
    place = {"latitude": -6.89, "longitude": 107.61}
    (answer,) = await bot.says(None, location=place)
    assert "hanya bisa membaca teks" in answer


async def test_a_repeated_update_is_no_second_message(bot):
    update = bot.make.message("halo")
    assert len(await bot.hears(update)) == 1
    assert await bot.hears(update) == []


# -- typing ----------------------------------------------------------------------------------
async def test_typing_is_shown_while_the_assistant_works(bot, monkeypatch):
    monkeypatch.setattr(channel_module, "WORKING_AFTER", (0.05, 0.05))
    reading = asyncio.Event()
    start = bot.backend.start_challenge

    async def slow(message, *, key):
        await reading.wait()
        return await start(message, key=key)

    bot.backend.start_challenge = slow
    await bot.says("lupa password")
    await bot.hears(bot.make.press(bot.buttons()["Ya, lanjutkan"]))
    assert await bot.hook(bot.make.message("budi.santoso")) == 200
    await bot.telegram.until(lambda t: len(t.called("sendChatAction")) == 2)
    reading.set()
    await bot.settle()


async def test_a_quick_answer_needs_no_typing(bot, monkeypatch):
    monkeypatch.setattr(channel_module, "WORKING_AFTER", (5.0,))
    await bot.says("halo")
    assert bot.telegram.called("sendChatAction") == []


# -- registering -----------------------------------------------------------------------------
async def test_registering_names_the_webhook_its_secret_and_the_menu(bot):
    told = await bot.channel.register()
    assert told == "updates will come to https://bantuan.example/webhooks/telegram"
    assert bot.telegram.webhook == {
        "url": "https://bantuan.example/webhooks/telegram",
        "secret_token": channel_module.webhook_secret(bot.settings),
        "allowed_updates": ["message", "edited_message", "callback_query", "my_chat_member"],
    }
    indonesian, english = bot.telegram.called("setMyCommands")
    assert "language_code" not in indonesian
    assert indonesian["commands"][0] == {
        "command": "reset_password",
        "description": TEXTS.render(Language.ID, "button.flow.reset_password", {}),
    }
    assert english["language_code"] == "en"
    assert english["commands"][-1] == {"command": "cancel", "description": "Cancel"}


@pytest.mark.parametrize("intent", channel_module.COMMANDS)
async def test_every_command_of_the_menu_is_answered(bot, intent):
    (answer,) = await bot.says(f"/{intent.value}")
    assert "belum menangkap" not in answer
