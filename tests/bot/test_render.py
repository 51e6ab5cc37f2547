"""What `render` makes of messages that do not fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.capabilities import REST, WEBCHAT
from bot.channels.port import Button, Capabilities, OutboundMessage
from bot.render import render, split

# As in the table of limits of the platforms: the next channels must fit these.
WHATSAPP = Capabilities(1024, 3, 20, 256, True, False, False, True, pull=False)
TELEGRAM = Capabilities(4096, 100, 64, 64, True, True, True, True, pull=False)
TEAMS = Capabilities(20_000, 3, 60, 10_000, True, True, False, True, pull=False)
PLAIN = Capabilities(160, 0, 0, 0, False, False, False, False, pull=False)
NARROW = Capabilities(99, 3, 8, 99, True, True, False, True, pull=True)
CHANNELS = {
    "webchat": WEBCHAT,
    "rest": REST,
    "whatsapp": WHATSAPP,
    "telegram": TELEGRAM,
    "teams": TEAMS,
    "plain": PLAIN,
}


def choices(*titles):
    return tuple(Button(title, f"/choose:1:{n}") for n, title in enumerate(titles))


SITE = Button("Buka halaman", url="https://kampus.example/a")
MAIL = Button("Tulis", url="https://kampus.example/b")


def shown(messages):
    """Write messages down as a reader sees them."""
    return [
        message.text + "".join(f" [{b.title}{'↗' if b.url else ''}]" for b in message.buttons)
        for message in messages
    ]


GOLDEN = {
    "what fits stays": (WHATSAPP, OutboundMessage("Lanjut?", choices("Ya", "Tidak")),
        ["Lanjut? [Ya] [Tidak]"]),
    "as many buttons as there may be": (WHATSAPP, OutboundMessage("?", choices("A", "B", "C")),
        ["? [A] [B] [C]"]),
    "one button too many is a numbered list": (WHATSAPP,
        OutboundMessage("Pilih:", choices("A", "B", "C", "D")),
        ["Pilih:\n1. A\n2. B\n3. C\n4. D"]),
    "no buttons at all": (PLAIN, OutboundMessage("Pilih:", choices("A", "B")),
        ["Pilih:\n1. A\n2. B"]),
    "a title as long as may be": (WHATSAPP, OutboundMessage("?", choices("x" * 20)),
        [f"? [{'x' * 20}]"]),
    "a title too long is whole in the text": (WHATSAPP,
        OutboundMessage("Apa?", choices("Bicara dengan petugas helpdesk", "Batal")),
        ["Apa?\n1. Bicara dengan petugas helpdesk\n2. Batal [1. Bicara dengan pe…] [2. Batal]"]),
    "titles that begin alike stay apart": (NARROW,
        OutboundMessage("?", choices("Akun tamu A", "Akun tamu B")),
        ["?\n1. Akun tamu A\n2. Akun tamu B [1. Akun…] [2. Akun…]"]),
    "a payload too long is a numbered list": (TELEGRAM,
        OutboundMessage("Apa?", (Button("A", "é" * 33),)), ["Apa?\n1. A"]),
    "a payload as long as may be": (TELEGRAM,
        OutboundMessage("Apa?", (Button("A", "é" * 32),)), ["Apa? [A]"]),
    "links beside choices": (TELEGRAM, OutboundMessage("?", (*choices("A"), SITE)),
        ["? [A] [Buka halaman↗]"]),
    "no links beside choices": (WHATSAPP, OutboundMessage("?", (*choices("A"), SITE)),
        ["?\nBuka halaman: https://kampus.example/a [A]"]),
    "one link alone is a button": (WHATSAPP, OutboundMessage("?", (SITE,)), ["? [Buka halaman↗]"]),
    "two links alone are text": (WHATSAPP, OutboundMessage("?", (SITE, MAIL)),
        ["?\nBuka halaman: https://kampus.example/a\nTulis: https://kampus.example/b"]),
    "no room for links beside choices": (TEAMS,
        OutboundMessage("?", (*choices("A", "B"), SITE, MAIL)),
        ["?\nBuka halaman: https://kampus.example/a\nTulis: https://kampus.example/b [A] [B]"]),
    "no link buttons": (PLAIN, OutboundMessage("?", (SITE,)),
        ["?\nBuka halaman: https://kampus.example/a"]),
    "buttons come with the last part": (WHATSAPP,
        OutboundMessage(f"{'a' * 1000}. {'b' * 100}", choices("Ya")),
        ["a" * 1000 + ".", "b" * 100 + " [Ya]"]),
}  # fmt: skip


@pytest.mark.parametrize(("capabilities", "message", "expected"), GOLDEN.values(), ids=GOLDEN)
def test_what_a_reader_sees(capabilities, message, expected):
    assert shown(render(message, capabilities)) == expected


SPLITS = {
    "short": ("halo", 10, ["halo"]),
    "as long as may be": ("0123456789", 10, ["0123456789"]),
    "a paragraph": ("aaaa bbb\n\ncccc ddd", 16, ["aaaa bbb", "cccc ddd"]),
    "a line before a sentence": ("aa. bbb\ncccc. ddd", 15, ["aa. bbb", "cccc. ddd"]),
    "a sentence before a word": ("Satu dua. Tiga empat", 17, ["Satu dua.", "Tiga empat"]),
    "a clause before a word": ("satu dua, tiga empat", 17, ["satu dua,", "tiga empat"]),
    "a word": ("satu dua tiga", 10, ["satu dua", "tiga"]),
    "a pause right at the limit": ("satu dua tiga", 8, ["satu dua", "tiga"]),
    "no pause": ("x" * 25, 10, ["x" * 10, "x" * 10, "x" * 5]),
    "no crumb of a first part": ("A. " + "x y" * 6, 12, ["A. x yx yx", "yx yx yx y"]),
    "blank ends": ("  halo \n", 10, ["halo"]),
    "nothing": ("", 10, [""]),
}


@pytest.mark.parametrize(("text", "limit", "parts"), SPLITS.values(), ids=SPLITS)
def test_where_a_text_is_split(text, limit, parts):
    assert split(text, limit) == parts


def test_author_and_hour_stay_with_every_part(clock):
    message = OutboundMessage("a" * 2000, author="Rina", custom={"x": 1}, at=clock.now())
    first, last = render(message, WHATSAPP)
    assert (first.author, first.at, first.custom) == ("Rina", clock.now(), None)
    assert (last.author, last.at, last.custom) == ("Rina", clock.now(), {"x": 1})


words = st.text(st.characters(exclude_categories=["C"]), max_size=400)
titles = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=90)
buttons = st.lists(
    st.builds(Button, title=titles, payload=st.text(min_size=1, max_size=80))
    | st.builds(Button, title=titles, url=titles.map("https://kampus.example/{}".format)),
    max_size=14,
).map(tuple)
limits = st.builds(
    Capabilities,
    max_text=st.integers(5, 300),
    max_buttons=st.integers(0, 12),
    max_button_title=st.integers(8, 60),
    max_payload_bytes=st.integers(0, 100),
    link_buttons=st.booleans(),
    links_beside_choices=st.booleans(),
    deletes_user_messages=st.just(value=False),
    typing=st.just(value=False),
    pull=st.just(value=False),
)


@given(st.builds(OutboundMessage, text=words, buttons=buttons), limits)
def test_everything_fits_and_nothing_is_lost(message, capabilities):
    parts = render(message, capabilities)
    for part in parts:
        assert len(part.text) <= capabilities.max_text
        if part is not parts[-1]:
            assert part.text
            assert not part.buttons
    kept = parts[-1].buttons
    choices = [button for button in kept if not button.url]
    assert len(choices) <= capabilities.max_buttons
    for button in kept:
        assert len(button.title) <= capabilities.max_button_title
    for button in choices:
        assert len(button.payload.encode()) <= capabilities.max_payload_bytes
    said = "".join("".join(part.text for part in parts).split())
    assert said.startswith("".join(message.text.split()))
    for button in message.buttons:
        whole = any(
            (b.title, b.payload, b.url) == (button.title, button.payload, button.url) for b in kept
        )
        cut = button.url and any(b.url == button.url for b in kept)
        assert whole or cut or "".join(button.title.split()) in said
        assert not button.payload or any(b.payload == button.payload for b in kept) or "1." in said


@pytest.mark.parametrize("capabilities", CHANNELS.values(), ids=CHANNELS)
def test_what_fits_is_passed_on_as_it_is(capabilities):
    message = OutboundMessage("Halo!")
    assert render(message, capabilities) == [message]
