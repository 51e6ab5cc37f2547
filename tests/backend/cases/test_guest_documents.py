"""The letters that come with a guest request: noted, shown, and deleted with the last ticket."""

import hashlib
import os

import msgspec
import pytest
from cases_world import BUDI

from backend.service.documents import DocumentUpkeep
from backend.service.retention import Retention
from backend.store.guests import DOCUMENTS
from backend_client import wire
from ops.documents import Documents

LETTER = b"%PDF-1.7 letter"
DIGEST = hashlib.sha256(LETTER).hexdigest()


def ref(digest=DIGEST, name="surat.pdf"):
    return wire.DocumentRef(digest, name, wire.DocumentType.PDF, len(LETTER))


async def shown(world, number):
    return (await world.tickets.show(number)).guest_request.documents


async def test_documents_are_shown_in_the_order_they_were_sent(world):
    sent = (ref("f" * 64, "satu.pdf"), ref("a" * 64, "dua.pdf"))
    view = await world.guests.file(world.guest_request(documents=sent))
    assert await shown(world, view.number) == sent


async def test_a_request_without_any(world):
    view = await world.guests.file(world.guest_request())
    assert await shown(world, view.number) == ()


async def test_the_same_letter_filed_again_adds_what_is_new(world):
    first = await world.guests.file(world.guest_request(documents=(ref(),)))
    sent = (ref(name="other name.pdf"), ref("b" * 64, "lampiran.pdf"))
    again = await world.guests.file(world.guest_request(documents=sent))
    assert again.number == first.number
    assert [one.name for one in await shown(world, first.number)] == ["surat.pdf", "lampiran.pdf"]


@pytest.mark.parametrize(
    "broken",
    [
        {"sha256": "../../../etc/passwd"},
        {"sha256": DIGEST + "\n"},
        {"name": "../surat.pdf"},
        {"name": "su\x1b[2Jrat.pdf"},
        {"name": "surat.pdf\n"},
        {"name": "x" * 101},
        {"name": ""},
        {"mime": "text/html"},
        {"size": 0},
        {"size": 10 * 1024 * 1024 + 1},
    ],
    ids=str,
)
def test_what_is_no_document_is_no_message(broken):
    fields = msgspec.to_builtins(ref())
    assert msgspec.convert(fields, wire.DocumentRef) == ref()
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(fields | broken, wire.DocumentRef)


async def test_a_document_goes_thirty_days_after_it_is_named_no_more(world, tmp_path):
    documents = Documents(tmp_path)
    with documents.incoming() as file:
        file.write(LETTER)
        file.keep()
    path = documents.path_of(DIGEST)
    came = world.clock.now().timestamp()
    os.utime(path, (came, came))
    upkeep = DocumentUpkeep(world.db, world.clock, documents)
    number = (await world.guests.file(world.guest_request(documents=(ref(),)))).number
    await world.tickets.cancel(number, wire.CancelTicket("c1"))
    world.clock.forward(days=400)
    retention = Retention(world.db, world.clock, world.audit, {"documents": upkeep.purge})
    await retention.run()
    assert path.exists()
    world.clock.forward(days=5 * 365)
    await retention.run()
    assert await world.rows(DOCUMENTS) == []
    assert not path.exists()


async def test_a_document_waits_thirty_days_for_its_request(world, tmp_path):
    documents = Documents(tmp_path)
    with documents.incoming() as file:
        file.write(LETTER)
        file.keep()
    came = world.clock.now().timestamp()
    os.utime(documents.path_of(DIGEST), (came, came))
    upkeep = DocumentUpkeep(world.db, world.clock, documents)
    world.clock.forward(days=30)
    assert await upkeep.purge() == 0
    world.clock.forward(seconds=1)
    assert await upkeep.purge() == 1


async def test_erasing_a_person_takes_the_letter_along(world):
    view = await world.guests.file(world.guest_request(documents=(ref(name="Ulfa.pdf"),)))
    await world.tickets.cancel(view.number, wire.CancelTicket("c1"))
    retention = Retention(world.db, world.clock, world.audit)
    await retention.erase_requester(BUDI.channel, BUDI.user, actor="agent:ani")
    assert await world.rows(DOCUMENTS) == []
