"""What an update says, kind by kind."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from bot_api_schema import faults_of, needs_schema
from telegram_kit import BUDI, GROUP, NOW, ROOM, Updates

from bot.channels.port import Attachment, InboundEvent, InboundKind
from bot.channels.telegram_updates import Us, read
from bot.envelope import press_payload, read_press

US = Us(123456789, "campus_help_bot")
MAKE = Updates()
FILE = {"file_id": "f1", "file_unique_id": "u1"}
SIZED = {**FILE, "width": 90, "height": 90}
FORUM = {**GROUP, "is_forum": True}
OURS = {"message_id": 9, "chat": GROUP, "date": NOW, "from": {**BUDI, "id": US.id, "is_bot": True}}
SAMPLES = {
    "text": MAKE.message("halo"),
    "start": MAKE.message("/start"),
    "link": MAKE.message("/start reset_password"),
    "link to nothing": MAKE.message("/start rm_-rf"),
    "command": MAKE.message("/reset_password"),
    "command to us": MAKE.message("/help@Campus_Help_Bot"),
    "command to another": MAKE.message("/help@other_bot"),
    "command and words": MAKE.message("/cancel saja semuanya"),
    "unknown command": MAKE.message("/weather"),
    "photo": MAKE.message(None, photo=[SIZED, {**SIZED, "file_id": "f2", "file_size": 70}]),
    "document": MAKE.message(
        None, document={**FILE, "file_name": "surat.pdf", "mime_type": "application/pdf"}
    ),
    "caption": MAKE.message(
        None, document={**FILE, "file_size": 5}, caption="password saya Bandung#2024"
    ),
    "video": MAKE.message(None, video={**SIZED, "duration": 3}),
    "voice": MAKE.message(None, voice={**FILE, "duration": 3}),
    "sticker": MAKE.message(
        None, sticker={**SIZED, "type": "regular", "is_animated": False, "is_video": False}
    ),
    "contact": MAKE.message(None, contact={"phone_number": "+6281200000000", "first_name": "B"}),
    "location": MAKE.message(None, location={"latitude": -6.9, "longitude": 107.6}),
    "poll": MAKE.message(None, dice={"emoji": "🎲", "value": 3}),
    "press": MAKE.press("/choose:3:yes", message_id=77),
    "old press": MAKE.of(
        callback_query={
            "id": "q", "from": BUDI, "chat_instance": "1", "data": "/choose:3:yes",
            "message": {"chat": ROOM, "message_id": 78, "date": 0},
        }
    ),
    "game press": MAKE.of(
        callback_query={
            "id": "q", "from": BUDI, "chat_instance": "1", "game_short_name": "g",
            "message": {"chat": ROOM, "message_id": 78, "date": 0},
        }
    ),
    "edit": MAKE.of(edited_message=MAKE.message("halo", edit_date=NOW + 5)["message"]),
    "blocked": MAKE.standing("member", "kicked"),
    "unblocked": MAKE.standing("kicked", "member"),
    "removed from a group": MAKE.standing("member", "left", GROUP),
    "group command": MAKE.message("/help@campus_help_bot", chat=GROUP),
    "group mention": MAKE.message("tolong @campus_help_bot ya", chat=GROUP),
    "group answer": MAKE.message("lupa password", chat=GROUP, reply_to_message=OURS),
    "group topic": MAKE.message("/start", chat=FORUM, is_topic_message=True, message_thread_id=4),
}  # fmt: skip
KINDS = {
    "text": (InboundKind.TEXT, ""),
    "start": (InboundKind.JOINED, "greet"),
    "link": (InboundKind.JOINED, "reset_password"),
    "link to nothing": (InboundKind.JOINED, "greet"),
    "command": (InboundKind.JOINED, "reset_password"),
    "command to us": (InboundKind.JOINED, "help"),
    "command to another": (InboundKind.TEXT, ""),
    "command and words": (InboundKind.TEXT, ""),
    "unknown command": (InboundKind.TEXT, ""),
    "photo": (InboundKind.ATTACHMENT, ""),
    "document": (InboundKind.ATTACHMENT, ""),
    "caption": (InboundKind.ATTACHMENT, ""),
    "video": (InboundKind.ATTACHMENT, ""),
    "voice": (InboundKind.UNSUPPORTED, ""),
    "sticker": (InboundKind.UNSUPPORTED, ""),
    "contact": (InboundKind.UNSUPPORTED, ""),
    "location": (InboundKind.UNSUPPORTED, ""),
    "poll": (InboundKind.UNSUPPORTED, ""),
    "press": (InboundKind.CHOICE, "/choose:3:yes"),
    "old press": (InboundKind.CHOICE, "/choose:3:yes"),
    "game press": (InboundKind.CHOICE, ""),
    "edit": (InboundKind.EDIT, ""),
    "blocked": (InboundKind.BLOCKED, ""),
    "unblocked": (InboundKind.JOINED, ""),
    "removed from a group": (InboundKind.BLOCKED, ""),
    "group command": (InboundKind.TEXT, ""),
    "group mention": (InboundKind.TEXT, ""),
    "group answer": (InboundKind.TEXT, ""),
    "group topic": (InboundKind.TEXT, ""),
}


def event(name):
    return read(SAMPLES[name], US).event


@pytest.mark.parametrize("name", SAMPLES)
def test_the_kind_and_the_choice(name):
    found = event(name)
    assert (found.kind, found.choice) == KINDS[name]
    assert found.private is not name.startswith(("group", "removed"))
    assert found.account == "123456789"
    assert found.event_id == str(SAMPLES[name]["update_id"])


def test_a_text_whole():
    assert event("text") == InboundEvent(
        channel="telegram",
        event_id=str(SAMPLES["text"]["update_id"]),
        conversation="telegram:4503599627370495",
        user="4503599627370495",
        text="halo",
        native_id=str(SAMPLES["text"]["message"]["message_id"]),
        sent_at=datetime.fromtimestamp(NOW, UTC),
        locale="id",
        account="123456789",
    )


def test_a_press_names_our_message_and_waits_for_an_answer():
    found = read(SAMPLES["press"], US)
    assert (found.event.native_id, found.press) == ("77", "q77")
    assert found.event.sent_at is None, "the date is that of our message, not of the press"


def test_a_press_outside_a_chat_is_answered_and_nothing_else():
    query = {"id": "q", "from": BUDI, "chat_instance": "1", "inline_message_id": "x", "data": "a"}
    assert read(MAKE.of(callback_query=query), US) == (None, "q")


def test_files_are_named_by_what_fetches_them():
    assert event("photo").attachments == (Attachment("f2", mime="image/jpeg", size=70),)
    assert event("document").attachments == (Attachment("f1", "surat.pdf", "application/pdf"),)
    assert event("caption").attachments == (Attachment("f1", size=5),)


def test_a_caption_is_redacted():
    assert event("caption").secret
    assert "Bandung" not in event("caption").text


def test_a_group_is_answered_under_the_message_in_its_topic():
    number = SAMPLES["group topic"]["message"]["message_id"]
    assert json.loads(event("group topic").route) == {"reply_to": number, "topic": 4}
    assert event("text").route == ""


def test_before_our_name_is_known_a_group_reaches_us_by_an_answer_or_a_bare_command():
    nameless = Us(123456789)
    assert read(SAMPLES["group mention"], nameless).event is None
    assert read(SAMPLES["group command"], nameless).event is None
    assert read(SAMPLES["group answer"], nameless).event
    assert read(SAMPLES["group topic"], nameless).event


@pytest.mark.parametrize("offer", [1, 999_999_999])
def test_a_press_comes_back_as_it_was_offered(offer):
    payload = press_payload(offer, "request_guest_account")
    assert len(payload.encode()) <= 64
    assert read_press(read(MAKE.press(payload), US).event.choice) == (
        offer,
        "request_guest_account",
    )


@needs_schema
@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_are_what_telegram_may_send(name):
    assert faults_of(SAMPLES[name], "Update") == []


@pytest.mark.slow
def test_aiograms_strict_types_read_the_samples_as_we_do():
    """In a process of its own: it is large and slow to import."""
    script = (
        "import json, sys\n"
        "from aiogram.types import Update\n"
        "for raw in json.load(sys.stdin):\n"
        "    u = Update.model_validate(raw)\n"
        "    m = u.message or u.edited_message or (u.callback_query or u.my_chat_member)\n"
        "    chat = getattr(m, 'chat', None) or m.message.chat\n"
        "    words = getattr(m, 'text', None) or getattr(m, 'caption', None)\n"
        "    print(json.dumps([u.update_id, u.event_type, chat.id, chat.type == 'private',\n"
        "                      m.from_user.id, words, getattr(m, 'data', None)]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=json.dumps(list(SAMPLES.values())),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    seen = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(seen) == len(SAMPLES)
    for (name, raw), theirs in zip(SAMPLES.items(), seen, strict=True):
        ours = event(name)
        assert str(theirs[0]) == ours.event_id
        assert theirs[1] in raw
        assert (f"telegram:{theirs[2]}", theirs[3]) == (ours.conversation, ours.private)
        assert str(theirs[4]) == ours.user
        if ours.kind in {InboundKind.TEXT, InboundKind.EDIT}:
            assert theirs[5] == ours.text
        if ours.choice and ours.kind is InboundKind.CHOICE:
            assert theirs[6] == ours.choice
