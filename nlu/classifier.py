"""The classifier at run time: one matrix product over the features a message has.

Training (scikit-learn) is in `nlu.train`; this module needs numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from nlu.features import bounds_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from nlu.features import Vocabulary
    from nlu.normalise import Reading

Label = TypeVar("Label", bound=str)
"""What is chosen from: our intents, or any others (`nlu.train.fit_generic`)."""


_AT_ONCE = 16
"""Messages whose features make one table: what one message and its clauses need."""


@dataclass(frozen=True, slots=True)
class Classifier(Generic[Label]):
    """One linear function for each intent; two numbers make honest probabilities of them."""

    vocabulary: Vocabulary
    intents: tuple[Label, ...]
    weights: npt.NDArray[np.float16]
    """One row for each feature, one column for each intent; half precision is plenty."""
    bias: npt.NDArray[np.float32]
    temperature: float
    """Below one: the functions are less sure than they may be."""
    noise: float
    """Share of the messages about which nothing that was said tells: any intent is as likely."""

    def probabilities(self, messages: Sequence[Reading]) -> npt.NDArray[np.float64]:
        """Return a row for each message: the probability of each intent."""
        told = softmax(self.logits(messages) / self.temperature)
        return told * (1 - self.noise) + self.noise / len(self.intents)

    def logits(self, messages: Sequence[Reading]) -> npt.NDArray[np.float64]:
        """Return how far each intent is on its own side of the boundary with all others."""
        batches = range(0, len(messages), _AT_ONCE)
        sums = [self._sums(messages[at : at + _AT_ONCE]) for at in batches]
        return (np.concatenate(sums) + self.bias).astype(np.float64)

    def _sums(self, messages: Sequence[Reading]) -> npt.NDArray[np.float32]:
        # A message and its clauses share most features: each one's weights are read once.
        rows, columns, values = self.vocabulary.vectors(messages)
        bounds = bounds_of(columns)
        places = np.arange(len(bounds) - 1).repeat(bounds[1:] - bounds[:-1])
        table = np.zeros((len(messages), len(bounds) - 1), dtype=np.float32)
        table[rows, places] = values
        return table @ _single(self.weights.take(columns.take(bounds[:-1]), axis=0))

    def explain(self, message: Reading, intent: Label, most: int = 10) -> list[tuple[str, float]]:
        """Return the features that spoke most for (or against) `intent`, with their weight."""
        _, columns, values = self.vocabulary.vectors([message])
        names = list(self.vocabulary.index)
        weighed = values * self.weights[columns, self.intents.index(intent)]
        order = np.argsort(-np.abs(weighed))[:most]
        return [(names[columns[at]], float(weighed[at])) for at in order]


def softmax(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return probabilities along the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


_EXPONENTS_APART = np.float32(2.0**112)


def _single(half: npt.NDArray[np.float16]) -> npt.NDArray[np.float32]:
    """Return `half` in single precision, exactly: its bits in their new places, then its exponent.

    `astype` does the same number by number, five times slower. Neither infinity nor NaN may occur.
    """
    bits = half.view(np.int16).astype(np.int32) << 13
    bits &= ~0x70000000
    return bits.view(np.float32) * _EXPONENTS_APART
