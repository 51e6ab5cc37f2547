"""Statistics of an evaluation. Pure: numbers in, numbers out; chance is seeded."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy.typing as npt

    Flags = npt.NDArray[np.bool_]
    Numbers = npt.NDArray[np.float64]
    Places = npt.NDArray[np.intp]

BINS = 10
"""Bins of confidence in which calibration is looked at."""
_RESAMPLES = 1_000
_SEED = 20


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a figure lies in 95 of 100 samples like this one."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of similar confidence: how sure they were, and how often right."""

    sentences: int
    confidence: float
    right: float


@dataclass(frozen=True, slots=True)
class Point:
    """A threshold's share of false alarms and of true finds."""

    false_alarms: float
    found: float


def share(outcomes: Iterable[bool]) -> float:
    """Return the share of true ones; 1 when there are none, for nothing went wrong."""
    seen = list(outcomes)
    return sum(seen) / len(seen) if seen else 1.0


def harmonic(precision: float, recall: float) -> float:
    """Return F1, the harmonic mean."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def percentile(values: Sequence[float], at: float) -> float:
    """Return the value below which the share `at` of the values lies."""
    return sorted(values)[min(int(len(values) * at), len(values) - 1)]


def roc(scores: Numbers, positive: Flags) -> tuple[Point, ...]:
    """Return the receiver operating characteristic, from (0, 0) to (1, 1).

    Both kinds must be there. Equal scores are one threshold.
    """
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    found = np.cumsum(positive[order])[ends] / np.count_nonzero(positive)
    alarms = np.cumsum(~positive[order])[ends] / np.count_nonzero(~positive)
    rest = (Point(float(x), float(y)) for x, y in zip(alarms, found, strict=True))
    return (Point(0.0, 0.0), *rest)


def auroc(scores: Numbers, positive: Flags) -> float | None:
    """Return the chance that a positive scores above a negative; None when one kind lacks."""
    above, below = np.sort(scores[positive]), np.sort(scores[~positive])
    if not len(above) or not len(below):
        return None
    lower = np.searchsorted(below, above, side="left")
    not_higher = np.searchsorted(below, above, side="right")
    return float((lower + not_higher).mean() / (2 * len(below)))


def calibration(confidences: Sequence[float], right: Sequence[bool]) -> tuple[Bin, ...]:
    """Return the bins of confidence that are not empty, from unsure to sure."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for confidence, ok in zip(confidences, right, strict=True):
        bins.setdefault(min(int(confidence * BINS), BINS - 1), []).append((confidence, ok))
    return tuple(
        Bin(len(each), sum(sure for sure, _ in each) / len(each), share(ok for _, ok in each))
        for _, each in sorted(bins.items())
    )


def calibration_error(bins: Sequence[Bin]) -> float:
    """Return the expected calibration error: the mean gap between sureness and rightness."""
    gaps = sum(each.sentences * abs(each.confidence - each.right) for each in bins)
    return gaps / sum(each.sentences for each in bins)


def interval(figure: Callable[[Places], float | None], size: int) -> Interval | None:
    """Return the 95 % bootstrap interval of `figure`, which is told which of `size` to look at.

    None when no sample has a figure.
    """
    chance = np.random.default_rng(_SEED)
    drawn = (figure(chance.integers(size, size=size)) for _ in range(_RESAMPLES))
    values = [value for value in drawn if value is not None]
    if not values:
        return None
    low, high = np.percentile(values, (2.5, 97.5))
    return Interval(float(low), float(high))


def mcnemar(one_way: int, other_way: int) -> float:
    """Return the exact two-sided p-value that changes go both ways alike."""
    changed = one_way + other_way
    tail = sum(comb(changed, at) for at in range(min(one_way, other_way) + 1))
    return min(1.0, 2 * tail / 2**changed)
