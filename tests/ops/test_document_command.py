"""`helpdesk tickets document`: a letter into a new file, or a word on why not."""

import hashlib
import stat
from datetime import UTC, date, datetime

import pytest
from click.testing import CliRunner

from backend_client import wire
from helpdesk.commands import tickets
from ops.documents import Documents

NOON = datetime(2026, 3, 2, 5, tzinfo=UTC)
LETTERS = [b"%PDF-1.7 letter", b"\xff\xd8\xff photo"]
REFS = tuple(
    wire.DocumentRef(hashlib.sha256(content).hexdigest(), name, mime, len(content))
    for content, name, mime in zip(
        LETTERS,
        ["[bold]surat.pdf", "foto.jpg"],
        [wire.DocumentType.PDF, wire.DocumentType.JPEG],
        strict=True,
    )
)


def ticket(*documents, request=True):
    asked = wire.GuestRequestView(
        "SPI", "1/A", date(2026, 2, 27), "audit", date(2026, 3, 17), "Yulia", "08", (),
        documents=documents,
    )  # fmt: skip
    return wire.AgentTicket(
        "ITB-2026-000001",
        wire.TicketStatus.NEW,
        wire.TicketCategory.GUEST_REQUEST,
        wire.TicketPriority.NORMAL,
        wire.ServiceClass.LIGHT,
        wire.ChatIdentity("web", "budi"),
        "c1",
        NOON,
        wire.Language.ID,
        "Permohonan",
        1,
        guest_request=asked if request else None,
    )


@pytest.fixture
def documents(tmp_path, monkeypatch):
    monkeypatch.setenv("HELPDESK_DOCUMENTS_DIR", str(tmp_path / "documents"))
    kept = Documents(tmp_path / "documents")
    for content in LETTERS:
        with kept.incoming() as file:
            file.write(content)
            file.keep()
    return kept


@pytest.fixture
def run(monkeypatch):
    def ran(shown, *arguments):
        monkeypatch.setattr(tickets, "ask", lambda _work: shown)
        return CliRunner().invoke(tickets.tickets, arguments)

    return ran


@pytest.mark.parametrize("number", [1, 2])
def test_the_letter_is_written_for_its_reader_only(documents, run, tmp_path, number):
    out = tmp_path / "out"
    result = run(ticket(*REFS), "document", "ITB-2026-000001", str(number), "--out", str(out))
    assert result.exit_code == 0
    assert REFS[number - 1].name in result.output.replace("\n", "")
    assert out.read_bytes() == LETTERS[number - 1]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (ticket(), "has 0 documents"),
        (ticket(request=False), "has 0 documents"),
        (ticket(wire.DocumentRef("f" * 64, "x", wire.DocumentType.PDF, 1)), "DOCUMENTS_DIR"),
    ],
    ids=["none", "no request", "kept elsewhere"],
)
def test_what_cannot_be_fetched_is_told(documents, run, tmp_path, shown, words):
    out = tmp_path / "out"
    result = run(shown, "document", "ITB-2026-000001", "--out", str(out))
    assert result.exit_code == 1
    assert words in result.output.replace("\n", "")
    assert not out.exists()


def test_a_changed_letter_is_not_handed_out(documents, run, tmp_path):
    documents.path_of(REFS[0].sha256).write_bytes(b"%PDF-1.7 forged")
    result = run(ticket(*REFS), "document", "ITB-2026-000001", "--out", str(tmp_path / "out"))
    assert (result.exit_code, (tmp_path / "out").exists()) == (1, False)
    assert "do not use it" in result.output


def test_nothing_is_written_over(documents, run, tmp_path):
    out = tmp_path / "out"
    out.write_text("mine")
    result = run(ticket(*REFS), "document", "ITB-2026-000001", "--out", str(out))
    assert result.exit_code == 1
    assert out.read_text() == "mine"


def test_a_folder_that_is_not_there(documents, run, tmp_path):
    out = tmp_path / "nowhere" / "out"
    result = run(ticket(*REFS), "document", "ITB-2026-000001", "--out", str(out))
    assert result.exit_code == 1


def test_the_ticket_lists_its_documents(run):
    shown = run(ticket(*REFS), "show", "ITB-2026-000001").output
    assert "document 1: [bold]surat.pdf, application/pdf, 1 KB" in shown
    assert "document 2: foto.jpg, image/jpeg, 1 KB" in shown
