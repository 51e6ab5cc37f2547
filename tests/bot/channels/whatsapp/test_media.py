"""Files people send: fetched from Meta alone, checked by what they are."""

import pytest
from fake_meta import TOKEN, Fault
from whatsapp_kit import ACCOUNT, PHONE

from bot.channels import whatsapp_media
from bot.channels.port import (
    Attachment,
    FileGone,
    FileRefused,
    TemporarilyUnavailable,
)
from bot.envelope import decode
from bot.file_calls import FileCall, encode, facts
from bot.files import LARGEST, Files
from bot.runtime.port import Delivery
from handlers.kernel import FetchFile, FileProblem
from ops.documents import Documents

FILE = Attachment("1234567890", "ktm.jpg", "image/jpeg")
PDF, JPEG, PNG = b"%PDF-1.7\n", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n"


def kept(meta, content, **more):
    """Let Meta keep a file."""
    url = meta.url.replace("/v23.0", "/files/1")
    meta.files["/files/1"] = content
    meta.objects[FILE.id] = {"url": url, "mime_type": "image/jpeg", "id": FILE.id, **more}


async def fetched(line, attachment=FILE):
    return b"".join([chunk async for chunk in line.channel.fetch(attachment)])


async def taken(line, documents):
    """Have the bot take the file, and return what it tells the conversation."""
    call = encode(FileCall(FetchFile(facts(FILE), ref=1), "corr-1"))
    delivery = Delivery(1, "key-1", f"whatsapp:{ACCOUNT}:{PHONE}", "file", call)
    (answer,) = await Files({"whatsapp": line.channel}, documents).send(delivery)
    return decode(answer).event


@pytest.fixture
def documents(tmp_path):
    return Documents(tmp_path / "documents")


@pytest.mark.parametrize("content", [PDF, JPEG + b"x" * 300_000, PNG], ids=["pdf", "jpeg", "png"])
async def test_a_file_is_kept_whole(line, meta, documents, content):
    kept(meta, content)
    assert await fetched(line) == content
    assert meta.tokens == [TOKEN, TOKEN]
    stored = await taken(line, documents)
    assert (stored.document.size, stored.document.name) == (len(content), "ktm.jpg")


@pytest.mark.parametrize("content", [b"", b"MZ\x90", b"<svg onload=alert(1)>", PNG[:-1]])
async def test_other_files_are_refused_whatever_they_are_called(line, meta, documents, content):
    kept(meta, content)
    assert (await taken(line, documents)).problem is FileProblem.WRONG_TYPE


async def test_a_file_that_is_gone_or_too_large_is_said_to_be(line, meta, documents):
    assert (await taken(line, documents)).problem is FileProblem.GONE
    kept(meta, PDF, file_size=LARGEST + 1)
    assert (await taken(line, documents)).problem is FileProblem.TOO_LARGE
    kept(meta, PDF + b"x" * LARGEST)
    assert (await taken(line, documents)).problem is FileProblem.TOO_LARGE


async def test_a_file_that_says_it_is_too_large_is_not_fetched(line, meta):
    kept(meta, PDF, file_size=LARGEST + 1)
    with pytest.raises(FileRefused):
        await fetched(line)
    assert len(meta.asked) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x",
        "https://fbsbx.com.evil.example/x",
        "https://evilfbsbx.com/x",
        "http://lookaside.fbsbx.com/x",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "",
        "http://[",
    ],
)
async def test_the_token_goes_to_meta_and_nobody_else(line, meta, url):
    meta.objects[FILE.id] = {"url": url}
    with pytest.raises(FileRefused):
        await fetched(line)
    assert len(meta.asked) == 1


def test_metas_own_address_is_one():
    assert whatsapp_media._is_metas(whatsapp_media.URL("https://lookaside.fbsbx.com/a?mid=1"))


async def test_an_expired_file_is_gone(line):
    with pytest.raises(FileGone):
        await fetched(line)


async def test_an_expired_address_is_gone(line, meta):
    kept(meta, PDF)
    meta.faults.extend([None, Fault(status=404)])
    with pytest.raises(FileGone):
        await fetched(line)


@pytest.mark.parametrize("fault", [Fault(190, 401), Fault(131016, 500)], ids=["token", "away"])
async def test_a_refusal_that_may_pass_is_not_the_files_fault(line, meta, fault):
    meta.faults.append(fault)
    with pytest.raises(TemporarilyUnavailable):
        await fetched(line)


@pytest.mark.parametrize(
    "fault", [Fault(status=500), Fault(drop=True), Fault(status=302)], ids=["500", "drop", "302"]
)  # a dropped connection is tried once more by the library: it was kept, and it is a GET
async def test_a_download_that_breaks_may_be_tried_again(line, meta, fault):
    kept(meta, PDF)
    meta.faults.extend([None, fault, fault])
    with pytest.raises(TemporarilyUnavailable):
        await fetched(line)


@pytest.mark.parametrize("id_", ["../me", "12/3", "", "12?x=1", "٣"])
async def test_an_id_is_digits(line, meta, id_):
    with pytest.raises(FileRefused):
        await fetched(line, Attachment(id_))
    assert meta.asked == []
