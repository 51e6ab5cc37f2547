"""From a message to a sparse vector: words, pairs of words, concepts, character sequences.

Sequences are taken twice: of the canonical words, and of the words as written. Where the
normalisation errs the second still tell; where people misspell the first do.
"""

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

    from nlu.normalise import Reading

    Places = npt.NDArray[np.int32] | npt.NDArray[np.int64]
    Vectors = tuple[Places, Places, npt.NDArray[np.float32]]
    """The filled places of a matrix: which message, which feature, how much."""

BLOCKS = "wckr"
"""Words and pairs, character sequences, concepts, sequences as written: a name's first letter."""
WEIGHTS = {"w": 0.8, "c": 1.0, "k": 1.0, "r": 0.7}
"""How much each block counts (docs/decisions/0071)."""
LONGEST = 120
"""Words of a message that are looked at: the wish of a long mail stands in its beginning."""
_LONGEST_WORD = 40


def features_of(message: Reading, characters: range) -> Counter[str]:
    """Count the features of a message; `characters` are the lengths of character sequences.

    Sequences do not reach beyond a word; its borders are characters of their own (`char_wb`).
    """
    words = message.words[:LONGEST]
    counted: Counter[str] = Counter(f"w:{word}" for word in words)
    counted.update(_pairs_of(words))
    for block, of in ("c", words), ("r", message.written[:LONGEST]):
        for word in of:
            counted.update(_characters(block, word, characters))
    counted.update(dict.fromkeys(concept_features(words), 1))
    return counted


def _pairs_of(words: Sequence[str]) -> list[str]:
    return [f"w:{one} {two}" for one, two in pairwise(words)]


def _characters(block: str, word: str, lengths: range) -> list[str]:
    padded = f" {word[:_LONGEST_WORD]} "
    if word.endswith("mask"):
        return []
    return [
        f"{block}:{padded[at : at + length]}"
        for length in lengths
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
        lengths = {len(name) - 2 for name in names if name[0] in "cr"}
        self._characters = range(min(lengths, default=1), max(lengths, default=0) + 1)
        self._of_word: dict[str, npt.NDArray[np.int32]] = {}
        self._of_written: dict[str, npt.NDArray[np.int32]] = {}
        self._paired: dict[str, dict[str, int]] = {}
        for name, at in self.index.items():
            pair = concept_pair(name)
            if pair is not None:
                self._paired.setdefault(pair[0], {})[pair[1]] = at

    @classmethod
    def fit(cls, messages: Iterable[Counter[str]], *, at_least: Mapping[str, int]) -> Vocabulary:
        """Keep features seen in at least `at_least[block]` messages; of other blocks none.

        Pairs of words are the block "p" here.
        """
        seen: Counter[str] = Counter()
        total = 0
        for message in messages:
            seen.update(message.keys())
            total += 1
        kept = sorted(
            name for name, count in seen.items() if count >= at_least.get(_kind(name), total + 1)
        )
        idf = [log((1 + total) / (1 + seen[name])) + 1 for name in kept]
        return cls(kept, np.array(idf, dtype=np.float32))

    def vectors(self, messages: Sequence[Reading]) -> Vectors:
        """Return sublinear counts times idf, each block of a message of length one.

        In the order of the features, and for each feature in the order of the messages. All
        messages at once: a call for each would cost more than the sums themselves.
        """
        pieces: list[npt.NDArray[np.int32]] = []
        lengths: list[int] = []
        others: list[int] = []
        other_lengths: list[int] = []
        for message in messages:
            words = message.words[:LONGEST]
            found = list(map(self._word_columns, words))
            found += map(self._written_columns, message.written[:LONGEST])
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
            known = self._known([f"w:{word}", *_characters("c", word, self._characters)])
            columns = np.array(known, dtype=np.int32)
            if len(self._of_word) < _CACHED:
                self._of_word[word] = columns
        return columns

    def _written_columns(self, word: str) -> npt.NDArray[np.int32]:
        """Return the columns of the character sequences of a word as written."""
        columns = self._of_written.get(word)
        if columns is None:
            known = self._known(_characters("r", word, self._characters))
            columns = np.array(known, dtype=np.int32)
            if len(self._of_written) < _CACHED:
                self._of_written[word] = columns
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


def _kind(name: str) -> str:
    return "p" if name[0] == "w" and " " in name else name[0]


def bounds_of(ordered: Places) -> npt.NDArray[np.intp]:
    """Return where each value of a sorted array stands first, and the array's length."""
    changes = np.empty(len(ordered) + 1, dtype=np.bool_)
    changes[0] = changes[-1] = True
    np.not_equal(ordered[1:], ordered[:-1], out=changes[1:-1])
    return changes.nonzero()[0] if len(ordered) else _NO_BOUNDS


_CACHED = 2_500
"""Words whose columns are remembered, canonical ones and written ones (under 2 MB in all)."""
_NARROW_BITS = 32
_WEIGHT_OF_BLOCK = np.array([WEIGHTS[name] for name in BLOCKS])
_NO_BOUNDS = np.zeros(1, dtype=np.intp)
