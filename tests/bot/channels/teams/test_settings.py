"""Settings of Teams that are unsafe or incomplete do not start; the doctor says what is wrong."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from fake_microsoft import listed
from pydantic import ValidationError
from servers import free_port
from teams_kit import settings

from bot.main import build
from bot.settings import BotSettings, UnsafeSettings, check
from helpdesk.checks_teams import examine
from helpdesk.examination import _channel

HERE = {"bind": "127.0.0.1:8080"}
THERE = {"bind": "0.0.0.0:80", "public_url": "https://bantuan.kampus.example"}
NONE = {"teams_app_id": None, "teams_app_password": None, "teams_tenant": None}
OPEN = {**NONE, "teams_anonymous": True}


@pytest.mark.parametrize(
    ("values", "on"),
    [
        (NONE, False),
        (HERE, True),
        (THERE, True),
        (OPEN, True),
        ({**OPEN, "teams_app_id": "any"}, True),
        ({**OPEN, "public_url": "http://localhost:8080"}, True),
        ({"teams_openid_url": "http://127.0.0.1:9/openid"}, True),
        ({**THERE, "teams_openid_url": "https://login.botframework.azure.us/x"}, True),
        ({**THERE, "teams_cloud": "gcc-high"}, True),
        ({"teams_login_url": "http://127.0.0.1:9"}, True),
    ],
)
def test_safe_settings(values, on):
    chosen = settings(**values)
    check(chosen)
    assert chosen.teams is on


@pytest.mark.parametrize(
    ("values", "advice"),
    [
        ({**OPEN, **THERE}, "HELPDESK_TEAMS_ANONYMOUS"),
        ({**OPEN, "bind": "192.0.2.1:80"}, "HELPDESK_TEAMS_ANONYMOUS"),
        ({**OPEN, "public_url": "https://tunnel.example"}, "without HELPDESK_PUBLIC_URL"),
        ({"teams_anonymous": True}, "exclude each other"),
        ({"teams_app_id": None}, "HELPDESK_TEAMS_APP_ID"),
        ({"teams_app_password": None}, "HELPDESK_TEAMS_APP_PASSWORD"),
        ({"teams_openid_url": "http://192.0.2.1/openid"}, "HELPDESK_TEAMS_OPENID_URL"),
        ({**THERE, "teams_openid_url": "http://127.0.0.1:9/x"}, "HELPDESK_TEAMS_OPENID_URL"),
        (
            {"public_url": "https://x.example", "teams_openid_url": "http://127.0.0.1:9/x"},
            "HELPDESK_TEAMS_OPENID_URL",
        ),
        ({**THERE, "teams_login_url": "http://127.0.0.1:9"}, "HELPDESK_TEAMS_LOGIN_URL"),
        ({"teams_login_url": "https://login.microsoftonline.us"}, "HELPDESK_TEAMS_CLOUD"),
        ({"teams_login_url": "https://evil.example"}, "HELPDESK_TEAMS_LOGIN_URL"),
    ],
)
def test_unsafe_settings_say_what_to_do(values, advice):
    with pytest.raises(UnsafeSettings, match=advice):
        check(settings(**values))


def test_the_channel_is_there_when_it_is_set_up(tmp_path, clock):
    def paths(chosen):
        return {r.canonical for r in build(chosen, None, None, clock).app.router.resources()}

    assert "/webhooks/teams" in paths(settings(state_dir=tmp_path))
    assert "/webhooks/teams" not in paths(BotSettings(_env_file=None, state_dir=tmp_path))


def test_a_cloud_that_does_not_exist_is_refused():
    with pytest.raises(ValidationError, match="teams_cloud"):
        settings(teams_cloud="germany")


def test_the_secret_is_in_no_representation():
    assert "registered-secret" not in repr(settings()) + settings().model_dump_json()


# -- the doctor ----------------------------------------------------------------------------------
class Now:
    def __init__(self, **off):
        self.off = timedelta(**off)

    def now(self):
        return datetime.now(UTC) + self.off


async def findings(microsoft, clock=None, **changed):
    here = {"teams_openid_url": f"{microsoft.url}/openid", "teams_login_url": microsoft.url}
    found = await examine(settings(**{**here, **changed}), clock or Now())
    return {finding.what: finding for finding in found}


async def test_all_is_well(microsoft):
    found = await findings(microsoft, public_url="https://bantuan.kampus.example")
    assert {what: finding.state for what, finding in found.items()} == {
        "teams token": "ok",
        "teams keys": "ok",
        "teams clock": "ok",
        "teams endpoint": "ok",
    }
    assert "https://bantuan.kampus.example/webhooks/teams" in found["teams endpoint"].detail


async def test_nothing_is_looked_at_while_the_channel_is_off(microsoft):
    assert await findings(microsoft, **NONE) == {}
    assert microsoft.logins == []


async def test_a_playground_is_warned_of(microsoft):
    assert (await findings(microsoft, **OPEN))["teams"].state == "warn"
    assert microsoft.logins == []


@pytest.mark.parametrize("code", ["invalid_client", "unauthorized_client", "brand_new"])
async def test_a_refused_login_says_where_to_look(microsoft, code):
    microsoft.login_faults = [{"error": code}]
    finding = (await findings(microsoft))["teams token"]
    assert (finding.state, code in finding.detail) == ("fail", True)
    assert "HELPDESK_TEAMS" in finding.advice


async def test_every_organisation_may_write_without_a_tenant(microsoft):
    assert (await findings(microsoft, teams_tenant=None))["teams token"].state == "warn"


async def test_keys_for_others_are_none(microsoft):
    microsoft.keys = [listed("k2", "webchat")]
    assert (await findings(microsoft))["teams keys"].state == "fail"
    microsoft.openid_status = 404
    assert (await findings(microsoft))["teams keys"].state == "fail"


async def test_a_clock_that_is_off(microsoft):
    assert (await findings(microsoft, Now(minutes=4)))["teams clock"].state == "fail"
    assert (await findings(microsoft, Now(seconds=-20)))["teams clock"].state == "ok"


async def test_a_network_that_leads_nowhere(microsoft):
    nowhere = f"http://127.0.0.1:{free_port()}"
    there = {"teams_login_url": nowhere, "teams_openid_url": f"{nowhere}/openid"}
    found = await findings(microsoft, **there)
    for what in ("teams token", "teams keys", "teams clock"):
        assert found[what].state == "fail"
        assert nowhere.removeprefix("http://") in found[what].advice


async def test_an_address_microsoft_cannot_reach(microsoft):
    assert (await findings(microsoft))["teams endpoint"].state == "fail"


async def test_a_login_that_answers_with_a_page(microsoft, monkeypatch):
    async def page(_request):
        return web.Response(text="<html>", content_type="text/html")

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", page)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        found = await findings(microsoft, teams_login_url=f"http://127.0.0.1:{port}")
    finally:
        await runner.cleanup()
    assert "unreadable answer" in found["teams token"].detail
    assert "registered-secret" not in json.dumps([str(each) for each in found.values()])


async def test_a_look_that_breaks_is_itself_a_finding(monkeypatch):
    async def broken(_settings, _clock):
        raise RuntimeError("registered-secret")

    broken.__module__ = "helpdesk.checks_teams"
    (finding,) = await _channel(broken, settings())
    assert (finding.what, finding.state) == ("teams", "fail")
    assert "registered-secret" not in str(finding)
