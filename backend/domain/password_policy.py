"""Which passwords may be set (ITB II.B.6, security.md 9): data in, broken rules out.

A password goes through, in order: length cap and characters, composition, blocklist, strength.
What follows (history, the directory's own policy) needs a database: `backend.service.passwords`.
Rules are returned in the order people read them.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from backend.domain.blocklist import COMMON_LIST, COMMON_WORDS, is_mostly_words, with_words

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_LENGTH = 64
"""Characters; above the 64 that NIST SP 800-63B-4 §3.1.1.2 wants accepted nothing is gained."""


class Rule(StrEnum):
    """What a password can break. The last five are only known after the local rules."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    CHARSET = "charset"
    """Something else than printable ASCII: OpenLDAP counts bytes, Entra forbids Unicode."""
    EDGE_SPACE = "edge_space"
    NEEDS_UPPER = "needs_upper"
    NEEDS_LOWER = "needs_lower"
    NEEDS_DIGIT = "needs_digit"
    NEEDS_SYMBOL = "needs_symbol"
    PERSONAL = "personal"
    """Little more than the owner's username, name, number or unit."""
    COMMON = "common"
    """Little more than a word, a keyboard row or the institution's name."""
    WEAK = "weak"
    USED_BEFORE = "used_before"
    TOO_YOUNG = "too_young"
    """The directory wants the present password kept for a while."""
    DIRECTORY = "directory"
    """The directory refused and did not say why."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A profile of rules, as the server enforces and the page shows it."""

    name: str
    min_length: int
    max_length: int = MAX_LENGTH
    composition: bool = True
    min_score: int = 3
    """zxcvbn's 0-4: 3 is "safely unguessable", above 10^8 guesses."""
    history_depth: int = 24


ITB = Policy("itb", min_length=10)
"""ITB II.B.6: at least 10 characters, four classes, not a previous password."""
NIST = Policy("nist", min_length=15, composition=False)
"""NIST SP 800-63B-4 §3.1.1.2: at least 15 characters, no composition rules."""
PROFILES = {policy.name: policy for policy in (ITB, NIST)}


class ShapeCheck(Struct, frozen=True):
    """A rule as a regular expression (JavaScript and Python) that a password must match."""

    rule: Rule
    pattern: str
    value: int | None = None
    """The number to put into the sentence, where the rule has one."""


class PolicyView(Struct, frozen=True):
    """The rules of shape as data, so that a page can check them while the person types.

    The page's check is a courtesy: the server enforces these and the rules that need it.
    """

    name: str
    min_length: int
    max_length: int
    checks: tuple[ShapeCheck, ...]


def policy_view(policy: Policy) -> PolicyView:
    """Return `policy` as data."""
    low, high = policy.min_length, policy.max_length
    checks = [
        ShapeCheck(Rule.TOO_SHORT, f"^[\\s\\S]{{{low},}}$", low),
        ShapeCheck(Rule.TOO_LONG, f"^[\\s\\S]{{0,{high}}}$", high),
        ShapeCheck(Rule.CHARSET, "^[ -~]*$"),
        ShapeCheck(Rule.EDGE_SPACE, r"^(?:\S(?:[\s\S]*\S)?)?$"),
    ]
    if policy.composition:
        checks += [
            ShapeCheck(Rule.NEEDS_UPPER, "[A-Z]"),
            ShapeCheck(Rule.NEEDS_LOWER, "[a-z]"),
            ShapeCheck(Rule.NEEDS_DIGIT, "[0-9]"),
            ShapeCheck(Rule.NEEDS_SYMBOL, "[ -/:-@\\[-`{-~]"),
        ]
    return PolicyView(policy.name, low, high, tuple(checks))


class Strength(Protocol):
    """Rates a password 0-4 as zxcvbn does, knowing words an attacker would try first."""

    def __call__(self, password: str, known_words: Sequence[str]) -> int:
        """Return the score. `password` is at most `MAX_LENGTH` long."""
        ...


SYMBOLS = string.punctuation + " "
"""What counts as a symbol: every printable ASCII character that is no letter and no digit."""


def charset_rules(candidate: str) -> list[Rule]:
    """Return the rules of characters that every directory shares (directories.md)."""
    broken = {
        Rule.CHARSET: not (candidate.isascii() and candidate.isprintable()),
        Rule.EDGE_SPACE: candidate != candidate.strip(),
    }
    return [rule for rule, is_broken in broken.items() if is_broken]


def shape_rules(candidate: str, policy: Policy) -> list[Rule]:
    """Return the rules of length, characters and composition that `candidate` breaks."""
    broken = {
        Rule.TOO_SHORT: len(candidate) < policy.min_length,
        Rule.TOO_LONG: len(candidate) > policy.max_length,
    }
    lengths = [rule for rule, is_broken in broken.items() if is_broken]
    composition = composition_rules(candidate) if policy.composition else []
    return [*lengths, *charset_rules(candidate), *composition]


def composition_rules(candidate: str) -> list[Rule]:
    """Return the classes of characters that are missing (ITB II.B.6b)."""
    classes = {
        Rule.NEEDS_UPPER: string.ascii_uppercase,
        Rule.NEEDS_LOWER: string.ascii_lowercase,
        Rule.NEEDS_DIGIT: string.digits,
        Rule.NEEDS_SYMBOL: SYMBOLS,
    }
    return [rule for rule, members in classes.items() if not any(c in members for c in candidate)]


def broken_rules(
    candidate: str, policy: Policy, strength: Strength, context: Sequence[str] = ()
) -> list[Rule]:
    """Return every local rule that `candidate` breaks, in the order people read them.

    `context` holds what the owner is known by (`blocklist.context_words`). Too long a candidate is
    not looked at any further, so that nobody can make the server work on a megabyte; strength is
    only rated where nothing more definite can be said.
    """
    if len(candidate) > policy.max_length:
        return [Rule.TOO_LONG]
    broken = shape_rules(candidate, policy)
    if is_mostly_words(candidate, COMMON_WORDS):
        broken.append(Rule.COMMON)
    elif context and is_mostly_words(candidate, with_words(COMMON_WORDS, context)):
        broken.append(Rule.PERSONAL)
    if not broken and strength(candidate, (*context, *COMMON_LIST)) < policy.min_score:
        broken.append(Rule.WEAK)
    return broken
