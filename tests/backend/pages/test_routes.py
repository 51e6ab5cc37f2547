"""The pages' routes: what they hand on, what they answer, what they never do."""

import json
import typing

import pytest
from aiohttp.test_utils import TestClient

from backend.domain.links import LinkEnd
from backend.domain.password_policy import Rule
from backend.service import link_views
from backend.service.errors import BackendBusy
from backend.service.link_views import (
    Away,
    Busy,
    Changed,
    NeedsHuman,
    Over,
    Refused,
    Uncertain,
    WrongNumber,
)

PASSWORD = "Rahasia-sekali-7"
TOKEN = "t" * 43


async def post(client, path, message, **headers):
    headers.setdefault("Origin", client.origin)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.post(f"/password/{path}", json=message, headers=headers)


async def open_page(client):
    return await post(client, "exchange", {"token": TOKEN})


async def submit(client, number="4821", password=PASSWORD):
    return await post(client, "submit", {"number": number, "password": password})


async def test_getting_the_page_uses_nothing_up(client, links):
    for path in ("/password", "/password/freeze", "/password/session"):
        for method in ("GET", "HEAD"):
            assert (await client.request(method, path)).status == 200
    assert (links.exchanged, links.viewed, links.frozen) == ([], [], [])


async def test_a_token_opens_the_page_and_sets_a_cookie_scripts_cannot_read(client, links):
    response = await open_page(client)
    answer = await response.json()
    assert links.exchanged == [TOKEN]
    assert (answer["state"], answer["username"]) == ("open", "bu***.san****")
    assert answer["policy"]["checks"][0] == {
        "rule": "too_short",
        "pattern": r"^[\s\S]{10,}$",
        "value": 10,
    }
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("helpdesk-password=cookie-of-the-page; ")
    assert {"HttpOnly", "Path=/", "SameSite=Strict", "Max-Age=600"} <= set(cookie.split("; "))


async def test_the_cookie_is_tied_to_host_and_tls_where_there_is_tls(serve, links):
    server = await serve(links, secure=True)
    async with TestClient(server) as client:
        client.origin = str(server.make_url("")).rstrip("/")
        response = await open_page(client)
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-helpdesk-password=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000"


async def test_a_reload_shows_the_open_page_again(client, links):
    await open_page(client)
    answer = await (await client.get("/password/session")).json()
    assert answer["state"] == "open"
    assert links.viewed[-1] == "cookie-of-the-page"


async def test_without_a_link_the_page_says_so(client):
    assert await (await client.get("/password/session")).json() == {"state": "no_link"}


@pytest.mark.parametrize("end", LinkEnd)
async def test_a_link_that_is_over_says_why_and_takes_the_cookie_away(client, links, end):
    await open_page(client)
    links.end = end
    for response in (await client.get("/password/session"), await open_page(client)):
        assert await response.json() == {"state": "over", "end": end.value}
        assert "Max-Age=0" in response.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("outcome", "answer"),
    [
        (Changed(), {"state": "changed"}),
        (
            Refused((Rule.WEAK, Rule.COMMON), 9),
            {"state": "refused", "rules": ["weak", "common"], "submits_left": 9},
        ),
        (Refused((Rule.WEAK,), 0), {"state": "over", "end": "too_many_submits"}),
        (WrongNumber(2), {"state": "wrong_number", "tries_left": 2}),
        (WrongNumber(0), {"state": "over", "end": "wrong_number"}),
        (Uncertain(), {"state": "uncertain"}),
        (Busy(), {"state": "busy"}),
        (Away(), {"state": "away"}),
        (NeedsHuman(), {"state": "needs_human"}),
        (Over(LinkEnd.REPLACED), {"state": "over", "end": "replaced"}),
    ],
    ids=lambda it: it["state"] if isinstance(it, dict) else type(it).__name__,
)
async def test_every_outcome_has_its_answer(client, links, outcome, answer):
    await open_page(client)
    links.outcomes = [outcome]
    response = await submit(client)
    assert await response.json() == answer
    assert links.submits == [("cookie-of-the-page", "4821", PASSWORD)]
    goes_on = answer["state"] in {"refused", "wrong_number", "busy", "away"}
    assert ("Set-Cookie" in response.headers) is not goes_on


def test_the_table_above_is_complete():
    mark = next(
        mark for mark in test_every_outcome_has_its_answer.pytestmark if mark.name == "parametrize"
    )
    tried = {type(outcome) for outcome, _ in mark.args[1]}
    assert tried == set(typing.get_args(link_views.SubmitOutcome))


async def test_a_submit_without_a_page_reaches_nobody(client, links):
    assert await (await submit(client)).json() == {"state": "over", "end": "session_over"}
    assert links.submits == []


async def test_objecting_freezes_only_by_post(client, links):
    response = await post(client, "freeze", {"token": TOKEN})
    assert await response.json() == {
        "state": "frozen",
        "until": "2026-03-05T03:00:00+00:00",
        "time_zone": "Asia/Jakarta",
    }
    assert links.frozen == [TOKEN]
    links.end = LinkEnd.EXPIRED
    response = await post(client, "freeze", {"token": TOKEN})
    assert await response.json() == {"state": "over", "end": "expired"}


async def test_a_backend_that_is_busy_says_so_without_detail(client, links):
    links.breaks = BackendBusy("the database at 10.0.0.7 is away")
    response = await open_page(client)
    assert (response.status, await response.json()) == (503, {"problem": "busy"})


@pytest.mark.parametrize("path", ["", "/", "/nothing", "/static/../routes.py", "/static/x.js"])
async def test_what_is_not_there_answers_like_a_page(client, path):
    method = "POST" if path == "" else "GET"
    response = await client.request(
        method, f"/password{path}", headers={"Origin": client.origin}, json={}
    )
    assert response.status == 404
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")


async def test_the_page_comes_with_its_own_files_only(client):
    page = await (await client.get("/password")).text()
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    for name in ("page.css", "common.js", "password.js", "freeze.js", "icon.svg"):
        response = await client.get(f"/password/static/{name}")
        assert response.status == 200
        assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "id"),
        ("id-ID,id;q=0.9,en;q=0.8", "id"),
        ("en-US,en;q=0.9", "en"),
        ("en-US,en;q=0.9,id;q=0.9", "en"),
        ("en;q=0.9,id;q=0.9", "id"),
        ("de,en;q=0.5", "en"),
        ("de,fr", "id"),
        ("in-ID", "id"),
        ("en;q=0", "id"),
        ("en;q=nan,id;q=0.1", "id"),
        ("en;q=two", "id"),
        ("en;q=7", "id"),
        ("en" * 10_000, "id"),
    ],
)
async def test_the_language_is_the_browsers(client, header, language):
    response = await client.get("/password", headers={"Accept-Language": header[:8000]})
    assert f'<html lang="{language}">' in await response.text()
    assert response.headers["Vary"] == "Accept-Language"


async def test_texts_inside_the_page_cannot_close_their_script(client):
    page = await (await client.get("/password")).text()
    block = page.split('id="texts">')[1].split("</script>")[0]
    assert "<" not in block
    assert json.loads(block)["en"]["submit"] == "Save the password"
