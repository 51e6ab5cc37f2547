"""The folder of documents: whole files or none, readable by their owner, purged with care."""

import hashlib
import os
import signal
import stat
import subprocess
import sys

import pytest

from ops.documents import Damaged, Documents

LETTER = b"%PDF-1.7 the signed letter"
DIGEST = hashlib.sha256(LETTER).hexdigest()
KILLED = """
import os, signal, sys
from pathlib import Path
from ops.documents import Documents
with Documents(Path(sys.argv[1])).incoming() as file:
    file.write(b"%PDF-1.7 half")
    if sys.argv[2] == "kept":
        file.keep()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def documents(tmp_path):
    return Documents(tmp_path / "documents")


def put(documents, content=LETTER):
    with documents.incoming() as file:
        file.write(content[:5])
        file.write(content[5:])
        assert file.size == len(content)
        return file.keep()


def files(documents):
    return sorted(path.name for path in documents.folder.rglob("*") if path.is_file())


def aged(path, seconds):
    os.utime(path, (seconds, seconds))


def test_a_document_stands_under_its_digest_for_its_owner_only(documents):
    assert put(documents) == DIGEST
    path = documents.path_of(DIGEST)
    assert path == documents.folder / DIGEST[:2] / DIGEST
    assert documents.read(DIGEST) == LETTER
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [stat.S_IMODE(p.stat().st_mode) for p in (path.parent, documents.folder)] == [0o700] * 2


def test_a_folder_made_for_a_group_lets_it_read_and_delete(documents):
    documents.folder.mkdir()
    documents.folder.chmod(0o2770)
    put(documents)
    path = documents.path_of(DIGEST)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o2770


def test_the_same_content_is_one_file_and_young_again(documents):
    put(documents)
    aged(documents.path_of(DIGEST), 1)
    assert put(documents) == DIGEST
    assert files(documents) == [DIGEST]
    assert documents.purge((), before=1_000_000) == 0


def test_what_is_not_kept_leaves_nothing(documents):
    with pytest.raises(RuntimeError), documents.incoming() as file:
        file.write(LETTER)
        raise RuntimeError
    assert files(documents) == []


@pytest.mark.parametrize("when", ["half", "kept"])
def test_killed_on_the_way(documents, when):
    command = [sys.executable, "-c", KILLED, str(documents.folder), when]
    killed = subprocess.run(command, check=False)
    assert killed.returncode == -signal.SIGKILL
    (left,) = files(documents)
    whole = hashlib.sha256(b"%PDF-1.7 half").hexdigest()
    assert left == whole if when == "kept" else left.startswith(".incoming-")
    put(documents)  # tried again, nothing is in the way
    for path in documents.folder.rglob("*"):
        aged(path, 1)
    assert documents.purge({DIGEST}, before=2) == 1
    assert files(documents) == [DIGEST]


def test_the_purge_spares_what_is_named_young_or_not_ours(documents):
    old, young, named = (put(documents, LETTER + bytes([n])) for n in range(3))
    foreign = [documents.folder / "notes.txt", documents.folder / old[:2] / "README"]
    for path in foreign:
        path.write_text("not ours")
    for path in (documents.path_of(old), documents.path_of(named), *foreign):
        aged(path, 1)
    assert documents.purge({named}, before=1) == 0
    assert documents.purge({named}, before=2) == 1
    assert files(documents) == sorted([young, named, "notes.txt", "README"])


def test_a_folder_that_is_not_there_is_nothing_to_purge(documents):
    assert documents.purge((), before=2**40) == 0
    assert documents.purge_incoming(before=2**40) == 0
    assert documents.incoming_sizes() == []


def park(documents, name, content=LETTER):
    with documents.incoming() as file:
        file.write(content)
        file.park(name)


def test_a_parked_file_waits_under_its_name_and_is_no_document(documents):
    park(documents, DIGEST, b"%PDF-1.7 first")
    park(documents, DIGEST)  # again, in its place
    assert documents.parked(DIGEST).read_bytes() == LETTER
    assert stat.S_IMODE(documents.parked(DIGEST).stat().st_mode) == 0o600
    assert documents.incoming_sizes() == [len(LETTER)]
    with pytest.raises(FileNotFoundError):
        documents.read(DIGEST)


@pytest.mark.parametrize("purge", ["purge", "purge_incoming"])
def test_what_nobody_asked_for_goes_with_its_age_and_documents_stay(documents, purge):
    put(documents)
    for name in ("a" * 64, "b" * 64):
        park(documents, name)
    for path in (documents.parked("a" * 64), documents.path_of(DIGEST)):
        aged(path, 1)
    kept = ({DIGEST},) if purge == "purge" else ()
    assert getattr(documents, purge)(*kept, before=2) == 1
    assert files(documents) == sorted([DIGEST, ".incoming-" + "b" * 64])


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, DIGEST + "\n", DIGEST[:63]])
def test_only_digests_name_documents(documents, name):
    with pytest.raises(ValueError, match="SHA-256"):
        documents.path_of(name)
    with pytest.raises(ValueError, match="SHA-256"):
        documents.parked(name)


def test_a_changed_document_is_not_read(documents):
    put(documents)
    documents.path_of(DIGEST).write_bytes(b"%PDF-1.7 another letter")
    with pytest.raises(Damaged):
        documents.read(DIGEST)
