"""The page and its parts: in whose language, under which policy, from where."""

import gzip
import hashlib
import re

import pytest

from bot.webchat.page import COMPONENT, STATIC
from bot.webchat.wording import WORDS


@pytest.mark.parametrize(
    ("query", "accepted", "expected"),
    [
        ("", "id-ID,id;q=0.9,en;q=0.8", "id"),
        ("", "en-US,en;q=0.9", "en"),
        ("", "fr-FR,fr;q=0.9", "id"),
        ("", "", "id"),
        ("", "fr, en;q=0.5", "en"),
        ("", "x" * 5000, "id"),
        ("?lang=en", "id", "en"),
        ("?lang=id", "en", "id"),
        ("?lang=fr", "en", "id"),
        ("?lang=%3Cscript%3E", "en", "id"),
    ],
)
async def test_the_page_speaks_the_visitors_language(room, query, accepted, expected):
    async with room.client.get(f"/{query}", headers={"Accept-Language": accepted}) as response:
        html = await response.text()
    assert f'<html lang="{expected}">' in html
    assert WORDS[expected]["title"] in html


def test_both_languages_have_the_same_words():
    assert WORDS["id"].keys() == WORDS["en"].keys()
    assert [key for key, text in WORDS["id"].items() if not text.strip()] == []


async def test_looking_at_the_page_makes_no_chat(room):
    async with room.client.get("/") as response:
        assert not response.cookies
    assert room.script.heard == []


async def test_the_policy_allows_our_own_files_only(room):
    async with room.client.get("/") as response:
        policy = response.headers["Content-Security-Policy"]
        html = await response.text()
        headers = response.headers
    assert "unsafe" not in policy
    assert not re.search(r"https?:|\*", policy)
    assert policy.startswith("default-src 'none'; ")
    assert re.search(r"'nonce-([\w-]+)'", policy)[1] in html
    assert not re.search(r"(?:src|href)=\"https?:", html)
    assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")


async def test_no_two_pages_share_a_nonce(room):
    nonces = set()
    for _ in range(3):
        async with room.client.get("/") as response:
            nonces.add(
                re.search(r"nonce-([\w-]+)", response.headers["Content-Security-Policy"])[1]
            )
    assert len(nonces) == 3


async def test_each_file_may_be_kept_for_a_year_under_its_address(room):
    async with room.client.get("/") as response:
        links = re.findall(
            r'(?:src|href)="(/webchat/static/\w+/([\w.-]+))"', await response.text()
        )
    assert {"chat.js", "chat.css", "icon.svg", COMPONENT} == {name for _, name in links}
    for path, name in links:
        async with room.client.get(path) as response:
            assert response.status == 200
            assert response.headers["Content-Type"].startswith(STATIC[name])
            assert "immutable" in response.headers["Cache-Control"]


async def test_every_file_the_page_imports_is_served_beside_it(room):
    for name in STATIC:
        async with room.client.get(f"/webchat/static/v/{name}") as response:
            assert response.status == 200
            body = await response.text()
        if name != COMPONENT:
            assert set(re.findall(r'"\./([\w.]+)"', body)) <= set(STATIC)


@pytest.mark.parametrize("accepted", ["gzip, br", "identity", ""])
async def test_files_are_compressed_for_those_who_can(room, accepted):
    headers = {"Accept-Encoding": accepted}
    request = room.client.get("/webchat/static/v/chat.js", headers=headers, auto_decompress=False)
    async with request as response:
        body = await response.read()
    if "gzip" in accepted:
        assert response.headers["Content-Encoding"] == "gzip"
        body = gzip.decompress(body)
    assert b"renderWebChat" in body


@pytest.mark.parametrize("name", ["page.py", "..%2fpage.py", "../page.py", "%00", "x" * 300])
async def test_nothing_else_is_served(room, name):
    async with room.client.get(f"/webchat/static/v/{name}") as response:
        assert response.status == 404


async def test_the_component_is_the_one_that_was_published(room):
    """botframework-webchat 4.18.1, as npm has it (docs/decisions/0080-web-chat-component.md)."""
    async with room.client.get(f"/webchat/static/v/{COMPONENT}") as response:
        digest = hashlib.sha256(await response.read()).hexdigest()
    assert digest == "74e43ebf6a47bfc4c7d905f11ba1caeca97c4085a2a1cb5ec6deceda58b426d4"
