"""From a message to a sparse vector: words, pairs of words, character sequences, concepts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from math import log
from typing import TYPE_CHECKING

import numpy as np

from nlu.concepts import concept_features

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    Vector = tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]

CHARACTERS = range(2, 6)
"""Lengths of character sequences inside a word, its borders included (`char_wb`)."""
BLOCKS = "wck"
"""Word n-grams, character sequences, concepts: the first letter of a feature's name."""
WEIGHTS = {"w": 1.0, "c": 1.0, "k": 0.8}
"""How much each block counts; found by cross-validation (docs/decisions/0071)."""
LONGEST = 120
"""Words of a message that are looked at: the wish of a long mail stands in its beginning."""


def features_of(canonical: Sequence[str]) -> Counter[str]:
    """Count the features of a message given as canonical words."""
    words = canonical[:LONGEST]
    counted: Counter[str] = Counter(f"w:{word}" for word in words)
    counted.update(f"w:{one} {two}" for one, two in pairwise(words))
    for word in words:
        counted.update(_characters(word))
    counted.update(dict.fromkeys(concept_features(words), 1))
    return counted


def _characters(word: str) -> list[str]:
    padded = f" {word} "
    if word.endswith("mask"):
        return []
    return [
        f"c:{padded[at : at + length]}"
        for length in CHARACTERS
        for at in range(len(padded) - length + 1)
    ]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The features a model knows, and how telling each is (inverse document frequency)."""

    index: Mapping[str, int]
    idf: npt.NDArray[np.float32]

    @classmethod
    def fit(cls, messages: Iterable[Counter[str]], *, at_least: Mapping[str, int]) -> Vocabulary:
        """Keep features seen in at least `at_least[block]` messages."""
        seen: Counter[str] = Counter()
        total = 0
        for message in messages:
            seen.update(message.keys())
            total += 1
        kept = sorted(name for name, count in seen.items() if count >= at_least[name[0]])
        idf = [log((1 + total) / (1 + seen[name])) + 1 for name in kept]
        return cls({name: at for at, name in enumerate(kept)}, np.array(idf, dtype=np.float32))

    def vector(self, message: Counter[str]) -> Vector:
        """Return columns and values: sublinear counts times idf, each block of length one."""
        columns: list[int] = []
        values: list[float] = []
        blocks: list[int] = []
        index = self.index
        for name, count in message.items():
            column = index.get(name)
            if column is not None:
                columns.append(column)
                values.append(1.0 if count == 1 else 1.0 + log(count))
                blocks.append(BLOCKS.index(name[0]))
        at = np.array(columns, dtype=np.int32)
        weighed = np.array(values, dtype=np.float32) * self.idf[at]
        block = np.array(blocks, dtype=np.intp)
        norms = np.sqrt(np.bincount(block, weights=weighed**2, minlength=len(BLOCKS)))
        scale = np.array([WEIGHTS[name] for name in BLOCKS]) / np.maximum(norms, 1e-9)
        return at, (weighed * scale[block]).astype(np.float32)
