"""Settings of Telegram that do not start, and what is chosen by itself."""

import pytest
from fake_telegram import TOKEN
from telegram_kit import settings

from bot.settings import UnsafeSettings, check

REFUSED = {
    "token without a colon": ({"telegram_token": "x" * 50}, "BotFather"),
    "half a token": ({"telegram_token": TOKEN[:20]}, "BotFather"),
    "a token in quotes": ({"telegram_token": f'"{TOKEN}"'}, "BotFather"),
    "a short secret": ({"telegram_webhook_secret": "short"}, "WEBHOOK_SECRET"),
    "a secret Telegram refuses": ({"telegram_webhook_secret": "é" * 40}, "WEBHOOK_SECRET"),
    "token over plain http": ({"telegram_api_url": "http://bot.example"}, "TELEGRAM_API_URL"),
    "no url": ({"telegram_api_url": "bot.example"}, "TELEGRAM_API_URL"),
    "a webhook nobody reaches": (
        {"telegram_mode": "webhook", "public_url": None},
        "HELPDESK_PUBLIC_URL",
    ),
}


@pytest.mark.parametrize(("values", "advice"), REFUSED.values(), ids=REFUSED.keys())
def test_unsafe_settings_say_what_to_do(tmp_path, values, advice):
    with pytest.raises(UnsafeSettings, match=advice) as raised:
        check(settings(tmp_path, **values))
    assert TOKEN[10:] not in str(raised.value)


@pytest.mark.parametrize(
    ("values", "polls"),
    [
        ({}, False),
        ({"public_url": None}, True),
        ({"public_url": None, "telegram_api_url": "http://127.0.0.1:8081"}, True),
        ({"telegram_mode": "polling"}, True),
        ({"telegram_mode": "webhook"}, False),
    ],
)
def test_how_updates_come(tmp_path, values, polls):
    chosen = settings(tmp_path, **values)
    check(chosen)
    assert chosen.telegram_polls is polls


def test_without_a_token_nothing_of_telegram_matters(tmp_path):
    check(settings(tmp_path, telegram_token=None, telegram_api_url="ftp://x"))
