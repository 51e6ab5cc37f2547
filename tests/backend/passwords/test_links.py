"""From a grant through the mailbox to the page, and every way a link can end."""

import asyncio
import re
from datetime import timedelta

import pytest
from password_world import FREEZE, GOOD, OTHER, PAGE

from backend.domain.links import LinkEnd, LinkPurpose
from backend.domain.password_policy import Rule
from backend.service.errors import BackendBusy, GrantInvalid, HumanNeeded
from backend.service.link_views import Changed, LinkOver, Over, Refused, WrongNumber
from backend.service.ports import Unavailable
from backend.store.accounts import accounts
from backend.store.links import links
from backend_client import wire

CLAIM = wire.Purpose.CLAIM_GUEST


async def end_of(awaitable):
    with pytest.raises(LinkOver) as over:
        await awaitable
    return over.value.end


async def issue(world, grant, conversation="c1"):
    return await world.links.issue(wire.IssueLink(grant, conversation))


def wrong(number):
    return f"{(int(number) + 1) % 10_000:04}"


async def test_from_a_grant_through_the_mailbox_to_a_new_password(world):
    issued = await world.links.issue(wire.IssueLink(await world.grant(), "c1", wire.Language.EN))

    assert (issued.sent_to, issued.expires_in) == ("b***@example.net", 900)
    assert re.fullmatch(r"\d{4}", issued.check_number)
    (mail,) = await world.mails()
    assert mail.to == "budi@example.net"
    token = re.search(rf"{re.escape(PAGE)}#(\S+)", mail.text)[1]
    assert len(token) >= 43
    assert issued.check_number not in mail.text.replace(token, "")

    session = await world.links.exchange(token)
    view = await world.links.view(session.cookie)
    assert (view.username, view.channel) == ("bu***.sa***", "webchat")
    assert (view.purpose, view.language) == (LinkPurpose.RESET, "en")
    assert (view.number_tries_left, view.submits_left, view.number_proven) == (3, 10, False)
    assert view.ends_at - view.issued_at == timedelta(minutes=25)

    assert await world.submit(session.cookie, issued.check_number, GOOD) == Changed()

    assert await world.verifies(GOOD)
    (told,) = await world.told()
    assert isinstance(told, wire.PasswordChanged)
    assert (told.conversation, told.account) == ("c1", "bu***.sa***")
    assert told.state is wire.ChangeState.APPLIED
    assert await world.events() == ["link_issued", "password_changed"]
    assert await end_of(world.links.exchange(token)) is LinkEnd.USED
    assert await end_of(world.links.view(session.cookie)) is LinkEnd.USED
    assert await world.submit(session.cookie, issued.check_number, OTHER) == Over(LinkEnd.USED)


async def test_every_address_is_told_and_may_object(small):
    await small.change(GOOD, "siti.rahma")
    notices = small.post.sent[-2:]
    assert {mail.to for mail in notices} == {"siti@example.net", "siti.rahma@kampus.example"}
    assert all(f"{FREEZE}#" in mail.text for mail in notices)
    assert all(GOOD not in mail.text + mail.html for mail in small.post.sent)


async def test_neither_token_cookie_nor_password_is_in_the_database(small, tmp_path):
    token, number = await small.issue()
    cookie = (await small.links.exchange(token)).cookie
    await small.submit(cookie, number, GOOD)
    await small.mails()
    raw = b"".join(path.read_bytes() for path in tmp_path.glob("small.db*"))
    assert b"link_issued" in raw
    assert not [secret for secret in (token, cookie, GOOD) if secret.encode() in raw]


async def test_a_refused_password_says_why_and_does_not_burn_the_link(world):
    cookie, number = await world.page()
    assert await world.submit(cookie, number, "kurang") == Refused(
        (Rule.TOO_SHORT, Rule.NEEDS_UPPER, Rule.NEEDS_DIGIT, Rule.NEEDS_SYMBOL), 9
    )
    assert await world.submit(cookie, number, "Elektro#Informatika-26") == Refused(
        (Rule.PERSONAL,), 8
    )
    assert (await world.links.view(cookie)).submits_left == 8
    assert await world.submit(cookie, number, GOOD) == Changed()


async def test_ten_refused_passwords_burn_it_and_the_chat_hears(small):
    cookie, number = await small.page()
    for left in range(9, -1, -1):
        assert await small.submit(cookie, number, "kurang") == Refused(
            (Rule.TOO_SHORT, Rule.NEEDS_UPPER, Rule.NEEDS_DIGIT, Rule.NEEDS_SYMBOL), left
        )
    assert await small.submit(cookie, number, GOOD) == Over(LinkEnd.TOO_MANY_SUBMITS)
    assert [event.reason for event in await small.told()] == ["too_many_submits"]
    assert small.directory.writes == 0


async def test_three_wrong_numbers_burn_the_link_even_across_pages(small):
    token, number = await small.issue()
    cookie = (await small.links.exchange(token)).cookie
    assert await small.submit(cookie, wrong(number), GOOD) == WrongNumber(2)
    cookie = (await small.links.exchange(token)).cookie
    assert await small.submit(cookie, "", GOOD) == WrongNumber(1)
    assert await small.submit(cookie, wrong(number), GOOD) == WrongNumber(0)
    assert await small.submit(cookie, number, GOOD) == Over(LinkEnd.WRONG_NUMBER)
    assert await end_of(small.links.exchange(token)) is LinkEnd.WRONG_NUMBER
    assert [event.reason for event in await small.told()] == ["wrong_number"]
    assert small.directory.writes == 0


async def test_sixty_four_guesses_at_once_get_three_tries(world):
    cookie, number = await world.page()
    guesses = [f"{n:04}" for n in range(64) if f"{n:04}" != number]
    outcomes = await asyncio.gather(*(world.submit(cookie, g, GOOD) for g in guesses))
    assert sorted(o.tries_left for o in outcomes if isinstance(o, WrongNumber)) == [0, 1, 2]
    assert outcomes.count(Over(LinkEnd.WRONG_NUMBER)) == len(guesses) - 3


async def test_the_number_may_be_typed_with_spaces_and_is_asked_once_a_page(small):
    cookie, number = await small.page()
    spaced = f" {number[:2]} {number[2:]} "
    assert isinstance(await small.submit(cookie, spaced, "kurang"), Refused)
    assert (await small.links.view(cookie)).number_proven
    assert await small.submit(cookie, "", GOOD) == Changed()


async def test_reading_the_mail_on_the_phone_and_typing_on_the_laptop(small):
    token, number = await small.issue()
    phone = (await small.links.exchange(token)).cookie
    laptop = (await small.links.exchange(token)).cookie
    assert await end_of(small.links.view(phone)) is LinkEnd.SESSION_OVER
    assert await small.submit(phone, number, OTHER) == Over(LinkEnd.SESSION_OVER)
    assert await small.submit(laptop, number, GOOD) == Changed()


@pytest.mark.parametrize("foreign", ["", "x", "A" * 43, "%00", "\x00", "\u00e9", "\ud800"])
async def test_a_foreign_token_opens_nothing(small, foreign):
    await small.issue()
    assert await end_of(small.links.exchange(foreign)) is LinkEnd.UNKNOWN
    assert await end_of(small.links.freeze(foreign)) is LinkEnd.UNKNOWN


async def test_a_foreign_cookie_shows_nothing_and_sets_nothing(small):
    await small.page()
    assert await end_of(small.links.view("A" * 43)) is LinkEnd.SESSION_OVER
    assert await small.submit("A" * 43, "0000", GOOD) == Over(LinkEnd.SESSION_OVER)


@pytest.mark.parametrize("typed", ["\ud800", "\u0661\u0662\u0663\u0664", "9" * 10_000])
async def test_what_can_be_no_number_is_a_wrong_number(small, typed):
    cookie, _ = await small.page()
    assert await small.submit(cookie, typed, GOOD) == WrongNumber(2)


async def test_a_grant_is_spent_by_its_link(small):
    grant = await small.grant()
    await issue(small, grant)
    with pytest.raises(GrantInvalid):
        await issue(small, grant)


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        (lambda w: w.grant(purpose=wire.Purpose.UNLOCK_ACCOUNT), GrantInvalid),
        (lambda w: w.grant(conversation="c2"), GrantInvalid),
        (lambda w: w.grant(purpose=CLAIM), GrantInvalid),
        (lambda w: w.grant(human=wire.HumanReason.REPEATED_RESETS), HumanNeeded),
        (lambda w: w.grant("dewi.pratiwi"), HumanNeeded),
        (lambda w: w.grant("tono.hartono"), HumanNeeded),
        (lambda w: w.grant("hendra.gunawan"), HumanNeeded),
    ],
    ids=[
        "another purpose",
        "another conversation",
        "a claim of an account that is no guest's",
        "closed by the risk gate",
        "privileged",
        "expired",
        "no recovery address",
    ],
)
async def test_who_gets_no_link(small, asked, refusal):
    grant = await asked(small)
    with pytest.raises(refusal):
        await issue(small, grant)
    assert await small.rows(links) == []
    assert await small.mails() == []


async def test_a_grant_of_an_older_password_opens_nothing(small):
    grant = await small.grant()
    await small.set(accounts, password_version=1)
    with pytest.raises(GrantInvalid):
        await issue(small, grant)


@pytest.mark.parametrize(
    ("seconds", "refused"), [(-1, False), (0, True), (60, True)], ids=["before", "at", "after"]
)
async def test_no_link_goes_to_an_address_that_came_after_the_proof(small, seconds, refused):
    grant = await small.grant()
    moved_at = small.clock.now() + timedelta(seconds=seconds)
    await small.set(accounts, recovery_email_changed_at=moved_at)
    if refused:
        with pytest.raises(GrantInvalid):
            await issue(small, grant)
        assert await small.mails() == []
    else:
        await issue(small, grant)


async def test_a_directory_that_is_away_costs_neither_grant_nor_submit(small):
    grant = await small.grant()
    small.directory.failing["get"] = Unavailable()
    with pytest.raises(BackendBusy):
        await issue(small, grant)
    small.directory.failing.clear()
    await issue(small, grant)


async def test_within_a_unit_of_work_the_link_is_undone_with_it(world):
    """How the API calls it: the answer's record and the link are one transaction."""
    grant = await world.grant()
    with pytest.raises(RuntimeError):
        async with world.db.unit_of_work():
            await issue(world, grant)
            raise RuntimeError
    assert await world.rows(links) == []
    assert (await issue(world, grant)).expires_in == 900
