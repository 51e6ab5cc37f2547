"""From a message to a sparse vector: words, pairs of words, character sequences, concepts."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from math import log
from typing import TYPE_CHECKING

import numpy as np

from nlu.concepts import concept_features, concept_name, concept_pair, concepts_of, extent_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    Places = npt.NDArray[np.int32] | npt.NDArray[np.int64]
    Vectors = tuple[Places, Places, npt.NDArray[np.float32]]
    """The filled places of a matrix: which message, which feature, how much."""

CHARACTERS = range(2, 6)
"""Lengths of character sequences inside a word, its borders included (`char_wb`)."""
BLOCKS = "wck"
"""Word n-grams, character sequences, concepts: the first letter of a feature's name."""
WEIGHTS = {"w": 0.8, "c": 1.0, "k": 1.0}
"""How much each block counts (docs/decisions/0071)."""
LONGEST = 120
"""Words of a message that are looked at: the wish of a long mail stands in its beginning."""


def features_of(canonical: Sequence[str]) -> Counter[str]:
    """Count the features of a message given as canonical words."""
    words = canonical[:LONGEST]
    counted: Counter[str] = Counter(f"w:{word}" for word in words)
    counted.update(_pairs_of(words))
    for word in words:
        counted.update(_characters(word))
    counted.update(dict.fromkeys(concept_features(words), 1))
    return counted


def _pairs_of(words: Sequence[str]) -> list[str]:
    return [f"w:{one} {two}" for one, two in pairwise(words)]


def _characters(word: str) -> list[str]:
    padded = f" {word} "
    if word.endswith("mask"):
        return []
    return [
        f"c:{padded[at : at + length]}"
        for length in CHARACTERS
        for at in range(len(padded) - length + 1)
    ]


class Vocabulary:
    """The features a model knows, and how telling each is (inverse document frequency).

    Args:
        names: the features, sorted; a feature's place is its column.
        idf: one weight for each feature.
    """

    def __init__(self, names: Sequence[str], idf: npt.NDArray[np.float32]) -> None:
        self.index: Mapping[str, int] = {name: at for at, name in enumerate(names)}
        self.idf = idf
        self._block = np.array([BLOCKS.index(name[0]) for name in names], dtype=np.intp)
        self._of_word: dict[str, npt.NDArray[np.int32]] = {}
        self._paired: dict[str, dict[str, int]] = {}
        for name, at in self.index.items():
            pair = concept_pair(name)
            if pair is not None:
                self._paired.setdefault(pair[0], {})[pair[1]] = at

    @classmethod
    def fit(cls, messages: Iterable[Counter[str]], *, at_least: Mapping[str, int]) -> Vocabulary:
        """Keep features seen in at least `at_least[block]` messages; of other blocks none."""
        seen: Counter[str] = Counter()
        total = 0
        for message in messages:
            seen.update(message.keys())
            total += 1
        kept = sorted(
            name for name, count in seen.items() if count >= at_least.get(name[0], total + 1)
        )
        idf = [log((1 + total) / (1 + seen[name])) + 1 for name in kept]
        return cls(kept, np.array(idf, dtype=np.float32))

    def vectors(self, messages: Sequence[Sequence[str]]) -> Vectors:
        """Return sublinear counts times idf, each block of a message of length one.

        In the order of the features, and for each feature in the order of the messages. All
        messages at once: a call for each would cost more than the sums themselves.
        """
        pieces: list[npt.NDArray[np.int32]] = []
        lengths: list[int] = []
        others: list[int] = []
        other_lengths: list[int] = []
        for message in messages:
            words = message[:LONGEST]
            found = list(map(self._word_columns, words))
            before = len(others)
            if words:
                others += self._known([*_pairs_of(words), *extent_of(words)])
                others += self._concept_columns(concepts_of(words))
            lengths.append(sum(map(len, found)))
            other_lengths.append(len(others) - before)
            pieces += found
        pieces.append(np.array(others, dtype=np.int32))
        bits = len(messages).bit_length()
        # Half the size sorts in less than half the time: few messages fit.
        narrow = len(self.idf).bit_length() + bits < _NARROW_BITS
        keys = np.concatenate(pieces)
        if not narrow:
            keys = keys.astype(np.int64)
        rows = np.arange(len(messages), dtype=keys.dtype)
        keys = keys << bits | np.concatenate([rows, rows]).repeat(lengths + other_lengths)
        keys.sort()
        bounds = bounds_of(keys)
        keys = keys.take(bounds[:-1])
        rows, columns = keys & ((1 << bits) - 1), keys >> bits
        weighed = (np.log(bounds[1:] - bounds[:-1]) + 1.0) * self.idf.take(columns)
        slots = rows * len(BLOCKS) + self._block.take(columns)
        squares = np.bincount(slots, weighed * weighed, len(BLOCKS) * len(messages))
        squares[squares == 0.0] = 1.0  # nothing of the block is there
        scales = _WEIGHT_OF_BLOCK / np.sqrt(squares).reshape(-1, len(BLOCKS))
        return rows, columns, (weighed * scales.ravel().take(slots)).astype(np.float32)

    def _word_columns(self, word: str) -> npt.NDArray[np.int32]:
        """Return the columns of a word and its character sequences; most words come often."""
        columns = self._of_word.get(word)
        if columns is None:
            known = self._known([f"w:{word}"])
            if not word.endswith("mask"):
                known += self._character_columns(word)
            columns = np.array(known, dtype=np.int32)
            if len(self._of_word) < _CACHED:
                self._of_word[word] = columns
        return columns

    def _character_columns(self, word: str) -> list[int]:
        """Return the columns of the sequences in `word`: none is known whose beginning is not."""
        index = self.index
        padded = f" {word} "
        columns: list[int] = []
        for at in range(len(padded) - CHARACTERS[0] + 1):
            for end in range(at + CHARACTERS[0], min(at + CHARACTERS[-1], len(padded)) + 1):
                column = index.get(f"c:{padded[at:end]}")
                if column is None:
                    break
                columns.append(column)
        return columns

    def _concept_columns(self, concepts: Sequence[str]) -> list[int]:
        """Return the columns of concepts and their pairs, without making the pairs' names."""
        columns = self._known(map(concept_name, concepts))
        there = set(concepts)
        for concept in concepts:
            after = self._paired.get(concept)
            if after is not None:
                columns += [after[other] for other in after.keys() & there]
        return columns

    def _known(self, names: Iterable[str]) -> list[int]:
        return [at for at in map(self.index.get, names) if at is not None]


def bounds_of(ordered: Places) -> npt.NDArray[np.intp]:
    """Return where each value of a sorted array stands first, and the array's length."""
    changes = np.empty(len(ordered) + 1, dtype=np.bool_)
    changes[0] = changes[-1] = True
    np.not_equal(ordered[1:], ordered[:-1], out=changes[1:-1])
    return changes.nonzero()[0] if len(ordered) else _NO_BOUNDS


_CACHED = 5_000
"""Words whose columns are remembered (under 2 MB)."""
_NARROW_BITS = 32
_WEIGHT_OF_BLOCK = np.array([WEIGHTS[name] for name in BLOCKS])
_NO_BOUNDS = np.zeros(1, dtype=np.intp)
