"""Telling Meta where we are, and settings that cannot work together."""

import pytest
from fake_meta import Fault
from whatsapp_kit import SECRET, WORD, settings

from bot.channels.port import ChannelError
from bot.settings import UnsafeSettings, check

REACHED = {"public_url": "https://bantuan.kampus.example"}
APP = {**REACHED, "whatsapp_app_id": "77"}
CALLBACK = "https://bantuan.kampus.example/webhooks/whatsapp"


async def test_the_webhook_is_set_with_the_apps_own_token(lines, meta):
    line = await lines(**APP, whatsapp_business_account_id="88")
    assert await line.channel.register() == f"messages will come to {CALLBACK}"
    assert meta.asked == [("POST", "77/subscriptions"), ("POST", "88/subscribed_apps")]
    assert meta.tokens == [f"Bearer 77|{SECRET}", "Bearer EAAG-token"]
    assert meta.bodies[0] == {
        "object": "whatsapp_business_account",
        "callback_url": CALLBACK,
        "verify_token": WORD,
        "fields": ["messages"],
    }


async def test_an_account_that_is_not_named_is_left_to_the_dashboard(lines, meta):
    line = await lines(**APP)
    assert "HELPDESK_WHATSAPP_BUSINESS_ACCOUNT_ID" in await line.channel.register()
    assert meta.asked == [("POST", "77/subscriptions")]


async def test_without_the_apps_id_it_is_said_what_to_enter(lines, meta):
    line = await lines(**REACHED)
    assert CALLBACK in await line.channel.register()
    assert meta.asked == []


async def test_an_address_meta_cannot_reach_is_not_told(lines, meta):
    line = await lines(whatsapp_app_id="77")
    with pytest.raises(ChannelError, match="HELPDESK_PUBLIC_URL"):
        await line.channel.register()
    assert meta.asked == []


async def test_what_meta_said_is_passed_on(lines, meta):
    meta.faults.append(Fault(2200))
    line = await lines(**APP)
    with pytest.raises(ChannelError, match="Meta said"):
        await line.channel.register()


async def test_metas_words_about_a_token_are_not_passed_on(lines, meta):
    """They hold the token."""
    meta.faults.append(Fault(190, 401))
    line = await lines(**APP)
    with pytest.raises(ChannelError, match="code 190") as raised:
        await line.channel.register()
    assert "refused" not in str(raised.value)


def test_settings_that_work_together():
    check(settings())
    check(settings(**APP, whatsapp_business_account_id="88", whatsapp_template="ada_pesan"))
    check(settings(whatsapp_api_url="http://127.0.0.1:9000/v23.0"))


@pytest.mark.parametrize(
    ("changed", "advice"),
    [
        ({"whatsapp_phone_number_id": None}, "HELPDESK_WHATSAPP_PHONE_NUMBER_ID"),
        ({"whatsapp_app_secret": None}, "HELPDESK_WHATSAPP_APP_SECRET"),
        ({"whatsapp_app_secret": ""}, "HELPDESK_WHATSAPP_APP_SECRET"),
        ({"whatsapp_verify_token": None}, "HELPDESK_WHATSAPP_VERIFY_TOKEN"),
        ({"whatsapp_verify_token": "x" * 15}, "HELPDESK_WHATSAPP_VERIFY_TOKEN"),
        ({"whatsapp_phone_number_id": "+628121"}, "HELPDESK_WHATSAPP_PHONE_NUMBER_ID"),
        ({"whatsapp_app_id": "77/me"}, "HELPDESK_WHATSAPP_APP_ID"),
        ({"whatsapp_business_account_id": "a"}, "HELPDESK_WHATSAPP_BUSINESS_ACCOUNT_ID"),
        ({"whatsapp_api_url": "http://graph.example/v23.0"}, "HELPDESK_WHATSAPP_API_URL"),
    ],
)
def test_unsafe_settings_say_what_to_do(changed, advice):
    with pytest.raises(UnsafeSettings, match=advice):
        check(settings(**changed))
