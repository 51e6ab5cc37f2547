"""Rows in, mails out: order, uniqueness, retries."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa
from prometheus_client import REGISTRY

from backend.service.mailer import MailRules
from backend.service.ports import MailPostponed, MailUnavailable
from backend.store.mail import mail_outbox


def count(template, outcome):
    labels = {"template": template, "outcome": outcome}
    return REGISTRY.get_sample_value("helpdesk_mail_total", labels) or 0


async def stored(db):
    async with db.read() as tx:
        return list(await tx.execute(sa.select(mail_outbox).order_by(mail_outbox.c.id)))


async def test_a_mail_goes_out_with_everything_its_template_says(desk):
    await desk.code("c1")
    assert await desk.mailer.run_due() == 1
    [mail] = desk.post.sent
    assert mail.to == "budi@example.net"
    assert mail.subject == "Kode verifikasi Anda"
    assert desk.codes["c1", 0] in mail.text
    assert desk.codes["c1", 0] in mail.html


async def test_a_rolled_back_cause_leaves_no_mail(desk, db):
    with pytest.raises(RuntimeError):
        async with db.begin() as tx:
            await desk.mailer.queue(
                tx, op="o", template="claim_code", to="a@b.id", language="id", context={}
            )
            raise RuntimeError
    assert await desk.mailer.run_due() == 0


async def test_the_same_operation_is_mailed_once(desk):
    await desk.notice("o1")
    await desk.notice("o1")
    await desk.mailer.run_due()
    await desk.notice("o1")
    assert await desk.mailer.run_due() == 0
    assert len(desk.post.sent) == 1


async def test_one_operation_may_have_several_templates(desk):
    await desk.notice("o1")
    await desk.warning("o1")
    await desk.mailer.run_due()
    assert len(desk.post.sent) == 2


async def test_codes_go_before_notices_and_notices_before_batches(desk):
    await desk.warning("batch", to="third@x.id")
    await desk.notice("notice", to="second@x.id")
    await desk.code("c", to="first@x.id")
    await desk.mailer.run_due()
    assert desk.recipients == ["first@x.id", "second@x.id", "third@x.id"]


async def test_a_batch_mail_somebody_waits_for_goes_with_the_notices(desk):
    await desk.warning("batch", to="last@x.id")
    desk.clock.forward(seconds=1)
    await desk.warning("asked", to="first@x.id", urgent=True)
    await desk.mailer.run_due()
    assert desk.recipients == ["first@x.id", "last@x.id"]


async def test_batches_keep_to_the_cap_and_let_codes_pass(desk):
    for number in range(60):
        await desk.warning(f"w{number}")
    assert await desk.mailer.run_due() == 25
    await desk.code("c", to="code@x.id")
    desk.clock.forward(seconds=59)
    assert await desk.mailer.run_due() == 1
    assert desk.recipients[-1] == "code@x.id"
    desk.clock.forward(seconds=1)
    assert await desk.mailer.run_due() == 25
    desk.clock.forward(seconds=60)
    assert await desk.mailer.run_due() == 10


async def test_nothing_readable_is_kept_and_nothing_at_all_once_sent(desk, db):
    await desk.notice("o1", to="budi@example.net", conversation="web:1")
    [row] = await stored(db)
    assert "budi" not in str(row)
    await desk.mailer.run_due()
    [row] = await stored(db)
    assert (row.sealed, row.conversation, row.state) == (None, None, "done")


async def test_a_row_cannot_be_moved_to_another_operation(desk, db):
    await desk.notice("mine")
    await desk.notice("theirs", to="x@example.net")
    rows = mail_outbox.c
    async with db.begin() as tx:
        sealed = await tx.scalar(sa.select(rows.sealed).where(rows.op == "theirs"))
        await tx.execute(mail_outbox.update().where(rows.op == "mine").values(sealed=sealed))
    await desk.mailer.run_due()
    assert desk.recipients == ["x@example.net"]


async def test_a_login_nobody_has_is_queued_and_ends_without_a_mail(desk, db):
    before = count("code", "done")
    await desk.code("c", to=None, conversation="web:1")
    assert await desk.mailer.run_due() == 1
    [row] = await stored(db)
    assert (row.state, row.sealed, row.next_at) == ("done", None, None)
    assert desk.post.sent == []
    assert count("code", "done") == before + 1


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(MailUnavailable(), id="connection lost"),
        pytest.param(MailPostponed(), id="greylisted"),
        pytest.param(TimeoutError(), id="timed out"),
        pytest.param(ValueError(), id="a bug in the transport"),
    ],
)
async def test_what_did_not_work_is_tried_again_later_and_later(desk, error):
    desk.post.failures["budi@example.net"] = [error] * 4
    await desk.notice("o1")
    waits = []
    while not desk.post.sent:
        waits.append(0)
        while await desk.mailer.run_due() == 0:
            desk.clock.forward(seconds=1)
            waits[-1] += 1
    assert waits == [0, 2, 4, 8, 15]


async def test_one_bad_mail_does_not_hold_up_the_others(desk):
    desk.post.failures["bad@x.id"] = [MailUnavailable()] * 100
    await desk.notice("o1", to="bad@x.id")
    await desk.notice("o2", to="good@x.id")
    await desk.mailer.run_due()
    assert desk.recipients == ["good@x.id"]


async def test_every_try_has_the_same_message_id_and_every_mail_another(desk):
    seen = []
    real = desk.post.send

    async def twice(mail):
        seen.append(mail.message_id)
        if len(seen) == 1:
            raise MailUnavailable
        await real(mail)

    desk.post.send = twice
    await desk.notice("o1")
    await desk.mailer.run_due()
    desk.clock.forward(seconds=2)
    await desk.mailer.run_due()
    await desk.notice("o2")
    await desk.mailer.run_due()
    assert seen[0] == seen[1] != seen[2]


async def test_closed_rows_are_deleted_after_the_retention(desk, db):
    await desk.notice("old")
    await desk.mailer.run_due()
    desk.clock.forward(days=29)
    await desk.notice("new")
    await desk.mailer.run_due()
    desk.clock.forward(days=1, seconds=1)
    assert await desk.mailer.purge() == 1
    assert [row.op for row in await stored(db)] == ["new"]


async def test_the_worker_sends_as_soon_as_the_cause_is_committed(make_desk):
    desk = make_desk(rules=MailRules(sweep_seconds=3600))
    worker = asyncio.create_task(desk.mailer.run())
    try:
        await asyncio.sleep(0)
        for number in range(3):
            desk.post.arrived.clear()
            await desk.notice(f"o{number}")
            await asyncio.wait_for(desk.post.arrived.wait(), 10)
    finally:
        worker.cancel()
        await asyncio.wait([worker])
    assert len(desk.post.sent) == 3


async def test_the_rules_leave_room_between_a_send_and_the_lease():
    rules = MailRules()
    assert rules.lease > timedelta(seconds=rules.send_seconds)
    assert rules.send_seconds < rules.keep_trying.total_seconds()
