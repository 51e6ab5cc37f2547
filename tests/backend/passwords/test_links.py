import re

import pytest
from password_world import FREEZE, GOOD, PAGE

from backend.domain.links import LinkEnd, LinkPurpose
from backend.service.link_views import Changed, LinkOver
from backend_client import wire

ANY_WRONG = "not the number"


async def end_of(exchange):
    with pytest.raises(LinkOver) as over:
        await exchange
    return over.value.end


async def test_from_a_grant_through_the_mailbox_to_a_new_password(world):
    grant = await world.grant()
    issued = await world.links.issue(wire.IssueLink(grant, "c1", wire.Language.EN))

    assert (issued.sent_to, issued.expires_in) == ("b***@example.net", 900)
    assert re.fullmatch(r"\d{4}", issued.check_number)
    (mail,) = await world.mails()
    assert mail.to == "budi@example.net"
    token = re.search(rf"{re.escape(PAGE)}#(\S+)", mail.text)[1]
    assert issued.check_number not in mail.text

    session = await world.links.exchange(token)
    view = await world.links.view(session.cookie)
    assert (view.username, view.channel, view.purpose) == (
        "bu***.sa***",
        "webchat",
        LinkPurpose.RESET,
    )

    assert await world.submit(session.cookie, issued.check_number, GOOD) == Changed()

    assert await world.verifies(GOOD)
    account = await world.account()
    assert account.password_version == 1
    (told,) = await world.told()
    assert told.state is wire.ChangeState.APPLIED
    assert told.account == "bu***.sa***"
    notices = await world.mails()
    assert {mail.to for mail in notices} == {
        "budi@example.net",
        "13519001@mahasiswa.kampus.example",
    }
    assert all(FREEZE in mail.text for mail in notices)
    assert await world.events() == ["link_issued", "password_changed"]
    assert await end_of(world.links.exchange(token)) is LinkEnd.USED
