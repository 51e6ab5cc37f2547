"""Who may write in the name of Teams: every way to pretend is refused, and stores nothing."""

import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fake_microsoft import APP, TENANT, listed, private_key
from teams_kit import GROUP, PUBLIC, activity, claims, signed

from bot.channels.teams_clouds import CLOUDS
from bot.channels.teams_guard import LEEWAY, LONGEST_TOKEN
from bot.channels.teams_hosts import is_here, may_fetch, may_serve
from bot.channels.teams_keys import _read
from bot.channels.webhooks import REFUSED

EVIL = "https://evil.example/"
PUBLIC_CLOUD = CLOUDS["public"]


def group(service=PUBLIC, **changed):
    """In a group: nothing is sent back to it unasked, not even that somebody types."""
    return activity(service, conversation=GROUP, text="halo", **changed)


@pytest.fixture
async def door(desks):
    return await desks(public=True)


async def test_what_teams_signed_is_taken(door):
    assert await door.post(group()) == (202, "")
    assert len(door.inbox.rows) == 1


def hs256(key):
    """A token signed with our public key as if it were a shared secret."""
    secret = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    parts = [{"alg": "HS256", "kid": "k1", "typ": "JWT"}, claims()]
    signed_part = b".".join(_b64(json.dumps(part).encode()) for part in parts)
    mark = _b64(hmac.new(secret, signed_part, hashlib.sha256).digest())
    return (signed_part + b"." + mark).decode()


def _b64(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def tampered(token):
    """The same signature under other claims."""
    header, _, mark = token.split(".")
    body = _b64(json.dumps(claims(EVIL, aud=APP)).encode()).decode()
    return f"{header}.{body}.{mark}"


def with_jwk():
    """A token that brings its own key."""
    evil = private_key("evil")
    return signed(claims(), key=evil, headers={"jwk": listed("k1", "msteams", key=evil)})


def from_now(seconds):
    return int(time.time()) + seconds


TOKENS = {
    "no dots": lambda: "abc",
    "empty parts": lambda: "..",
    "nested header": lambda: f"{_b64(b'[' * 4000).decode()}.e30.e30",
    "huge number in the header": lambda: f"{_b64(b'9' * 5000).decode()}.e30.e30",
    "other key, same name": lambda: signed(claims(), key=private_key("evil")),
    "brings its own key": with_jwk,
    "points to its own keys": lambda: signed(
        claims(), key=private_key("evil"), headers={"jku": f"{EVIL}keys"}
    ),
    "unknown extension": lambda: signed(claims(), headers={"crit": ["exp2"], "exp2": 1}),
    "alg none": lambda: jwt.encode(claims(), None, algorithm="none", headers={"kid": "k1"}),
    "signed with the public key": lambda: hs256(private_key("k1")),
    "RS512": lambda: signed(claims(), algorithm="RS512"),
    "PS256": lambda: signed(claims(), algorithm="PS256"),
    "no signature": lambda: signed(claims()).rpartition(".")[0] + ".",
    "claims changed": lambda: tampered(signed(claims())),
    "expired": lambda: signed(claims(exp=from_now(-int(LEEWAY) - 60))),
    "no end": lambda: signed(claims(exp=None)),
    "end is no number": lambda: signed(claims(exp="soon")),
    "not yet": lambda: signed(claims(nbf=from_now(int(LEEWAY) + 60))),
    "no beginning": lambda: signed(claims(nbf=None)),
    "other audience": lambda: signed(claims(aud="someone-else")),
    "audience among others": lambda: signed(claims(aud=[APP, "someone-else"])),
    "no audience": lambda: signed(claims(aud=None)),
    "other issuer": lambda: signed(claims(iss=f"https://sts.windows.net/{TENANT}/")),
    "no issuer": lambda: signed(claims(iss=None)),
    "no key name": lambda: signed(claims(), kid=None, key=private_key("k1")),
    "unknown key name": lambda: signed(claims(), kid="k9", key=private_key("k1")),
    "too long": lambda: signed(claims(pad="x" * (LONGEST_TOKEN * 3 // 4))),
}


@pytest.mark.parametrize("make", TOKENS.values(), ids=TOKENS.keys())
async def test_a_bad_token_is_refused_before_anything_is_read(door, make):
    assert await door.status(group(), make()) == 401
    assert await door.status(b"{not json", make()) == 401, "nor is the body"
    assert door.inbox.rows == {}


async def test_headers_beyond_what_the_server_reads_are_refused_by_it(door):
    assert await door.status(group(), "x" * 10_000) == 400
    assert door.inbox.rows == {}


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic dXNlcjpwYXNz",
        "Bearer a b",
        "Bearer é",
        "token",
        "bearer\tx",
    ],
)
async def test_other_headers_are_refused(door, header):
    assert await door.status(group(), False, Authorization=header) == 401
    assert door.inbox.rows == {}


async def test_no_header_and_two_headers_are_refused(door):
    assert await door.status(group(), False) == 401
    body, token = json.dumps(group()), f"Bearer {signed(claims())}"
    twice = [("Authorization", token), ("Authorization", token)]
    async with door.client.post("/webhooks/teams", data=body, headers=twice) as response:
        assert response.status == 401
    assert door.inbox.rows == {}


ACTIVITIES = {
    "key without endorsement": (group(), {"kid": "k2"}),
    "other channel": (group(channelId="webchat"), {}),
    "other channel, its own key": (group(channelId="webchat"), {"kid": "k2"}),
    "no channel": (group(channelId=None), {}),
    "body swapped for another region's": (
        group("https://smba.trafficmanager.net/emea/"),
        {"service": PUBLIC},
    ),
    "body swapped for a stranger's": (group(EVIL), {"service": PUBLIC}),
    "no service address in the token": (group(), {"service": None}),
    "no service address at all": (group(serviceUrl=None), {"service": None}),
    "stranger's address in both": (group(EVIL), {}),
    "not encrypted": (group("http://smba.trafficmanager.net/apac/"), {}),
    "loopback in production": (group("http://127.0.0.1:9/apac/"), {}),
    "other tenant": (
        group(channelData={"tenant": {"id": "other"}}),
        {},
    ),
    "other tenant's conversation": (
        activity(conversation={**GROUP, "tenantId": "other"}, text="halo"),
        {},
    ),
    "no tenant": (
        activity(conversation={**GROUP, "tenantId": None}, channelData={}, text="halo"),
        {},
    ),
}


@pytest.mark.parametrize(("content", "token"), ACTIVITIES.values(), ids=ACTIVITIES.keys())
async def test_an_activity_its_token_does_not_vouch_for_is_refused(door, content, token):
    service = token.get("service", content.get("serviceUrl"))
    good = signed(claims(service), kid=token.get("kid", "k1"))
    assert await door.status(content, good) == 403
    assert door.inbox.rows == {}


async def test_tenants_are_compared_as_what_they_are_and_only_when_one_is_set(desks):
    upper = await desks(public=True, teams_tenant=TENANT.upper())
    assert await upper.status(group()) == 202
    lower = await desks(public=True)
    assert await lower.status(group(channelData={"tenant": {"id": TENANT.upper()}})) == 202
    every = await desks(public=True, teams_tenant=None)
    assert await every.status(group(channelData={"tenant": {"id": "other"}})) == 202


async def test_a_clock_may_be_a_little_off(door):
    late, early = claims(exp=from_now(60 - int(LEEWAY))), claims(nbf=from_now(int(LEEWAY) - 60))
    assert await door.status(group(), signed(late)) == 202
    assert await door.status(group(), signed(early)) == 202


async def test_refusals_are_counted_and_quote_nothing(door):
    counted = REFUSED.labels("teams")._value
    before = counted.get()
    status, text = await door.post(group(EVIL), signed(claims(PUBLIC)))
    assert (status, counted.get()) == (403, before + 1)
    assert "evil" not in text


# -- service addresses -------------------------------------------------------------------------
@pytest.mark.parametrize(
    "url",
    [
        PUBLIC,
        "https://smba.trafficmanager.net",
        "https://smba.trafficmanager.net:443/id/",
        "https://SMBA.trafficmanager.net/apac/",
        "https://smba.onyx.prod.teams.trafficmanager.net/",
        "https://smba.infra.gcc.teams.microsoft.com/teams",
        "https://webchat.botframework.com/",
    ],
)
def test_addresses_of_microsoft(url):
    assert may_serve(url, PUBLIC_CLOUD)
    assert not is_here(url)
    assert not may_fetch(url, PUBLIC_CLOUD)


@pytest.mark.parametrize(
    "url",
    [
        "https://contoso-my.sharepoint.com/personal/x/_layouts/15/download.aspx?tempauth=v1.a~%2F",
        "https://contoso.sharepoint.com:443/",
        "https://CONTOSO.SharePoint.com/",
    ],
)
def test_addresses_of_files(url):
    assert may_fetch(url, PUBLIC_CLOUD)
    assert not may_serve(url, PUBLIC_CLOUD), "our token does not go there"
    for name in ("gcc-high", "dod", "china"):
        assert not may_fetch(url, CLOUDS[name])


@pytest.mark.parametrize(
    "url",
    [
        "",
        "contoso.sharepoint.com",
        "http://contoso.sharepoint.com/",
        "https://contoso.sharepoint.com:8443/",
        "https://sharepoint.com/",
        "https://evilsharepoint.com/",
        "https://contoso.sharepoint.com.evil.example/",
        "https://evil.example/?.sharepoint.com",
        "https://evil.example#.sharepoint.com",
        "https://evil.example\\.sharepoint.com/",
        "https://a@contoso.sharepoint.com/",
        "https://contoso.sharepoint.com@evil.example/",
        "https://contoso.sharepoint.com/a b",
        "https://contoso.sharepoint.com/\r\nHost: evil.example",
        "https://contoso.sharepoint.com./",
        "https://127.0.0.1/",
        "http://127.0.0.1:8081/v1/",
        "https://169.254.169.254/",
        "https://[::1",
        "file:///etc/passwd",
        "data:application/pdf;base64,JVBERi0=",
    ],
)
def test_files_are_fetched_from_nowhere_else(url):
    assert not may_fetch(url, PUBLIC_CLOUD)


SERVICES = {
    "public": "https://smba.trafficmanager.net/apac/",
    "gcc-high": "https://smba.infra.gov.teams.microsoft.us/gcch/",
    "dod": "https://smba.infra.dod.teams.microsoft.us/teams",
    "china": "https://frontend.botapi.msg.infra.teams.microsoftonline.cn/teams",
}


@pytest.mark.parametrize("name", CLOUDS)
def test_a_cloud_has_hosts_of_its_own(name):
    allowed = {other for other, url in SERVICES.items() if may_serve(url, CLOUDS[name])}
    assert allowed == {name}


@pytest.mark.parametrize("name", CLOUDS)
async def test_a_cloud_believes_its_own_issuer(desks, microsoft, name):
    desk = await desks(public=True, teams_cloud=name)
    service = SERVICES[name]
    for other, cloud in CLOUDS.items():
        token = signed(claims(service, iss=cloud.framework))
        same = cloud.framework == CLOUDS[name].framework
        status = await desk.status(activity(service, text=other, conversation=GROUP), token)
        assert status == (202 if same else 401)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "smba.trafficmanager.net",
        "http://smba.trafficmanager.net/",
        "ftp://smba.trafficmanager.net/",
        "https://smba.trafficmanager.net:8443/",
        "https://smba.trafficmanager.net:bad/",
        "https://smba.trafficmanager.net@evil.example/",
        "https://evil.example@smba.trafficmanager.net/",
        "https://smba.trafficmanager.net.evil.example/",
        "https://evil.example/smba.trafficmanager.net",
        "https://evil.example\\.smba.trafficmanager.net/",
        "https://smba.trafficmanager.net\r\nHost: evil.example/",
        "https://smba.trafficmanager.nеt/",  # noqa: RUF001 - a letter that only looks the same
        "https://evil.example\\.botframework.com/",
        "https://b\u00fccher.botframework.com/",
        "https://botframework.com.evil.example/",
        "https://evilbotframework.com/",
        "https://trafficmanager.net/",
        "https://evil.prod.teams.trafficmanager.net/",
        "https://169.254.169.254/",
        "https://[::1",
        "http://127.0.0.1:3978/",
        "https://localhost/",
    ],
)
def test_other_addresses_get_no_token(url):
    assert not may_serve(url, PUBLIC_CLOUD)


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:1/x", True),
        ("http://[::1]:1", True),
        ("http://localhost", True),
        ("http://192.0.2.1", False),
        ("file:///etc", False),
        ("http://localhost.evil.example", False),
    ],
)
def test_what_is_on_this_machine(url, here):
    assert is_here(url) is here


def test_weak_and_foreign_keys_are_not_kept():
    """Proven on the reading of one entry: the list as a whole is fetched in `test_keys`."""
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - the case
    assert _read(listed("k1", "msteams"))
    assert _read(listed("k1", "msteams", key=weak)) is None
    assert _read({"kid": "x", "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}) is None
    assert _read({"kid": "x", "kty": "oct", "k": "c2VjcmV0"}) is None
    assert _read({**listed("k1"), "endorsements": "msteams"}) is None
    assert _read({}) is None
