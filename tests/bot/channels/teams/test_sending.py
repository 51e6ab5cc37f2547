"""What is sent, where the token goes, and what becomes of a message when Microsoft has trouble."""

import asyncio
import time

import aiohttp
import pytest
from fake_microsoft import APP, PASSWORD, TENANT, Fault
from servers import free_port
from teams_kit import BOT, BUDI, GROUP, PERSONAL, activity, settings

from bot.channels import teams, teams_api
from bot.channels.port import (
    Action,
    Button,
    FateUnknown,
    OutboundMessage,
    Rejected,
    Said,
    TemporarilyUnavailable,
    Unreachable,
)
from bot.channels.teams_clouds import CLOUDS

NAME = "teams:a:budi"
BUTTONS = (Button("Ya", "/choose:1:yes"), Button("Batal", "/choose:1:cancel"))


def route_to(service, chat="a:budi"):
    return f'{{"service":"{service}","conversation":"{chat}","bot":"28:b","user":"29:u"}}'


@pytest.fixture
def say(desk):
    async def send(text="halo", buttons=(), *, key="k", route=None, **more):
        route = route_to(desk.microsoft.service) if route is None else route
        message = OutboundMessage(text, buttons, route=route, **more)
        return await desk.channel.send(key, NAME, message)

    return send


async def test_a_message_is_addressed_and_carries_the_token(say, microsoft):
    await say("halo", route=route_to(microsoft.service, "a:x/../y?z"))
    ((method, path, authorization, sent),) = microsoft.calls
    assert (method, authorization) == ("POST", "Bearer token-1")
    assert path == "/apac/v3/conversations/a:x%2F..%2Fy%3Fz/activities"
    assert (sent["from"], sent["recipient"]) == ({"id": "28:b"}, {"id": "29:u"})
    assert (sent["type"], sent["text"]) == ("message", "halo")


async def test_the_token_is_asked_for_once_and_again_before_it_ends(desks, microsoft):
    seconds = [0.0]
    desk = await desks(now=lambda: seconds[0])
    message = OutboundMessage("halo", route=route_to(microsoft.service))
    await asyncio.gather(*(desk.channel.send(f"k{n}", NAME, message) for n in range(5)))
    ((tenant, form),) = microsoft.logins
    assert tenant == TENANT
    assert form == {
        "grant_type": "client_credentials",
        "client_id": APP,
        "client_secret": PASSWORD,
        "scope": "https://api.botframework.com/.default",
    }
    seconds[0] = 3599 - teams_api.EARLY
    await desk.channel.send("k9", NAME, message)
    assert len(microsoft.logins) == 2


async def test_a_registration_for_many_tenants_signs_in_at_the_framework(desks, microsoft):
    desk = await desks(teams_tenant=None)
    await desk.channel.send("k", NAME, OutboundMessage("x", route=route_to(microsoft.service)))
    assert microsoft.logins[0][0] == "botframework.com"


LOGINS = {
    "public": "https://login.microsoftonline.com/botframework.com/",
    "gcc-high": "https://login.microsoftonline.us/MicrosoftServices.onmicrosoft.us/",
    "dod": "https://login.microsoftonline.us/MicrosoftServices.onmicrosoft.us/",
    "china": "https://login.partner.microsoftonline.cn/microsoftservices.partner.onmschina.cn/",
}


@pytest.mark.parametrize(("cloud", "address"), LOGINS.items())
def test_each_cloud_has_a_login_of_its_own(cloud, address):
    login = teams_api.Login(settings(teams_cloud=cloud, teams_tenant=None))
    assert login._url == f"{address}oauth2/v2.0/token"
    assert login._form["scope"] == f"{CLOUDS[cloud].framework}/.default"


async def test_a_token_that_is_refused_is_not_used_again(say, microsoft):
    microsoft.faults = [Fault(401)]
    with pytest.raises(TemporarilyUnavailable):
        await say()
    await say()
    assert [call[2] for call in microsoft.calls] == ["Bearer token-1", "Bearer token-2"]


async def test_without_a_token_nothing_is_sent(say, microsoft):
    microsoft.login_faults = [{"error": "invalid_client"}]
    with pytest.raises(TemporarilyUnavailable) as away:
        await say()
    assert away.value.retry_after == 60
    assert microsoft.calls == []


async def test_while_the_login_is_away_nothing_is_sent(desks, microsoft, monkeypatch):
    desk = await desks()
    nowhere = f"http://127.0.0.1:{free_port()}/token"
    monkeypatch.setattr(desk.channel._connector._login, "_url", nowhere)
    with pytest.raises(TemporarilyUnavailable):
        await desk.channel.send("k", NAME, OutboundMessage("x", route=route_to(microsoft.service)))
    assert microsoft.calls == []


async def test_a_token_that_was_replaced_meanwhile_is_not_forgotten(desk, microsoft):
    login = desk.channel._connector._login
    async with aiohttp.ClientSession() as http:
        first = await login.token(http)
        login.forget(first)
        second = await login.token(http)
        login.forget(first)
        assert await login.token(http) == second != first


@pytest.mark.parametrize(
    "route",
    [
        "",
        "{}",
        route_to("https://evil.example/"),
        route_to("http://192.0.2.1/"),
        route_to("https://smba.trafficmanager.net/apac/"),
    ],
    ids=["none", "another kind", "stranger", "another machine", "a test never leaves"],
)
async def test_no_token_goes_to_an_address_that_is_not_on_the_list(say, microsoft, route):
    with pytest.raises(Unreachable):
        await say(route=route)
    assert (microsoft.logins, microsoft.calls) == ([], [])


async def test_a_redirect_is_not_followed(say, microsoft):
    microsoft.faults = [Fault(307, {"Location": f"{microsoft.url}/elsewhere"})]
    with pytest.raises(Rejected):
        await say()
    assert len(microsoft.calls) == 1


FAULTS = {
    "429 with a time": (Fault(429, {"Retry-After": "7"}), TemporarilyUnavailable, 7.0),
    "429 without": (Fault(429), TemporarilyUnavailable, teams_api.WAIT),
    "429 with a date": (
        Fault(429, {"Retry-After": "Mon, 02 Mar 2026 03:00:00 GMT"}),
        TemporarilyUnavailable,
        teams_api.WAIT,
    ),
    "412": (Fault(412), TemporarilyUnavailable, None),
    "502 as a page": (Fault(502, body="<html>Bad Gateway</html>"), TemporarilyUnavailable, None),
    "503": (Fault(503, {"Retry-After": "30"}), TemporarilyUnavailable, 30.0),
    "504": (Fault(504), TemporarilyUnavailable, None),
    "500": (Fault(500, body='{"error":{"code":"ServiceError"}}'), FateUnknown, None),
    "closed": (Fault(closed=True), FateUnknown, None),
    "taken, then closed": (Fault(closed=True, done=True), FateUnknown, None),
    "403 not in the roster": (
        Fault(403, body='{"error":{"code":"BotNotInConversationRoster"}}'),
        Unreachable,
        None,
    ),
    "403 blocked": (
        Fault(403, body='{"error":{"code":"MessageWritesBlocked"}}'),
        Unreachable,
        None,
    ),
    "404": (Fault(404, body='{"error":{"code":"ConversationNotFound"}}'), Unreachable, None),
    "400": (Fault(400, body='{"error":{"code":"BadSyntax"}}'), Rejected, None),
    "413": (Fault(413, body='{"error":{"code":"MessageSizeTooBig"}}'), Rejected, None),
}


@pytest.mark.parametrize(("fault", "outcome", "after"), FAULTS.values(), ids=FAULTS.keys())
async def test_what_trouble_means(say, microsoft, fault, outcome, after):
    microsoft.faults = [fault]
    with pytest.raises(outcome) as raised:
        await say()
    if outcome is TemporarilyUnavailable:
        assert raised.value.retry_after == after
    assert len(microsoft.calls) == 1, "sending again is the outbox's decision"


async def test_an_answer_that_does_not_come_leaves_the_fate_unknown(say, microsoft, monkeypatch):
    short = teams_api.aiohttp.ClientTimeout(total=0.2)
    await say(key="warm")
    monkeypatch.setattr(teams_api, "_TIMEOUT", short)
    microsoft.faults = [Fault(200, pause=0.6, done=True)]
    with pytest.raises(FateUnknown):
        await say()


async def test_nobody_listening_means_later(say, microsoft):
    with pytest.raises(TemporarilyUnavailable):
        await say(route=route_to(f"http://127.0.0.1:{free_port()}/"))
    assert len(microsoft.logins) == 1


async def test_a_chat_told_to_wait_waits(say, microsoft):
    microsoft.faults = [Fault(429, {"Retry-After": "60"})]
    with pytest.raises(TemporarilyUnavailable):
        await say()
    with pytest.raises(TemporarilyUnavailable) as away:
        await say()
    assert 55 < away.value.retry_after <= 60
    assert len(microsoft.calls) == 1, "the second did not leave"


async def test_a_thread_gets_no_more_than_teams_allows(say, microsoft):
    started = time.monotonic()
    await asyncio.gather(*(say(key=f"k{n}") for n in range(9)))
    assert time.monotonic() - started > 1.0, "7 in 1 s, 8 in 2 s"
    assert len(microsoft.said) == 9


async def test_a_retry_of_a_split_message_does_not_repeat_its_beginning(say, microsoft):
    long = "\n\n".join("kata " * 800 for _ in range(3))
    microsoft.faults = [None, Fault(502)]
    with pytest.raises(TemporarilyUnavailable):
        await say(long)
    said = await say(long)
    assert [each.native_id for each in said] == ["a1", "a2", "a3"], "the first one, too"
    assert len(microsoft.said) == 3
    assert len({sent["text"] for sent in microsoft.messages}) == 1
    assert len(microsoft.calls) == 4


# -- cards --------------------------------------------------------------------------------------
async def test_buttons_are_taken_off_a_card(say, microsoft):
    await say("Lanjut?", BUTTONS)
    assert await say("Lanjut?", action=Action.CLOSE, target="a1") == ()
    method, path, _, sent = microsoft.calls[-1]
    assert (method, path.rpartition("/")[2], sent["id"]) == ("PUT", "a1", "a1")
    assert "Action.Submit" in str(microsoft.said[0])
    assert "Lanjut?" in str(microsoft.cards["a1"])
    assert "Action.Submit" not in str(microsoft.cards["a1"])


async def test_buttons_are_taken_off_by_whoever_did_not_send_them(say, desks, microsoft):
    """After a restart, or by another replica."""
    await say("Lanjut?", BUTTONS)
    other = await desks()
    route = route_to(microsoft.service)
    message = OutboundMessage("Lanjut?", action=Action.CLOSE, target="a1", route=route)
    await other.channel.send("k2", NAME, message)
    assert "Lanjut?" in str(microsoft.cards["a1"])
    assert "Action.Submit" not in str(microsoft.cards["a1"])


@pytest.mark.parametrize(("text", "target"), [("", "a1"), ("Lanjut?", "")])
async def test_a_card_nobody_knows_is_left_as_it_is(say, microsoft, text, target):
    await say(text, action=Action.CLOSE, target=target)
    assert microsoft.calls == []


async def test_what_was_said_is_told_with_the_ids_it_got(say, microsoft):
    (said,) = await say("Lanjut?", BUTTONS)
    assert said.native_id == "a1"
    assert (said.part.text, said.part.buttons) == ("Lanjut?", BUTTONS)
    first, last = await say("kata " * 1500, BUTTONS)
    assert (first.native_id, last.native_id) == ("a2", "a3")
    assert (first.part.buttons, last.part.buttons) == ((), BUTTONS)
    assert f"{first.part.text} {last.part.text}" == ("kata " * 1500).strip()
    assert isinstance(last, Said)
    microsoft.faults = [Fault(200, body="{}")]
    assert await say("tanpa id") == [Said("", OutboundMessage("tanpa id", route=first.part.route))]


async def test_closing_waits_when_told_to(say, microsoft):
    await say("Lanjut?", BUTTONS)
    microsoft.faults = [Fault(429, {"Retry-After": "60"})]
    with pytest.raises(TemporarilyUnavailable):
        await say("Lanjut?", action=Action.CLOSE, target="a1")
    with pytest.raises(TemporarilyUnavailable):
        await say("halo", key="k2")
    assert len(microsoft.calls) == 2


@pytest.mark.parametrize("fault", [Fault(404), Fault(403), Fault(400), Fault(closed=True)])
async def test_a_card_that_cannot_be_changed_holds_nothing_back(say, microsoft, fault):
    await say("Lanjut?", BUTTONS)
    microsoft.faults = [fault]
    await say("Lanjut?", action=Action.CLOSE, target="a1")
    await say("Akun mana?", key="k2")
    assert [sent.get("text") for sent in microsoft.messages] == [None, "Akun mana?"]


async def test_what_teams_cannot_do_is_not_asked_of_it(say, microsoft):
    await say("", action=Action.DELETE, target="a1")
    assert microsoft.calls == []


async def test_what_was_said_whole_is_not_remembered(say, desk):
    for number in range(5):
        await say("Lanjut?", BUTTONS, key=f"k{number}")
    assert len(desk.channel._half_said) == 0


# -- typing -------------------------------------------------------------------------------------
async def seen(microsoft, count):
    async with asyncio.timeout(10), microsoft.came:
        await microsoft.came.wait_for(lambda: len(microsoft.said) >= count)


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(teams, "TYPING_AFTER", 0.01)


async def test_who_is_answered_at_once_sees_no_typing(desk, microsoft, monkeypatch):
    monkeypatch.setattr(teams, "TYPING_AFTER", 0.3)
    event = await desk.hear(text="halo")
    await desk.hear(text="halo lagi", id="2")
    assert len(desk.channel._typing) == 1, "once a chat"
    await desk.channel.send("k", event.conversation, OutboundMessage("ya", route=event.route))
    await asyncio.sleep(0.4)
    assert [sent["type"] for sent in microsoft.messages] == ["message"]
    assert len(microsoft.calls) == 1
    assert not desk.channel._typing


async def test_the_person_sees_that_we_are_typing(desk, microsoft):
    event = await desk.hear(text="halo")
    await seen(microsoft, 1)
    ((chat, sent),) = microsoft.said
    assert (chat, sent["type"]) == ("a:budi", "typing")
    assert (sent["from"]["id"], sent["recipient"]["id"]) == (BOT["id"], BUDI["id"])
    assert event.route


@pytest.mark.parametrize(
    "changed",
    [{"text": "halo", "conversation": GROUP}, {"type": "installationUpdate", "action": "add"}],
    ids=["group", "installed"],
)
async def test_nobody_types_where_nothing_was_asked(desk, microsoft, changed):
    await desk.hear(**changed)
    await asyncio.sleep(0.05)
    assert microsoft.said == []


async def test_trouble_with_typing_troubles_nobody(desk, microsoft):
    microsoft.faults = [Fault(403)]
    await desk.hear(text="halo")
    await asyncio.gather(*desk.channel._typing.values())
    assert microsoft.said == []


async def test_an_answer_is_not_waited_for_when_stopping(desk, microsoft):
    microsoft.faults = [Fault(200, pause=30)]
    await desk.hear(text="halo")
    started = time.monotonic()
    await desk.channel.stop()
    assert time.monotonic() - started < 5
    assert not desk.channel._typing


# -- the playground -----------------------------------------------------------------------------
@pytest.fixture
async def open_desk(desks):
    here = {"teams_app_id": None, "teams_app_password": None, "teams_tenant": None}
    return await desks(teams_anonymous=True, **here)


async def test_anonymous_means_this_machine_and_no_token_at_all(open_desk, microsoft):
    content = activity(microsoft.service, text="halo", conversation=PERSONAL)
    assert await open_desk.status(content, False) == 202
    await seen(microsoft, 1)
    await open_desk.channel.send(
        "k", NAME, OutboundMessage("x", route=route_to(microsoft.service))
    )
    assert {call[2] for call in microsoft.calls} == {None}
    assert microsoft.logins == []
    microsoft.faults = [Fault(401)]
    with pytest.raises(TemporarilyUnavailable):
        await open_desk.channel.send(
            "k2", NAME, OutboundMessage("x", route=route_to(microsoft.service))
        )
    for service in ("https://smba.trafficmanager.net/apac/", "https://evil.example/"):
        assert await open_desk.status(activity(service, text="halo"), False) == 403
    assert await open_desk.status({**content, "channelId": "webchat"}, False) == 403
    assert len(open_desk.inbox.rows) == 1
