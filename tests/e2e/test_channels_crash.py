"""kill -9 of the bot while people write over Telegram, WhatsApp and Teams at once.

The platforms behave as the real ones: one request a chat at a time, sent again under its id until
it is acknowledged, and now and then although it was; they take a while to answer the bot, so that
kills meet messages on their way. Nothing is lost, doubled or out of order in the tickets. Every
answer is sent; one that was on its way when the bot was killed may be said once more, at most one
a kill and conversation (docs/decisions/0084 to 0086).
"""

import asyncio
import json
import random
import re
from dataclasses import dataclass

import aiohttp
import pytest
from platforms import Teams, Telegram, WhatsApp, fake_meta, fake_microsoft, fake_telegram
from stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
PEOPLE = range(1, 6)
CALM = 0
"""Who writes before the first kill: what is answered then is what all others must hear."""
MESSAGES = 9
"""With the opening, as many as WhatsApp lets us answer without a break."""
KILLS = 4
PATIENCE = 180.0
ANSWERING = 0.06
"""Seconds a platform takes to answer the bot."""
TICKET = r"[A-Z]+-\d{4}-\d{6}"


class FarTelegram(fake_telegram.FakeTelegram):
    async def _answer(self, request):
        response = await super()._answer(request)
        await asyncio.sleep(ANSWERING)
        return response


class FarMeta(fake_meta.FakeMeta):
    async def _answer(self, request):
        response = await super()._answer(request)
        await asyncio.sleep(ANSWERING)
        return response


class FarMicrosoft(fake_microsoft.FakeApi):
    async def _connector(self, request):
        response = await super()._connector(request)
        await asyncio.sleep(ANSWERING)
        return response


@dataclass
class Conversation:
    """A person, and the platform that carries what they write."""

    stack: Stack
    platform: object
    person: int

    def __post_init__(self):
        self.name = f"{type(self.platform).__name__} {self.person}"
        self.pick = random.Random(self.name)

    @property
    def heard(self):
        return self.platform.heard(self.person)

    async def says(self, words):
        """Post until acknowledged; some platforms repeat themselves all the same."""
        body, headers = self.platform.request(self.person, words)
        for _ in range(1 + (self.pick.random() < 0.1)):
            while True:
                if await self.posted(body, headers):
                    break
                await asyncio.sleep(0.2)

    async def posted(self, body, headers):
        url = self.stack.url("bot0") + self.platform.path
        try:
            async with self.stack.session.post(url, data=body, headers=headers) as response:
                assert response.status in {200, 202, 503}, await response.text()
                return response.status != 503
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False

    async def hears(self, condition):
        """Wait until `condition` of all that was heard."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    if condition(self.heard):
                        return
                    await asyncio.sleep(0.1)
        except TimeoutError:
            pytest.fail(f"{self.name} heard only: {self.heard}")

    async def opens_a_ticket(self):
        await self.says("mau bicara dengan petugas")
        await self.hears(bool)
        if ticket_in(self.heard) is None:
            await self.says("ya")
            await self.hears(ticket_in)
        return ticket_in(self.heard)

    async def writes(self):
        """Write numbered messages to the waiting ticket, all but the last."""
        for number in range(MESSAGES - 1):
            await self.says(message(number))
            await asyncio.sleep(self.pick.random())

    async def ends(self, condition):
        """Write the last message: once it is answered, nothing can come after."""
        await self.says(message(MESSAGES - 1))
        await self.hears(condition)
        return self.heard

    async def is_answered(self, expected):
        """End; every answer came, and those on their way in a kill at most once more."""
        heard = await self.ends(lambda said: repeats(expected, said) is not None)
        again = repeats(expected, heard)
        assert len(again) <= KILLS, (self.name, again)


def message(number):
    return f"pesan nomor {number} untuk petugas"


def ticket_in(heard):
    found = re.search(TICKET, "\n".join(heard))
    return found and found[0]


def alike(words):
    return re.sub(r"\d+", "#", words)


def repeats(expected, heard):
    """Return what was said once more, right after itself; None while something is lacking."""
    place, again = 0, []
    for words in map(alike, heard):
        if place < len(expected) and words == expected[place]:
            place += 1
        else:
            assert place, (expected, heard)
            assert words == expected[place - 1], (expected, heard)
            again.append(words)
    return again if place == len(expected) else None


@pytest.fixture
async def platforms():
    three = (Telegram(FarTelegram()), WhatsApp(FarMeta()), Teams(FarMicrosoft()))
    for platform in three:
        await platform.fake.start()
    yield three
    for platform in three:
        await platform.fake.stop()


@pytest.fixture
async def product(tmp_path, both_databases, platforms):
    environment = dict(both_databases)
    for platform in platforms:
        environment |= platform.settings()
    async with Stack(tmp_path / "state", environment) as stack:
        yield stack


async def kill_at_random(stack):
    pick = random.Random(23)
    for _ in range(KILLS):
        await asyncio.sleep(0.2 + 1.3 * pick.random())
        await stack.restart("bot0")


async def calm_answers(stack, platforms):
    """Return what each platform's people hear when nothing is killed: an answer a message."""
    calm = [Conversation(stack, platform, CALM) for platform in platforms]
    for each in calm:
        await each.opens_a_ticket()
    opened = {each.name: len(each.heard) for each in calm}
    await asyncio.gather(*(each.writes() for each in calm))
    return {
        each.platform.path: list(
            map(
                alike,
                await each.ends(lambda said, n=opened[each.name] + MESSAGES: len(said) >= n),
            )
        )
        for each in calm
    }


async def test_nothing_is_lost_or_doubled_on_three_platforms_under_kills(product, platforms):
    expected = await calm_answers(product, platforms)
    talks = [Conversation(product, each, person) for each in platforms for person in PEOPLE]
    tickets = await asyncio.gather(*(talk.opens_a_ticket() for talk in talks))
    assert len(set(tickets)) == len(talks), "one ticket a person"
    await asyncio.gather(kill_at_random(product), *(talk.writes() for talk in talks))
    await asyncio.gather(*(talk.is_answered(expected[talk.platform.path]) for talk in talks))
    found = await asyncio.gather(*(numbers_in(product, ticket) for ticket in tickets))
    for talk, numbers in zip(talks, found, strict=True):
        assert numbers == list(range(MESSAGES)), talk.name
    listed = json.loads(await product.run("tickets", "list", "--limit", "200", "--json"))
    assert len(listed["tickets"]) == len(talks) + len(platforms)


async def numbers_in(stack, ticket):
    """Return the numbers of the messages that reached the ticket, as soon as all may have."""
    async with asyncio.timeout(PATIENCE):
        while True:
            shown = json.loads(await stack.run("tickets", "show", ticket, "--json"))
            texts = [m["text"] for m in shown["messages"] if m["author"] == "user"]
            found = [int(n) for each in texts for n in re.findall(r"pesan nomor (\d+)", each)]
            if len(found) >= MESSAGES:
                return found
            await asyncio.sleep(0.5)
