"""The same conversation means the same in every channel: what REST says, all others say.

Where a channel has no way to do a step, the first that has one says what is meant. What else may
differ is in the tables here, and must differ: a line that is no longer needed fails, too.
"""

import re
import sqlite3
from contextlib import closing

import pytest
from chat_kit import found_in
from clocks import ManualClock
from contract_dialogues import DIALOGUES, PASSWORD
from contract_people import PDF, PEOPLE

from ops.documents import Documents

NO_WAY = {
    # A tool posts words and presses of one conversation: there is nothing to open.
    "rest": {"(opens the chat)", "(a sticker)", "(the letter)", "(in a group)"},
    # The page sends words and presses, each visitor has a chat alone.
    "webchat": {"(a sticker)", "(in a group)"},
}
PARTS = "in parts"
NAMED_PARTS = "in parts, each under its author's name"
STYLED = "marks in the text are taken for bold and the like"
GREETING = "the same choices under other words"
DIFFERENCES = {
    # `/start` is typed by people who are back, too: it greets at any time, others welcome once.
    ("opening", "telegram"): {GREETING},
    # 4096 characters a message; in Teams 5000, each with its author in bold above.
    ("a human who writes long and with marks", "telegram"): {PARTS},
    # WhatsApp's marks cannot be escaped; our own texts have none.
    ("a human who writes long and with marks", "whatsapp"): {PARTS, STYLED},
    ("a human who writes long and with marks", "teams"): {NAMED_PARTS},
}


def can(name, step):
    return not any(str(step).startswith(beyond) for beyond in NO_WAY.get(name, ()))


async def play(campus, name, lines):
    """Return what each step was answered with; None for what the channel has no way to do."""
    campus.clock.instant = ManualClock().instant
    campus.backend.renew()
    person = PEOPLE[name](campus)
    await person.begins()
    return [await step(person, did) if can(name, did) else None for did, _ in lines]


async def step(person, did):
    await (person.says(did) if isinstance(did, str) else did(person))
    return [(squeezed(said.text), said.titles, said.links) for said in await person.collect()]


def squeezed(text):
    """Line breaks are a matter of looks: Markdown and cards have them their own way."""
    return " ".join(text.split())


def unmarked(text):
    return re.sub(r"[*_~`]", "", text)


def difference(meant, said):
    if not meant or not said:
        return f"{said}, not {meant}"
    (text, *more), (*_, (_, *last)) = meant[0], said
    joined = " ".join(words for words, *_ in said)
    if len(meant) == 1 and last == more and len(said) > 1:
        author = re.match(r"\w+: ", text)
        if joined == text:
            return PARTS
        if author and joined.replace(author[0], "") == text.replace(author[0], ""):
            return NAMED_PARTS
    if len(meant) == len(said) == 1 and last == more:
        if unmarked(joined) == unmarked(text):
            return STYLED
        if last[0]:
            return GREETING
    return f"{said}, not {meant}"


@pytest.mark.parametrize("topic", DIALOGUES)
async def test_it_means_the_same_everywhere(campus, topic):
    lines = DIALOGUES[topic]
    heard = {name: await play(campus, name, lines) for name in PEOPLE}
    found = {name: set() for name in PEOPLE}
    for number, (did, expected) in enumerate(lines):
        answers = {name: a[number] for name, a in heard.items() if a[number] is not None}
        meant = next(iter(answers.values()))
        for name, said in answers.items():
            assert is_expected(said, expected), f"{name}, {did!r}: {said}, not {expected!r}"
            if said != meant:
                found[name].add(difference(meant, said))
    assert found == {name: DIFFERENCES.get((topic, name), set()) for name in PEOPLE}


def is_expected(answer, expected):
    if expected is None:
        return answer == []
    shown = " ".join(" ".join([text, *(f"[{t}]" for t in titles)]) for text, titles, _ in answer)
    return found_in(expected, shown)


def test_every_difference_is_of_a_dialogue_and_a_channel():
    assert {topic for topic, _ in DIFFERENCES} <= set(DIALOGUES)
    assert {name for _, name in DIFFERENCES} | set(NO_WAY) <= set(PEOPLE)


@pytest.mark.parametrize("name", [each for each in PEOPLE if can(each, "(the letter)")])
async def test_the_letter_is_filed_as_it_was_sent(campus, name):
    await play(campus, name, DIALOGUES["a guest request with its letter"])
    (request,) = campus.backend.guest_requests
    (document,) = request.documents
    assert (document.name, document.mime) == ("surat.pdf", "application/pdf")
    assert Documents(campus.settings.documents).read(document.sha256) == PDF


@pytest.mark.parametrize("name", PEOPLE)
async def test_a_password_is_kept_nowhere_and_deleted_where_that_can_be(campus, name, capsys):
    await play(campus, name, DIALOGUES["a password in the chat"])
    with closing(sqlite3.connect(campus.settings.state_dir / "bot.db")) as database:
        kept = "\n".join(database.iterdump())
    assert f"{name}:" in kept
    printed = "".join(capsys.readouterr())
    sent = [campus.telegram.calls, campus.meta.bodies, campus.microsoft.calls]
    assert PASSWORD not in kept + printed + str(sent)
    assert campus.telegram.deleted == ([1] if name == "telegram" else [])
