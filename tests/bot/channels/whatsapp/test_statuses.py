"""What becomes of messages that were taken: told later, in any order, more than once."""

import pytest
from prometheus_client import REGISTRY
from whatsapp_kit import ACCOUNT, BSUID, PHONE, hook, status

from bot.channels.port import Action, Button, InboundKind, OutboundMessage, TemporarilyUnavailable
from bot.channels.whatsapp_sent import Sent
from bot.channels.whatsapp_shapes import Status
from bot.envelope import encode_message
from bot.store.sent import SentMessage

CHAT = f"whatsapp:{ACCOUNT}:{PHONE}"
HELLO = OutboundMessage("Halo", (Button("Ya", "/choose:1:yes"),))


def counted(name, **labels):
    return REGISTRY.get_sample_value(f"helpdesk_whatsapp_{name}_total", labels) or 0


async def said(line, message=HELLO):
    await line.channel.send("k", CHAT, message)
    return line.api.wamid(len(line.api.sent))


async def told(line, *statuses):
    await line.hears(statuses=list(statuses))


def test_a_status_only_moves_forward():
    sent, steps = Sent(), ["delivered", "sent", "delivered", "read", "sent", "nonsense", "failed"]
    sent.remember("w", CHAT, HELLO)
    news = []
    for name in steps:
        moved = Status("w", name)
        news.append(sent.is_news(moved))
        sent.advance(moved)
    assert news == [True, False, False, True, False, False, True]


def test_a_status_may_come_before_the_answer():
    sent = Sent()
    sent.advance(Status("w", "delivered"))
    sent.remember("w", CHAT, HELLO)
    assert sent.find("w") == (2, CHAT, None)
    sent.remember("", CHAT, HELLO)
    assert sent.find("") == (0, "", None)


def test_only_the_newest_messages_are_followed():
    sent = Sent(kept=2)
    for id_ in ("a", "b", "c"):
        sent.remember(id_, CHAT, HELLO)
    assert [bool(sent.find(id_).conversation) for id_ in ("a", "b", "c")] == [False, True, True]


def test_words_are_kept_only_until_they_arrive():
    sent = Sent()
    sent.remember("w", CHAT, HELLO)
    assert sent.find("w").part == OutboundMessage("Halo"), "buttons are never said again"
    sent.advance(Status("w", "sent"))
    assert sent.find("w").part is not None
    sent.advance(Status("w", "delivered"))
    assert sent.find("w").part is None


async def test_each_step_is_counted_once(line):
    before = counted("statuses", status="delivered")
    id_ = await said(line)
    await told(line, status(id_, "delivered"), status(id_, "delivered"))
    await told(line, status(id_, "delivered"), status(id_, "sent"))
    assert counted("statuses", status="delivered") == before + 1
    assert line.inbox.rows == []


async def test_a_shut_window_told_later_keeps_the_words(line):
    id_ = await said(line)
    await told(line, status(id_, "failed", 131047))
    await told(line, status(id_, "failed", 131047))
    (row,) = line.inbox.rows
    (lost,) = line.inbox.undelivered
    assert (row.conversation, lost.message.text, lost.gone) == (CHAT, "Halo", False)
    assert row.dedupe == f"whatsapp:{ACCOUNT}:failed:{id_}"


async def test_who_cannot_be_reached_is_left_alone_and_the_words_are_kept(line):
    await told(line, status(await said(line), "failed", 131026))
    (lost,) = line.inbox.undelivered
    assert (lost.message.text, lost.gone) == ("Halo", True)


@pytest.mark.parametrize(
    ("recipient", "key"),
    [({"recipient": PHONE}, PHONE), ({"recipient_user_id": BSUID}, BSUID)],
    ids=["phone", "id"],
)
async def test_after_a_restart_who_cannot_be_reached_is_left_alone_all_the_same(
    line, recipient, key
):
    await told(line, status("wamid.old", "failed", 131026, **recipient))
    (event,) = line.inbox.events
    assert (event.kind, event.conversation) == (
        InboundKind.BLOCKED,
        f"whatsapp:{ACCOUNT}:{key}",
    )


def row(message, conversation=CHAT):
    return SentMessage("wamid.old", conversation, 0, encode_message(message), 0.0)


async def test_after_a_restart_the_words_are_found_in_the_table(line):
    line.inbox.sent["wamid.old"] = row(HELLO)
    await told(line, status("wamid.old", "failed", 131047))
    await told(line, status("wamid.old", "failed", 131047))
    (lost,) = line.inbox.undelivered
    assert (lost.message.text, lost.gone) == ("Halo", False)
    assert line.inbox.rows[0].conversation == CHAT


async def test_after_a_restart_words_for_who_is_gone_are_kept_too(line):
    line.inbox.sent["wamid.old"] = row(HELLO)
    await told(line, status("wamid.old", "failed", 131026))
    (lost,) = line.inbox.undelivered
    assert (lost.message.text, lost.gone) == ("Halo", True)


async def test_an_id_of_another_channel_is_not_taken_for_ours(line):
    line.inbox.sent["wamid.old"] = row(HELLO, "telegram:77")
    await told(line, status("wamid.old", "failed", 131047))
    assert line.inbox.rows == []


async def test_a_failure_while_the_table_is_away_is_told_again(line):
    line.inbox.sent["wamid.old"] = row(HELLO)
    failed = hook(statuses=[status("wamid.old", "failed", 131047)])
    line.inbox.away = True
    assert await line.post(failed) == 503
    line.inbox.away = False
    assert await line.post(failed) == 200
    assert [lost.message.text for lost in line.inbox.undelivered] == ["Halo"]


async def test_what_left_is_told_with_its_ids(line):
    (said,) = await line.channel.send("k", CHAT, HELLO)
    assert (said.native_id, said.part) == (line.api.wamid(1), HELLO)


@pytest.mark.parametrize("code", [131047, 131049, 131056, None])
async def test_other_failures_of_unknown_messages_are_counted_only(line, code):
    before = counted("statuses", status="failed")
    await told(line, status("wamid.old", "failed", code))
    assert line.inbox.rows == []
    assert counted("statuses", status="failed") == before + 1


async def test_a_message_that_was_refused_for_good_is_dropped(line):
    await told(line, status(await said(line), "failed", 131051))
    assert line.inbox.rows == []


async def test_what_arrived_cannot_fail_any_more(line):
    id_ = await said(line)
    await told(line, status(id_, "read"), status(id_, "failed", 131026))
    await told(line, status(id_, "failed", 131026))
    assert line.inbox.rows == []


async def test_a_pace_told_later_is_kept_to(line):
    await told(line, status(await said(line), "failed", 131056))
    with pytest.raises(TemporarilyUnavailable):
        await line.channel.send("k2", CHAT, HELLO)
    assert [lost.message.text for lost in line.inbox.undelivered] == ["Halo"]


async def test_a_nudge_that_failed_is_not_said_later(lines):
    line = await lines(whatsapp_template="ada_pesan")
    id_ = await said(line, OutboundMessage("Ada pesan", action=Action.NUDGE))
    await told(line, status(id_, "failed", 131049))
    assert line.inbox.rows == []


async def test_codes_nobody_knows_are_counted_together(line):
    before = counted("failures", code="other")
    await told(line, status("w1", "failed", 987654), status("w2", "failed", 456789))
    assert counted("failures", code="other") == before + 2
