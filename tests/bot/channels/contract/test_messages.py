"""Messages no dialogue has today: each channel says all of them, in its own way if it must."""

import sqlite3
from contextlib import closing
from itertools import starmap

import pytest
from contract_people import PEOPLE, Said
from msgspec.structs import replace

from bot.channels.capabilities import capabilities_of
from bot.channels.port import Button, OutboundMessage
from bot.memory import recall

AS_IT_IS = "as it is"
NUMBERED = "choices as numbered lines"
CUT = "titles cut, and whole in numbered lines"
SPELLED = "links as lines"
TEXT = "Pilih <satu> & jangan #2 ~ dari a_b [ini](itu):"


def choices(number, title="Pilihan"):
    return tuple(Button(f"{title} {n}", f"/choose:7:v{n}") for n in range(1, number + 1))


LINK = Button("Buka halaman", url="https://kampus.example/a_b?x=1&y=2")
LONG = "Satu judul yang panjang sekali dan karena itu tidak muat di tombol yang kecil"
MESSAGES = {
    "three choices": choices(3),
    "four": choices(4),
    "eleven": choices(11),
    "twenty-one": choices(21),
    "titles of a line": (
        Button("Reset password akun mahasiswa", "/choose:7:a"),
        Button("Buka kunci akun mahasiswa", "/choose:7:b"),
    ),
    "titles of two lines": choices(2, LONG),
    "titles that begin alike": choices(4, "Unit kerja bernama panjang"),
    "a link": (LINK,),
    "two links": (LINK, replace(LINK, title="Baca caranya")),
    "choices and a link": (*choices(2), LINK),
}
SHOWN = {
    # A list has ten rows, a link stands alone.
    "whatsapp": {
        "eleven": NUMBERED,
        "twenty-one": NUMBERED,
        "titles of two lines": CUT,
        "titles that begin alike": CUT,
        "two links": SPELLED,
        "choices and a link": SPELLED,
    },
    # More than twenty are a wall; a phone shows sixty characters at most.
    "telegram": {"twenty-one": NUMBERED, "titles of two lines": CUT},
    # Twelve lines of a card.
    "teams": {"twenty-one": NUMBERED, "titles of two lines": CUT},
}


def way(message, said):
    """Return how `said` shows `message`."""
    titles = tuple(button.title for button in message.buttons if not button.url)
    links = tuple((button.title, button.url) for button in message.buttons if button.url)
    numbered = tuple(f"{number}. {title}" for number, title in enumerate(titles, 1))
    spelled = tuple(starmap("{}: {}".format, links))
    lines = tuple(said.text.removeprefix(message.text).split("\n")[1:])
    cut = all(
        whole.startswith(title.removesuffix("…").rstrip())
        for whole, title in zip(numbered, said.titles, strict=False)
    )
    ways = {
        AS_IT_IS: said == Said(message.text, titles, links),
        NUMBERED: (lines, said.titles, said.links) == (numbered, (), links),
        CUT: (lines, len(said.titles), said.links) == (numbered, len(titles), links) and cut,
        SPELLED: (lines, said.titles, said.links) == (spelled, titles, ()),
    }
    return next((name for name, holds in ways.items() if holds), said)


@pytest.mark.parametrize("name", SHOWN)
async def test_a_message_is_said_whole(campus, name):
    person = PEOPLE[name](campus)
    await person.says("halo")
    await person.collect()
    (conversation, *_) = person.conversations()
    route = recall(state_of(campus, conversation)).person.route
    shown = {}
    for topic, buttons in MESSAGES.items():
        message = OutboundMessage(TEXT, buttons, route=route)
        await campus.bot.channels[name].send(topic, conversation, message)
        (said,) = await person.collect()
        shown[topic] = way(message, said)
    assert shown == {topic: SHOWN[name].get(topic, AS_IT_IS) for topic in MESSAGES}


def state_of(campus, conversation):
    with closing(sqlite3.connect(campus.settings.state_dir / "bot.db")) as database:
        rows = database.execute("SELECT state FROM conversation WHERE id = ?", (conversation,))
        return rows.fetchone()[0]


def test_every_channel_that_pushes_is_here():
    assert {name for name in PEOPLE if not capabilities_of(name).pull} == set(SHOWN)
