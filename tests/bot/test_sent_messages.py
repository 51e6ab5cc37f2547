"""Messages on their way out, and what is remembered of them: on both databases."""

from dataclasses import dataclass, field, replace

import pytest
from structlog.testing import capture_logs

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
from bot.runtime.port import Aside, Delivery, GiveUp, Inbound, Out, RetryLater, Turn
from bot.runtime.records import Outcome
from bot.runtime.settings import RuntimeSettings
from bot.store.sent import KEPT_SECONDS, Wanted, find, note
from bot.store.tables import Status

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

    async def say(self, message, conversation=CHAT, attempts=0):
        """Send one row as the runtime does, and store what comes of it."""
        self._ids += 1
        payload = encode_message(message)
        row = Delivery(self._ids, f"{self._ids}", conversation, MESSAGE, payload, attempts)
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


RETRACTED = [closing(target="7"), OutboundMessage("", action=Action.DELETE, target="7")]


@pytest.mark.parametrize("message", RETRACTED, ids=["close", "delete"])
@pytest.mark.parametrize("lost", [Unreachable(), WindowClosed(), Rejected()], ids=repr)
async def test_what_cannot_be_taken_back_says_nothing_later(office, message, lost):
    office.platform.error = lost
    with capture_logs() as logs:
        assert await office.say(message) == []
    assert [each["event"] for each in logs] == ["not_taken_back"]


@pytest.mark.parametrize("message", RETRACTED, ids=["close", "delete"])
@pytest.mark.parametrize("lost", [TemporarilyUnavailable(2.5), FateUnknown()], ids=repr)
async def test_taking_back_is_tried_three_times_and_then_left(office, message, lost):
    office.platform.error = lost
    for attempts in range(2):
        with pytest.raises(RetryLater) as raised:
            await office.say(message, attempts=attempts)
        assert raised.value.after == getattr(lost, "retry_after", None)
    assert await office.say(message, attempts=2) == []


async def test_a_sender_that_was_not_connected_says_so(clock):
    messages = Messages({"push": Platform()}, clock)
    row = Delivery(1, "k", CHAT, MESSAGE, encode_message(closing(7)))
    with pytest.raises(RuntimeError):
        await messages.send(row)


async def test_what_was_sent_is_noted_with_the_end_of_its_row(database_url, clock):
    """Through the runtime itself: noted once, and not by who comes second to the row."""
    platform = Platform()

    class Handler:
        async def __call__(self, conversation, state, payload):
            return Turn("1", (Out(MESSAGE, encode_message(offer(7))),))

        async def on_dead_letter(self, conversation, payload, error):
            raise AssertionError(error)

    messages = Messages({"push": platform}, clock)
    settings = RuntimeSettings(create_schema=True)
    runtime = DurableRuntime(database_url, Handler(), messages.policies(), clock, settings)
    messages.connect(runtime)
    await runtime.start()
    try:
        await runtime.ingest([Inbound("d", CHAT, "{}")])
        assert await runtime.settled(CHAT, 10)
        row = await runtime.read(find, Wanted(conversation=CHAT, offer=7))
        assert row.native_id == "1"
        late = Outcome(1, Status.DONE, asides=(Aside(note, replace(row, native_id="late")),))
        await runtime._batcher.submit(runtime._operations.finish, late)
        assert await runtime.read(find, Wanted("late")) is None, "the row was closed before"
    finally:
        await runtime.stop(grace=1.0)


def test_the_number_of_an_offer_is_read_from_its_buttons():
    link = Button("Buka", url="https://example.net")
    assert offer_of(OutboundMessage("x", (link, *offer(12).buttons))) == 12
    assert offer_of(OutboundMessage("x", (Button("x", "free text"),))) == 0
