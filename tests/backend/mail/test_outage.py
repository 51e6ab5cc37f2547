"""The mail server is away: nothing is lost, and chats hear of it the same way for everybody."""

import asyncio

import pytest
import sqlalchemy as sa

from backend.service.mailer import MailRules
from backend.service.ports import MailPostponed, MailUnavailable
from backend.store.mail import mail_outbox


async def wait_away(desk, seconds):
    """Let the worker sweep while time passes."""
    for _ in range(seconds):
        await desk.mailer.run_due()
        desk.clock.forward(seconds=1)
    await desk.mailer.run_due()


async def test_everything_waits_and_leaves_in_order_when_the_server_is_back(desk):
    desk.post.away = MailUnavailable()
    await desk.notice("o1", to="second@x.id")
    await desk.code("c1", to="first@x.id")
    await wait_away(desk, 120)
    assert desk.post.sent == []
    assert desk.mailer.healthy is False
    desk.post.away = None
    desk.clock.forward(seconds=15)
    await desk.mailer.run_due()
    assert desk.recipients == ["first@x.id", "second@x.id"]
    assert desk.mailer.healthy is True


async def test_an_absent_server_is_asked_ever_more_rarely_and_no_try_is_spent(desk, db):
    desk.post.away = MailUnavailable()
    await desk.notice("o1")
    await wait_away(desk, 59)
    assert desk.post.checks == 7  # at 0, 1, 3, 7, 15, 30, 45, the next at 60
    async with db.read() as tx:
        assert await tx.scalar(sa.select(mail_outbox.c.attempts)) == 0


async def test_an_absent_server_is_not_asked_while_nothing_waits(desk):
    await wait_away(desk, 60)
    assert desk.post.checks == 0


async def test_an_outage_ends_even_when_nothing_waits_any_more(desk, make_desk):
    desk.post.away = MailUnavailable()
    await desk.code("c1", minutes=1)
    await wait_away(desk, 90)
    assert desk.mailer.healthy is False
    desk.post.away = None
    await wait_away(desk, 15)
    assert desk.mailer.healthy is True
    other = make_desk()
    await other.mailer.run_due()
    assert other.mailer.healthy is True
    assert desk.post.sent == []


@pytest.mark.parametrize(
    ("seconds", "told"), [(29, []), (30, []), (31, ["web:1"])], ids=["before", "at", "after"]
)
async def test_a_conversation_is_told_after_half_a_minute(desk, seconds, told):
    desk.post.away = MailUnavailable()
    await desk.code("c1", conversation="web:1")
    await wait_away(desk, seconds)
    assert await desk.told() == told


async def test_it_is_told_once_an_outage_and_challenge(desk):
    desk.post.away = MailUnavailable()
    await desk.code("c1", conversation="web:1")
    await wait_away(desk, 100)
    await desk.code("c1", counter=1, conversation="web:1")
    await wait_away(desk, 100)
    assert await desk.told() == ["web:1"]
    await desk.code("c2", conversation="web:1")
    await wait_away(desk, 5)
    assert await desk.told() == ["web:1", "web:1"]


async def test_the_next_outage_is_told_again(desk):
    for challenge in ("c1", "c2"):
        desk.post.away = MailUnavailable()
        await desk.code(challenge, conversation="web:1")
        await wait_away(desk, 40)
        desk.post.away = None
        await wait_away(desk, 16)
    assert await desk.told() == ["web:1", "web:1"]
    assert len(desk.post.sent) == 2


@pytest.mark.parametrize("to", ["budi@example.net", None], ids=["known login", "unknown login"])
async def test_known_and_unknown_logins_are_told_at_the_same_second(desk, to):
    desk.post.away = MailUnavailable()
    await desk.code("c1", to=to, conversation="web:1")
    told_at = []
    for second in range(90):
        await desk.mailer.run_due()
        told_at += [second] * (len(await desk.told()) - len(told_at))
        desk.clock.forward(seconds=1)
    assert told_at == [31]


async def test_an_unknown_login_ends_when_the_server_is_back(desk, db):
    desk.post.away = MailUnavailable()
    await desk.code("c1", to=None, conversation="web:1")
    await wait_away(desk, 3)
    desk.post.away = None
    await wait_away(desk, 5)
    async with db.read() as tx:
        assert await tx.scalar(sa.select(mail_outbox.c.state)) == "done"


async def test_what_one_mailbox_does_is_nobody_elses_business(desk):
    """A greylisted recipient would otherwise show in the chat that the account exists."""
    desk.post.failures["budi@example.net"] = [MailPostponed()] * 100
    await desk.code("c1", conversation="web:1")
    await wait_away(desk, 120)
    assert await desk.told() == []
    assert desk.mailer.healthy is True


async def test_batches_and_mails_without_a_chat_tell_nobody(desk):
    desk.post.away = MailUnavailable()
    await desk.warning("o1", conversation="web:1")
    await desk.notice("o2")
    await wait_away(desk, 60)
    assert await desk.told() == []


async def test_a_restart_forgets_neither_the_outage_nor_who_was_told(desk, make_desk):
    desk.post.away = MailUnavailable()
    await desk.code("c1", conversation="web:1")
    await wait_away(desk, 20)
    second = make_desk()
    await wait_away(second, 20)
    assert await second.told() == ["web:1"]
    third = make_desk()
    await wait_away(third, 60)
    assert await third.told() == ["web:1"]


async def test_a_check_that_hangs_is_an_outage(make_desk):
    desk = make_desk(rules=MailRules(send_seconds=0.05))

    async def hang():
        await asyncio.Event().wait()

    desk.post.check = hang
    await desk.code("c1")
    await desk.mailer.run_due()
    assert desk.mailer.healthy is False


async def test_a_send_that_hangs_is_cut_and_tried_again(make_desk):
    desk = make_desk(rules=MailRules(send_seconds=0.05))
    real = desk.post.send

    async def hang(_mail):
        await asyncio.Event().wait()

    desk.post.send = hang
    await desk.code("c1")
    assert await desk.mailer.run_due() == 1
    desk.post.send = real
    desk.clock.forward(seconds=2)
    await desk.mailer.run_due()
    assert len(desk.post.sent) == 1
