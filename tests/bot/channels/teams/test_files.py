"""Files people send: their addresses are sealed, asked for at Microsoft's hosts alone, bounded."""

import traceback

import pytest
import structlog
from fake_microsoft import LINK_KEY, Fault
from hypothesis import given
from hypothesis import strategies as st
from servers import free_port
from teams_kit import settings

from bot.channels.port import (
    Attachment,
    ChannelError,
    FileGone,
    FileRefused,
    TemporarilyUnavailable,
)
from bot.channels.teams_seal import LIFE, Broken, Link, Seal
from bot.envelope import decode
from bot.file_calls import FileCall, encode, facts
from bot.files import LARGEST, Files
from bot.runtime.port import Delivery
from handlers.kernel import FetchFile, FileProblem
from ops.documents import Documents

PDF, JPEG, PNG = b"%PDF-1.7 surat", b"\xff\xd8\xff\xe0 foto", b"\x89PNG\r\n\x1a\n gambar"
HTML = {"contentType": "text/html", "content": "<p>ini suratnya</p>"}
NOW = 1_772_420_400


@pytest.fixture
def documents(tmp_path):
    return Documents(tmp_path / "documents")


async def sent(desk, attachment):
    """Let Budi send it; return the file as the event names it."""
    event = await desk.hear(text="ini suratnya", attachments=[attachment, HTML])
    (file,) = event.attachments
    return file


def sealed(url, *, ours=False):
    return Attachment(Seal.of(settings()).close(Link(url, ours=ours)), "surat.pdf")


async def fetched(desk, file):
    return b"".join([chunk async for chunk in desk.channel.fetch(file)])


async def taken(desk, documents, file):
    """Have the bot take the file; return what it tells the conversation."""
    call = encode(FileCall(FetchFile(facts(file), ref=1), "corr-1"))
    delivery = Delivery(1, "key-1", "teams:a:budi", "file", call)
    (answer,) = await Files({"teams": desk.channel}, documents).send(delivery)
    return decode(answer).event


# -- what comes ---------------------------------------------------------------------------------
@pytest.mark.parametrize("content", [PDF, JPEG + bytes(300_000), PNG], ids=["pdf", "jpeg", "png"])
async def test_a_file_is_kept_whole_and_nobody_shows_our_token_for_it(
    desk, microsoft, documents, content
):
    file = await sent(desk, microsoft.letter("surat.pdf", content))
    stored = await taken(desk, documents, file)
    assert documents.read(stored.document.sha256) == content
    assert (stored.document.name, stored.document.size) == ("surat.pdf", len(content))
    ((path, token),) = microsoft.fetched
    assert (path.partition("tempauth=")[2], token) == (LINK_KEY, None), "the link as it was given"
    assert microsoft.logins == []


async def test_a_picture_is_asked_for_with_our_token(desk, microsoft, documents):
    file = await sent(desk, microsoft.picture(JPEG))
    stored = await taken(desk, documents, file)
    assert (stored.document.mime, stored.document.name) == ("image/jpeg", "file")
    assert [token for _, token in microsoft.fetched] == ["Bearer token-1"]


async def test_a_picture_of_the_playground_needs_no_token(desks, microsoft):
    here = {"teams_app_id": None, "teams_app_password": None, "teams_tenant": None}
    desk = await desks(teams_anonymous=True, **here)
    file = sealed(microsoft.picture(JPEG)["contentUrl"], ours=True)
    with pytest.raises(FileGone):
        await fetched(desk, file)
    assert [token for _, token in microsoft.fetched] == [None]


async def test_a_token_that_is_refused_is_not_used_again(desk, microsoft):
    file = await sent(desk, microsoft.picture(JPEG))
    microsoft.file_faults = [Fault(401)]
    with pytest.raises(TemporarilyUnavailable):
        await fetched(desk, file)
    assert await fetched(desk, file) == JPEG
    assert [token for _, token in microsoft.fetched] == ["Bearer token-1", "Bearer token-2"]


async def test_without_a_token_no_picture_is_asked_for(desk, microsoft):
    file = await sent(desk, microsoft.picture(JPEG))
    microsoft.login_faults = [{"error": "invalid_client"}]
    with pytest.raises(TemporarilyUnavailable):
        await fetched(desk, file)
    assert microsoft.fetched == []


# -- where it is asked for ----------------------------------------------------------------------
@pytest.mark.parametrize("ours", [False, True], ids=["link", "picture"])
@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/surat.pdf",
        "http://contoso.sharepoint.com/surat.pdf",
        "http://127.0.0.1:{port}/personal/surat.pdf",
        "https://localhost:{port}/personal/surat.pdf",
        "http://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
        "data:application/pdf;base64,JVBERi0=",
    ],
)
async def test_nothing_is_asked_of_anybody_but_microsoft(desks, microsoft, url, ours):
    desk = await desks(public=True)
    with pytest.raises(FileRefused):
        await fetched(desk, sealed(url.format(port=microsoft.server.port), ours=ours))
    assert (microsoft.fetched, microsoft.logins) == ([], [])


async def test_our_token_does_not_go_where_links_lead(desks, microsoft):
    desk = await desks(public=True)
    with pytest.raises(FileRefused):
        await fetched(desk, sealed("https://contoso.sharepoint.com/x", ours=True))
    with pytest.raises(FileRefused):
        await fetched(desk, sealed("https://smba.trafficmanager.net/v3/attachments/1/views/o"))
    assert microsoft.logins == []


async def test_a_test_never_leaves_this_machine(desk):
    for ours, url in ((False, "https://contoso.sharepoint.com/x"), (True, "https://evil.example")):
        with pytest.raises(FileRefused):
            await fetched(desk, sealed(url, ours=ours))


@pytest.mark.parametrize("kind", ["letter", "picture"])
async def test_a_redirect_is_not_followed(desk, microsoft, kind):
    attachment = microsoft.letter("surat.pdf", PDF) if kind == "letter" else microsoft.picture(PDF)
    file = await sent(desk, attachment)
    microsoft.file_faults = [Fault(302, {"Location": f"{microsoft.url}/elsewhere"})]
    with pytest.raises(FileRefused):
        await fetched(desk, file)
    assert len(microsoft.fetched) == 1


# -- what does not come -------------------------------------------------------------------------
TROUBLE = {
    "the link has ended": (Fault(401), FileGone),
    "not for us": (Fault(403), FileGone),
    "deleted": (Fault(404), FileGone),
    "deleted for good": (Fault(410), FileGone),
    "bad": (Fault(400), FileRefused),
    "a part": (Fault(206), FileRefused),
    "hurried": (Fault(429, {"Retry-After": "7"}), TemporarilyUnavailable),
    "broken": (Fault(500), TemporarilyUnavailable),
    "busy": (Fault(503, {"Retry-After": "soon"}), TemporarilyUnavailable),
    "cut off": (Fault(headers={"Content-Length": "1000"}, closed=True), TemporarilyUnavailable),
}


@pytest.mark.parametrize(("fault", "error"), TROUBLE.values(), ids=TROUBLE.keys())
async def test_what_is_told_when_it_does_not_come(desk, microsoft, fault, error):
    file = await sent(desk, microsoft.letter("surat.pdf", PDF))
    microsoft.file_faults = [fault]
    with pytest.raises(ChannelError) as raised:
        await fetched(desk, file)
    assert type(raised.value) is error
    if error is TemporarilyUnavailable:
        assert raised.value.retry_after == (7.0 if fault.status == 429 else None)
        assert await fetched(desk, file) == PDF, "the link is good for more than once"


async def test_a_store_that_is_away(desk):
    with pytest.raises(TemporarilyUnavailable):
        await fetched(desk, sealed(f"http://127.0.0.1:{free_port()}/x"))


async def test_a_file_that_came_without_an_address(desk):
    with pytest.raises(FileRefused):
        await fetched(desk, Attachment(""))


@pytest.mark.parametrize("content", [b"", b"MZ\x90", b"<svg onload=alert(1)>", b"PK\x03\x04"])
async def test_other_files_are_refused_whatever_they_are_called(
    desk, microsoft, documents, content
):
    file = await sent(desk, microsoft.letter("surat.pdf", content))
    refusal = await taken(desk, documents, file)
    assert refusal.problem is FileProblem.WRONG_TYPE


@pytest.mark.parametrize(
    "fault",
    [Fault(endless=True), Fault(headers={"Content-Length": str(LARGEST + 1)}, closed=True)],
    ids=["it never ends", "by its own words"],
)
async def test_too_much_is_refused(desk, microsoft, documents, fault):
    file = await sent(desk, microsoft.letter("surat.pdf", PDF))
    microsoft.file_faults = [fault]
    refusal = await taken(desk, documents, file)
    assert refusal.problem is FileProblem.TOO_LARGE
    assert [path for path in documents.folder.rglob("*") if path.is_file()] == []


async def test_nothing_is_unpacked(desk, microsoft):
    """A small answer must not become a large one in memory."""
    file = await sent(desk, microsoft.letter("surat.pdf", PDF))
    microsoft.file_faults = [Fault(headers={"Content-Encoding": "gzip"})]
    assert await fetched(desk, file) == PDF


# -- the seal -----------------------------------------------------------------------------------
@given(st.text(max_size=9_000), st.booleans())
def test_what_was_sealed_is_opened_and_shows_nothing(url, ours):
    link = Link(url, ours=ours)
    seal = Seal("key", lambda: NOW)
    closed = seal.close(link)
    assert seal.open(closed) == link
    assert closed != seal.close(link), "nobody sees that two are the same"
    if len(url) > 3:
        assert url not in closed


@pytest.mark.parametrize(
    ("age", "holds"), [(-61, False), (-60, True), (0, True), (LIFE, True), (LIFE + 1, False)]
)
def test_a_seal_holds_for_an_hour(age, holds):
    closed = Seal("key", lambda: NOW).close(Link("https://x.example"))
    later = Seal("key", lambda: NOW + age)
    if holds:
        assert later.open(closed) == Link("https://x.example")
    else:
        with pytest.raises(Broken):
            later.open(closed)


async def test_what_is_not_our_seal_opens_nothing(desk, microsoft):
    good = sealed(microsoft.letter("surat.pdf", PDF)["content"]["downloadUrl"]).id
    foreign = Seal("another key").close(Link(f"{microsoft.url}/personal/surat.pdf"))
    old = Seal(settings().bot_key.get_secret_value(), lambda: NOW).close(Link(microsoft.url))
    middle = len(good) // 2
    flipped = good[:middle] + ("A" if good[middle] != "A" else "B") + good[middle + 1 :]
    for bad in (foreign, old, flipped, good[:-4], good[4:], f"AAAA{good}", "u-1", "é", "\ud800"):
        with pytest.raises(FileGone):
            await fetched(desk, Attachment(bad))
    assert microsoft.fetched == []
    assert await fetched(desk, Attachment(good)) == PDF


def test_replicas_open_one_anothers_seals_and_strangers_none(tmp_path):
    first, second = Seal.of(settings(state_dir=tmp_path)), Seal.of(settings())
    assert second.open(first.close(Link("https://x.example"))) == Link("https://x.example")
    made = Seal.of(settings(bot_key=None, state_dir=tmp_path))
    with pytest.raises(Broken):
        second.open(made.close(Link("https://x.example")))


@pytest.mark.parametrize(
    "fault", [*(fault for fault, _ in TROUBLE.values()), None], ids=[*TROUBLE, "nobody there"]
)
async def test_no_trouble_tells_the_link(desk, microsoft, fault, capsys):
    link = microsoft.letter("surat.pdf", PDF)["content"]["downloadUrl"]
    away = link.replace(str(microsoft.server.port), str(free_port()))
    microsoft.file_faults = [fault] if fault else []
    with (
        structlog.testing.capture_logs() as logs,
        pytest.raises(ChannelError) as raised,
    ):
        await fetched(desk, sealed(link if fault else away))
    told = "".join(traceback.format_exception(raised.value))
    printed = "".join(capsys.readouterr())
    assert "tempauth" not in told + printed + str(logs)
