"""How fast a channel may send, and what every webhook does with what is not ours."""

import asyncio
import threading
import time

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import REGISTRY

from bot.channels import pace as pace_module
from bot.channels.pace import Limit, Pace
from bot.channels.port import TemporarilyUnavailable
from bot.channels.webhooks import body_of, refused, unreadable


async def took(*turns):
    began = time.monotonic()
    await asyncio.gather(*turns)
    return time.monotonic() - began


async def test_below_the_limits_nobody_waits():
    pace = Pace([Limit(30, 1)], [Limit(1, 1)])
    assert await took(*(pace.turn(str(n)) for n in range(30))) < 0.5


async def test_a_chat_waits_for_itself_only():
    pace = Pace([], [Limit(1, 1)])
    await pace.turn("a")
    assert await took(pace.turn("b")) < 0.5
    assert 0.5 < await took(pace.turn("a")) < 4


async def test_all_together_wait_for_the_overall_limit():
    pace = Pace([Limit(2, 1)], [])
    assert 0.5 < await took(*(pace.turn(str(n)) for n in range(3))) < 4


async def test_the_tightest_of_several_limits_counts():
    pace = Pace([], [Limit(5, 1), Limit(2, 60)])
    await pace.turn("a")
    await pace.turn("a")
    with pytest.raises(TemporarilyUnavailable) as raised:
        await pace.turn("a")
    assert 10 < raised.value.retry_after <= 61


async def test_a_refused_turn_takes_no_place():
    pace = Pace([Limit(2, 60)], [Limit(1, 60)])
    await pace.turn("a")
    with pytest.raises(TemporarilyUnavailable):
        await pace.turn("a")
    await pace.turn("b")


async def test_a_hold_of_one_chat_holds_no_other():
    pace = Pace([], [])
    pace.hold("a", 30)
    with pytest.raises(TemporarilyUnavailable) as raised:
        await pace.turn("a")
    assert 29 < raised.value.retry_after <= 30
    await pace.turn("b")


async def test_a_hold_of_all_holds_everybody():
    pace = Pace([], [])
    pace.hold(None, 30)
    for chat in ("a", "b"):
        with pytest.raises(TemporarilyUnavailable):
            await pace.turn(chat)


async def test_a_short_hold_is_waited_for():
    pace = Pace([], [])
    pace.hold("a", 0.3)
    assert 0.25 < await took(pace.turn("a")) < 3


async def test_holds_that_are_over_are_forgotten_first(monkeypatch):
    monkeypatch.setattr(pace_module, "_HOLDS", 2)
    pace = Pace([], [])
    pace.hold("over", -1)
    pace.hold("a", 30)
    pace.hold("b", 30)
    assert set(pace._held) == {"a", "b"}


async def test_the_chats_that_were_written_to_longest_ago_are_forgotten(monkeypatch):
    monkeypatch.setattr(pace_module, "_CHATS", 3)
    pace = Pace([Limit(100, 60)], [Limit(1, 60)])
    for chat in ("a", "b", "c"):
        await pace.turn(chat)
    with pytest.raises(TemporarilyUnavailable):
        await pace.turn("c")
    await pace.turn("a")


async def test_no_thread_is_started(monkeypatch):
    monkeypatch.setattr(threading.Thread, "start", lambda _thread: pytest.fail("a thread"))
    pace = Pace([Limit(30, 1)], [Limit(20, 60)])
    for _ in range(3):
        await pace.turn("a")


# -- webhooks --------------------------------------------------------------------------------
def counted(name):
    return REGISTRY.get_sample_value(name, {"channel": "test"}) or 0


async def test_what_is_not_signed_is_counted_without_a_word_of_it():
    before = counted("helpdesk_webhooks_refused_total")
    with structlog.testing.capture_logs() as logs:
        answer = refused("test", "signature")
    assert answer.status == 401
    assert counted("helpdesk_webhooks_refused_total") == before + 1
    assert logs == [
        {
            "event": "webhook_refused",
            "log_level": "warning",
            "channel": "test",
            "reason": "signature",
        }
    ]


async def test_what_nobody_reads_is_named_by_its_digest():
    before = counted("helpdesk_webhooks_unreadable_total")
    with structlog.testing.capture_logs() as logs:
        answer = unreadable("test", "shape", b"password saya Bandung#2024")
    assert answer.status == 200
    assert counted("helpdesk_webhooks_unreadable_total") == before + 1
    assert logs[0]["size"] == 26
    assert len(logs[0]["digest"]) == 16
    assert "Bandung" not in str(logs)


@pytest.mark.parametrize(("size", "status"), [(99, 200), (100, 200), (101, 413), (5_000_000, 413)])
@pytest.mark.parametrize("in_pieces", [False, True])
async def test_bodies_are_read_up_to_a_limit(size, status, in_pieces):
    async def show(request):
        return web.Response(text=str(len(await body_of(request, 100))))

    async def pieces():
        for start in range(0, size, 65_536):
            yield b"x" * min(65_536, size - start)

    app = web.Application()
    app.router.add_post("/", show)
    async with TestClient(TestServer(app)) as client:
        data = pieces() if in_pieces or size > 1000 else b"x" * size
        async with client.post("/", data=data) as response:
            assert response.status == status
            assert status != 200 or await response.text() == str(size)
