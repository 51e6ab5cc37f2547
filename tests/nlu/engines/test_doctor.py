"""What `helpdesk doctor` finds out about a Rasa server, and what it advises."""

import pytest
from fake_rasa import says, server_error, understood
from servers import free_port

from backend.settings import BackendSettings
from bot.settings import BotSettings
from helpdesk.examination import Examiner


def examiner(url, **values):
    bot = BotSettings(_env_file=None, nlu="rasa", rasa_url=url, **values)
    return Examiner(bot, BackendSettings(_env_file=None))


def known_as(rename):
    def answer(text):
        found = understood(text)
        for each in found["intent_ranking"]:
            each["name"] = rename(each["name"])
        return found

    return answer


async def test_a_server_with_our_intents(rasa):
    rasa.token = "t"
    finding = await examiner(rasa.url, rasa_token="t").rasa()
    assert (finding.state, finding.advice) == ("ok", "")


@pytest.mark.parametrize(
    ("setting", "advice"),
    [
        ({"token": "another"}, "HELPDESK_RASA_TOKEN"),
        ({"model": False}, "--model"),
        ({"trouble": server_error}, "log"),
        ({"trouble": says(b"<html>")}, "HELPDESK_RASA_URL"),
        ({"answer": known_as("faq_{}".format)}, "nlu/data"),
    ],
)
async def test_each_trouble_has_its_advice(rasa, setting, advice):
    vars(rasa).update(setting)
    finding = await examiner(rasa.url).rasa()

    assert finding.state == "fail"
    assert advice in finding.advice


async def test_a_foreign_intent_is_named(rasa):
    rasa.answer = known_as(lambda name: "book_a_room" if name == "greet" else name)
    finding = await examiner(rasa.url).rasa()

    assert finding.state == "warn"
    assert "book_a_room" in finding.detail


async def test_nobody_listens():
    finding = await examiner(f"http://127.0.0.1:{free_port()}").rasa()
    assert (finding.state, "rasa run" in finding.advice) == ("fail", True)


def test_the_embedded_engine_has_no_server_to_look_at():
    embedded = Examiner(BotSettings(_env_file=None), BackendSettings(_env_file=None))
    with_rasa = examiner("http://127.0.0.1:5005")

    assert "rasa" not in {check.__name__ for check in embedded.checks()}
    assert "rasa" in {check.__name__ for check in with_rasa.checks()}
