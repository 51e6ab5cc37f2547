"""Unsafe settings do not start."""

import pytest

from bot.settings import BotSettings, UnsafeSettings, check


def settings(**values):
    return BotSettings(_env_file=None, **values)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"bind": "[::1]:8080"},
        {"bind": "localhost:8080", "rest_channel": True},
        {"bind": "0.0.0.0:8080", "public_url": "https://bantuan.kampus.example"},
        {"nlu": "rasa", "rasa_url": "http://127.0.0.1:5005"},
    ],
)
def test_safe_settings(values):
    check(settings(**values))


@pytest.mark.parametrize(
    ("values", "advice"),
    [
        ({"bind": "0.0.0.0:8080"}, "HELPDESK_PUBLIC_URL"),
        ({"bind": "192.0.2.1:8080", "public_url": "http://x.test"}, "HELPDESK_PUBLIC_URL"),
        (
            {"bind": "0.0.0.0:80", "public_url": "https://x.test", "rest_channel": True},
            "HELPDESK_REST_CHANNEL",
        ),
        ({"nlu": "rasa"}, "HELPDESK_RASA_URL"),
        ({"nlu": "rasa", "rasa_url": "rasa.kampus.example:5005"}, "HELPDESK_RASA_URL"),
    ],
)
def test_unsafe_settings_say_what_to_do(values, advice):
    with pytest.raises(UnsafeSettings, match=advice):
        check(settings(**values))


def test_the_rest_channel_is_off_by_itself_where_others_reach_us():
    assert settings().rest
    assert not settings(bind="0.0.0.0:8080", public_url="https://x.test").rest
