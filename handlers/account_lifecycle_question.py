"""Questions about an account's life, answered from the procedure with the clause (ITB II.B, a-c).

The rules stand in the catalogue, one text per topic and account type; what is decided here is
which of them is asked for.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from msgspec import Struct

from handlers.flow import HUMAN, FlowName, Followed, Move, Wish, to_flow
from handlers.kernel import AnyEffect, AnyEvent, Choice, OfferChoices, Say, UserChose, UserSaid
from nlu.types import EntityKind, Understanding

ACCOUNT_TYPES: Final = (
    "student",
    "lecturer",
    "staff",
    "kjp",
    "outsourced",
    "third_party",
    "guest",
    "test",
)


_SHORT: Final = 6
"""Words of a question that is no more than the change of one thing in the last."""


class Topic(StrEnum):
    """What is asked about."""

    END = "end"
    EXTEND = "extend"
    CREATE = "create"
    PASSWORD = "password"  # noqa: S105 - the name of a topic


class AskType(Struct, frozen=True, tag="account_lifecycle_question.ask_type"):
    """The rules differ by account type: which one is it?"""

    topic: Topic


State = AskType

_TOPICS: Final = (
    (
        Topic.PASSWORD,
        (
            r"(syarat|aturan|ketentuan|panjang|karakter|kriteria).*(password|sandi)"
            r"|(password|sandi).*(syarat|aturan|ketentuan|karakter|kriteria|berapa huruf)"
            r"|password\W+(rule|polic|requirement)|(rule|requirement|polic)\w* .*password"
            r"|character|how long .*password"
        ),
    ),
    (
        Topic.EXTEND,
        (
            r"panjang|tambah (masa|waktu)|masa aktif.*tambah|aktifkan (lagi|kembali)"
            r"|exten[ds]|renew|prolong|reactivat|keep (my|the) account"
        ),
    ),
    (
        Topic.CREATE,
        (
            r"(buat|bikin|daftar|dapat|peroleh|punya|ajukan)\w*.*\bakun|akun (itb )?baru"
            r"|creat|new account|get an? account|appl(y|ied)|register|sign up"
        ),
    ),
)
_TYPE_WORDS: Final = (
    ("test", r"\b(dummy|test(ing)?|uji coba|pengujian)\b"),
    ("guest", r"\b(tamu|guest|visitor)\b"),
    ("third_party", r"\b(pihak ketiga|third[ -]part(y|ies)|vendor|rekanan)\b"),
    ("outsourced", r"\b(tad|alih daya|outsourc\w*)\b"),
    ("kjp", r"\b(kjp|kontrak (jasa )?perorangan|dosen luar biasa|asisten akademik)\b"),
    ("lecturer", r"\b(dosen|lecturer|professor|faculty member)\b"),
    ("staff", r"\b(tendik|tenaga kependidikan|pegawai|karyawan|staff?|employee)\b"),
    ("student", r"\b(mahasiswa|mhs|siswa|student|alumni|alumnus|lulus|wisuda|graduat\w*)\b"),
)


def topic_of(text: str) -> Topic:
    """Return what the question is about: how an account ends, when nothing else is asked."""
    found = (topic for topic, words in _TOPICS if re.search(words, text, re.IGNORECASE))
    return next(found, Topic.END)


def type_of(meaning: Understanding) -> str | None:
    """Return the account type the message names, or None."""
    named = meaning.first(EntityKind.ACCOUNT_TYPE)
    if named in ACCOUNT_TYPES:
        return named
    words = (name for name, words in _TYPE_WORDS if re.search(words, meaning.text, re.IGNORECASE))
    return next(words, None)


def start(wish: Wish) -> Move[State]:
    """Answer at once when the type is named, else ask for it."""
    topic = topic_of(wish.meaning.text)
    account_type = type_of(wish.meaning)
    if topic is Topic.PASSWORD:
        return Move(None, (Say("lifecycle.password"),))
    if account_type:
        return _told(topic, account_type)
    state = AskType(topic)
    return Move(state, prompt(state))


def step(state: State, event: AnyEvent) -> Move[State]:
    """Answer one event."""
    match event:
        case UserChose(value=value) if value in ACCOUNT_TYPES:
            return _told(state.topic, value)
        case UserSaid(meaning) if account_type := type_of(meaning):
            return _told(state.topic, account_type)
        case UserSaid() | UserChose():
            return Move(state, prompt(state), understood=False)
        case _:
            return Move(state)


def _told(topic: Topic, account_type: str) -> Move[State]:
    then = Followed(FlowName.LIFECYCLE_QUESTION, topic)
    return Move(None, (_rule(topic, account_type),), then=then)


def after(topic: str, meaning: Understanding) -> tuple[AnyEffect, ...]:
    """Answer the same question for another type ("kalau KJP?"), or nothing."""
    account_type = type_of(meaning)
    if account_type is None or len(meaning.text.split()) > _SHORT:
        return ()
    named = topic_of(meaning.text)
    asked = Topic(topic) if named in {Topic.END, Topic.PASSWORD} else named
    return (_rule(asked, account_type),)


def _rule(topic: Topic, account_type: str) -> AnyEffect:
    key = f"lifecycle.{topic}.{account_type}"
    match topic, account_type:
        case Topic.CREATE | Topic.EXTEND, "guest":
            return OfferChoices(key, (to_flow(FlowName.REQUEST_GUEST_ACCOUNT),))
        case Topic.EXTEND, _:
            # Outside these rules the unit and the helpdesk decide together (ITB II.B.7.f).
            return OfferChoices(key, (HUMAN,))
        case _:
            return Say(key)


def prompt(state: State) -> tuple[AnyEffect, ...]:
    """Ask again what is being waited for."""
    choices = tuple(Choice(name, f"name.account_type.{name}") for name in ACCOUNT_TYPES)
    return (OfferChoices(f"lifecycle.ask_type.{state.topic}", choices),)


def answers(state: State, meaning: Understanding) -> bool:
    """Tell whether the message holds what `state` waits for."""
    del state
    return type_of(meaning) is not None
