"""Typing errors: the nearest word of a small list, one edit away (two for long words).

Candidates share a deletion with the word (symmetric deletion), so a look-up costs a few dozen
dictionary reads however large the list is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHORTEST = 5
_LONG = 8
_LONGEST = 24


class Corrector:
    """Finds the one word of `vocabulary` that was probably meant."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        self._by_deletion: dict[str, list[str]] = {}
        for word in sorted(vocabulary):
            if len(word) >= _SHORTEST - 1:
                for shorter in _deletions(word, _reach(word)):
                    self._by_deletion.setdefault(shorter, []).append(word)

    def nearest(self, word: str) -> str | None:
        """Return the nearest word of the vocabulary, or None when none is near or two are.

        A first letter is seldom mistyped: candidates must share it.
        """
        if not _SHORTEST <= len(word) <= _LONGEST:
            return None
        found: dict[str, int] = {}
        for shorter in _deletions(word, _reach(word)):
            for candidate in self._by_deletion.get(shorter, ()):
                if candidate[0] == word[0] and candidate not in found:
                    found[candidate] = distance(word, candidate)
        near = {
            candidate: edits
            for candidate, edits in found.items()
            if edits <= min(_reach(word), _reach(candidate))
        }
        if not near:
            return None
        best = min(near.values())
        winners = [candidate for candidate, edits in near.items() if edits == best]
        return winners[0] if len(winners) == 1 else None


def _reach(word: str) -> int:
    return 2 if len(word) >= _LONG else 1


def _deletions(word: str, edits: int) -> set[str]:
    found = {word}
    edge = {word}
    for _ in range(edits):
        edge = {each[:at] + each[at + 1 :] for each in edge for at in range(len(each))}
        found |= edge
    return found


def distance(one: str, two: str) -> int:
    """Return the optimal string alignment distance: insert, delete, replace, swap neighbours."""
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i, left in enumerate(one, start=1):
        above, row = row, [i] + [0] * len(two)
        for j, right in enumerate(two, start=1):
            row[j] = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (left != right))
            if i > 1 and j > 1 and left == two[j - 2] and one[i - 2] == right:
                row[j] = min(row[j], before[j - 2] + 1)
        before = above
    return row[-1]
