"""The learning curve: how much more sentences help (`helpdesk nlu curve`)."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nlu.embedded import EmbeddedEngine
from nlu.evaluate import evaluate
from nlu.model_file import save
from nlu.report import charts
from nlu.train import fit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nlu.rasa_data import Example
    from nlu.report.results import Evaluation

SIZES = (5, 10, 20, 40, 80, 160, 320, 640)
"""Sentences of each intent; after them comes a step with all."""
SEEDS = 3


@dataclass(frozen=True, slots=True)
class Range:
    """A figure's mean over the draws, and its extremes."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Step:
    """What an engine understands that learned from this many sentences of each intent."""

    each: int | None
    """None: all there are."""
    sentences: int
    lenient: Range
    out_of_scope_f1: Range

    @property
    def name(self) -> str:
        """What stands below the axis."""
        return "all" if self.each is None else str(self.each)


def steps(
    training: Sequence[Example],
    measuring: Sequence[Example],
    sizes: Sequence[int] = SIZES,
    seeds: int = SEEDS,
) -> Iterator[Step]:
    """Train on growing random parts of `training` and test each on `measuring`."""
    for size in sizes:
        parts = [drawn(training, size, seed) for seed in range(seeds)]
        yield _step(size, len(parts[0]), [_tested(part, measuring) for part in parts])
    yield _step(None, len(training), [_tested(training, measuring)])


def drawn(training: Sequence[Example], size: int, seed: int) -> list[Example]:
    """Return at most `size` sentences of each intent; larger draws of a seed hold smaller ones."""
    order: list[int] = np.random.default_rng(seed).permutation(len(training)).tolist()
    taken: dict[str, list[Example]] = {}
    for at in order:
        of_intent = taken.setdefault(training[at].intent, [])
        if len(of_intent) < size:
            of_intent.append(training[at])
    return [example for intent in sorted(taken) for example in taken[intent]]


def _tested(training: Sequence[Example], measuring: Sequence[Example]) -> Evaluation:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "nlu.model"
        save(fit(training)[0], path)
        return evaluate(EmbeddedEngine(path), measuring)


def _step(each: int | None, sentences: int, results: Sequence[Evaluation]) -> Step:
    return Step(
        each,
        sentences,
        _range([result.lenient for result in results]),
        _range([result.out_of_scope_f1 for result in results]),
    )


def _range(values: Sequence[float]) -> Range:
    return Range(sum(values) / len(values), min(values), max(values))


def drawing(found: Sequence[Step]) -> str:
    """Return the curve as SVG."""
    return charts.curve(
        "Share understood by sentences of each intent learned from",
        [step.name for step in found],
        {
            "understood": [_triple(step.lenient) for step in found],
            "out of scope, F1": [_triple(step.out_of_scope_f1) for step in found],
        },
    )


def _triple(found: Range) -> tuple[float, float, float]:
    return found.mean, found.low, found.high
