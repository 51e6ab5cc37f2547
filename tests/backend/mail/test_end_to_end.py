"""Outbox and SMTP together: a server that fails in every way loses nothing."""

import pytest
import sqlalchemy as sa
from smtp_server import Handler

from backend.adapters.mail.smtp import SmtpServer, SmtpTransport
from backend.service.feed import Feed
from backend.service.mailer import Mailer
from backend.store.mail import mail_outbox

RECIPIENTS = [f"u{number}@x.id" for number in range(12)]


@pytest.fixture
async def real(desk, smtp, clock, db):
    """The desk's outbox over SMTP."""
    server = smtp()
    target = SmtpServer.from_url(f"smtp://127.0.0.1:{server.port}")
    transport = SmtpTransport(target, "IT <it@kampus.example>", clock, timeout=5)
    desk.mailer = Mailer(
        db, desk.vault, transport, desk.mailer._templates, clock, Feed(db, clock), desk.code_for
    )
    desk.server = server
    yield desk
    await transport.close()


async def pass_time(desk, seconds):
    for _ in range(seconds):
        await desk.mailer.run_due()
        desk.clock.forward(seconds=1)


async def states(db):
    async with db.read() as tx:
        return set(await tx.scalars(sa.select(mail_outbox.c.state)))


def arrived(desk):
    return sorted(recipient for _, (recipient,), _ in desk.server.handler.received)


TROUBLES = {
    "nothing": {},
    "4xx for some": {"replies": {"RCPT u3@x.id": ["450 later"] * 3, "DATA": ["451 later"] * 4}},
    "full": {"replies": {"MAIL": ["452 full"] * 5}},
    "shutting down": {"replies": {"RCPT": ["421 bye"] * 3, "MAIL": ["421 bye"] * 2}},
    "drops in the message": {"drop_in_data": 5},
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
async def test_each_mail_arrives_once_whatever_the_server_does(real, db, trouble):
    for name, value in trouble.items():
        setattr(real.server.handler, name, value)
    for number, recipient in enumerate(RECIPIENTS):
        await real.notice(f"o{number}", to=recipient)
    await pass_time(real, 120)
    assert arrived(real) == sorted(RECIPIENTS)
    assert await states(db) == {"done"}


async def test_a_server_that_goes_and_comes_loses_nothing(real, db):
    for number, recipient in enumerate(RECIPIENTS[:6]):
        await real.notice(f"o{number}", to=recipient)
    await real.mailer.run_due()
    real.server.stop()
    await real.code("c1", to="code@x.id", conversation="web:1")
    await real.code("c2", to=None, conversation="web:2")
    for number, recipient in enumerate(RECIPIENTS[6:], 6):
        await real.notice(f"o{number}", to=recipient)
    await pass_time(real, 100)
    assert await real.told() == ["web:1", "web:2"]
    assert len(arrived(real)) == 6
    real.server.start()
    await pass_time(real, 16)
    assert arrived(real) == sorted([*RECIPIENTS, "code@x.id"])
    order = [recipients[0] for _, recipients, _ in real.server.handler.received]
    assert order[6] == "code@x.id"
    assert await states(db) == {"done"}


async def test_a_mailbox_that_does_not_exist_fails_alone(real, db):
    real.server.handler.replies = {"RCPT u1@x.id": ["550 5.1.1 no such user"]}
    for number in range(3):
        await real.notice(f"o{number}", to=f"u{number}@x.id")
    await pass_time(real, 3)
    assert arrived(real) == ["u0@x.id", "u2@x.id"]
    assert await states(db) == {"done", "failed"}


def test_the_scripted_server_knows_every_trouble():
    fields = Handler.__dataclass_fields__
    assert all(name in fields for trouble in TROUBLES.values() for name in trouble)
