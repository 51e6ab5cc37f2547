"""A guest's first password, and what the owner of a mailbox can stop (security.md 10, 12)."""

from datetime import timedelta

import pytest
from password_world import FREEZE, GOOD, OTHER, fails_with

from backend.domain.links import LinkEnd
from backend.service.errors import BackendBusy, GrantInvalid, HumanNeeded
from backend.service.link_views import Changed, Frozen, LinkOver, Over
from backend.service.ports import Unavailable
from backend.store.accounts import accounts, freeze_tokens
from backend_client import wire


async def claim(world, **more):
    """Mail a guest a link to claim the account; return its token and number."""
    account = await world.account("tamu.maya")
    values = {"to": "maya@example.net", "ticket": "ITB-1", "language": "id", **more}
    async with world.db.begin() as tx:
        number = await world.links.issue_claim(tx, account_id=account.id, **values)
    mails = await world.mails()
    (link,) = [mail for mail in mails if "#" in mail.text]
    return link.text.split("#")[1].split()[0], number, [mail for mail in mails if mail is not link]


async def freeze_token(world, login="budi.santoso", password=GOOD):
    cookie, number = await world.page(login)
    assert await world.submit(cookie, number, password) == Changed()
    mails = await world.mails()
    (token,) = {mail.text.split(f"{FREEZE}#")[1].split()[0] for mail in mails}
    return token


async def test_a_guests_first_password_ends_the_duty_to_set_one(world):
    token, number, (code,) = await claim(world)
    assert number in code.text
    assert "tamu.maya" in code.text
    world.clock.forward(hours=24, microseconds=-1)
    cookie = (await world.links.exchange(token)).cookie
    assert (await world.links.view(cookie)).channel == ""
    assert await world.submit(cookie, number, GOOD) == Changed()
    after = await world.account("tamu.maya")
    assert (after.must_change, after.enabled) == (False, True)
    assert await world.told() == ()


async def test_a_claim_link_is_good_for_a_day(small):
    token, _, _ = await claim(small)
    small.clock.forward(hours=24)
    with pytest.raises(LinkOver) as over:
        await small.links.exchange(token)
    assert over.value.end is LinkEnd.EXPIRED


async def test_without_a_second_mail_the_number_is_for_the_phone(small):
    token, number, others = await claim(small, code_mail=False)
    assert others == []
    cookie = (await small.links.exchange(token)).cookie
    assert await small.submit(cookie, number, GOOD) == Changed()


async def test_a_guest_may_set_the_password_before_the_first_day(small):
    await small.set(accounts, valid_from=small.clock.now() + timedelta(days=1))
    token, number, _ = await claim(small)
    cookie = (await small.links.exchange(token)).cookie
    assert await small.submit(cookie, number, GOOD) == Changed()


async def test_a_guest_whose_time_is_over_claims_nothing(small):
    token, _, _ = await claim(small)
    await small.set(accounts, valid_until=small.clock.now())
    with pytest.raises(LinkOver) as over:
        await small.links.exchange(token)
    assert over.value.end is LinkEnd.ACCOUNT_NOT_USABLE


async def test_a_guest_proven_in_chat_gets_a_link_to_claim(small):
    cookie, number = await small.page("tamu.maya", purpose=wire.Purpose.CLAIM_GUEST)
    assert (await small.links.view(cookie)).purpose == "claim"
    assert await small.submit(cookie, number, GOOD) == Changed()


async def test_no_link_is_made_while_the_directory_is_away(small):
    account = await small.account("tamu.maya")
    small.directory.failing["get"] = Unavailable()
    with pytest.raises(BackendBusy):
        async with small.db.begin() as tx:
            await small.links.issue_claim(
                tx, account_id=account.id, to="m@example.net", ticket=None, language="id"
            )


async def test_it_wasnt_me_freezes_recovery_for_three_days(world):
    token = await freeze_token(world)
    grant = await world.grant(conversation="c2")
    cookie, number = await world.page(conversation="c3")
    until = world.clock.now() + timedelta(hours=72)

    assert await world.links.freeze(token) == Frozen(until)

    assert (await world.account()).frozen_until == until
    assert world.frozen == [("budi.santoso", until)]
    assert await world.submit(cookie, number, OTHER) == Over(LinkEnd.FROZEN)
    with pytest.raises(GrantInvalid):
        await world.links.issue(wire.IssueLink(grant, "c2"))
    told = [event for event in await world.told() if isinstance(event, wire.LinkEnded)]
    assert [(event.conversation, event.reason) for event in told] == [("c3", "frozen")]
    assert {mail.to for mail in await world.mails()} == {
        "budi@example.net",
        "13519001@mahasiswa.kampus.example",
    }
    assert (await world.events())[-1] == "recovery_frozen"


async def test_frozen_means_no_link_until_it_is_over(small):
    token = await freeze_token(small)
    await small.links.freeze(token)
    small.clock.forward(hours=72, microseconds=-1)
    with pytest.raises(HumanNeeded):
        await small.issue()
    small.clock.forward(microseconds=1)
    cookie, number = await small.page()
    assert await small.submit(cookie, number, OTHER) == Changed()


async def test_freezing_while_a_page_is_open_stops_the_submit(small):
    token = await freeze_token(small)
    opened, number = await small.page()
    await small.links.freeze(token)
    assert await small.submit(opened, number, OTHER) == Over(LinkEnd.FROZEN)
    assert small.directory.writes == 1


async def test_the_same_token_again_changes_nothing_more(world):
    token = await freeze_token(world)
    first = await world.links.freeze(token)
    world.clock.forward(hours=80)
    assert await world.links.freeze(token) == first
    assert len(world.frozen) == 1


async def test_a_second_notice_freezes_anew(small):
    first = await freeze_token(small)
    small.clock.forward(hours=1)
    second = await freeze_token(small, password=OTHER)
    await small.links.freeze(first)
    small.clock.forward(hours=2)
    again = await small.links.freeze(second)
    assert (await small.account()).frozen_until == again.until
    assert again.until == small.clock.now() + timedelta(hours=72)


@pytest.mark.parametrize(("hours", "microseconds", "good"), [(72, -1, True), (72, 0, False)])
async def test_a_notice_can_be_objected_to_for_three_days(small, hours, microseconds, good):
    token = await freeze_token(small)
    small.clock.forward(hours=hours, microseconds=microseconds)
    if good:
        await small.links.freeze(token)
        return
    with pytest.raises(LinkOver) as over:
        await small.links.freeze(token)
    assert over.value.end is LinkEnd.EXPIRED


@pytest.mark.parametrize("token", ["", "x", "A" * 43])
async def test_a_foreign_token_freezes_nobody(small, token):
    await freeze_token(small)
    with pytest.raises(LinkOver) as over:
        await small.links.freeze(token)
    assert over.value.end is LinkEnd.UNKNOWN
    assert small.frozen == []


async def test_a_ticket_that_cannot_be_opened_undoes_the_freeze(small):
    token = await freeze_token(small)
    small.links._freezes._on_freeze = lambda *_: fails_with(RuntimeError())()
    with pytest.raises(RuntimeError):
        await small.links.freeze(token)
    assert (await small.account()).frozen_until is None


async def test_a_directory_that_is_away_freezes_nothing_yet(small):
    token = await freeze_token(small)
    small.directory.failing["get"] = Unavailable()
    with pytest.raises(BackendBusy):
        await small.links.freeze(token)


async def test_tokens_are_forgotten_a_week_after_they_end(small):
    await freeze_token(small)
    small.clock.forward(days=10)
    await small.links.purge()
    assert len(await small.rows(freeze_tokens)) == 1
    small.clock.forward(microseconds=1)
    await small.links.purge()
    assert await small.rows(freeze_tokens) == []
