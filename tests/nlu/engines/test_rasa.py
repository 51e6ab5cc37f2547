"""A Rasa server as an engine: what it is sent, what is made of its answers, and its outages."""

import asyncio

import pytest
from fake_rasa import (
    bad_gateway,
    cut_short,
    hang_up,
    redirect,
    says,
    server_error,
    slow,
    understood,
)
from prometheus_client import REGISTRY
from servers import free_port
from structlog.testing import capture_logs

from nlu.engines.breaker import FAILURES, PAUSE, Breaker
from nlu.engines.rasa import RasaEngine
from nlu.evaluate import TODAY
from nlu.types import Intent

TEXT = "lupa password nih"


def counted(outcome):
    return REGISTRY.get_sample_value("helpdesk_rasa_calls_total", {"outcome": outcome}) or 0


def ranked(*pairs):
    def answer(text):
        ranking = [{"name": name, "confidence": confidence} for name, confidence in pairs]
        return understood(text) | {"intent": ranking[0], "intent_ranking": ranking}

    return answer


# -- what leaves the process -------------------------------------------------------------------
async def test_a_password_never_leaves_the_process(rasa, rasa_engine):
    await rasa_engine.parse("password saya Bandung#2024 kok salah", today=TODAY)
    assert rasa.received == ["password saya [redacted] kok salah"]


@pytest.mark.parametrize("code", ["12345678", "1234 5678"])
async def test_a_code_never_leaves_the_process(rasa, rasa_engine, code):
    await rasa_engine.parse(f"kode saya {code} kok salah", today=TODAY)

    [sent] = rasa.received
    assert sent.count("0") == 8
    assert not set(sent) & set("12345678")


async def test_no_order_is_sent(rasa, rasa_engine):
    await rasa_engine.parse(" //affirm saja", today=TODAY)
    assert rasa.received == ["affirm saja"]


@pytest.mark.parametrize("text", ["", "13519001", "/", "\U0001f44d"])
async def test_a_message_without_words_is_not_sent(rasa, rasa_engine, text):
    await rasa_engine.parse(text, today=TODAY)
    assert rasa.received == []


async def test_the_token_is_sent_and_not_logged(rasa, engine):
    rasa.token = "a-token-of-rasa"
    asking = RasaEngine(f"{rasa.url}/", fallback=engine, timeout=5, token="a-token-of-rasa")
    with capture_logs() as logs:
        meaning = await asking.parse(TEXT, today=TODAY)
        rasa.trouble = server_error
        await asking.parse(TEXT, today=TODAY)
    await asking.close()

    assert meaning.confidence == pytest.approx(0.993, abs=0.001)
    assert [each["event"] for each in logs] == ["rasa_away"]
    assert "a-token-of-rasa" not in str(logs)


# -- what is made of an answer -----------------------------------------------------------------
@pytest.mark.parametrize(
    ("pairs", "intent", "confidence"),
    [
        ([("unlock_account", 0.8), ("greet", 0.1)], Intent.UNLOCK_ACCOUNT, 0.8),
        ([("nlu_fallback", 0.3), ("greet", 0.29)], Intent.OUT_OF_SCOPE, 0.0),
        ([("nlu_fallback", 0.3), ("greet", 0.5), ("thank", 0.45)], Intent.OUT_OF_SCOPE, 0.0),
        ([("greet", 0.30)], Intent.GREET, 0.3),
        ([("greet", 0.29)], Intent.OUT_OF_SCOPE, 0.0),
        ([("book_a_room", 0.9), ("greet", 0.1)], Intent.OUT_OF_SCOPE, 0.9),
        ([("greet", 0.4), ("book_a_room", 0.3), ("faq", 0.3)], Intent.OUT_OF_SCOPE, 0.6),
        ([("greet", 1.0000001192)], Intent.GREET, 1.0),
        ([("greet", 0.9), ("thank", 0.9)], Intent.GREET, 0.5),
        ([(None, 0.0)], Intent.OUT_OF_SCOPE, 0.0),
    ],
)
async def test_what_an_answer_means(rasa, rasa_engine, pairs, intent, confidence):
    rasa.answer = ranked(*pairs)
    meaning = await rasa_engine.parse(TEXT, today=TODAY)

    assert meaning.intent is intent
    assert meaning.confidence == pytest.approx(confidence)


async def test_doubt_keeps_the_two_wishes_to_ask_about(rasa, rasa_engine):
    pairs = [("nlu_fallback", 0.3), ("unlock_account", 0.45), ("reset_password", 0.44)]
    rasa.answer = ranked(*pairs)
    meaning = await rasa_engine.parse(TEXT, today=TODAY)

    first, second = meaning.ranking
    assert (first.intent, second.intent) == (Intent.UNLOCK_ACCOUNT, Intent.RESET_PASSWORD)


async def test_a_server_that_ranks_nothing_but_names_an_intent(rasa, rasa_engine):
    rasa.trouble = says(b'{"intent": {"name": "greet", "confidence": 0.7}}')
    assert (await rasa_engine.parse(TEXT, today=TODAY)).intent is Intent.GREET


async def test_other_wishes_go_when_rasa_sees_another_one(rasa, rasa_engine):
    rasa.answer = ranked(("greet", 0.9))
    meaning = await rasa_engine.parse("lupa password dan mau cek tiket saya", today=TODAY)
    assert (meaning.intent, meaning.also) == (Intent.GREET, ())


# -- outages -----------------------------------------------------------------------------------
TROUBLE = [
    (slow, "timeout"),
    (server_error, "status_500"),
    (bad_gateway, "status_502"),
    (redirect, "status_307"),
    (hang_up, "unreachable"),
    (cut_short, "unreachable"),
    (says(b"<html>login</html>"), "unreadable"),
    (says(b""), "unreadable"),
    (says(b"\xff\xfe"), "unreadable"),
    (says(b"[]"), "unreadable"),
    (says(b'{"intent": null}'), "unreadable"),
    (says(b'{"intent": {"name": "greet"}}'), "unreadable"),
    (says(b'{"intent": {"name": "greet", "confidence": "high"}}'), "unreadable"),
    (says(b'{"intent": {"name": "greet", "confidence": NaN}}'), "unreadable"),
]


@pytest.mark.parametrize(("trouble", "outcome"), TROUBLE)
async def test_the_embedded_engine_answers_instead(rasa, engine, trouble, outcome):
    asking = RasaEngine(rasa.url, fallback=engine, timeout=0.2 if trouble is slow else 5)
    rasa.trouble = trouble
    before = counted(outcome)

    assert await asking.parse(TEXT, today=TODAY) == engine.understand(TEXT, today=TODAY)
    assert counted(outcome) == before + 1
    await asking.close()


@pytest.mark.parametrize(
    ("setting", "outcome"), [({"model": False}, "status_409"), ({"token": "x"}, "status_401")]
)
async def test_without_a_model_or_the_token_the_embedded_engine_answers(
    rasa, engine, setting, outcome
):
    vars(rasa).update(setting)
    asking = RasaEngine(rasa.url, fallback=engine, timeout=5)
    before = counted(outcome)

    assert await asking.parse(TEXT, today=TODAY) == engine.understand(TEXT, today=TODAY)
    assert counted(outcome) == before + 1
    await asking.close()


@pytest.mark.parametrize("url", ["http://127.0.0.1:{}", "http://[::1]:{}", "http://"])
async def test_nobody_listens(engine, url):
    asking = RasaEngine(url.format(free_port()), fallback=engine)
    before = counted("unreachable")

    assert await asking.parse(TEXT, today=TODAY) == engine.understand(TEXT, today=TODAY)
    assert counted("unreachable") == before + 1
    await asking.close()


async def test_an_outage_is_logged_once_and_nobody_waits_for_long(rasa, engine):
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    asking = RasaEngine(rasa.url, fallback=engine, timeout=5, breaker=breaker)
    calls = []

    async def broken(request):
        calls.append(request)
        return await server_error(request)

    rasa.trouble = broken
    with capture_logs() as logs:
        for _ in range(10):
            await asking.parse(TEXT, today=TODAY)
        assert len(calls) == FAILURES

        now[0] += PAUSE
        await asyncio.gather(*(asking.parse(TEXT, today=TODAY) for _ in range(10)))
        assert len(calls) == FAILURES + 1  # one asks again, the others do not wait for it

        rasa.trouble = None
        now[0] += PAUSE
        await asking.parse(TEXT, today=TODAY)
        await asking.parse(TEXT, today=TODAY)
    await asking.close()

    assert rasa.received == [TEXT, TEXT]
    assert [each["event"] for each in logs] == ["rasa_away", "rasa_back"]


@pytest.mark.parametrize(
    ("elapsed", "allowed"), [(0, False), (PAUSE - 0.1, False), (PAUSE, True), (PAUSE + 1, True)]
)
def test_the_pause(elapsed, allowed):
    now = [100.0]
    breaker = Breaker(lambda: now[0])
    for _ in range(FAILURES):
        assert breaker.allows()
        breaker.failed()
    now[0] += elapsed

    assert breaker.allows() is allowed


def test_a_success_in_between_starts_the_count_again():
    breaker = Breaker(lambda: 0.0)
    assert [breaker.failed(), breaker.failed(), breaker.succeeded()] == [True, False, True]
    assert [breaker.succeeded(), breaker.failed(), breaker.failed()] == [False, True, False]
    assert breaker.allows()
