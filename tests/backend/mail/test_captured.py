"""Captured mail: files, and the page that shows them."""

import stat
from html.parser import HTMLParser

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from backend.adapters.mail.captured import CapturedTransport
from backend.service.ports import Mail, MailRefused
from backend.web.pages import add_captured_mail


def mail(number=1, **changes):
    fields = {
        "to": f"u{number}@x.id",
        "subject": f"Kode <{number}> é",
        "text": f"kode 1234567{number}\nhttp://127.0.0.1:8081/password#tok\n",
        "html": "<html><head></head><body><p>halo</p></body></html>",
        "message_id": f"<m{number}@x.id>",
    }
    return Mail(**{**fields, **changes})


@pytest.fixture
def captured(tmp_path, clock):
    return CapturedTransport(tmp_path / "mail", "IT <it@x.id>", clock)


@pytest.fixture
async def client(captured):
    app = web.Application()
    add_captured_mail(app, captured)
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_a_mail_becomes_a_file_only_its_owner_reads(captured, tmp_path):
    await captured.check()
    await captured.send(mail())
    [path] = (tmp_path / "mail").iterdir()
    assert path.suffix == ".eml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_it_is_read_back_whole_and_newest_first(captured, clock):
    for number in (1, 2, 3):
        await captured.send(mail(number))
        clock.forward(seconds=1)
    newest = captured.newest()
    assert [one.to for one in newest] == ["u3@x.id", "u2@x.id", "u1@x.id"]
    first = newest[-1]
    assert (first.subject, first.message_id) == ("Kode <1> é", "<m1@x.id>")
    assert first.text == mail().text
    assert "<p>halo</p>" in first.html
    assert first.at == clock.now().replace(second=0)


async def test_only_the_newest_are_kept(captured, monkeypatch, clock):
    monkeypatch.setattr("backend.adapters.mail.captured._KEPT", 20)
    for number in range(41):
        await captured.send(mail(number))
        clock.forward(seconds=1)
    assert len(captured.names()) <= 22
    assert captured.newest(1)[0].to == "u40@x.id"


async def test_it_refuses_what_smtp_would_refuse(captured):
    with pytest.raises(MailRefused):
        await captured.send(mail(to="a@x.id\r\nBcc: b@x.id"))


@pytest.mark.parametrize(
    "name", ["", "..", "../../etc/passwd", "x", "20260302T030000000000-0000000"]
)
def test_no_other_file_can_be_read(captured, name):
    assert captured.read(name) is None


def test_a_folder_that_is_not_there_yet_is_empty(captured):
    assert captured.newest() == []


async def test_the_page_lists_and_shows_mails(client, captured):
    assert "Nothing yet" in await (await client.get("/dev/mail")).text()
    await captured.send(mail())
    [name] = captured.names()
    page = await (await client.get("/dev/mail")).text()
    assert f'href="mail/{name}"' in page
    assert "Kode &lt;1&gt; é" in page
    one = await (await client.get(f"/dev/mail/{name}")).text()
    assert 'href="http://127.0.0.1:8081/password#tok"' in one
    assert f'src="./{name}/html"' in one


async def test_a_mails_html_is_shown_without_scripts_or_the_outside(client, captured):
    await captured.send(mail())
    response = await client.get(f"/dev/mail/{captured.names()[0]}/html")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert '<base target="_blank">' in await response.text()


async def test_tools_read_it_as_json(client, captured):
    await captured.send(mail())
    [data] = await (await client.get("/dev/mail.json")).json()
    assert data["to"] == "u1@x.id"
    assert "kode 12345671" in data["text"]
    assert data["name"] == captured.names()[0]


@pytest.mark.parametrize(
    "path", ["/dev/mail/x", "/dev/mail/x/html", "/dev/mail/static/x", "/dev/mail/..%2f..%2fx"]
)
async def test_what_is_not_there_is_404(client, path):
    response = await client.get(path)
    assert response.status == 404
    assert response.headers["Cache-Control"] == "no-store"


async def test_the_pages_files_are_all_there(client, captured):
    await captured.send(mail())
    found = []

    class Links(HTMLParser):
        def handle_starttag(self, _tag, attrs):
            found.extend(value for name, value in attrs if name in {"href", "src"})

    Links().feed(await (await client.get("/dev/mail")).text())
    assert len(found) == 5
    for link in found:
        assert (await client.get(f"/dev/{link}")).status == 200
