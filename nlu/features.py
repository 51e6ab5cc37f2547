"""From a message to a sparse vector: words, pairs of words, character sequences, concepts."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from math import log
from typing import TYPE_CHECKING

import numpy as np

from nlu.concepts import concept_features

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    Vectors = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float32]]
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

        All messages at once: a call for each would cost more than the sums themselves.
        """
        pieces: list[npt.NDArray[np.int32]] = [_NO_COLUMNS]
        lengths = [0]
        for message in messages:
            words = message[:LONGEST]
            found = [self._word_columns(word) for word in words]
            if words:
                found.append(self._columns([*_pairs_of(words), *concept_features(words)]))
            lengths.append(sum(map(len, found)))
            pieces += found
        shifts = np.arange(-1, len(messages)) * len(self.index)
        keys = np.concatenate(pieces) + np.repeat(shifts, lengths)
        keys, counts = np.unique(keys, return_counts=True)
        rows, columns = np.divmod(keys, max(len(self.index), 1))
        weighed = (1.0 + np.log(counts)) * self.idf[columns]
        slots = rows * len(BLOCKS) + self._block[columns]
        norms = np.sqrt(
            np.bincount(slots, weights=weighed**2, minlength=len(BLOCKS) * len(messages))
        )
        scales = np.tile(_WEIGHT_OF_BLOCK, len(messages)) / np.maximum(norms, _TINY)
        return rows, columns, (weighed * scales[slots]).astype(np.float32)

    def _word_columns(self, word: str) -> npt.NDArray[np.int32]:
        """Return the columns of a word and its character sequences; most words come often."""
        columns = self._of_word.get(word)
        if columns is None:
            columns = self._columns([f"w:{word}", *_characters(word)])
            if len(self._of_word) < _CACHED:
                self._of_word[word] = columns
        return columns

    def _columns(self, names: Iterable[str]) -> npt.NDArray[np.int32]:
        known = (self.index.get(name) for name in names)
        return np.array([at for at in known if at is not None], dtype=np.int32)


_CACHED = 5_000
"""Words whose columns are remembered (under 2 MB)."""
_TINY = 1e-9
_WEIGHT_OF_BLOCK = np.array([WEIGHTS[name] for name in BLOCKS])
_NO_COLUMNS = np.zeros(0, dtype=np.int32)
