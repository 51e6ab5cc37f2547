"""Hostile input: other origins, broken and large bodies, errors with secrets in them."""

import logging

import pytest
import structlog
from aiohttp.test_utils import TestClient

from backend.settings import BackendSettings, UnsafeSettings
from backend.web.pages import PageSettings
from backend.web.pages.guard import BODY_LIMIT

SECRET = "Rahasia-sekali-7"
POSTS = ["exchange", "submit", "freeze"]


def asked(links):
    return links.exchanged + links.submits + links.frozen


async def send(client, path, body, **headers):
    merged = {"Origin": client.origin, "Content-Type": "application/json", **headers}
    kept = {name: value for name, value in merged.items() if value is not None}
    return await client.post(f"/password/{path}", data=body, headers=kept)


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": None},
        {"Origin": None, "Sec-Fetch-Site": "cross-site"},
        {"Origin": None, "Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://localhost:1"},
    ],
    ids=str,
)
async def test_posts_of_other_sites_are_refused(client, links, path, headers):
    response = await send(client, path, b'{"token": "x"}', **headers)
    assert response.status == 403
    assert asked(links) == []


async def test_the_host_header_opens_nothing(client, links):
    headers = {"Host": "evil.example", "Origin": "http://evil.example"}
    response = await send(client, "exchange", b'{"token": "x"}', **headers)
    assert response.status == 403
    page = await client.get("/password", headers={"Host": "evil.example"})
    assert "evil.example" not in await page.text() + str(page.headers)


async def test_a_browser_that_sends_no_origin_is_known_by_its_fetch_metadata(client, links):
    headers = {"Origin": None, "Sec-Fetch-Site": "same-origin"}
    assert (await send(client, "exchange", b'{"token": "x"}', **headers)).status == 200


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        pytest.param(b"", "application/json", 400, id="nothing"),
        pytest.param(b"{", "application/json", 400, id="half"),
        pytest.param(b"[]", "application/json", 400, id="a list"),
        pytest.param(b'{"token": 7, "password": 7}', "application/json", 400, id="numbers"),
        pytest.param(b'{"token": null}', "application/json", 400, id="null"),
        pytest.param(
            b'{"token": "x", "password": "y", "z": 1}', "application/json", 400, id="more"
        ),
        pytest.param(b'{"token": "\xff"}', "application/json", 400, id="no utf-8"),
        pytest.param(b"token=x&password=y", "application/x-www-form-urlencoded", 415, id="a form"),
        pytest.param(b'{"token": "x"}', "text/plain", 415, id="plain text"),
        pytest.param(b" " * (BODY_LIMIT + 1), "application/json", 413, id="one byte too many"),
        pytest.param(b"[" * BODY_LIMIT, "application/json", 400, id="deep"),
    ],
)
async def test_broken_bodies_are_refused_before_anything_happens(
    client, links, path, body, kind, status
):
    response = await send(client, path, body, **{"Content-Type": kind})
    assert response.status == status
    assert asked(links) == []


async def test_a_body_without_a_length_is_measured_while_it_comes(client, links):
    async def endless():
        for _ in range(100):
            yield b" " * 1000

    response = await send(client, "exchange", endless())
    assert response.status == 413
    assert links.exchanged == []


async def test_a_long_cookie_is_no_cookie(client, links):
    headers = {"Cookie": f"helpdesk-password={'c' * 201}"}
    response = await client.get("/password/session", headers=headers)
    assert await response.json() == {"state": "no_link"}
    assert links.viewed == []


@pytest.mark.parametrize(
    "path", ["/password", "/password/freeze", "/password/session", "/password/x"]
)
async def test_every_answer_carries_the_headers(client, path):
    headers = (await client.get(path)).headers
    policy = dict(
        part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";")
    )
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "img-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers  # plain http on one's own machine


@pytest.mark.parametrize("path", POSTS)
async def test_an_error_with_the_secret_in_it_shows_it_nowhere(
    client, links, path, capsys, caplog
):
    caplog.set_level(logging.DEBUG)
    events = []
    structlog.configure(processors=[lambda _l, _m, event: events.append(dict(event)) or ""])
    try:
        await send(client, "exchange", b'{"token": "x"}')
        links.breaks = RuntimeError(f"{SECRET} broke it")
        form = {"submit": f'{{"number": "1", "password": "{SECRET}"}}'}
        body = form.get(path, f'{{"token": "{SECRET}"}}')
        response = await send(client, path, body.encode())
    finally:
        structlog.reset_defaults()
    assert (response.status, await response.json()) == (500, {"problem": "internal"})
    assert [event["event"] for event in events] == ["page_failed"]
    assert events[0]["error"] == "RuntimeError"
    assert events[0]["where"].startswith("_check:")
    everything = str(events) + caplog.text + "".join(capsys.readouterr()) + str(response.headers)
    assert SECRET not in everything


@pytest.mark.parametrize(
    ("bind", "url", "origin", "secure"),
    [
        ("127.0.0.1:8081", None, "http://127.0.0.1:8081", False),
        ("127.0.0.1:8081", "http://localhost:8081/", "http://localhost:8081", False),
        ("127.0.0.1:8081", "https://akun.example", "https://akun.example", True),
        ("0.0.0.0:8081", "https://akun.example/x", "https://akun.example", True),
        ("[::1]:8081", None, "http://[::1]:8081", False),
    ],
)
def test_settings_decide_about_the_cookie(bind, url, origin, secure):
    given = BackendSettings(_env_file=None, backend_bind=bind, page_url=url)
    settings = PageSettings.of(given)
    assert (settings.origin, settings.secure) == (origin, secure)
    assert settings.cookie.startswith("__Host-") is secure


@pytest.mark.parametrize(
    ("bind", "url"),
    [
        ("0.0.0.0:8081", None),
        ("0.0.0.0:8081", "http://127.0.0.1:8081"),
        ("127.0.0.1:8081", "http://akun.example"),
    ],
)
def test_a_password_never_travels_in_the_clear(bind, url):
    given = BackendSettings(_env_file=None, backend_bind=bind, page_url=url)
    with pytest.raises(UnsafeSettings, match="https"):
        PageSettings.of(given)


async def test_a_secure_page_is_reached_under_its_configured_origin_only(serve, links):
    server = await serve(links)
    async with TestClient(server) as client:
        for origin, status in (
            ("https://akun.example", 403),
            (str(server.make_url("")).rstrip("/"), 200),
        ):
            headers = {"Origin": origin}
            response = await client.post(
                "/password/exchange", json={"token": "x"}, headers=headers
            )
            assert response.status == status
