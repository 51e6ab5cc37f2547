"""Sending: what leaves, when it does not, and what each of Meta's answers means."""

import asyncio
from datetime import timedelta

import aiohttp
import pytest
from fake_meta import Fault
from whatsapp_kit import ACCOUNT, BSUID, PHONE, Line

from bot.channels import whatsapp, whatsapp_api
from bot.channels.newest import Newest
from bot.channels.pace import Limit
from bot.channels.port import (
    Action,
    Button,
    FateUnknown,
    OutboundMessage,
    Rejected,
    TemporarilyUnavailable,
    Unreachable,
    WindowClosed,
)

CHAT = f"whatsapp:{ACCOUNT}:{PHONE}"
OTHER = f"whatsapp:{ACCOUNT}:{BSUID}"
HELLO = OutboundMessage("Halo")
LONG = OutboundMessage(f"{'a' * 4000}\n\n{'b' * 4000}\n\n{'c' * 10}")


def texts(meta):
    return [body["text"]["body"] for body in meta.sent]


async def test_a_message_goes_to_its_person(line, meta):
    await line.channel.send("k1", CHAT, HELLO)
    await line.channel.send("k2", OTHER, HELLO)
    assert [body.get("to") or body["recipient"] for body in meta.sent] == [PHONE, BSUID]
    assert meta.asked == [("POST", f"{ACCOUNT}/messages")] * 2
    assert set(meta.tokens) == {"Bearer EAAG-token"}


@pytest.mark.parametrize(("language", "title"), [("", "Pilih"), ("id", "Pilih"), ("en", "Choose")])
async def test_a_list_is_opened_in_the_persons_language(line, meta, language, title):
    buttons = tuple(Button(f"P{n}", f"/choose:1:{n}") for n in range(5))
    await line.channel.send("k", CHAT, OutboundMessage("Apa?", buttons, language=language))
    assert meta.sent[0]["interactive"]["action"]["button"] == title


@pytest.mark.parametrize("action", [Action.DELETE, Action.CLOSE])
async def test_what_whatsapp_cannot_do_is_not_tried(line, meta, action):
    await line.channel.send("k", CHAT, OutboundMessage("", action=action, target="wamid.1"))
    assert meta.asked == []


# -- the window ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("ago", "is_open"),
    [
        (timedelta(hours=24) - timedelta(seconds=1), True),
        (timedelta(hours=24), False),
        (None, True),
    ],
    ids=["just open", "just shut", "nobody knows"],
)
async def test_a_day_after_the_last_word_nothing_is_asked_of_meta(line, meta, clock, ago, is_open):
    heard_at = clock.now() - ago if ago else None
    message = OutboundMessage("Halo", heard_at=heard_at)
    if is_open:
        await line.channel.send("k", CHAT, message)
    else:
        with pytest.raises(WindowClosed):
            await line.channel.send("k", CHAT, message)
    assert len(meta.asked) == is_open


NUDGE = OutboundMessage("Ada pesan…", action=Action.NUDGE, language="en")


async def test_a_shut_window_is_knocked_at_with_a_template(lines, meta, clock):
    line = await lines(whatsapp_template="ada_pesan")
    old = clock.now() - timedelta(days=3)
    nudge = OutboundMessage("Ada pesan…", action=Action.NUDGE, language="en", heard_at=old)
    await line.channel.send("k", CHAT, nudge)
    assert meta.sent[0]["template"]["name"] == "ada_pesan"
    assert meta.sent[0]["template"]["language"]["code"] == "en"


async def test_without_a_template_nothing_is_sent_and_that_is_said_once(line, meta, capsys):
    await line.channel.send("k1", CHAT, NUDGE)
    await line.channel.send("k2", CHAT, NUDGE)
    assert meta.asked == []
    assert capsys.readouterr().out.count("HELPDESK_WHATSAPP_TEMPLATE") == 1


@pytest.mark.parametrize("code", [131047, 131026, 132001])
async def test_a_nudge_that_fails_is_not_kept_for_later(lines, meta, code):
    line = await lines(whatsapp_template="ada_pesan")
    meta.faults.append(Fault(code))
    await line.channel.send("k", CHAT, NUDGE)
    assert (len(meta.asked), meta.sent) == (1, [])


# -- Meta's answers --------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("fault", "outcome", "after"),
    [
        (Fault(131047), WindowClosed, None),
        (Fault(131026), Unreachable, None),
        (Fault(131030), Unreachable, None),
        (Fault(190, 401), TemporarilyUnavailable, 300),
        (Fault(10, 403), TemporarilyUnavailable, 300),
        (Fault(368, 403), TemporarilyUnavailable, 300),
        (Fault(131031, 403), TemporarilyUnavailable, 300),
        (Fault(131056, 429), TemporarilyUnavailable, 12),
        (Fault(131056, 429, retry_after="40"), TemporarilyUnavailable, 40),
        (Fault(130429, 429), TemporarilyUnavailable, 2),
        (Fault(80007, 429), TemporarilyUnavailable, 60),
        (Fault(4, 429), TemporarilyUnavailable, 60),
        (Fault(131016, 500), TemporarilyUnavailable, 5),
        (Fault(100), Rejected, None),
        (Fault(131009), Rejected, None),
        (Fault(987654), Rejected, None),
        (Fault(987654, 403), TemporarilyUnavailable, 300),
        (Fault(987654, 429), TemporarilyUnavailable, 60),
        (Fault(987654, 500), FateUnknown, None),
        (Fault(status=502, html=True), FateUnknown, None),
        (Fault(status=429, html=True, retry_after="7"), TemporarilyUnavailable, 60),
        (Fault(status=404, html=True), Rejected, None),
        (Fault(drop=True), FateUnknown, None),
    ],
    ids=str,
)
async def test_what_an_answer_means(line, meta, fault, outcome, after):
    meta.faults.append(fault)
    with pytest.raises(outcome) as raised:
        await line.channel.send("k", CHAT, HELLO)
    assert getattr(raised.value, "retry_after", None) == after
    assert meta.sent == []


@pytest.mark.parametrize(("code", "line_of_log"), [(190, "token_refused"), (131031, "restricted")])
async def test_what_only_an_operator_can_mend_is_called_out(line, meta, capsys, code, line_of_log):
    meta.faults.append(Fault(code, 401))
    with pytest.raises(TemporarilyUnavailable):
        await line.channel.send("k", CHAT, HELLO)
    assert line_of_log in capsys.readouterr().out


async def test_no_answer_in_time_leaves_the_fate_unknown(line, meta, monkeypatch):
    monkeypatch.setattr(whatsapp_api, "_TIMEOUT", aiohttp.ClientTimeout(total=0.2))
    meta.faults.append(Fault(hang=True))
    with pytest.raises(FateUnknown):
        await line.channel.send("k", CHAT, HELLO)


async def test_nobody_there_is_tried_again(line, meta):
    await meta.stop()
    with pytest.raises(TemporarilyUnavailable):
        await line.channel.send("k", CHAT, HELLO)


async def test_an_unreadable_success_is_a_success(line, meta):
    meta.faults.append(Fault(status=200, html=True, after_taking=True))
    await line.channel.send("k", CHAT, HELLO)
    assert len(meta.sent) == 1


# -- pace ------------------------------------------------------------------------------------
async def test_one_person_who_is_written_to_too_much_holds_up_nobody_else(line, meta):
    meta.faults.append(Fault(131056, 429))
    for _ in range(2):
        with pytest.raises(TemporarilyUnavailable):
            await line.channel.send("k1", CHAT, HELLO)
    await line.channel.send("k2", OTHER, HELLO)
    assert [body.get("recipient") for body in meta.sent] == [BSUID]
    assert len(meta.asked) == 2, "while it is held, Meta is not asked"


async def test_a_number_that_is_too_fast_holds_up_everybody(line, meta):
    meta.faults.append(Fault(80007, 429))
    for chat in (CHAT, OTHER):
        with pytest.raises(TemporarilyUnavailable):
            await line.channel.send("k1", chat, HELLO)
    assert len(meta.asked) == 1


async def test_a_conversation_may_come_in_bursts_but_not_run_on(line, meta):
    for number in range(10):
        await line.channel.send(f"k{number}", CHAT, HELLO)
    with pytest.raises(TemporarilyUnavailable) as raised:
        await line.channel.send("k10", CHAT, HELLO)
    assert 10 < raised.value.retry_after <= 61
    assert Limit(10, 60) == whatsapp.PER_PERSON


# -- split messages --------------------------------------------------------------------------
async def test_the_parts_that_went_out_are_not_said_again(line, meta):
    meta.faults.extend([None, Fault(131016, 500)])
    with pytest.raises(TemporarilyUnavailable):
        await line.channel.send("k", CHAT, LONG)
    said = await line.channel.send("k", CHAT, LONG)
    assert [body[0] for body in texts(meta)] == ["a", "b"]
    assert [each.part.text[0] for each in said] == ["a", "b"], "either may fail late"
    assert line.channel._half_said == {}


async def test_a_slow_message_goes_on_with_the_next_try(line, meta, monkeypatch):
    """The runtime gives one try thirty seconds; cut off in a request, its fate would be lost."""
    monkeypatch.setattr(whatsapp, "_PATIENCE", -1.0)
    with pytest.raises(TemporarilyUnavailable):
        await line.channel.send("k", CHAT, LONG)
    await line.channel.send("k", CHAT, LONG)
    assert [body[0] for body in texts(meta)] == ["a", "b"]


async def test_only_so_many_half_sent_messages_are_remembered(line, monkeypatch):
    monkeypatch.setattr(line.channel, "_half_said", Newest(2))
    for key in ("a", "b", "c"):
        line.channel._half_said[key] = []
    assert list(line.channel._half_said) == ["b", "c"]


# -- stopping --------------------------------------------------------------------------------
async def test_a_stop_waits_for_what_is_under_way_and_begins_nothing(meta, clock):
    line = await Line.open(meta, clock)
    meta.faults.append(Fault(hang=True))
    sending = asyncio.create_task(line.channel.send("k", CHAT, HELLO))
    await meta.reached.wait()
    stopping = asyncio.create_task(line.channel.stop())
    await asyncio.sleep(0.05)
    assert not stopping.done()
    with pytest.raises(TemporarilyUnavailable):
        await line.channel.send("k2", CHAT, HELLO)
    meta.holding.set()
    await asyncio.gather(sending, stopping)
    await line.client.close()
