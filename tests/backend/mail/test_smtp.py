"""The SMTP transport against a real server: replies, drops, silence, TLS, hostile content."""

import asyncio

import pytest
from aiosmtpd.controller import Controller
from smtp_server import DsnController, authenticator, self_signed

from backend.adapters.mail.smtp import SmtpServer, SmtpTransport
from backend.service.ports import Mail, MailPostponed, MailRefused, MailUnavailable

FROM = "Layanan TI <layanan@kampus.example>"


def mail(to="budi@example.net", **changes):
    fields = {
        "to": to,
        "subject": "Kode verifikasi ≠ é",
        "text": "Halo,\n.\nkode 12345678\n",
        "html": "<p>Halo</p>",
        "message_id": "<a1@kampus.example>",
    }
    return Mail(**{**fields, **changes})


@pytest.fixture
async def transport(clock):
    """Make transports to a server; they are closed at the end."""
    made = []

    def make(server, url="smtp://127.0.0.1:{port}", **options):
        target = SmtpServer.from_url(url.format(port=server.port))
        options.setdefault("timeout", 5)
        made.append(SmtpTransport(target, FROM, clock, **options))
        return made[-1]

    yield make
    for one in made:
        await one.close()


async def test_a_mail_arrives_whole(smtp, transport):
    server = smtp()
    await transport(server).send(mail())
    [(sender, recipients, message)] = server.handler.received
    assert (sender, recipients) == ("layanan@kampus.example", ("budi@example.net",))
    headers = {name: str(message[name]) for name in message}
    assert headers == {
        "From": FROM,
        "To": "budi@example.net",
        "Subject": "Kode verifikasi ≠ é",
        "Date": "Mon, 02 Mar 2026 03:00:00 +0000",
        "Message-ID": "<a1@kampus.example>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "MIME-Version": "1.0",
        "Content-Type": headers["Content-Type"],
    }
    assert headers["Content-Type"].startswith("multipart/alternative")
    plain, html = message.iter_parts()
    assert plain.get_content().replace("\r\n", "\n") == "Halo,\n.\nkode 12345678\n"
    assert html.get_content_type() == "text/html"


async def test_a_burst_takes_one_connection(smtp, transport):
    server = smtp()
    post = transport(server)
    for number in range(20):
        await post.check()
        await post.send(mail(f"u{number}@x.id"))
    assert len(server.handler.received) == 20
    assert server.handler.connections == 1


async def test_a_connection_that_carried_a_hundred_is_renewed(smtp, transport):
    server = smtp()
    post = transport(server)
    for number in range(101):
        await post.send(mail(f"u{number}@x.id"))
    assert server.handler.connections == 2


async def test_an_idle_connection_is_renewed(smtp, transport):
    server = smtp()
    post = transport(server)
    await post.send(mail())
    post._last_use -= 61
    await post.send(mail())
    assert server.handler.connections == 2


async def test_a_server_that_restarted_is_found_again_by_a_check(smtp, transport):
    server = smtp()
    post = transport(server)
    await post.send(mail())
    server.stop()
    server.start()
    await post.check()
    await post.send(mail())
    assert len(server.handler.received) == 2


async def test_a_server_that_is_not_there_is_away(smtp, transport):
    server = smtp()
    post = transport(server)
    server.stop()
    with pytest.raises(MailUnavailable):
        await post.check()
    with pytest.raises(MailUnavailable):
        await post.send(mail())


@pytest.mark.parametrize(
    ("phase", "reply", "error", "bad_address"),
    [
        ("MAIL", "452 4.3.1 Insufficient storage", MailUnavailable, None),
        ("MAIL", "550 5.7.1 who are you", MailUnavailable, None),
        ("RCPT", "450 4.2.0 greylisted", MailPostponed, None),
        ("RCPT", "452 4.2.2 over quota", MailPostponed, None),
        ("RCPT", "550 5.1.1 no such user", MailRefused, True),
        ("RCPT", "550 5.2.1 mailbox disabled", MailRefused, True),
        ("RCPT", "553 bad mailbox", MailRefused, True),
        ("RCPT", "550 no such user here", MailRefused, True),
        ("RCPT", "554 5.7.1 relay denied", MailRefused, False),
        ("RCPT", "550 5.7.1 blocked by policy", MailRefused, False),
        ("RCPT", "552 5.2.2 mailbox full", MailRefused, False),
        ("DATA", "451 4.3.0 try later", MailPostponed, None),
        ("DATA", "554 5.6.0 looks like spam", MailRefused, False),
        ("DATA", "550 content rejected", MailRefused, False),
    ],
    ids=str,
)
async def test_what_a_reply_means(smtp, transport, phase, reply, error, bad_address):
    server = smtp()
    post = transport(server)
    server.handler.replies[phase] = [reply]
    with pytest.raises(error) as caught:
        await post.send(mail())
    assert type(caught.value) is error
    assert getattr(caught.value, "bad_address", None) is bad_address
    assert "budi" not in str(caught.value) + repr(caught.value.__cause__)
    await post.check()
    await post.send(mail())  # the dialogue is still, or again, in step
    assert len(server.handler.received) == 1


async def test_a_full_server_is_away_before_a_message_is_tried(smtp, transport):
    server = smtp()
    server.handler.replies["MAIL"] = ["452 4.3.1 Insufficient storage"]
    with pytest.raises(MailUnavailable):
        await transport(server).check()


async def test_421_ends_the_connection(smtp, transport):
    server = smtp()
    post = transport(server)
    server.handler.replies["RCPT"] = ["421 4.3.2 shutting down"]
    with pytest.raises(MailUnavailable) as caught:
        await post.send(mail())
    assert type(caught.value) is MailUnavailable
    await post.send(mail())
    assert server.handler.connections == 2


async def test_a_connection_that_drops_in_the_message_is_a_failure(smtp, transport):
    server = smtp()
    server.handler.drop_in_data = 1
    post = transport(server)
    with pytest.raises(MailUnavailable):
        await post.send(mail())
    await post.send(mail())
    assert len(server.handler.received) == 1


async def test_a_silent_server_does_not_hold_us(smtp, transport):
    server = smtp()
    server.handler.slow = 2
    post = transport(server, timeout=0.2)
    with pytest.raises(MailUnavailable):
        await post.send(mail())


async def test_a_send_that_is_cut_leaves_no_dialogue_out_of_step(smtp, transport):
    server = smtp()
    server.handler.slow = 0.5
    post = transport(server)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await post.send(mail("cut@x.id"))
    server.handler.slow = 0
    await post.send(mail("next@x.id"))
    assert ("next@x.id",) in [recipients for _, recipients, _ in server.handler.received]


@pytest.mark.parametrize(
    "to",
    [
        "a@x.id\r\nBcc: all@x.id",
        "a@x.id\nSubject: hi",
        "a@x.id, b@x.id",
        "A <a@x.id>",
        '"a b"@x.id',
        "a@x.id>\r\nRCPT TO:<b@x.id",
        "a b@x.id",
        "@x.id",
        "a@",
        "a",
        "",
        "a@x..id",
        "a" * 250 + "@x.id",
        "é@x.id",
        "a\x00@x.id",
    ],
)
async def test_what_is_no_plain_address_never_reaches_the_server(smtp, transport, to):
    server = smtp()
    with pytest.raises(MailRefused) as caught:
        await transport(server).send(mail(to))
    assert caught.value.bad_address is True
    assert server.handler.connections == 0


async def test_an_international_domain_is_sent_in_ascii(smtp, transport):
    server = smtp()
    await transport(server).send(mail("a@bücher.example"))
    assert server.handler.received[0][1] == ("a@xn--bcher-kva.example",)


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "Hi\r\nBcc: all@x.id"},
        {"subject": "Hi\nX: y"},
        {"message_id": "<a@b>\r\nX: y"},
    ],
    ids=str,
)
async def test_no_header_can_be_slipped_in(smtp, transport, change):
    server = smtp()
    with pytest.raises(MailRefused):
        await transport(server).send(mail(**change))
    assert server.handler.received == []


async def test_bounces_are_asked_to_come_without_the_content(smtp, transport):
    server = smtp(controller=DsnController)
    server.handler.extensions = ("DSN",)
    await transport(server).send(mail())
    assert sorted(server.handler.dsn) == ["ENVID=a1.kampus.example", "RET=HDRS"]


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # on loopback
async def test_a_login_is_used(smtp, transport):
    server = smtp(
        authenticator=authenticator("kampus", "p@ss word"),
        auth_required=True,
        auth_require_tls=False,
    )
    await transport(server, "smtp://kampus:p%40ss%20word@127.0.0.1:{port}").send(mail())
    assert len(server.handler.received) == 1
    wrong = transport(server, "smtp://kampus:wrong@127.0.0.1:{port}")
    with pytest.raises(MailUnavailable):
        await wrong.check()


async def test_starttls_with_a_certificate_we_trust(smtp, transport, tmp_path):
    theirs, ours = self_signed(tmp_path)
    server = smtp(tls_context=theirs, require_starttls=True)
    post = transport(server, tls=ours)
    post._server = SmtpServer("localhost", server.port, use_tls=False, start_tls=True)
    await post.send(mail())
    assert len(server.handler.received) == 1


@pytest.mark.parametrize("tls", [True, False], ids=["unknown certificate", "no STARTTLS"])
async def test_nothing_is_said_where_tls_fails(smtp, transport, tmp_path, tls):
    theirs, _ = self_signed(tmp_path)
    server = smtp(**({"tls_context": theirs} if tls else {}))
    post = transport(server)
    post._server = SmtpServer("localhost", server.port, use_tls=False, start_tls=True)
    with pytest.raises(MailUnavailable):
        await post.send(mail())
    assert server.handler.received == []


async def test_tls_from_the_first_byte(smtp, transport, tmp_path):
    theirs, ours = self_signed(tmp_path)
    server = smtp(controller=Controller, ssl_context=theirs)
    post = transport(server, "smtps://localhost:{port}", tls=ours)
    await post.send(mail())
    assert len(server.handler.received) == 1
