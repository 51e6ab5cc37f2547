"""What people ask once a flow is over: about its result, in words that say little alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from handlers import account_lifecycle_question, links
from handlers.flow import FlowName, Followed
from handlers.reading import SURE, SWITCH
from nlu.types import Intent

if TYPE_CHECKING:
    from handlers.kernel import AnyEffect
    from nlu.types import Understanding

_OPEN: Final = frozenset(
    {
        Intent.OUT_OF_SCOPE,
        Intent.OTP_PROBLEM,
        Intent.ACCOUNT_LIFECYCLE_QUESTION,
        Intent.CANCEL,
        Intent.DENY,
    }
)
"""Intents such words are taken for; with any other one that is likely, something else is asked."""


def reply(followed: Followed | None, meaning: Understanding) -> tuple[AnyEffect, ...]:
    """Answer a question about what was answered last, or nothing when it is none."""
    if followed is None:
        return ()
    is_rule = followed.flow is FlowName.LIFECYCLE_QUESTION
    if meaning.intent not in _OPEN and meaning.confidence >= (SWITCH if is_rule else SURE):
        return ()
    if is_rule:
        return account_lifecycle_question.after(followed.topic, meaning)
    return links.after(followed.flow, meaning)
