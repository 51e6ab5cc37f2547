"""Channels that push: where answers go, who is gone, what waits, what is taken back."""

from datetime import timedelta

import pytest
from chat_kit import TEXTS
from stub_engine import StubEngine

from bot.channels.port import (
    Action,
    Button,
    Capabilities,
    InboundEvent,
    InboundKind,
    OutboundMessage,
)
from bot.dialogue import Dialogue
from bot.envelope import FromBackend, Undelivered, decode_message, encode, inbound
from bot.memory import KEPT_MESSAGES, recall
from handlers.kernel import HandedBack, MailDelayed, TimeUp
from nlu.types import Language

PUSH = Capabilities(
    4000, 20, 40, 64, True, True, True, True, pull=False, closes_offers=True
)  # fmt: skip
BARE = Capabilities(4000, 3, 20, 64, True, False, False, True, pull=False)


class Talk:
    """One conversation, turn by turn; `said` holds what the last turn sent."""

    def __init__(self, clock, capabilities=PUSH):
        self.clock, self.state, self.said = clock, None, []
        self.dialogue = Dialogue(StubEngine(), TEXTS, lambda _: capabilities, clock)

    async def take(self, payload):
        turn = await self.dialogue("push:1", self.state, payload)
        self.state = turn.state
        self.said = [decode_message(out.payload) for out in turn.out if out.kind == "message"]
        return self.said

    async def hear(self, text="", kind=InboundKind.TEXT, **more):
        event = InboundEvent("push", "e", "push:1", "u", kind, text=text, **more)
        return await self.take(inbound(event).payload)

    @property
    def memory(self):
        return recall(self.state)


@pytest.fixture
def talk(clock):
    return Talk(clock)


async def test_an_answer_knows_the_newest_way_and_when_the_person_wrote(talk, clock):
    first = clock.now()
    (said,) = await talk.hear("halo", route="old", sent_at=first)
    assert (said.route, said.heard_at) == ("old", first)
    said, _ = await talk.hear("halo", route="new", sent_at=first - timedelta(minutes=3))
    assert (said.route, said.heard_at) == ("new", first), "webhooks may come in any order"
    (said,) = await talk.take(encode(FromBackend(MailDelayed())))
    assert (said.route, said.heard_at) == ("new", first)


async def test_the_profile_gives_the_first_guess_of_the_language(talk):
    await talk.hear(kind=InboundKind.JOINED, locale="en-GB")
    assert talk.memory.conversation.language is Language.EN
    await talk.hear(kind=InboundKind.UNSUPPORTED, locale="id")
    assert talk.memory.conversation.language is Language.EN, "a guess, once"


async def test_a_link_opens_the_chat_with_a_wish(talk):
    (said,) = await talk.hear(kind=InboundKind.JOINED, choice="reset_password", locale="id")
    assert "reset password" in said.text
    (said,) = await Talk(talk.clock).hear(kind=InboundKind.JOINED, choice="rm -rf", locale="id")
    assert said.buttons, "an unknown wish is a welcome"


async def test_what_holds_a_password_is_deleted_where_that_can_be(talk):
    deleted, answer = await talk.hear("password saya [redacted]", secret=True, native_id="77")
    assert (deleted.action, deleted.target, deleted.text) == (Action.DELETE, "77", "")
    assert answer.action is Action.SAY


async def test_a_channel_that_cannot_delete_is_not_asked_to(clock):
    talk = Talk(clock, BARE)
    said = await talk.hear("password saya [redacted]", secret=True, native_id="77")
    assert {message.action for message in said} == {Action.SAY}


async def test_pressed_buttons_are_taken_off(talk):
    await talk.hear("lupa password")
    offer = talk.memory.conversation.offer
    closed, *_ = await talk.hear(
        kind=InboundKind.CHOICE, choice=f"/choose:{offer}:yes", native_id="5"
    )
    assert (closed.action, closed.target) == (Action.CLOSE, "5")


async def test_an_offer_that_merely_expires_loses_its_buttons(talk):
    await talk.hear("lupa password")
    offer = talk.memory.conversation.offer
    answer, closed = await talk.hear("mau cek status tiket")
    assert (answer.action, closed.action) == (Action.SAY, Action.CLOSE), "the answer comes first"
    assert (closed.offer, closed.target, closed.text) == (offer, "", "")


async def test_a_pressed_offer_is_closed_once(talk):
    await talk.hear("lupa password")
    offer = talk.memory.conversation.offer
    said = await talk.hear(kind=InboundKind.CHOICE, choice=f"/choose:{offer}:yes", native_id="5")
    assert [message.target for message in said if message.action is Action.CLOSE] == ["5"]


async def test_a_press_on_an_old_offer_leaves_the_open_one_alone(talk):
    await talk.hear("lupa password")
    offer = talk.memory.conversation.offer
    said = await talk.hear(kind=InboundKind.CHOICE, choice="/choose:0:yes", native_id="5")
    closed = [(each.target, each.offer) for each in said if each.action is Action.CLOSE]
    assert closed == [("5", 0), ("", offer)], "the question was asked again, with new buttons"


async def test_the_end_by_silence_takes_the_buttons_off(talk):
    await talk.hear("lupa password")
    conversation = talk.memory.conversation
    said = await talk.take(encode(FromBackend(TimeUp("idle", conversation.idle_token))))
    assert [each.action for each in said] == [Action.SAY, Action.CLOSE]
    assert said[1].offer == conversation.offer


async def test_a_channel_that_cannot_close_is_not_asked_to(clock):
    talk = Talk(clock, BARE)
    await talk.hear("lupa password")
    said = await talk.hear("mau cek status tiket")
    assert [each.action for each in said] == [Action.SAY]


async def test_a_password_that_an_edit_brought_in_is_deleted_and_spoken_of(talk):
    await talk.hear("lupa password", native_id="76")
    before = talk.memory.conversation
    deleted, warning = await talk.hear(
        "password saya [redacted]", InboundKind.EDIT, secret=True, native_id="76"
    )
    assert (deleted.action, deleted.target) == (Action.DELETE, "76")
    assert "password" in warning.text.casefold()
    assert talk.memory.conversation.active == before.active, "an edit never runs an intent again"
    assert talk.memory.conversation.choices == before.choices


async def test_any_other_edit_says_nothing(talk):
    await talk.hear("halo")
    assert await talk.hear("lupa password", InboundKind.EDIT, native_id="76") == []


async def test_who_is_gone_is_left_alone_and_gets_everything_on_return(talk):
    (lost,) = await talk.hear("lupa password")
    assert await talk.take(encode(Undelivered(lost, gone=True))) == []
    assert await talk.take(encode(FromBackend(MailDelayed()))) == []
    back = await talk.hear("halo")
    assert [message.text for message in back[:1]] == [lost.text]
    assert [message.action for message in back] == [Action.SAY] * 3 + [Action.CLOSE]
    assert not back[0].buttons, "they belong to an offer that may be over"
    assert (talk.memory.kept, talk.memory.gone) == ((), False)


async def test_nothing_of_who_was_there_is_told_to_who_comes_after_them(talk):
    (lost,) = await talk.hear("lupa password")
    await talk.take(encode(Undelivered(lost, gone=True)))
    said = await talk.hear(kind=InboundKind.IDENTITY_CHANGED)
    assert lost.text not in [message.text for message in said]
    assert (talk.memory.kept, talk.memory.gone) == ((), False)
    assert [line.text for line in talk.memory.lines] == [
        message.text for message in said if message.text
    ]
    assert lost.text not in [message.text for message in await talk.hear("halo")]


async def test_a_block_is_noted_without_a_word(talk):
    await talk.hear("halo")
    assert await talk.hear(kind=InboundKind.BLOCKED) == []
    assert talk.memory.gone


async def test_a_shut_window_is_knocked_at_once(talk):
    (lost,) = await talk.hear("halo", route="r")
    (nudge,) = await talk.take(encode(Undelivered(lost)))
    assert (nudge.action, nudge.route, nudge.language) == (Action.NUDGE, "r", Language.ID)
    assert await talk.take(encode(Undelivered(lost))) == []
    again = await talk.hear("halo")
    assert [message.text for message in again[:2]] == [lost.text, lost.text]


async def test_only_so_much_is_kept(talk):
    for number in range(KEPT_MESSAGES + 5):
        message = OutboundMessage(f"m{number}", (Button("x", "y"),))
        await talk.take(encode(Undelivered(message, gone=True)))
    kept = [message.text for message in talk.memory.kept]
    assert kept == [f"m{number}" for number in range(5, KEPT_MESSAGES + 5)]


async def test_taking_buttons_off_is_not_tried_again_later(talk):
    """Only words wait: what was to be deleted or closed is not worth keeping."""
    closing = OutboundMessage("Lanjut?", action=Action.CLOSE, target="5")
    await talk.take(encode(Undelivered(closing, gone=True)))
    assert talk.memory.kept == ()


async def test_other_events_leave_what_waits_alone(talk):
    (lost,) = await talk.hear("halo")
    await talk.take(encode(Undelivered(lost)))
    await talk.take(encode(FromBackend(HandedBack("ITB-2026-000001"))))
    assert [message.text for message in talk.memory.kept] == [lost.text]
