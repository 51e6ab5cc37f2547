"""The classifier at run time: one matrix product over the features a message has.

Training (scikit-learn) is in `nlu.train`; this module needs numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass
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
    weights: npt.NDArray[np.float32]
    """One row for each feature, one column for each intent."""
    bias: npt.NDArray[np.float32]
    temperature: float

    def probabilities(self, canonical: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return the probability of each intent, in the order of `intents`."""
        return softmax(self.logits(canonical) / self.temperature)

    def logits(self, canonical: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return how far each intent is on its own side of the boundary with all others."""
        columns, values = self.vocabulary.vector(canonical)
        return (values @ self.weights[columns] + self.bias).astype(np.float64)

    def explain(
        self, canonical: Sequence[str], intent: Label, most: int = 10
    ) -> list[tuple[str, float]]:
        """Return the features that spoke most for (or against) `intent`, with their weight."""
        columns, values = self.vocabulary.vector(canonical)
        names = list(self.vocabulary.index)
        weighed = values * self.weights[columns, self.intents.index(intent)]
        order = np.argsort(-np.abs(weighed))[:most]
        return [(names[columns[at]], float(weighed[at])) for at in order]


def softmax(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return probabilities along the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)
