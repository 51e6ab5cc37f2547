"""The signed letter of a guest request, sent as a file."""

import pytest
from chat_kit import SILENCE, claim, press, sends, sets
from test_guests import LETTER

from bot.channels.port import (
    Attachment,
    FileGone,
    InboundKind,
    TemporarilyUnavailable,
)
from bot.files import Files
from ops.documents import Documents

PDF = b"%PDF-1.7 surat permohonan"
PHOTO = b"\xff\xd8\xff\xe0 foto"


class Shelf:
    """A channel that keeps files: bytes to hand over, or what to raise."""

    def __init__(self):
        self.files = {"pdf": PDF, "photo": PHOTO, "page": PDF + b"2", "zip": b"PK\x03\x04"}

    async def fetch(self, attachment):
        kept = self.files[attachment.id]
        if isinstance(kept, Exception):
            raise kept
        yield kept


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
def documents(tmp_path):
    return Documents(tmp_path / "documents")


@pytest.fixture
def chat(chat, shelf, documents):
    chat.box.policies |= Files({"web": shelf}, documents).policies()
    return chat


def encloses(*ids, text="", name="surat.pdf"):
    files = tuple(Attachment(id_, name if id_ == "pdf" else f"{id_}.x", "x/y") for id_ in ids)
    return sends(InboundKind.ATTACHMENT, attachments=files, text=text)


def opens_again(shelf):
    async def run(chat):
        shelf.files["pdf"] = PDF
        await chat.box.settle()

    return run


async def test_the_letter_is_received_shown_and_filed(chat, backend, documents):
    await chat.plays(
        (LETTER, "Mohon diperiksa … Lampiran: -"),
        (encloses("pdf"), "Surat diterima: surat.pdf … Lampiran: surat.pdf … [Kirim"),
        (encloses("photo"), "diterima: photo.x … Lampiran: surat.pdf, photo.x"),
        (press("Kirim"), "ITB-2026-000001"),
    )
    (request,) = backend.guest_requests
    assert [(one.name, one.mime) for one in request.documents] == [
        ("surat.pdf", "application/pdf"),
        ("photo.x", "image/jpeg"),
    ]
    assert [documents.read(one.sha256) for one in request.documents] == [PDF, PHOTO]


async def test_the_letter_comes_first_with_its_wish_as_caption(plain_chat, shelf, documents):
    plain_chat.box.policies |= Files({"web": shelf}, documents).policies()
    await plain_chat.plays(
        (
            encloses("pdf", text="mau minta akun tamu"),
            "Unit kerja mana … Surat diterima: surat.pdf",
        ),
        (LETTER, "Lampiran: surat.pdf"),
    )


async def test_an_album_is_one_letter_and_holds_three(chat, backend):
    await chat.plays(
        (LETTER, "Mohon diperiksa"),
        (
            encloses("pdf", "photo", "page", "zip"),
            "paling banyak 3 berkas … Lampiran: surat.pdf, photo.x, page.x",
        ),
        ("ya", "ITB-2026-000001"),
    )
    assert len(backend.guest_requests[0].documents) == 3


async def test_an_album_of_photos_without_names_is_acknowledged_once(chat, backend):
    photos = tuple(Attachment(id_, "", "image/jpeg") for id_ in ("pdf", "photo", "zip"))
    await chat.plays(
        (LETTER, "Mohon diperiksa"),
        (sends(InboundKind.ATTACHMENT, attachments=photos), "file … PDF atau foto"),
    )
    said = [message.text for _, message in chat.box.log]
    assert sum("Surat diterima" in text for text in said) == 1
    assert "Surat diterima: file (2x)." in said[-1]
    assert "Lampiran: file (2x)" in said[-1]


async def test_what_cannot_be_taken_is_told_and_the_request_goes_on(chat, backend, shelf):
    shelf.files["photo"] = FileGone()
    await chat.plays(
        (LETTER, "Mohon diperiksa"),
        (encloses("zip"), "zip.x … PDF atau foto … Lampiran: -"),
        (encloses("photo"), "photo.x sudah tidak tersedia … Lampiran: -"),
        ("ya", "ITB-2026-000001"),
    )
    assert backend.guest_requests[0].documents == ()


async def test_nothing_is_filed_while_the_letter_is_on_its_way(chat, backend, shelf):
    shelf.files["pdf"] = TemporarilyUnavailable()
    await chat.plays(
        (LETTER, "Mohon diperiksa"),
        (encloses("pdf"), SILENCE),
        ("ya", "Berkasnya sedang saya terima"),
    )
    assert backend.guest_requests == []
    await chat.plays(
        (opens_again(shelf), "Surat diterima: surat.pdf … Lampiran: surat.pdf"),
        ("ya", "ITB-2026-000001"),
    )


async def test_filed_again_while_the_backend_is_down_nothing_is_lost(chat, backend):
    await chat.plays(
        (LETTER, "Mohon diperiksa"),
        (encloses("pdf"), "Lampiran: surat.pdf"),
        (sets(down=True), SILENCE),
        (press("Kirim"), SILENCE),
        (sets(down=False), "ITB-2026-000001"),
    )
    assert len(backend.guest_requests[0].documents) == 1


async def test_outside_the_request_a_file_is_not_fetched(chat, documents):
    await chat.plays((encloses("pdf"), "Berkas hanya saya terima dalam permohonan akun tamu"))
    assert not documents.folder.exists()


async def test_a_human_hears_that_a_file_was_sent_and_no_more(chat, backend, documents):
    file = Attachment("pdf", "../surat\u202efdp.exe\n", "x/y", 2048)
    await chat.plays(
        ("petugas", "ITB-2026-000001"),
        (claim("Rina"), "Rina"),
        (sends(InboundKind.ATTACHMENT, attachments=(file,), text="ini suratnya"), SILENCE),
    )
    assert backend.ticket.messages[-2:] == ["ini suratnya", "[attachment: surat fdp.exe, 2 KB]"]
    assert not documents.folder.exists()
