"""Tells a password that is little more than a word people pick (security.md, "Blocklist").

A plain list of leaked passwords is useless under ITB's rules: none of the 30 000 most common ones
has a capital, a digit and a symbol. So the candidate is read as an attacker's rules would build
it: a listed word or two, capitals and leet undone, with digits and symbols as decoration.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from backend.domain.blocklist_words import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backend.domain.accounts import Account

Trie = dict[str, "Trie"]
"""Words as nested letters; the key END marks the end of a word."""

END = ""
MAX_WORDS = 2
"""Up to this many listed words, decorated, are refused; more of them make a passphrase."""
MAX_OTHER_LETTERS = 2
"""Letters beside the words that are still decoration, as the last one of `qwerty12345!A`."""
MIN_WORD = 3

LEET = {
    "0": "o", "1": "il", "2": "z", "3": "e", "4": "a", "5": "s", "6": "gb", "7": "t", "8": "b",
    "9": "gq", "@": "a", "$": "s", "!": "il", "|": "il", "+": "t", "(": "c", "&": "e",
}  # fmt: skip
"""The letters a digit or symbol is written for."""


def with_words(words: Trie, more: Iterable[str]) -> Trie:
    """Return `words` with `more` beside them; words under three characters are left out."""
    grown: Trie = _copy(words)
    for word in more:
        if len(word) >= MIN_WORD:
            node = grown
            for letter in word.casefold():
                node = node.setdefault(letter, {})
            node[END] = {}
    return grown


def _copy(words: Trie) -> Trie:
    return {letter: _copy(below) for letter, below in words.items()}


COMMON_LIST: tuple[str, ...] = tuple(WORDS.split())
"""Listed words, the likeliest guesses first within each theme."""
COMMON_WORDS: Trie = with_words({}, COMMON_LIST)


def context_words(account: Account) -> tuple[str, ...]:
    """Return the words an account's owner is known by: names, numbers, addresses, unit."""
    texts = (
        account.username,
        account.display_name,
        account.institutional_email,
        account.recovery_email,
        account.unit,
    )
    words = [word for text in texts if text for word in _split(text)]
    numbers = [number for number in (account.student_number, account.employee_number) if number]
    births = [birth for number in numbers for birth in _birth_dates(number)]
    return tuple(dict.fromkeys((*words, *numbers, *births)))


def _split(text: str) -> Iterator[str]:
    folded = text.casefold()
    if "@" in folded:
        folded = folded.rpartition(".")[0]
    parts = re.findall(r"[a-z]+|[0-9]+", folded)
    yield from (part for part in parts if len(part) >= MIN_WORD)
    joined = "".join(parts)
    if "@" not in text and len(joined) >= MIN_WORD:
        yield joined


def _birth_dates(number: str) -> tuple[str, ...]:
    """A civil servant's number (NIP, 18 digits) begins with the date of birth."""
    if len(number) != NIP_LENGTH:
        return ()
    year, month, day = number[:4], number[4:6], number[6:8]
    return (year + month + day, day + month + year, day + month + year[2:])


NIP_LENGTH = 18


def is_mostly_words(candidate: str, words: Trie) -> bool:
    """Tell whether one or two of `words` and decoration make up the whole of `candidate`."""
    return any(_is_covered(form, words) for form in _forms(candidate))


def _forms(candidate: str) -> Iterator[str]:
    """Yield the candidate as it is, without separators, and backwards."""
    folded = re.sub(r"([a-z])\1{2,}", r"\1", candidate.casefold())
    bare = re.sub(r"[^a-z0-9]", "", folded)
    yield folded
    yield bare
    yield bare[::-1]


def _is_covered(text: str, words: Trie) -> bool:
    """Cover `text` from the left: `best[n]` is the fewest other letters with n words so far."""
    unreached = len(text) + MAX_OTHER_LETTERS + 1
    table = [[unreached] * (MAX_WORDS + 1) for _ in range(len(text) + 1)]
    table[0][0] = 0
    for start, best in enumerate(table[:-1]):
        other = 1 if text[start].isalpha() else 0
        ends = list(_word_ends(text, start, words))
        for count, letters in enumerate(best):
            table[start + 1][count] = min(table[start + 1][count], letters + other)
            if count < MAX_WORDS:
                for end in ends:
                    table[end][count + 1] = min(table[end][count + 1], letters)
    return min(table[-1][1:]) <= MAX_OTHER_LETTERS


def _word_ends(text: str, start: int, words: Trie) -> Iterator[int]:
    """Yield where the words that begin at `start` end, reading leet both ways."""
    nodes = [words]
    for end in range(start, len(text)):
        letters = text[end] + LEET.get(text[end], "")
        nodes = [node[letter] for node in nodes for letter in letters if letter in node]
        if not nodes:
            return
        if any(END in node for node in nodes):
            yield end + 1
