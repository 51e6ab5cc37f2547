"""What people do in Teams, as the assistant hears it."""

from datetime import UTC, datetime

import msgspec
import pytest
from fake_microsoft import APP, TENANT
from microsoft_agents.activity import Activity as TheirActivity
from teams_kit import BOT, BUDI, GROUP, PERSONAL, activity, settings

from bot.channels.inbound import MAX_TEXT
from bot.channels.port import Attachment, InboundKind
from bot.channels.teams_events import FILE, LONGEST_KEY, LONGEST_LINK, Route, read_route
from bot.channels.teams_seal import Link, Seal
from bot.channels.webhooks import UNREADABLE

CHANNEL = {
    "conversationType": "channel",
    "tenantId": TENANT,
    "isGroup": True,
    "id": "19:team@thread.tacv2;messageid=1700",
}
CALLED = {"type": "mention", "text": "<at>Helpdesk</at>", "mentioned": BOT}


async def test_a_message_in_a_personal_chat(desk):
    event = await desk.hear(text="halo\xa0min &amp; kawan")
    assert (event.kind, event.text) == (InboundKind.TEXT, "halo min & kawan")
    assert (event.channel, event.conversation) == ("teams", "teams:a:budi")
    assert event.user == f"{TENANT}:{BUDI['aadObjectId']}"
    assert event.event_id == "a:budi/1700000000001"
    assert (event.native_id, event.account) == ("1700000000001", f"28:{APP}")
    assert event.private
    assert event.locale == "id-ID"
    assert event.sent_at == datetime(2026, 3, 2, 3, 0, 0, 123457, tzinfo=UTC)
    assert read_route(event.route) == Route(
        desk.microsoft.service, "a:budi", BOT["id"], BUDI["id"]
    )


async def test_our_activities_are_what_microsofts_own_reader_reads():
    theirs = TheirActivity.model_validate(activity(text="halo", attachments=[FILE_SENT]))
    assert theirs.conversation.tenant_id == TENANT
    assert theirs.from_property.aad_object_id == BUDI["aadObjectId"]


async def test_a_password_is_hidden_before_anything_is_stored(desk):
    event = await desk.hear(text="password saya Rahasia#2026x, NIM 13519001")
    assert "Rahasia#2026x" not in event.text
    assert event.secret


async def test_in_groups_the_bots_name_is_left_out_and_others_stay(desk):
    other = {"type": "mention", "text": "<at>Siti</at>", "mentioned": {"id": "29:siti"}}
    text = "<at>Helpdesk</at> tolong <at>Siti</at> lupa password"
    event = await desk.hear(text=text, conversation=GROUP, entities=[CALLED, other])
    assert event.text == "tolong Siti lupa password"
    assert not event.private
    assert event.conversation == "teams:19:x@t.v2"


async def test_threads_of_a_channel_are_one_conversation_but_answered_in_place(desk):
    event = await desk.hear(text="halo", conversation=CHANNEL)
    assert event.conversation == "teams:19:team@thread.tacv2"
    assert read_route(event.route).conversation == CHANNEL["id"]
    assert not event.private


async def test_a_chat_of_no_known_kind_is_not_private(desk):
    event = await desk.hear(text="halo", conversation={"id": "a:x", "tenantId": TENANT})
    assert not event.private


@pytest.mark.parametrize(
    ("value", "choice"),
    [
        ({"press": "/choose:3:yes"}, "/choose:3:yes"),
        ({"press": "x" * 501}, ""),
        ({"press": 5}, ""),
        ({}, ""),
        ("yes", ""),
        ([1], ""),
    ],
)
async def test_a_pressed_button(desk, value, choice):
    event = await desk.hear(value=value, replyToId="a7", text=None)
    assert (event.kind, event.choice) == (InboundKind.CHOICE, choice)
    assert event.native_id == "a7", "the card, to take its buttons off"


LINK = "https://contoso-my.sharepoint.com/personal/_layouts/15/download.aspx?tempauth=v1.key"
FILE_SENT = {
    "contentType": FILE,
    "contentUrl": "https://contoso-my.sharepoint.com/personal/budi/Documents/surat.pdf",
    "name": "surat.pdf",
    "content": {"downloadUrl": LINK, "uniqueId": "u-1", "fileType": "pdf"},
}
HTML = {"contentType": "text/html", "content": "<p>surat</p>"}


async def test_a_file_with_words(desk):
    event = await desk.hear(text="suratnya", attachments=[HTML, FILE_SENT])
    assert (event.kind, event.text) == (InboundKind.ATTACHMENT, "suratnya")
    (file,) = event.attachments
    assert (file.name, file.mime) == ("surat.pdf", FILE)
    assert Seal.of(settings()).open(file.id) == Link(LINK)
    stored = msgspec.json.encode(event).decode()
    assert "sharepoint" not in stored, "the link opens the file for anyone"
    assert "v1.key" not in stored


async def test_a_picture(desk):
    url = "https://smba.trafficmanager.net/apac/v3/attachments/1/views/original"
    picture = {"contentType": "image/*", "contentUrl": url}
    event = await desk.hear(text=None, attachments=[picture, HTML])
    (file,) = event.attachments
    assert (event.kind, file.name, file.mime) == (InboundKind.ATTACHMENT, "", "image/*")
    assert Seal.of(settings()).open(file.id) == Link(url, ours=True)


@pytest.mark.parametrize(
    "attachment",
    [
        {"contentType": FILE},
        {"contentType": FILE, "contentUrl": LINK, "content": {"uniqueId": "u-1"}},
        {"contentType": FILE, "content": {"downloadUrl": 5}},
        {"contentType": FILE, "content": {"downloadUrl": ""}},
        {"contentType": FILE, "content": {"downloadUrl": LINK + "x" * LONGEST_LINK}},
        {"contentType": "image/png"},
        {"contentType": "image/png", "contentUrl": [LINK]},
        {"contentType": "image/png", "content": {"downloadUrl": LINK}},
    ],
)
async def test_a_file_without_an_address_of_its_kind(desk, attachment):
    event = await desk.hear(text=None, attachments=[attachment])
    assert event.attachments == (Attachment("", "", attachment["contentType"]),)


@pytest.mark.parametrize(
    "attachments",
    [[], None, [HTML], [{"contentType": "application/vnd.microsoft.card.audio", "content": 1}]],
    ids=["nothing", "null", "html alone", "voice"],
)
async def test_what_cannot_be_read(desk, attachments):
    event = await desk.hear(text="  ", attachments=attachments)
    assert event.kind is InboundKind.UNSUPPORTED


async def test_words_beside_what_cannot_be_read_are_read(desk):
    event = await desk.hear(text="halo", attachments=[HTML])
    assert (event.kind, event.text) == (InboundKind.TEXT, "halo")


async def test_a_very_long_text_is_cut(desk):
    event = await desk.hear(text="a b " * 30_000)
    assert len(event.text) == MAX_TEXT - 1, "a space at the end is no word"


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"type": "messageUpdate", "text": "lupa password"}, InboundKind.EDIT),
        ({"type": "messageDelete"}, InboundKind.DELETE),
        ({"type": "conversationUpdate", "membersAdded": [BUDI, BOT]}, InboundKind.JOINED),
        ({"type": "installationUpdate", "action": "add"}, InboundKind.JOINED),
        ({"type": "installationUpdate", "action": "add-upgrade"}, InboundKind.JOINED),
        ({"type": "installationUpdate", "action": "remove"}, InboundKind.BLOCKED),
    ],
)
async def test_what_else_people_do(desk, changed, kind):
    event = await desk.hear(**changed)
    assert (event.kind, event.text) == (kind, "")


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "typing"},
        {"type": "messageReaction", "reactionsAdded": [{"type": "like"}]},
        {"type": "event", "name": "application/vnd.microsoft.meetingStart"},
        {"type": "conversationUpdate", "membersAdded": [BUDI]},
        {"type": "conversationUpdate", "membersRemoved": [BUDI]},
        {"type": "installationUpdate"},
        {"type": "endOfConversation"},
        {"type": "somethingNew"},
    ],
)
async def test_what_is_nobodys_word(desk, changed):
    assert await desk.status(activity(desk.microsoft.service, **changed)) == 202
    assert desk.inbox.calls == 0


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("adaptiveCard/action", 200),
        ("signin/verifyState", 501),
        ("signin/tokenExchange", 501),
        ("fileConsent/invoke", 501),
        ("composeExtension/query", 501),
        ("task/fetch", 501),
        (None, 501),
    ],
)
async def test_calls_that_wait_for_an_answer_get_one(desk, name, status):
    got, body = await desk.post(activity(desk.microsoft.service, type="invoke", name=name))
    assert got == status
    assert desk.inbox.calls == 0
    if status == 200:
        answer = msgspec.json.decode(body)
        assert (answer["statusCode"], answer["type"]) == (400, "application/vnd.microsoft.error")


async def test_the_same_message_again_is_one_message(desk):
    for _ in range(3):
        assert await desk.status(activity(desk.microsoft.service, text="halo")) == 202
    assert len(desk.inbox.rows) == 1


async def test_a_password_in_an_edit_is_told_of_and_not_kept(desk):
    event = await desk.hear(type="messageUpdate", text="password saya Bandung#2024")
    assert (event.kind, event.text, event.secret) == (InboundKind.EDIT, "", True)
    assert not (await desk.hear(type="messageUpdate", text="lupa password")).secret
    assert not any("Bandung#2024" in row.payload for row in desk.inbox.rows.values())


async def test_edits_of_a_message_are_neither_it_nor_one_another(desk):
    await desk.hear(text="halo")
    await desk.hear(type="messageUpdate", text="halo halo")
    await desk.hear(type="messageUpdate", text="halo halo halo")
    assert len(desk.inbox.rows) == 3


async def test_a_message_without_an_id_is_known_by_its_words(desk):
    await desk.hear(text="halo", id=None)
    await desk.hear(text="halo lagi", id=None)
    assert await desk.status(activity(desk.microsoft.service, text="halo", id=None)) == 202
    assert len(desk.inbox.rows) == 2


async def test_a_person_without_an_account_in_the_tenant_is_known_by_the_chats_id(desks):
    desk = await desks(teams_tenant=None)
    guest = await desk.hear(text="halo", **{"from": {"id": "29:guest"}})
    assert guest.user == "29:guest"
    torn = {"tenant": {"id": "other"}}
    made_up = await desk.hear(text="halo", id="2", channelData=torn)
    assert made_up.user == BUDI["id"], "two tenants vouch for nobody"


@pytest.mark.parametrize("name", ["a:" + "x" * LONGEST_KEY, "a:\u202eevil", "a:\u0000"])
async def test_keys_of_odd_shapes_are_digests(desk, name):
    event = await desk.hear(text="halo", conversation={**PERSONAL, "id": name})
    assert event.conversation.startswith("teams:sha256:")
    assert len(event.conversation) < 100
    assert read_route(event.route).conversation == name


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        ("2026-03-02T10:00:00+07:00", datetime(2026, 3, 2, 3, tzinfo=UTC)),
        ("2026-03-02T03:00:00", datetime(2026, 3, 2, 3, tzinfo=UTC)),
        ("yesterday", None),
        (None, None),
        (["2026"], None),
    ],
)
async def test_times(desk, timestamp, expected):
    assert (await desk.hear(text="halo", timestamp=timestamp)).sent_at == expected


@pytest.mark.parametrize(
    "changed",
    [
        {"conversation": None},
        {"conversation": {"id": "", "tenantId": TENANT}},
        {"from": None},
        {"from": {}},
        {"text": 5},
        {"entities": "x"},
        {"type": None},
    ],
)
async def test_an_activity_in_no_known_shape_is_counted_and_not_asked_for_again(desk, changed):
    counted = UNREADABLE.labels("teams")._value
    before = counted.get()
    assert await desk.status(activity(desk.microsoft.service, **changed)) == 200
    assert (desk.inbox.calls, counted.get()) == (0, before + 1)


async def test_a_body_too_large_is_refused(desk):
    assert await desk.status(activity(desk.microsoft.service, text="x" * 300_000)) == 413
    assert desk.inbox.calls == 0


async def test_while_nothing_can_be_stored_teams_is_asked_to_come_back(desk):
    desk.inbox.accepting = False
    assert await desk.status(activity(desk.microsoft.service, text="halo")) == 503
    assert desk.microsoft.said == [], "nobody types"


@pytest.mark.parametrize("route", ["", "{}", "null", '{"service": 1}', "x"])
def test_a_route_of_another_kind_leads_nowhere(route):
    assert read_route(route) is None
