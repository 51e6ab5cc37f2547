"""The classifier at run time: one matrix product over the features a message has.

Training (scikit-learn) is in `nlu.train`; this module needs numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from nlu.features import Vocabulary

Label = TypeVar("Label", bound=str)
"""What is chosen from: our intents, or any others (`nlu.train.fit_generic`)."""


@dataclass(frozen=True, slots=True)
class Classifier(Generic[Label]):
    """One linear function for each intent; a temperature makes honest probabilities of them."""

    vocabulary: Vocabulary
    intents: tuple[Label, ...]
    weights: npt.NDArray[np.float16]
    """One row for each feature, one column for each intent; half precision is plenty."""
    bias: npt.NDArray[np.float32]
    temperature: float

    def probabilities(self, messages: Sequence[Sequence[str]]) -> npt.NDArray[np.float64]:
        """Return a row for each message (canonical words): the probability of each intent."""
        return softmax(self.logits(messages) / self.temperature)

    def logits(self, messages: Sequence[Sequence[str]]) -> npt.NDArray[np.float64]:
        """Return how far each intent is on its own side of the boundary with all others."""
        rows, columns, values = self.vocabulary.vectors(messages)
        ends = np.searchsorted(rows, np.arange(len(messages) + 1)).tolist()
        sums = [
            values[start:end] @ self.weights.take(columns[start:end], axis=0)
            for start, end in pairwise(ends)
        ]
        return (np.array(sums) + self.bias).astype(np.float64)

    def explain(
        self, canonical: Sequence[str], intent: Label, most: int = 10
    ) -> list[tuple[str, float]]:
        """Return the features that spoke most for (or against) `intent`, with their weight."""
        _, columns, values = self.vocabulary.vectors([canonical])
        names = list(self.vocabulary.index)
        weighed = values * self.weights[columns, self.intents.index(intent)]
        order = np.argsort(-np.abs(weighed))[:most]
        return [(names[columns[at]], float(weighed[at])) for at in order]


def softmax(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return probabilities along the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)
