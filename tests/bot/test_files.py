"""Files people sent: fetched, bounded, looked at, kept; nothing their sender says is believed."""

import hashlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_client import wire
from bot.channels.port import (
    Attachment,
    FateUnknown,
    FileGone,
    FileRefused,
    Rejected,
    TemporarilyUnavailable,
    Unreachable,
)
from bot.envelope import decode as decode_envelope
from bot.file_calls import LONGEST_NAME, FileCall, clean_name, encode, facts
from bot.files import LARGEST, LONGEST_WAIT, Files
from bot.runtime.port import Delivery, RetryLater
from handlers import kernel
from handlers.kernel import FetchFile, FileProblem
from ops.documents import Documents

PDF = b"%PDF-1.7\n"
MEGABYTE = 1024 * 1024


class Shelf:
    """A channel that hands over `pieces`, or raises one, and counts what it gave."""

    def __init__(self, *pieces):
        self.pieces, self.given, self.closed, self.asked = pieces, 0, False, []

    async def fetch(self, attachment):
        self.asked.append(attachment)
        try:
            for piece in self.pieces:
                if isinstance(piece, Exception):
                    raise piece
                self.given += len(piece)
                yield piece
        finally:
            self.closed = True


class Mute:
    """A channel without files."""


@pytest.fixture
def documents(tmp_path):
    return Documents(tmp_path / "documents")


def row(name="surat.pdf", mime="application/pdf", size=0):
    file = facts(Attachment("id-1", name, mime, size))
    payload = encode(FileCall(FetchFile(file, ref=4), "corr-1"))
    return Delivery(7, "key-7", "shelf:c", "file", payload)


async def sent(documents, channel, **told):
    (payload,) = await Files({"shelf": channel}, documents).send(row(**told))
    envelope = decode_envelope(payload)
    assert (envelope.event.ref, envelope.correlation) == (4, "corr-1")
    return envelope.event


def kept(documents):
    return [path for path in documents.folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (PDF + b"letter", "application/pdf"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "image/png"),
        (PDF + b"x" * (LARGEST - len(PDF)), "application/pdf"),
    ],
    ids=["pdf", "jpeg", "png", "exactly as large as allowed"],
)
async def test_a_letter_is_kept_under_its_digest_and_its_real_type(documents, content, mime):
    pieces = [content[:3], content[3:5], content[5:]]  # the first bytes come in pieces
    event = await sent(documents, Shelf(*pieces), mime="text/html")
    digest = hashlib.sha256(content).hexdigest()
    document = kernel.Document(digest, "surat.pdf", mime, len(content))
    assert event == kernel.FileStored(document, ref=4)
    assert documents.read(digest) == content


@pytest.mark.parametrize(
    ("pieces", "problem"),
    [
        ([PDF, b"x" * (LARGEST - len(PDF) + 1)], FileProblem.TOO_LARGE),
        ([b"PK\x03\x04 a zip that is named surat.pdf"], FileProblem.WRONG_TYPE),
        ([b"<html><script>alert(1)</script>%PDF-1.7"], FileProblem.WRONG_TYPE),
        ([b"\n%PDF-1.7"], FileProblem.WRONG_TYPE),
        ([b"%PDF"], FileProblem.WRONG_TYPE),
        ([b"%pdf-1.7"], FileProblem.WRONG_TYPE),
        ([b"GIF89a"], FileProblem.WRONG_TYPE),
        ([b"MZ\x90"], FileProblem.WRONG_TYPE),
        ([], FileProblem.WRONG_TYPE),
        ([FileGone()], FileProblem.GONE),
        ([PDF, FileGone()], FileProblem.GONE),
        ([FileRefused("where is this?")], FileProblem.UNAVAILABLE),
        ([FileRefused("20 MB", FileProblem.TOO_LARGE)], FileProblem.TOO_LARGE),
        ([TemporarilyUnavailable(LONGEST_WAIT + 1)], FileProblem.UNAVAILABLE),
        ([Unreachable()], FileProblem.UNAVAILABLE),
        ([PDF, Rejected()], FileProblem.UNAVAILABLE),
    ],
    ids=repr,
)
async def test_what_is_refused_leaves_nothing_behind(documents, pieces, problem):
    shelf = Shelf(*pieces)
    event = await sent(documents, shelf)
    assert event == kernel.FileRefused("surat.pdf", problem, ref=4)
    assert kept(documents) == []
    assert shelf.closed


async def test_a_stream_that_lies_about_its_size_is_not_read_to_its_end(documents):
    shelf = Shelf(PDF, *[b"x" * MEGABYTE] * 100)
    event = await sent(documents, shelf, size=len(PDF))
    assert event.problem is FileProblem.TOO_LARGE
    assert shelf.given < LARGEST + 2 * MEGABYTE
    assert shelf.closed


async def test_what_says_it_is_too_large_is_not_fetched(documents):
    shelf = Shelf(PDF)
    assert (await sent(documents, shelf, size=LARGEST + 1)).problem is FileProblem.TOO_LARGE
    assert shelf.asked == []


@pytest.mark.parametrize("channel", [Mute(), None], ids=["has no files", "is off"])
async def test_a_channel_that_cannot_fetch(documents, channel):
    assert (await sent(documents, channel)).problem is FileProblem.UNAVAILABLE


@pytest.mark.parametrize(
    ("error", "after"),
    [
        (TemporarilyUnavailable(), None),
        (TemporarilyUnavailable(LONGEST_WAIT), LONGEST_WAIT),
        (FateUnknown(), None),
    ],
    ids=["away", "busy", "cut off"],
)
async def test_a_channel_that_is_away_is_asked_again(documents, error, after):
    with pytest.raises(RetryLater) as raised:
        await sent(documents, Shelf(PDF, error))
    assert raised.value.after == after
    assert kept(documents) == []


async def test_given_up_on_the_conversation_hears_of_it(documents):
    files = Files({}, documents)
    (payload,) = await files.policies()["file"].on_give_up(row(), "every try ended")
    refused = kernel.FileRefused("surat.pdf", FileProblem.UNAVAILABLE, ref=4)
    assert decode_envelope(payload).event == refused


async def test_done_twice_it_is_kept_once(documents):
    """Killed between the file and its answer, the row is delivered again."""
    first = await sent(documents, Shelf(PDF))
    assert await sent(documents, Shelf(PDF)) == first
    assert len(kept(documents)) == 1


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("surat.pdf", "surat.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\yulia\\surat.pdf", "surat.pdf"),
        ("/", "file"),
        ("..", "file"),
        ("", "file"),
        (".bashrc", "bashrc"),
        ("surat\x00.pdf", "surat .pdf"),
        ("su\x1b[2Jrat\n\t.pdf", "su [2Jrat .pdf"),
        ("surat\u202efdp.exe", "surat fdp.exe"),
        ("zero\u200bwidth\ud800.png", "zero width .png"),
        ("Surat  Permohonan Ünïcode 表.pdf", "Surat Permohonan Ünïcode 表.pdf"),
        ("x" * 200 + ".pdf", "x" * 96 + ".pdf"),
        ("x" * 200, "x" * 100),
        ("x." + "y" * 200, "x." + "y" * 98),
    ],
)
def test_names_are_shown_not_trusted(name, shown):
    assert clean_name(name) == shown
    assert len(shown) <= LONGEST_NAME


@given(st.text(max_size=300))
def test_every_name_can_be_filed(name):
    fields = {"sha256": "a" * 64, "name": clean_name(name), "mime": "image/png", "size": 1}
    assert msgspec.convert(fields, wire.DocumentRef).name == clean_name(clean_name(name))


def test_what_a_channel_says_is_passed_on_for_fetching():
    told = facts(Attachment("id-1", "a/b.pdf", "x/y", -5))
    assert told == kernel.FileFacts("id-1", "b.pdf", "x/y", 0)
