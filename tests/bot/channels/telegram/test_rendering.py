"""Messages as Telegram is sent them: goldens, limits, and the vendor's schema for every text."""

import pytest
from bot_api_schema import faults_of_call, needs_schema
from inline_snapshot import snapshot
from telegram_kit import TEXTS

from bot.channels.port import Button, OutboundMessage
from bot.channels.telegram_render import parts, payload
from bot.envelope import press_payload
from nlu.types import Language

YES_NO = (Button("Ya, lanjutkan", "/choose:1:yes"), Button("Tidak", "/choose:1:no"))
LINK = Button("Buka halaman", url="https://kampus.example/password")


def payloads(message, chat):
    return [payload(part, chat) for part in parts(message)]


def units(text):
    return len(text.encode("utf-16-le")) // 2


def test_a_text_is_plain_and_fetches_no_preview():
    assert payloads(OutboundMessage("1 < 2 & *tiga* _empat_ <b>"), "5") == snapshot(
        [
            {
                "chat_id": 5,
                "text": "1 < 2 & *tiga* _empat_ <b>",
                "link_preview_options": {"is_disabled": True},
            }
        ]
    )


def test_two_short_choices_share_a_row_and_longer_ones_do_not():
    (short,) = payloads(OutboundMessage("Lanjut?", YES_NO), "5")
    assert short["reply_markup"] == snapshot(
        {
            "inline_keyboard": [
                [
                    {"text": "Ya, lanjutkan", "callback_data": "/choose:1:yes"},
                    {"text": "Tidak", "callback_data": "/choose:1:no"},
                ]
            ]
        }
    )
    longer = (*YES_NO, Button("Hubungi petugas", "/choose:1:human"))
    (three,) = payloads(OutboundMessage("Lanjut?", longer), "5")
    assert [len(row) for row in three["reply_markup"]["inline_keyboard"]] == [1, 1, 1]


def test_a_link_is_a_button_beside_choices():
    (call,) = payloads(OutboundMessage("Silakan:", (*YES_NO, LINK)), "5")
    assert call["reply_markup"]["inline_keyboard"][2] == [
        {"text": "Buka halaman", "url": "https://kampus.example/password"}
    ]


def test_a_choice_that_does_not_fit_in_64_bytes_is_a_number_to_type():
    wide = Button("Unit", press_payload(1, "é" * 30))
    (call,) = payloads(OutboundMessage("Pilih:", (wide,)), "5")
    assert call["text"] == "Pilih:\n1. Unit"
    assert "reply_markup" not in call


def test_an_agent_is_named():
    (call,) = payloads(OutboundMessage("Selamat siang", author="Rina"), "5")
    assert call["text"] == "Rina: Selamat siang"


def test_a_group_is_answered_where_it_asked():
    message = OutboundMessage("Halo", route='{"reply_to":7,"topic":3}')
    (call,) = payloads(message, "-1005")
    assert call == snapshot(
        {
            "chat_id": -1005,
            "text": "Halo",
            "link_preview_options": {"is_disabled": True},
            "reply_parameters": {"message_id": 7, "allow_sending_without_reply": True},
            "message_thread_id": 3,
        }
    )


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("x" * 4096, 1),
        ("x" * 4097, 2),
        ("😀" * 2048, 1),
        ("😀" * 2049, 2),
        ("kata " * 2000, 3),
        ("", 0),
        ("   ", 0),
    ],
    ids=["just fits", "one more", "emoji fit", "an emoji more", "words", "nothing", "blank"],
)
def test_long_texts_are_split_as_telegram_counts(text, parts):
    calls = payloads(OutboundMessage(text, YES_NO), "5")
    assert len(calls) == parts
    assert all(1 <= units(call["text"]) <= 4096 for call in calls)
    assert all("reply_markup" not in call for call in calls[:-1])
    assert "".join(call["text"] for call in calls).replace(" ", "") == text.replace(" ", "")
    assert not calls or "reply_markup" in calls[-1]


def words_of(template):
    """A text of the catalogue with its places left open."""
    return "".join(f"{text}{name and '…'}" for text, name, _, _ in template.parts)


@needs_schema
@pytest.mark.parametrize("language", list(Language))
def test_every_text_of_the_catalogue_makes_calls_the_vendor_knows(language):
    texts = TEXTS.catalogues[language]
    titles = [key for key in texts if key.startswith("button.")]
    buttons = tuple(
        Button(TEXTS.render(language, key, {}), press_payload(999_999_999, key.split(".")[-1]))
        for key in titles
    )
    assert len(texts) > 200
    for number, (key, variants) in enumerate(texts.items()):
        for variant in variants:
            offer = buttons[number % len(buttons) :][:4]
            for call in payloads(OutboundMessage(words_of(variant), (*offer, LINK)), "5"):
                assert faults_of_call("sendMessage", call) == [], key
                for row in call.get("reply_markup", {}).get("inline_keyboard", []):
                    for button in row:
                        assert len(button.get("callback_data", "").encode()) <= 64
