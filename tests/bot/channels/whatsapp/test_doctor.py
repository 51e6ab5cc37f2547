"""`helpdesk doctor` on WhatsApp: what it finds, and what it says to do."""

from datetime import UTC, datetime

import pytest
from fake_meta import Fault
from whatsapp_kit import ACCOUNT, settings

from helpdesk.checks_whatsapp import examine

CALLBACK = "https://bantuan.kampus.example/webhooks/whatsapp"
SUBSCRIPTION = {
    "object": "whatsapp_business_account",
    "callback_url": CALLBACK,
    "active": True,
    "fields": [{"name": "messages", "version": "v23.0"}],
}
GOOD = {
    ACCOUNT: {"display_phone_number": "+62 22 250 0935", "quality_rating": "GREEN"},
    "77/subscriptions": {"data": [{"object": "page"}, SUBSCRIPTION]},
    "88/subscribed_apps": {"data": [{"whatsapp_business_api_data": {"id": "77"}}]},
    "88/message_templates": {
        "data": [
            {"name": "ada_pesan", "language": "id", "status": "APPROVED"},
            {"name": "ada_pesan", "language": "en", "status": "APPROVED"},
        ]
    },
}
ALL = {
    "public_url": "https://bantuan.kampus.example",
    "whatsapp_app_id": "77",
    "whatsapp_business_account_id": "88",
    "whatsapp_template": "ada_pesan",
}


class Now:
    def now(self):
        return datetime.now(UTC)


async def found(meta, clock=None, **changed):
    """Return state and words of every finding, by what was looked at."""
    chosen = settings(whatsapp_api_url=meta.url, **{**ALL, **changed})
    findings = await examine(chosen, clock or Now())
    return {each.what.removeprefix("whatsapp "): each for each in findings}


@pytest.fixture
def well(meta):
    meta.objects.update(GOOD)
    return meta


async def test_nothing_is_said_while_it_is_off(meta):
    assert await examine(settings(whatsapp_token=None), Now()) == []


async def test_all_is_well(well):
    findings = await found(well)
    assert list(findings) == ["number", "webhook", "account", "template", "clock"]
    assert {each.state for each in findings.values()} == {"ok"}


async def test_an_account_in_the_form_of_the_schema_is_read_too(well):
    well.objects["88/subscribed_apps"] = {"data": [{"id": "77", "name": "x"}]}
    assert (await found(well))["account"].state == "ok"


@pytest.mark.parametrize(
    ("what", "path", "answer", "state", "advice"),
    [
        ("number", ACCOUNT, {"quality_rating": "RED"}, "warn", "WhatsApp Manager"),
        ("webhook", "77/subscriptions", {"data": []}, "fail", "--register-webhooks"),
        (
            "webhook",
            "77/subscriptions",
            {"data": [{**SUBSCRIPTION, "callback_url": "https://old.example/"}]},
            "fail",
            "--register-webhooks",
        ),
        (
            "webhook",
            "77/subscriptions",
            {"data": [{**SUBSCRIPTION, "active": False}]},
            "fail",
            "--register-webhooks",
        ),
        (
            "webhook",
            "77/subscriptions",
            {"data": [{**SUBSCRIPTION, "fields": []}]},
            "fail",
            "--register-webhooks",
        ),
        ("account", "88/subscribed_apps", {"data": [{"id": "1"}]}, "fail", "--register-webhooks"),
        ("account", "88/subscribed_apps", {"data": "x"}, "fail", "--register-webhooks"),
        ("template", "88/message_templates", {"data": []}, "fail", "WhatsApp Manager"),
    ],
)
async def test_what_is_not_well_comes_with_advice(well, what, path, answer, state, advice):
    well.objects[path] = answer
    finding = (await found(well))[what]
    assert (finding.state, advice in finding.advice) == (state, True)


@pytest.mark.parametrize(
    ("fault", "advice"),
    [
        (Fault(190, 401), "HELPDESK_WHATSAPP_TOKEN"),
        (Fault(100, subcode=33), "HELPDESK_WHATSAPP_PHONE_NUMBER_ID"),
        (Fault(368, 403), "WhatsApp Manager"),
        (Fault(2, 503), "minutes"),
        (Fault(status=502, html=True), "HELPDESK_WHATSAPP_API_URL"),
    ],
    ids=["token", "id", "account", "away", "proxy"],
)
async def test_a_refusal_comes_with_advice(well, fault, advice):
    well.faults.append(fault)
    finding = (await found(well))["number"]
    assert (finding.state, advice in finding.advice) == ("fail", True)


async def test_what_cannot_be_looked_up_is_said(well):
    findings = await found(well, whatsapp_app_id=None, whatsapp_business_account_id=None)
    assert (findings["webhook"].state, findings["account"].state) == ("warn", "warn")
    assert CALLBACK in findings["webhook"].detail
    assert "template" not in findings


async def test_an_address_meta_cannot_reach_is_said(well):
    finding = (await found(well, public_url=None))["webhook"]
    assert (finding.state, "HELPDESK_PUBLIC_URL" in finding.advice) == ("fail", True)


async def test_a_clock_that_is_off_is_said(well, clock):
    finding = (await found(well, clock))["clock"]
    assert (finding.state, finding.advice) == ("fail", "Run NTP.")


async def test_nobody_there_is_said(well):
    await well.stop()
    findings = await found(well)
    assert {each.state for each in findings.values()} == {"fail"}
    assert all("HELPDESK_WHATSAPP_API_URL" in each.advice for each in findings.values())
