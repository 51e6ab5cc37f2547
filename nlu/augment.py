"""More of what was written by hand: sentences with a greeting before them, or two in a row.

People open with "halo min," and end with "mohon dibantu"; a wish must look the same with and
without. Which sentences are joined follows from their order: training is deterministic.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

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
