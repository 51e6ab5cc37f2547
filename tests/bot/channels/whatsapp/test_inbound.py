"""What a webhook becomes: every message of it, who wrote it, and what could not be read."""

import json
from datetime import UTC, datetime

import pytest
from whatsapp_kit import ACCOUNT, BSUID, PHONE, change, hook, message, status, text, webhook

from bot.channels.inbound import MAX_TEXT
from bot.channels.port import Attachment, InboundKind
from bot.channels.whatsapp_inbound import key_of, person, read, who

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())


def heard(*messages, **more):
    batch = read(hook(*messages, **more), ACCOUNT, NOW)
    assert batch.broken == []
    return batch.events


def one(*messages, **more):
    (event,) = heard(*messages, **more)
    return event


def contact(**more):
    return {"profile": {"name": "Budi"}, **more}


# -- who -------------------------------------------------------------------------------------
def test_a_phone_number_is_the_key_while_there_is_no_id():
    event = one(text("halo"), contacts=[contact(wa_id=PHONE)])
    assert (event.conversation, event.user) == (f"whatsapp:{ACCOUNT}:{PHONE}", PHONE)
    assert (event.channel, event.account, event.private) == ("whatsapp", ACCOUNT, True)


@pytest.mark.parametrize(
    ("more", "contacts"),
    [
        ({"from_user_id": BSUID}, []),
        ({"from_user_id": BSUID, "from": None}, []),
        ({}, [contact(wa_id=PHONE, user_id=BSUID)]),
        ({"from": None}, [contact(user_id=BSUID)]),
        ({"from": BSUID}, [contact(user_id=BSUID)]),
        ({}, [contact(wa_id="6289"), contact(wa_id=PHONE, user_id=BSUID)]),
    ],
    ids=["beside a phone", "alone", "in contacts", "only in contacts", "as phone", "second"],
)
def test_an_id_comes_before_a_phone_number(more, contacts):
    event = one(text("halo", **more), contacts=contacts)
    assert (event.user, event.private) == (BSUID, True)
    assert who(event.conversation) == BSUID


def test_the_id_of_another_contact_is_nobodys():
    two = [contact(wa_id="62890", user_id="ID.1"), contact(wa_id="62891", user_id="ID.2")]
    assert one(text("halo"), contacts=two).user == PHONE


@pytest.mark.parametrize(
    ("shown", "meant"),
    [
        ("ID.ENT.118", "ID.ENT.118"),
        ("+6281210000001", PHONE),
        ("6281210000001", PHONE),
        ("id.118", None),
        ("ID.", None),
        ("ID.11:8", None),
        ("ID.11\n", None),
        ("12", None),
        ("", None),
        (None, None),
    ],
)
def test_ids_have_a_shape(shown, meant):
    assert person(shown) == meant


def test_a_group_is_not_private():
    event = one(text("halo", group_id="Y2FwaV9ncm91cDox="))
    assert (event.private, event.user) == (False, PHONE)
    assert event.conversation == key_of(ACCOUNT, "group:Y2FwaV9ncm91cDox=")
    assert who(event.conversation) == "group:Y2FwaV9ncm91cDox="


# -- what ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "holds", "expected"),
    [
        ("sticker", {"sticker": {"id": "1"}}, InboundKind.UNSUPPORTED),
        ("audio", {"audio": {"id": "1", "voice": True}}, InboundKind.UNSUPPORTED),
        ("video", {"video": {"id": "1"}}, InboundKind.UNSUPPORTED),
        ("location", {"location": {"latitude": 1.5}}, InboundKind.UNSUPPORTED),
        ("contacts", {"contacts": [{"name": {}}]}, InboundKind.UNSUPPORTED),
        ("order", {"order": {}}, InboundKind.UNSUPPORTED),
        ("unsupported", {"errors": [{"code": 131051}]}, InboundKind.UNSUPPORTED),
        ("not thought of yet", {}, InboundKind.UNSUPPORTED),
        ("interactive", {"interactive": {"type": "nfm_reply"}}, InboundKind.UNSUPPORTED),
        ("request_welcome", {}, InboundKind.JOINED),
        ("edit", {"edit": {"original_message_id": "wamid.1"}}, InboundKind.EDIT),
        ("revoke", {"revoke": {"original_message_id": "wamid.1"}}, InboundKind.DELETE),
    ],
)
def test_other_kinds(kind, holds, expected):
    assert one(message(kind, **holds)).kind is expected


def test_a_reaction_is_no_event():
    assert heard(message("reaction", reaction={"message_id": "wamid.1", "emoji": "👍"})) == []


@pytest.mark.parametrize("reply", ["button_reply", "list_reply"])
def test_a_pressed_button_is_a_choice_on_our_message(reply):
    pressed = {"type": reply, reply: {"id": "/choose:3:yes", "title": "Ya"}}
    event = one(message("interactive", interactive=pressed, context={"id": "wamid.ours"}))
    assert (event.kind, event.choice) == (InboundKind.CHOICE, "/choose:3:yes")
    assert event.native_id == "wamid.ours"


def test_a_quick_reply_to_a_template_is_a_choice():
    button = {"payload": "read", "text": "Baca"}
    event = one(message("button", button=button, context={"id": "wamid.ours"}))
    assert (event.kind, event.choice, event.native_id) == (
        InboundKind.CHOICE,
        "read",
        "wamid.ours",
    )


def test_a_file_comes_with_its_caption_as_text():
    file = {"id": "12", "mime_type": "application/pdf", "filename": "ktm.pdf", "caption": "ini"}
    event = one(message("document", document=file))
    assert (event.kind, event.text) == (InboundKind.ATTACHMENT, "ini")
    assert event.attachments == (Attachment("12", "ktm.pdf", "application/pdf"),)


def test_a_password_is_gone_before_anything_else_sees_it():
    secret = "Rahasia#2026x"
    file = {"id": "1", "filename": f"password saya {secret}.pdf", "caption": f"password: {secret}"}
    events = heard(text(f"password saya {secret}"), message("document", document=file))
    assert all(event.secret for event in events)
    assert secret not in repr(events)


def test_a_long_text_keeps_its_beginning():
    event = one(text("a" * 50_000))
    assert event.text == "a" * MAX_TEXT


def test_control_characters_are_taken_out():
    pressed = {"type": "button_reply", "button_reply": {"id": "/choose:1:\x00a"}}
    chosen, said = heard(message("interactive", interactive=pressed), text("ha\u202elo\x00"))
    assert (chosen.choice, said.text) == ("/choose:1:a", "halo")


@pytest.mark.parametrize(
    ("timestamp", "meant"),
    [
        (str(SECONDS - 60), SECONDS - 60),
        (SECONDS - 60, SECONDS - 60),
        (str(SECONDS + 1), SECONDS),
        ("9" * 12, SECONDS),
        ("9" * 5000, SECONDS),
        ("-5", SECONDS),
        ("٣", SECONDS),
        ("", SECONDS),
    ],
    ids=["text", "number", "to come", "far", "farther", "negative", "other digits", "none"],
)
def test_times_are_seconds_and_never_to_come(timestamp, meant):
    assert one(text("halo") | {"timestamp": timestamp}).sent_at.timestamp() == meant


# -- identity --------------------------------------------------------------------------------
def test_a_changed_number_ends_what_either_number_proved():
    moved = {"type": "user_changed_number", "wa_id": "6281210000002", "body": "…"}
    events = heard(message("system", system=moved))
    assert [event.user for event in events] == [PHONE, "6281210000002"]
    assert {event.kind for event in events} == {InboundKind.IDENTITY_CHANGED}
    assert len({event.event_id for event in events}) == 2


@pytest.mark.parametrize(
    "moved",
    [
        {"type": "user_changed_user_id", "previous_user_id": "ID.1", "user_id": "ID.2"},
        {"type": "user_changed_number", "previous_user_id": "ID.1", "user_id": "ID.2"},
    ],
    ids=["id", "number"],
)
def test_a_changed_id_ends_what_the_old_one_proved(moved):
    system = message("system", system=moved, from_user_id="ID.2") | {"from": None}
    assert [event.user for event in heard(system)] == ["ID.1", "ID.2"]


def test_a_changed_id_in_the_form_announced_first():
    update = {"user_id": {"previous": "ID.1", "current": "ID.2"}, "timestamp": str(SECONDS)}
    event = one(field="user_id_update", user_id_update=[update])
    assert (event.kind, event.user) == (InboundKind.IDENTITY_CHANGED, "ID.1")


# -- batches ---------------------------------------------------------------------------------
def test_every_message_of_every_change_of_every_entry_counts():
    changes = [change(text("a"), text("b")), change(text("c")), change(status("w", "sent"))]
    changes[2]["value"]["statuses"] = [status("w1", "sent"), status("w2", "read")]
    del changes[2]["value"]["messages"]
    body = json.loads(webhook(*changes))
    body["entry"].append({"id": "2", "changes": [change(text("d")), change(text("e"))]})
    batch = read(json.dumps(body).encode(), ACCOUNT, NOW)
    assert [event.text for event in batch.events] == ["a", "b", "c", "d", "e"]
    assert [told.id for told in batch.statuses] == ["w1", "w2"]


def test_messages_of_one_request_are_put_into_their_order():
    texts = [text("second", at=SECONDS - 1), text("first", at=SECONDS - 2), text("third")]
    texts[2]["timestamp"] = str(SECONDS)
    assert [event.text for event in heard(*texts)] == ["first", "second", "third"]


def test_another_number_of_the_account_is_counted_and_left():
    batch = read(webhook(change(text("a"), account="999"), change(text("b"))), ACCOUNT, NOW)
    assert (batch.foreign, [event.text for event in batch.events]) == (1, ["b"])


def test_news_of_the_account_are_no_events():
    batch = read(webhook(change(field="account_update")), ACCOUNT, NOW)
    assert (batch.notices, batch.events, batch.broken) == (["account_update"], [], [])


@pytest.mark.parametrize(
    "broken",
    [
        {"id": "wamid.x", "type": 7},
        {"type": "text"},
        "text",
        None,
        message("text"),
        message("text", text={"body": ["a"]}),
        message("document", document={"mime_type": "x"}),
        message("document", document={"id": "a b"}),
        message("button"),
        message("system"),
        message("system", system={"type": "user_changed_number"}) | {"from": "x"},
        text("halo") | {"from": "nobody"},
        text("halo") | {"id": "with blanks"},
        text("halo") | {"id": "x" * 301},
        text("halo", group_id="a b"),
    ],
)
def test_one_broken_message_costs_no_other(broken):
    batch = read(hook(text("a"), broken, text("b")), ACCOUNT, NOW)
    assert [event.text for event in batch.events] == ["a", "b"]
    assert len(batch.broken) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"object": "page", "entry": []}',
        b'{"object": "whatsapp_business_account", "entry": {}}',
        b'{"object": "whatsapp_business_account", "entry": [{"changes": [{}]}]}',
        webhook({"field": "messages", "value": {}}),
        b'{"object": "whatsapp_business_account", "entry": [7]}',
        b"[" * 100_000,
        hook(text("halo")).replace(b"halo", b"\xff"),
        hook(text("halo")).replace(b"halo", b"\\ud800"),
    ],
)
def test_what_nobody_can_read_is_set_aside(body):
    batch = read(body, ACCOUNT, NOW)
    assert batch.events == []
    assert len(batch.broken) == 1
