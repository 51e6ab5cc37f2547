"""More of what was written by hand: with a greeting before it, two in a row, or misspelt.

People open with "halo min," and end with "mohon dibantu"; a wish must look the same with and
without. Which sentences are joined follows from their order: training is deterministic. Misspelt
ones are not learned from (docs/decisions/0071); how sure answers are is measured with them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from zlib import crc32

from nlu.types import Intent, Language

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nlu.rasa_data import Example

TASKS = frozenset(
    {
        Intent.CHECK_ACCOUNT,
        Intent.RESET_PASSWORD,
        Intent.UNLOCK_ACCOUNT,
        Intent.REQUEST_GUEST_ACCOUNT,
        Intent.ESCALATE,
        Intent.TICKET_STATUS,
        Intent.UPDATE_RECOVERY_EMAIL,
        Intent.ACCOUNT_LIFECYCLE_QUESTION,
        Intent.OTP_PROBLEM,
    }
)
"""Intents that are wishes, as opposed to courtesies and answers."""

_OPENINGS = {
    Language.ID: (
        "halo min, {}",
        "selamat pagi, {}",
        "kak {}",
        "mohon bantuannya, {}",
        "tolong dong {}",
        "{} tolong dibantu",
        "{} ya min",
        "permisi, mau tanya {}",
        "{} mohon bantuannya",
        "{} gimana ini",
        "{}, terima kasih",
        "aduh {} kesal sekali saya",
        "assalamualaikum {} segera ya",
    ),
    Language.EN: (
        "hi, {}",
        "please {}",
        "hello there, {}",
        "{} please",
        "{}, thanks",
        "could you help, {}",
        "{} what should i do",
        "good morning, {} asap",
        "i have a question, {}",
        "{}, this is so annoying",
    ),
}


def augmented(examples: Sequence[Example]) -> Iterator[Example]:
    """Yield sentences made of `examples`; `examples` themselves are not among them."""
    groups: dict[tuple[Intent, Language], list[Example]] = {}
    for example in examples:
        if example.language is not None:
            groups.setdefault((example.intent, example.language), []).append(example)
    for (intent, language), group in sorted(groups.items()):
        if intent in TASKS or intent is Intent.OUT_OF_SCOPE:
            yield from _dressed(group, _OPENINGS[language])
            yield from _joined(group)


_ONE_IN = 10
"""Typed on phones, 2.3 % of the characters stay wrong (Palin et al., MobileHCI 2019)."""
_SHORTEST = 4
_VOWELS = re.compile("[aiueo]")
_KEYS = {
    key: row[max(at - 1, 0) : at] + row[at + 1 : at + 2]
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    for at, key in enumerate(row)
}


def misspelt(text: str) -> str:
    """Return `text` as a thumb types it: one in ten longer words with a slip.

    Which words and slips follows from the text: training is deterministic.
    """
    return " ".join(
        _slip(word, crc32(f"{at} {text}".encode()))
        if len(word) >= _SHORTEST and word.isalpha()
        else word
        for at, word in enumerate(text.split(" "))
    )


def _slip(word: str, drawn: int) -> str:
    drawn, chosen = divmod(drawn, _ONE_IN)
    if chosen:
        return word
    drawn, at = divmod(drawn, len(word) - 1)
    before, key, after = word[: at + 1], word[at + 1], word[at + 2 :]
    drawn, kind = divmod(drawn, 6)
    near = _KEYS.get(key.lower(), key)
    return (
        before + after,
        before + after,
        before + key + key + after,
        before + after[:1] + key + after[1:],
        before + near[drawn % len(near)] + after,
        word[0] + _VOWELS.sub("", word[1:]),
    )[kind]


def _dressed(group: list[Example], openings: Sequence[str]) -> Iterator[Example]:
    for at, example in enumerate(group[::2]):
        text = openings[at % len(openings)].format(example.text)
        yield replace(example, text=text, entities=())


def _joined(group: list[Example]) -> Iterator[Example]:
    stride = len(group) // 2 + 1
    for at, example in enumerate(group[1::2], start=1):
        other = group[(2 * at + stride) % len(group)]
        if other.text != example.text:
            yield replace(example, text=f"{example.text}. {other.text}", entities=())
