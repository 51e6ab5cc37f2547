"""How well an engine understands sentences whose meaning is known (`helpdesk nlu test`)."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from nlu.rasa_data import BadData, Example, read
from nlu.types import Intent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from nlu.port import Engine
    from nlu.types import Understanding

TODAY = date(2026, 3, 2)
"""Relative dates are resolved against this day, so that figures do not change with the date."""
_EXAMPLES_SHOWN = 3
_BINS = 10


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and their harmonic mean for one intent."""

    intent: str
    precision: float
    recall: float
    f1: float
    sentences: int


@dataclass(frozen=True, slots=True)
class Confusion:
    """A mistake that was made, how often, with at most three of its sentences."""

    expected: str
    got: str
    times: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The result of a test. Shares are between 0 and 1, latencies in milliseconds."""

    sentences: int
    strict: float
    """Share understood exactly."""
    lenient: float
    """Share understood, other acceptable intents (`alt`) allowed."""
    in_scope: float
    """Lenient share of the sentences that ask for something of ours."""
    out_of_scope_recall: float
    out_of_scope_precision: float
    """Lenient: a sentence that may be out of scope is no false alarm."""
    calibration_error: float
    """Expected calibration error over ten bins, of lenient correctness."""
    language: float
    """Share of the sentences whose language was found (among those that name one)."""
    secrets: float
    """Share of the sentences taken for one that holds a password."""
    p50_ms: float
    p95_ms: float
    scores: tuple[Score, ...]
    confusions: tuple[Confusion, ...]

    def summary(self) -> str:
        """Return the result as a page of text."""
        recall, precision = self.out_of_scope_recall, self.out_of_scope_precision
        out_of_scope = f"out of scope: recall {recall:.1%}, precision {precision:.1%}"
        lines = [
            f"{self.sentences} sentences",
            f"strict {self.strict:.1%}  lenient {self.lenient:.1%}  in scope {self.in_scope:.1%}",
            out_of_scope,
            f"calibration error {self.calibration_error:.3f}  language {self.language:.1%}",
            f"parse p50 {self.p50_ms:.3f} ms, p95 {self.p95_ms:.3f} ms",
            "",
            f"{'intent':28}{'precision':>10}{'recall':>8}{'F1':>7}{'n':>6}",
        ]
        for each in self.scores:
            shares = f"{each.precision:10.2f}{each.recall:8.2f}{each.f1:7.2f}"
            lines.append(f"{each.intent:28}{shares}{each.sentences:6}")
        lines += ["", "mistakes"] if self.confusions else []
        for each in self.confusions:
            lines.append(f"{each.times:4} {each.expected} taken for {each.got}")
            lines += [f"       {example}" for example in each.examples]
        return "\n".join(lines)


def read_examples(path: Path) -> list[Example]:
    """Read sentences from Rasa YAML or JSON lines.

    Raises:
        BadData: the file cannot be used; the message says why.
    """
    return read(path)


def evaluate(engine: Engine, examples: Sequence[Example]) -> Evaluation:
    """Let `engine` parse every example and compare. Must not be called from an event loop.

    Raises:
        BadData: there are no examples.
    """
    if not examples:
        raise BadData("no sentences to test with")
    meanings, milliseconds = asyncio.run(_parse_all(engine, examples))
    pairs = list(zip(examples, meanings, strict=True))
    right = [_is_right(example, meaning) for example, meaning in pairs]
    spoken = [(each.language, got.language) for each, got in pairs if each.language is not None]
    milliseconds.sort()
    return Evaluation(
        sentences=len(pairs),
        strict=_share(example.intent is meaning.intent for example, meaning in pairs),
        lenient=_share(right),
        in_scope=_share(
            ok
            for (example, _), ok in zip(pairs, right, strict=True)
            if example.intent is not Intent.OUT_OF_SCOPE
        ),
        out_of_scope_recall=_share(
            meaning.intent is Intent.OUT_OF_SCOPE
            for example, meaning in pairs
            if example.intent is Intent.OUT_OF_SCOPE
        ),
        out_of_scope_precision=_share(
            _is_right(example, meaning)
            for example, meaning in pairs
            if meaning.intent is Intent.OUT_OF_SCOPE
        ),
        calibration_error=_calibration_error([got.confidence for got in meanings], right),
        language=_share(expected is got for expected, got in spoken),
        secrets=_share(meaning.secret for meaning in meanings),
        p50_ms=milliseconds[len(milliseconds) // 2],
        p95_ms=milliseconds[len(milliseconds) * 95 // 100],
        scores=tuple(_scores(pairs)),
        confusions=tuple(_confusions(pairs)),
    )


async def _parse_all(
    engine: Engine, examples: Sequence[Example]
) -> tuple[list[Understanding], list[float]]:
    await engine.parse(examples[0].text, today=TODAY)  # the first one warms caches up
    meanings: list[Understanding] = []
    milliseconds: list[float] = []
    for example in examples:
        started = time.perf_counter()
        meanings.append(await engine.parse(example.text, today=TODAY))
        milliseconds.append((time.perf_counter() - started) * 1_000)
    return meanings, milliseconds


_Pair = tuple[Example, "Understanding"]


def _is_right(example: Example, meaning: Understanding) -> bool:
    return meaning.intent is example.intent or meaning.intent in example.acceptable


def _share(outcomes: Iterable[bool]) -> float:
    seen = list(outcomes)
    return sum(seen) / len(seen) if seen else 1.0


def _calibration_error(confidences: Sequence[float], right: Sequence[bool]) -> float:
    bins: dict[int, list[tuple[float, bool]]] = {}
    for confidence, ok in zip(confidences, right, strict=True):
        bins.setdefault(min(int(confidence * _BINS), _BINS - 1), []).append((confidence, ok))
    gaps = (
        abs(sum(confidence for confidence, _ in each) - sum(ok for _, ok in each))
        for each in bins.values()
    )
    return sum(gaps) / len(right)


def _scores(pairs: Sequence[_Pair]) -> Iterable[Score]:
    expected = Counter(example.intent for example, _ in pairs)
    got = Counter(meaning.intent for _, meaning in pairs)
    both = Counter(
        example.intent for example, meaning in pairs if example.intent is meaning.intent
    )
    for intent in sorted(expected):
        precision = both[intent] / got[intent] if got[intent] else 0.0
        recall = both[intent] / expected[intent]
        f1 = 2 * precision * recall / (precision + recall) if both[intent] else 0.0
        yield Score(intent.value, precision, recall, f1, expected[intent])


def _confusions(pairs: Sequence[_Pair]) -> Iterable[Confusion]:
    mistakes: dict[tuple[str, str], list[str]] = {}
    for example, meaning in pairs:
        if not _is_right(example, meaning):
            mistakes.setdefault((example.intent.value, meaning.intent.value), []).append(
                " ".join(example.text.split())[:120]
            )
    for (expected, got), texts in sorted(mistakes.items(), key=lambda each: -len(each[1])):
        yield Confusion(expected, got, len(texts), tuple(texts[:_EXAMPLES_SHOWN]))
