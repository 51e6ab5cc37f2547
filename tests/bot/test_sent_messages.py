"""Messages on their way out, and what is remembered of them: on both databases."""

from dataclasses import dataclass, field

import pytest

from bot.channels.capabilities import TELEGRAM, WEBCHAT, WHATSAPP
from bot.channels.port import (
    Action,
    Button,
    FateUnknown,
    OutboundMessage,
    Rejected,
    Said,
    TemporarilyUnavailable,
    Unreachable,
    WindowClosed,
)
from bot.envelope import Undelivered, decode, decode_message, encode_message, press_payload
from bot.messages import MESSAGE, Messages, offer_of
from bot.runtime.durable import DurableRuntime
from bot.runtime.port import Delivery, GiveUp, RetryLater
from bot.runtime.settings import RuntimeSettings
from bot.store.sent import KEPT_SECONDS, Wanted, find

CHAT = "push:1"


def offer(number, text="Lanjut?"):
    return OutboundMessage(text, (Button("Ya", press_payload(number, "yes")),), route="r")


def closing(number=0, target=""):
    return OutboundMessage("", action=Action.CLOSE, offer=number, target=target)


@dataclass
class Platform:
    """A channel that takes everything, under ids that count up."""

    capabilities: object = TELEGRAM
    taken: list = field(default_factory=list)
    error: Exception | None = None

    async def send(self, key, conversation, message):
        if self.error:
            raise self.error
        self.taken.append(message)
        return [Said(str(len(self.taken)), message)]


class Office:
    """A runtime whose conversations say what they are told to, and a channel that takes it."""

    def __init__(self, url, clock):
        self.platform, self.url, self.clock = Platform(), url, clock
        self.messages = Messages({"push": self.platform}, clock)
        settings = RuntimeSettings(create_schema=True)
        policies = self.messages.policies()
        self.runtime = DurableRuntime(url, None, policies, clock, settings)
        self.messages.connect(self.runtime)
        self._ids = 0

    async def say(self, message, conversation=CHAT):
        """Send one row as the runtime does, and store what comes of it."""
        self._ids += 1
        row = Delivery(self._ids, f"{self._ids}", conversation, MESSAGE, encode_message(message))
        returned = await self.messages.send(row)
        for aside in returned:
            if not isinstance(aside, str):
                await self.runtime._batcher.submit(_written(aside), aside.item)
        return [decode(each) for each in returned if isinstance(each, str)]

    async def find(self, **wanted):
        return await self.runtime.read(find, Wanted(**wanted))


def _written(aside):
    def write(connection, items):
        aside.write(connection, items)
        return [None] * len(items)

    return write


@pytest.fixture
async def office(database_url, clock):
    office = Office(database_url, clock)
    await office.runtime.start()
    yield office
    await office.runtime.stop(grace=1.0)


async def test_an_offer_is_closed_by_its_number_with_what_it_says(office):
    await office.say(offer(7))
    await office.say(OutboundMessage("tanpa tombol"))
    await office.say(closing(7))
    assert office.platform.taken[2:] == [
        OutboundMessage("Lanjut?", action=Action.CLOSE, offer=7, target="1")
    ]
    assert await office.find(conversation=CHAT, offer=7) is None, "closed once"
    await office.say(closing(7))
    assert len(office.platform.taken) == 3


async def test_a_pressed_offer_is_closed_by_its_id(office):
    await office.say(offer(7))
    await office.say(closing(target="1"))
    assert office.platform.taken[-1].text == "Lanjut?"
    assert await office.find(native_id="1") is None


async def test_a_pressed_message_that_nobody_knows_is_closed_without_its_text(office):
    await office.say(closing(target="99"))
    assert [(each.target, each.text) for each in office.platform.taken] == [("99", "")]


async def test_an_offer_of_another_chat_is_not_closed(office):
    await office.say(offer(7), "push:2")
    await office.say(closing(7))
    assert len(office.platform.taken) == 1
    await office.say(closing(target="1"))
    assert office.platform.taken[-1].text == "", "ids are counted by chat"
    assert await office.find(native_id="1", conversation="push:2")


async def test_the_newest_message_of_an_offer_is_closed(office, clock):
    await office.say(offer(7, "pertama"))
    clock.forward(seconds=1)
    await office.say(offer(7, "kedua"))
    await office.say(closing(7))
    assert (office.platform.taken[-1].target, office.platform.taken[-1].text) == ("2", "kedua")


async def test_only_what_may_be_needed_is_kept(office):
    await office.say(OutboundMessage("tanpa tombol"))
    assert await office.find(native_id="1") is None
    office.platform.capabilities = WEBCHAT
    await office.say(offer(1))
    assert await office.find(native_id="2") is None
    office.platform.capabilities = WHATSAPP
    await office.say(OutboundMessage("mungkin gagal", route="r"))
    kept = await office.find(native_id="3")
    assert (kept.conversation, kept.offer) == (CHAT, 0)
    assert decode_message(kept.payload) == OutboundMessage("mungkin gagal"), "without the way"


async def test_a_message_said_twice_is_kept_once(office):
    await office.say(offer(7))
    office.platform.taken.clear()
    await office.say(offer(7))
    assert (await office.find(native_id="1")).offer == 7


async def test_nothing_is_kept_for_longer_than_a_day(office, clock):
    await office.say(offer(7))
    clock.forward(seconds=KEPT_SECONDS - 1)
    await office.runtime.purge()
    assert await office.find(native_id="1")
    clock.forward(seconds=2)
    assert await office.runtime.purge() >= 1
    assert await office.find(native_id="1") is None


# -- what a channel says of it -----------------------------------------------------------------
async def test_a_message_goes_to_its_channel_as_it_is(office):
    assert await office.say(OutboundMessage("halo", route="r")) == []
    assert office.platform.taken == [OutboundMessage("halo", route="r")]


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (TemporarilyUnavailable(7.5), RetryLater),
        (TemporarilyUnavailable(), RetryLater),
        (Rejected(), GiveUp),
        (FateUnknown(), GiveUp),
    ],
    ids=["later", "some time", "refused", "nobody knows"],
)
async def test_what_a_channel_says_decides_whether_it_is_sent_again(office, outcome, expected):
    office.platform.error = outcome
    with pytest.raises(expected) as raised:
        await office.say(OutboundMessage("halo"))
    if expected is RetryLater:
        assert raised.value.after == outcome.retry_after


@pytest.mark.parametrize("lost", [Unreachable(), WindowClosed()], ids=["gone", "shut"])
async def test_what_could_not_be_said_comes_back_to_the_dialogue(office, lost):
    office.platform.error = lost
    gone = isinstance(lost, Unreachable)
    expected = Undelivered(OutboundMessage("halo"), gone=gone)
    assert await office.say(OutboundMessage("halo")) == [expected]


async def test_a_channel_that_was_switched_off_gets_nothing(office):
    with pytest.raises(GiveUp, match="no such channel"):
        await office.say(OutboundMessage("halo"), "nowhere:1")


async def test_buttons_of_who_is_gone_bring_no_words_back(office):
    await office.say(offer(7))
    office.platform.error = Unreachable()
    (lost,) = await office.say(closing(7))
    assert isinstance(lost, Undelivered)
    assert (lost.gone, lost.message.action) == (True, Action.CLOSE)


def test_the_number_of_an_offer_is_read_from_its_buttons():
    link = Button("Buka", url="https://example.net")
    assert offer_of(OutboundMessage("x", (link, *offer(12).buttons))) == 12
    assert offer_of(OutboundMessage("x", (Button("x", "free text"),))) == 0
