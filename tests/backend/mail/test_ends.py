"""How rows end without a mail: too late, dead, refused, or not yet made."""

import pytest
import sqlalchemy as sa
from prometheus_client import REGISTRY

from backend.service.audit import Audit
from backend.service.mail_refusals import audited
from backend.service.ports import MailRefused, MailUnavailable
from backend.store.audit import AUDIT
from backend.store.mail import mail_outbox


def count(template, outcome):
    labels = {"template": template, "outcome": outcome}
    return REGISTRY.get_sample_value("helpdesk_mail_total", labels) or 0


async def stored(db):
    async with db.read() as tx:
        return list(await tx.execute(sa.select(mail_outbox).order_by(mail_outbox.c.id)))


async def test_a_notice_is_given_up_after_a_day_and_counted(desk, db):
    before = count("recovery_frozen", "failed")
    desk.post.failures["budi@example.net"] = [MailUnavailable()] * 1000
    await desk.notice("o1")
    for _ in range(25):
        await desk.mailer.run_due()
        desk.clock.forward(hours=1)
    await desk.mailer.run_due()
    [row] = await stored(db)
    assert (row.state, row.sealed) == ("failed", None)
    assert count("recovery_frozen", "failed") == before + 1


@pytest.mark.parametrize(
    ("age", "arrives"), [({"minutes": 9, "seconds": 59}, True), ({"minutes": 10}, False)]
)
async def test_a_code_is_sent_as_long_as_it_is_good(desk, db, age, arrives):
    before = count("code", "dropped")
    desk.post.away = MailUnavailable()
    await desk.code("c", minutes=10)
    await desk.mailer.run_due()
    desk.clock.forward(**age)
    desk.post.away = None
    await desk.mailer.run_due()
    assert bool(desk.post.sent) is arrives
    [row] = await stored(db)
    assert row.state == ("done" if arrives else "dropped")
    assert count("code", "dropped") - before == (0 if arrives else 1)


async def test_a_late_mail_says_the_time_that_is_left(desk):
    desk.post.away = MailUnavailable()
    await desk.code("c", minutes=10)
    await desk.mailer.run_due()
    desk.clock.forward(minutes=6, seconds=30)
    desk.post.away = None
    await desk.mailer.run_due()
    assert "dalam 4 menit" in desk.post.sent[0].text


async def test_a_code_that_ends_while_another_mail_is_sent_is_dropped(desk):
    await desk.code("c1", to="first@x.id")
    await desk.code("c2", to="second@x.id")
    real = desk.post.send

    async def slow(mail):
        await real(mail)
        desk.clock.forward(minutes=10)

    desk.post.send = slow
    assert await desk.mailer.run_due() == 2
    assert desk.recipients == ["first@x.id"]


async def test_without_a_source_of_codes_a_code_waits(desk):
    source, desk.mailer.code_source = desk.mailer.code_source, None
    await desk.code("c1")
    await desk.mailer.run_due()
    assert desk.post.sent == []
    desk.mailer.code_source = source
    desk.clock.forward(seconds=2)
    await desk.mailer.run_due()
    assert len(desk.post.sent) == 1


async def test_a_code_that_died_meanwhile_is_not_sent(desk, db):
    await desk.code("c")
    desk.codes.clear()
    await desk.mailer.run_due()
    assert desk.post.sent == []
    assert (await stored(db))[0].state == "dropped"


@pytest.mark.parametrize("bad_address", [True, False])
async def test_a_refused_mail_is_never_tried_again_and_a_bad_address_reported(
    desk, db, bad_address
):
    reported = []

    async def report(_tx, refused):
        reported.append((refused.op, refused.address_index))

    desk.mailer.on_bad_address = report
    desk.post.failures["budi@example.net"] = [MailRefused(bad_address=bad_address)]
    await desk.notice("o1")
    await desk.mailer.run_due()
    desk.clock.forward(hours=2)
    assert await desk.mailer.run_due() == 0
    assert (await stored(db))[0].state == "failed"
    expected = [("o1", desk.vault.index("Budi@example.net"))] if bad_address else []
    assert reported == expected


async def test_a_bad_address_is_in_the_audit_trail_without_being_readable(desk, db):
    audit = Audit(desk.clock, desk.vault)
    desk.mailer.on_bad_address = audited(audit)
    desk.post.failures["budi@example.net"] = [MailRefused(bad_address=True)]
    await desk.notice("o1")
    await desk.mailer.run_due()
    async with db.read() as tx:
        [row] = await tx.execute(sa.select(AUDIT.c.event, AUDIT.c.detail))
    assert row.event == "mail_address_refused"
    assert desk.vault.index("budi@example.net")[:16] in row.detail
    assert "budi" not in row.detail


async def test_a_report_that_fails_does_not_bring_the_mail_back(desk, db):
    async def fail(tx, _refused):
        await tx.execute(sa.text("SELECT broken FROM nowhere"))

    desk.mailer.on_bad_address = fail
    desk.post.failures["budi@example.net"] = [MailRefused(bad_address=True)]
    await desk.notice("o1")
    await desk.mailer.run_due()
    assert (await stored(db))[0].state == "failed"


async def test_a_template_that_lacks_a_value_is_kept_and_tried_again(desk, db):
    await desk.queue(op="o", template="recovery_frozen", to="a@b.id", context={"username": "x"})
    await desk.mailer.run_due()
    [row] = await stored(db)
    assert (row.state, row.attempts) == ("waiting", 1)
    assert row.sealed is not None
