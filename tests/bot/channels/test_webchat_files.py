"""Files over the web chat: taken whole or not at all, once, from their own chat's page."""

import asyncio
import hashlib
import io
import os
import signal
import subprocess
import sys
import time

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from chat_rooms import CHANNELS, Away

from bot.channels import floods
from bot.channels.port import Attachment, FileGone, InboundKind, TemporarilyUnavailable
from bot.files import LARGEST
from bot.webchat import uploads
from bot.webchat.uploads import Uploads
from ops.documents import Documents

LETTER = b"%PDF-1.7 " + bytes(range(256)) * 1000
PHOTOS = {"image/jpeg": b"\xff\xd8\xff\xe0 foto", "image/png": b"\x89PNG\r\n\x1a\n foto"}


@pytest.fixture
async def room(rooms):
    opened = await rooms()
    await opened.join()
    return opened


def channel(room):
    return room.client.server.app[CHANNELS][0]


def documents(room):
    return channel(room)._uploads._documents


def waiting(room):
    return list(documents(room).folder.glob(".incoming-*"))


async def fetched(room, attachment):
    return b"".join([chunk async for chunk in channel(room).fetch(attachment)])


async def sent(room):
    """Return the files of the events, once all is dealt with."""
    await room.texts()
    return [f for event in room.script.events for f in event.attachments]


# -- taken -----------------------------------------------------------------------------------
async def test_a_letter_is_an_event_and_its_bytes_wait(room):
    assert (await room.send_file(LETTER)).status == 202
    (file,) = await sent(room)
    assert (file.name, file.mime, file.size) == ("surat.pdf", "application/pdf", len(LETTER))
    event = room.script.events[-1]
    assert (event.kind, event.native_id, event.text) == (InboundKind.ATTACHMENT, "f1", "")
    assert await fetched(room, file) == LETTER
    *_, mine, _ = await room.log()
    assert (mine["author"], mine["text"], mine["of"]) == ("user", "📎 surat.pdf", "f1")


@pytest.mark.parametrize("mime", PHOTOS)
async def test_what_it_is_says_its_content_alone(room, mime):
    answer = await room.send_file(PHOTOS[mime], "x.html", **{"Content-Type": "text/html"})
    assert answer.status == 202
    (file,) = await sent(room)
    assert file.mime == mime


@pytest.mark.parametrize("declared", [True, False], ids=["its length told", "in pieces"])
async def test_as_large_as_allowed_is_taken(room, declared):
    content = LETTER + bytes(LARGEST - len(LETTER))
    assert (
        await room.send_file(io.BytesIO(content) if declared else pieces(content))
    ).status == 202
    (file,) = await sent(room)
    assert (file.size, await fetched(room, file) == content) == (LARGEST, True)


async def pieces(content, size=64 * 1024):
    for start in range(0, len(content), size):
        yield content[start : start + size]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Surat Ünïcode 表.pdf", "Surat Ünïcode 表.pdf"),
        ("surat\u202efdp.exe", "surat fdp.exe"),
        ("a\r\nSet-Cookie: x=y.pdf", "a Set-Cookie: x=y.pdf"),
        ("", "file"),
        ("x" * 5000 + ".pdf", "x" * 100),
        ("IMG_20260302#1.jpg", "IMG_20260302#1.jpg"),
    ],
)
async def test_its_name_is_shown_not_trusted(room, name, shown):
    assert (await room.send_file(LETTER, name)).status == 202
    assert [file.name for file in await sent(room)] == [shown]


async def test_a_name_that_is_no_utf8_or_missing_is_no_harm(room):
    assert (await room.send_file(LETTER, id_="a", **{"X-File-Name": "%ff%00"})).status == 202
    await room.client.put("/webchat/files/b", data=LETTER)
    assert [file.name for file in await sent(room)] == ["\ufffd", "file"]


# -- once ------------------------------------------------------------------------------------
async def test_sent_again_after_a_lost_answer_it_is_one_message_and_one_file(room):
    for _ in range(3):
        assert (await room.send_file(LETTER)).status == 202
    assert len(await sent(room)) == 1
    assert len(waiting(room)) == 1


async def test_two_messages_are_two_files(room):
    for id_ in ("a", "b"):
        await room.send_file(LETTER, id_=id_)
    one, other = await sent(room)
    assert one.id != other.id
    assert len(waiting(room)) == 2


async def test_while_nothing_can_be_stored_the_sender_comes_back(rooms):
    room = await rooms(runtime=Away())
    room.client.session.cookie_jar.update_cookies({"helpdesk-chat": "a" * 43})
    assert (await room.send_file(LETTER)).status == 503
    assert len(waiting(room)) == 1  # an orphan until it is sent again, or purged


async def test_two_replicas_share_the_folder(rooms, tmp_path):
    shared = tmp_path / "shared"
    one, other = [await rooms(documents_dir=shared) for _ in range(2)]
    await one.join()
    await one.send_file(LETTER)
    (file,) = await sent(one)
    assert await fetched(other, file) == LETTER


KILLED = """
import hashlib, os, signal, sys
from pathlib import Path
from ops.documents import Documents
with Documents(Path(sys.argv[1])).incoming() as file:
    file.write(b"%PDF-1.7 half")
    if sys.argv[2] == "parked":
        file.park(hashlib.sha256(b"x").hexdigest())
    os.kill(os.getpid(), signal.SIGKILL)
"""


def upload_and_be_killed(folder, when):
    killed = subprocess.run([sys.executable, "-c", KILLED, str(folder), when], check=False)
    assert killed.returncode == -signal.SIGKILL


@pytest.mark.parametrize("when", ["half", "parked"])
async def test_killed_before_its_event_it_is_an_orphan_and_purged(room, when):
    upload_and_be_killed(documents(room).folder, when)
    (orphan,) = waiting(room)
    await room.send_file(LETTER)
    os.utime(orphan, (1, 1))
    await channel(room).start()
    async with asyncio.timeout(5):
        while orphan.exists():  # noqa: ASYNC110 - the folder tells nobody
            await asyncio.sleep(0.01)
    (file,) = await sent(room)
    assert await fetched(room, file) == LETTER


async def test_a_purge_that_fails_is_tried_again(room, monkeypatch):
    await room.send_file(LETTER)
    (file,) = waiting(room)
    os.utime(file, (1, 1))
    monkeypatch.setattr(uploads, "_PURGED_EVERY", 0.01)
    real, failed = Documents.purge_incoming, []

    def fails_once(self, before):
        if not failed:
            failed.append(before)
            raise PermissionError
        return real(self, before)

    monkeypatch.setattr(Documents, "purge_incoming", fails_once)
    await channel(room).start()
    async with asyncio.timeout(5):
        while file.exists():  # noqa: ASYNC110 - the folder tells nobody
            await asyncio.sleep(0.01)


# -- whose -----------------------------------------------------------------------------------
async def test_without_a_chat_nothing_is_read(rooms):
    room = await rooms()
    assert (await room.send_file(LETTER)).status == 401
    assert waiting(room) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
    ids=str,
)
async def test_other_sites_pages_send_nothing(room, headers):
    assert (await room.send_file(LETTER, **headers)).status == 403
    assert (waiting(room), await sent(room)) == ([], [])


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
async def test_no_file_comes_back(room, method):
    await room.send_file(LETTER)
    (file,) = await sent(room)
    for name in ("f1", file.id):
        assert (await room.client.request(method, f"/webchat/files/{name}")).status == 405


async def test_a_file_is_named_by_us_alone(room):
    """Another chat's file, or a document under its digest, cannot be asked for by its name."""
    await room.send_file(LETTER)
    (file,) = await sent(room)
    digest = hashlib.sha256(LETTER).hexdigest()
    await room.client.post("/webchat/restart")
    await room.join()
    for id_ in (file.id, digest):
        taken = await room.send_file(b"%PDF-1.7 mine", id_=id_)
        assert taken.status == (202 if len(id_) <= 64 else 404)
    mine = [f for f in await sent(room) if f.id != file.id]
    assert [await fetched(room, f) for f in mine] == [b"%PDF-1.7 mine"] * 2
    assert await fetched(room, file) == LETTER


@pytest.mark.parametrize("id_", ["", "..%2f..%2fx", "a" * 65, "a%0a", "x.pdf"])
async def test_an_odd_id_is_no_message(room, id_):
    assert (await room.send_file(LETTER, id_=id_)).status == 404
    assert await sent(room) == []


# -- not taken -------------------------------------------------------------------------------
ODD = {
    "nothing": (b"", 415),
    "a zip": (b"PK\x03\x04 surat.pdf", 415),
    "a page": (b"<html><script>alert(1)</script>%PDF-1.7", 415),
    "half a mark": (b"%PDF", 415),
    "too large": (LETTER + bytes(LARGEST), 413),
    "just too large": (LETTER + bytes(LARGEST - len(LETTER) + 1), 413),
}


@pytest.mark.parametrize(("content", "status"), ODD.values(), ids=ODD)
@pytest.mark.parametrize("declared", [True, False], ids=["its length told", "in pieces"])
async def test_what_is_not_taken_leaves_nothing(room, content, status, declared):
    answer = await room.send_file(io.BytesIO(content) if declared else pieces(content))
    assert answer.status == status
    assert (waiting(room), await sent(room)) == ([], [])


class Line:
    """A raw connection, which sends what no client of ours would."""

    def __init__(self, room, cookie):
        self.room, self.cookie = room, cookie

    async def __aenter__(self):
        server = self.room.client.server
        self.reader, self.writer = await asyncio.open_connection(server.host, server.port)
        return self

    async def __aexit__(self, *_error):
        self.writer.close()

    async def send(self, *headers, body=b""):
        lines = ["PUT /webchat/files/f1 HTTP/1.1", "Host: x", *headers]
        head = "\r\n".join([*lines, f"Cookie: helpdesk-chat={self.cookie}", "", ""])
        self.writer.write(head.encode() + body)
        await self.writer.drain()

    async def status(self):
        async with asyncio.timeout(5):
            return int((await self.reader.readline()).split()[1])


@pytest.fixture
async def line(rooms):
    room = await rooms()
    cookie = (await room.join()).cookies["helpdesk-chat"].value
    async with Line(room, cookie) as opened:
        yield opened


async def until_idle(room):
    async with asyncio.timeout(5):
        while channel(room)._floods._uploads:  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.01)


async def test_an_upload_that_breaks_off_is_none(line):
    await line.send(f"Content-Length: {len(LETTER)}", body=LETTER[:1000])
    async with asyncio.timeout(5):
        while not waiting(line.room):  # noqa: ASYNC110 - the folder tells nobody
            await asyncio.sleep(0.01)
    line.writer.close()
    await until_idle(line.room)
    assert (waiting(line.room), await sent(line.room)) == ([], [])


async def test_an_upload_in_broken_pieces_is_none(line):
    await line.send("Transfer-Encoding: chunked", body=b"5\r\n%PDF-\r\nxyz\r\n")
    assert await line.status() == 400
    assert (waiting(line.room), await sent(line.room)) == ([], [])


async def test_an_upload_that_is_not_packed_as_it_says_is_none(line):
    await line.send("Content-Encoding: gzip", f"Content-Length: {len(LETTER)}", body=LETTER)
    assert await line.status() == 400
    assert (waiting(line.room), await sent(line.room)) == ([], [])


@pytest.mark.parametrize("told", [ConnectionResetError, web.RequestPayloadError])
async def test_whatever_a_broken_connection_says_nothing_is_left(tmp_path, told):
    """Servers differ in how they tell a handler: the one of these tests cancels it."""
    letters = Documents(tmp_path)
    request = make_mocked_request("PUT", "/", payload=Broken(told()))
    with pytest.raises((ConnectionResetError, web.HTTPBadRequest)):
        await Uploads(letters).take(request, "chat", "f1")
    assert letters.incoming_sizes() == []


class Broken:
    """A body that ends in an error."""

    def __init__(self, error):
        self.error = error

    async def iter_chunked(self, _size):
        yield LETTER[:1000]
        raise self.error


async def test_an_upload_that_does_not_end_is_ended(line, monkeypatch):
    monkeypatch.setattr(uploads, "PATIENCE", 0.05)
    await line.send(f"Content-Length: {len(LETTER)}", body=LETTER[:1000])
    assert await line.status() == 408
    await until_idle(line.room)
    assert (waiting(line.room), await sent(line.room)) == ([], [])


async def test_too_much_is_refused_before_it_is_sent(line):
    await line.send(f"Content-Length: {LARGEST + 1}")
    assert await line.status() == 413


async def test_a_folder_that_takes_nothing_is_told_and_hurts_nobody(rooms, tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")
    room = await rooms(documents_dir=in_the_way)
    await room.join()
    assert (await room.send_file(LETTER)).status == 507
    assert (await room.say("halo")).status == 202


async def test_a_full_spool_drops_what_nobody_asked_for_before_it_refuses(room, monkeypatch):
    monkeypatch.setattr(uploads, "ROOM", LARGEST + 2 * uploads.LEAST)
    answers = [(await room.send_file(LETTER, id_=f"a{n}")).status for n in range(4)]
    assert answers == [202, 202, 202, 507]
    old, *_ = waiting(room)
    past = time.time() - uploads.KEPT_WHEN_FULL - 1
    os.utime(old, (past, past))
    assert (await room.send_file(LETTER, id_="b")).status == 202
    assert not old.exists()


# -- floods ----------------------------------------------------------------------------------
async def test_a_chat_that_floods_waits_and_others_do_not(room):
    answers = [(await room.send_file(LETTER, id_=f"a{n}")) for n in range(7)]
    assert [a.status for a in answers] == [202] * 6 + [429]
    assert answers[-1].headers["Retry-After"] == "10"
    assert (await room.say("halo")).status == 202
    await room.client.post("/webchat/restart")
    assert (await room.send_file(LETTER)).status == 202


async def test_a_network_that_floods_waits(room):
    for number in range(floods.FILES_OF_A_NETWORK):
        if number % floods.FILES_OF_A_CHAT == 0:
            await room.client.post("/webchat/restart")
        assert (await room.send_file(LETTER, id_=f"a{number}")).status == 202
    await room.client.post("/webchat/restart")
    assert (await room.send_file(LETTER)).status == 429


async def test_files_count_as_messages(rooms):
    room = await rooms(webchat_per_minute=2)
    await room.join()
    await room.say("halo")
    assert [(await room.send_file(LETTER, id_=i)).status for i in "ab"] == [202, 429]


async def test_a_chat_uploads_two_at_once(line):
    room = line.room
    async with Line(room, line.cookie) as second, Line(room, line.cookie) as third:
        for each in (line, second):
            await each.send("Content-Length: 1000")
        async with asyncio.timeout(5):
            while channel(room)._floods._uploads.total() < 2:  # noqa: ASYNC110 - nobody tells us
                await asyncio.sleep(0.01)
        await third.send("Content-Length: 1000")
        assert await third.status() == 429
    line.writer.close()
    await until_idle(room)


# -- fetched ---------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["", "../x", "a" * 64, "A" * 64])
async def test_what_is_not_there_is_gone(tmp_path, name):
    with pytest.raises(FileGone):
        [chunk async for chunk in Uploads(Documents(tmp_path)).fetch(Attachment(name))]


async def test_a_folder_that_is_away_is_asked_again(tmp_path):
    folder = tmp_path / "file"
    folder.write_text("not a folder")
    with pytest.raises(TemporarilyUnavailable):
        [chunk async for chunk in Uploads(Documents(folder)).fetch(Attachment("a" * 64))]
