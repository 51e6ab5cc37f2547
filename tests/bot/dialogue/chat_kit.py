"""A dialogue test reads like a chat: pairs of what the person does and what the assistant says.

The person's side is text, or a step such as `press("Batal")` or `wait(minutes=10)`. `{code}` is
the code that was mailed last, `{wrong}` is none. The assistant's side is what must be found in its
answer, in this order, with `…` between; titles of buttons stand in brackets. `SILENCE`: nothing.

Everything between the two ends is real: `Dialogue`, the flows, the texts, `Effects`, `FeedReader`.
Only the runtime's database and the backend's client are doubles.
"""

import asyncio
import re
from dataclasses import dataclass, field
from datetime import timedelta

from backend_client import wire
from bot.channels.port import Capabilities, InboundEvent, InboundKind
from bot.dialogue import Dialogue
from bot.effects import Effects
from bot.envelope import decode_message, inbound
from bot.feed import FeedReader
from bot.memory import recall
from bot.runtime.port import Delivery, Inbound, RetryLater
from bot.texts.catalogue import Texts
from handlers.model import Conversation

SILENCE = None
NAME = "web:visitor-1"
TEXTS = Texts.load()
WEB = Capabilities(4000, 20, 40, 200, True, True, False, True, pull=True)


@dataclass
class Box:
    """The durable runtime's promises, kept in memory: order, answers, timers, dedupe, cursor."""

    dialogue: Dialogue
    policies: dict
    clock: object
    states: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    inbox: list[Inbound] = field(default_factory=list)
    outbox: list[Delivery] = field(default_factory=list)
    log: list = field(default_factory=list)
    timers: dict[tuple[str, str], tuple] = field(default_factory=dict)
    cursors: dict[str, int] = field(default_factory=dict)
    keys: int = 0

    async def ingest(self, messages, *, cursor=None):
        for message in messages:
            if message.dedupe not in self.seen:
                self.seen.add(message.dedupe)
                self.inbox.append(message)
        if cursor:
            self.cursors[cursor.name] = max(cursor.value, self.cursors.get(cursor.name, 0))

    async def read_cursor(self, name):
        return self.cursors.get(name, 0)

    async def settle(self):
        """Take turns and send what they ask for until nothing more can be done now."""
        while True:
            while self.inbox:
                await self._turn(self.inbox.pop(0))
            if not await self._send():
                return

    async def _turn(self, message):
        name = message.conversation
        turn = await self.dialogue(name, self.states.get(name), message.payload)
        self.states[name] = turn.state
        for out in turn.out:
            self.keys += 1
            if out.kind == "message":
                self.log.append((name, decode_message(out.payload)))
            else:
                self.outbox.append(
                    Delivery(self.keys, f"key-{self.keys}", name, out.kind, out.payload)
                )
        for timer in turn.timers:
            due = self.clock.now() + timedelta(seconds=timer.seconds)
            self.timers[name, timer.name] = (due, timer.payload)

    async def _send(self):
        """Send the first row of every lane; True when one of them left."""
        lanes = {}
        for row in self.outbox:
            lanes.setdefault((row.conversation, self.policies[row.kind].lane), row)
        return any([await self._deliver(row) for row in lanes.values()])

    async def _deliver(self, row):
        policy = self.policies[row.kind]
        tries = policy.tries if policy.lane == "backend" else 1
        for attempt in range(tries):
            try:
                answers = await policy.send(
                    Delivery(row.id, row.key, row.conversation, row.kind, row.payload, attempt)
                )
            except RetryLater:
                continue
            self.outbox.remove(row)
            await self.ingest(
                Inbound(f"answer:{row.key}:{n}", row.conversation, answer)
                for n, answer in enumerate(answers)
            )
            return True
        return False

    async def ring(self, until):
        """Let the time pass; timers come due in their order."""
        while True:
            due = min(self.timers.items(), key=lambda item: item[1][0], default=None)
            if due is None or due[1][0] > until:
                break
            (name, timer), (instant, payload) = due
            del self.timers[name, timer]
            self.clock.instant = instant
            await self.ingest([Inbound(f"timer:{instant}:{timer}", name, payload)])
            await self.settle()
        self.clock.instant = until
        await self.settle()


class Chat:
    """One person, one assistant, one backend. `backend` may be any implementation of the port."""

    def __init__(self, backend, clock, engine):
        self.backend = backend
        self.clock = clock
        dialogue = Dialogue(engine, TEXTS, lambda _channel: WEB, clock)
        self.box = Box(dialogue, Effects(backend).policies(), clock)
        dialogue.connect(self.box.ingest)
        self.feed = FeedReader(backend, self.box, wait=0)
        self.events = 0

    # -- what a test reads -----------------------------------------------------------------
    @property
    def state(self) -> Conversation:
        return recall(self.box.states.get(NAME)).conversation

    @property
    def answers(self) -> list[str]:
        return [shown(message) for name, message in self.box.log if name == NAME]

    # -- what a person does ------------------------------------------------------------------
    async def arrives(self, **fields):
        self.events += 1
        fields = {"conversation": NAME, **fields}
        event = InboundEvent("web", f"e{self.events}", user="visitor-1", **fields)
        await self.box.ingest([inbound(event)])
        await self.box.settle()

    async def says(self, text):
        await self.arrives(text=self._filled(text))

    def _filled(self, text):
        if "{code}" in text:
            text = text.replace("{code}", self.backend.code)
        return text.replace("{wrong}", "00000000")

    async def presses(self, title, *, older=0):
        """Press the newest button with this title (or one of an `older` message)."""
        found = [
            button.payload
            for name, message in self.box.log
            for button in message.buttons
            if name == NAME and button.title == title
        ]
        assert found, f"no button {title!r} was ever shown"
        await self.arrives(kind=InboundKind.CHOICE, choice=found[-1 - older])

    async def waits(self, **delta):
        await self.box.ring(self.clock.now() + timedelta(**delta))

    async def hears(self, event, **fields):
        """The backend tells the chat something through its feed."""
        self.backend.tell(event, NAME, **fields)
        await self.feed.read_page()
        await self.box.settle()

    # -- the chat --------------------------------------------------------------------------
    async def plays(self, *lines):
        """Play pairs of (person, assistant)."""
        for did, expected in lines:
            before = len(self.answers)
            if isinstance(did, str):
                await self.says(did)
            else:
                await did(self)
            answer = "\n".join(self.answers[before:])
            if expected is SILENCE:
                assert answer == "", f"after {did!r} the assistant said: {answer}"
            else:
                assert found_in(expected, answer), f"after {did!r}: {answer!r}\nnot {expected!r}"


def found_in(expected: str, answer: str) -> bool:
    """Tell whether the fragments of `expected` stand in `answer` in their order, case aside."""
    fragments = [re.escape(part.strip()) for part in expected.split("…") if part.strip()]
    pattern = ".*".join(fragments)
    return bool(fragments) and re.search(pattern, answer, re.DOTALL | re.IGNORECASE) is not None


def shown(message) -> str:
    """A message as a reader sees it: who wrote it, the text, the buttons in brackets."""
    who = "" if message.author == "bot" else f"{message.author}: "
    return who + " ".join([message.text, *(f"[{button.title}]" for button in message.buttons)])


# -- steps of the person's side ----------------------------------------------------------------
class Step:
    def __init__(self, words, run):
        self.words, self.run = words, run

    def __repr__(self):
        return self.words

    async def __call__(self, chat):
        await self.run(chat)


def press(title, *, older=0):
    return Step(f"[{title}]", lambda chat: chat.presses(title, older=older))


def wait(**delta):
    return Step(f"(waits {delta})", lambda chat: chat.waits(**delta))


def sends(kind, **fields):
    return Step(f"({kind})", lambda chat: chat.arrives(kind=kind, **fields))


def in_group(text):
    return Step(f"(in a group) {text}", lambda chat: chat.arrives(text=text, private=False))


def sets(**changes):
    """Change the backend double: `sets(down=True)`."""

    async def run(chat):
        for name, value in changes.items():
            setattr(chat.backend, name, value)
        await chat.box.settle()

    return Step(f"(backend: {changes})", run)


def feed(event, **fields):
    return Step(f"({event.__name__})", lambda chat: chat.hears(event, **fields))


def claim(agent="Rina"):
    async def run(chat):
        chat.backend.ticket.agent = agent
        number = chat.backend.ticket.number
        await chat.hears(wire.TicketClaimed, ticket=number, agent=agent)

    return Step(f"({agent} claims)", run)


def agent_says(text, agent="Rina"):
    async def run(chat):
        chat.backend.ticket.reply = text
        number = chat.backend.ticket.number
        await chat.hears(wire.AgentReplied, ticket=number, agent=agent, text=text)

    return Step(f"({agent}: {text})", run)


def agent_leaves(event, **fields):
    async def run(chat):
        await chat.hears(event, ticket=chat.backend.ticket.number, **fields)

    return Step(f"({event.__name__})", run)


def release(**fields):
    return agent_leaves(wire.TicketReleased, **fields)


def hand_back():
    return agent_leaves(wire.HandedBack)


def resolve():
    async def run(chat):
        chat.backend.ticket.status = "resolved"
        number = chat.backend.ticket.number
        await chat.hears(wire.TicketResolved, ticket=number, resolution="solved")

    return Step("(resolves)", run)


async def no_sleep(_seconds):
    await asyncio.sleep(0)
