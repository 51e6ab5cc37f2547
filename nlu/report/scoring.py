"""From outcomes to figures."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from nlu.report.measures import (
    auroc,
    calibration,
    calibration_error,
    harmonic,
    interval,
    percentile,
    share,
)
from nlu.report.results import Confusion, EntityScore, Evaluation, Score, Slice
from nlu.types import Intent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from nlu.report.measures import Flags, Interval, Numbers, Places
    from nlu.report.results import Outcome
    from nlu.types import Understanding

_EXAMPLES_SHOWN = 3
_SMALLEST_SLICE = 5
"""Sentences below which a share of them says nothing."""


def score(outcomes: Sequence[Outcome]) -> Evaluation:
    """Return all figures of at least one outcome."""
    right = [each.right for each in outcomes]
    outside, called = _outside(outcomes), _called_outside(outcomes)
    spoken = [each for each in outcomes if each.example.language is not None]
    listed = [each for each in outcomes if each.example.also is not None]
    recall = share(each for each, is_one in zip(called, outside, strict=True) if is_one)
    precision = share(ok for ok, is_one in zip(right, called, strict=True) if is_one)
    scores, bins = tuple(_scores(outcomes)), calibration(_confidences(outcomes), right)
    wall, cpu = [each.wall_ms for each in outcomes], [each.cpu_ms for each in outcomes]
    return Evaluation(
        sentences=len(outcomes),
        strict=share(each.exact for each in outcomes),
        lenient=share(right),
        in_scope=share(ok for ok, is_one in zip(right, outside, strict=True) if not is_one),
        out_of_scope_recall=recall,
        out_of_scope_precision=precision,
        out_of_scope_f1=harmonic(precision, recall),
        auroc=auroc(*ranked_outside(outcomes)),
        macro_f1=sum(each.f1 for each in scores) / len(scores),
        calibration_error=calibration_error(bins),
        language=share(each.example.language is each.meaning.language for each in spoken),
        secrets=share(each.meaning.secret for each in outcomes),
        also=share(each.example.also == each.meaning.also for each in listed) if listed else None,
        p50_ms=percentile(wall, 0.5),
        p95_ms=percentile(wall, 0.95),
        max_ms=max(wall),
        cpu_p50_ms=percentile(cpu, 0.5),
        cpu_p95_ms=percentile(cpu, 0.95),
        cpu_max_ms=max(cpu),
        intervals=dict(_intervals(outcomes)),
        scores=scores,
        entities=tuple(_entities(outcomes)),
        confusions=tuple(_confusions(outcomes)),
        calibration=bins,
        slices=tuple(_slices(outcomes)),
    )


def out_of_scope_score(meaning: Understanding) -> float:
    """Return how much a message looks out of scope, as far as the ranking tells.

    An engine may name only its best guesses: what is not named has at most the rest.
    """
    for each in meaning.ranking:
        if each.intent is Intent.OUT_OF_SCOPE:
            return each.confidence
    if not meaning.ranking:  # nothing was weighed: no words, or an engine that ranks nothing
        return float(meaning.intent is Intent.OUT_OF_SCOPE)
    rest = 1.0 - sum(each.confidence for each in meaning.ranking)
    return max(0.0, min([rest, *(each.confidence for each in meaning.ranking)]))


def ranked_outside(outcomes: Sequence[Outcome]) -> tuple[Numbers, Flags]:
    """Return scores and truths of being out of scope, without sentences that may be either."""
    clear = [each for each in outcomes if Intent.OUT_OF_SCOPE not in each.example.acceptable]
    return (
        np.array([out_of_scope_score(each.meaning) for each in clear], dtype=np.float64),
        np.array(_outside(clear), dtype=np.bool_),
    )


def _outside(outcomes: Iterable[Outcome]) -> list[bool]:
    return [each.example.intent is Intent.OUT_OF_SCOPE for each in outcomes]


def _called_outside(outcomes: Iterable[Outcome]) -> list[bool]:
    return [each.meaning.intent is Intent.OUT_OF_SCOPE for each in outcomes]


def _confidences(outcomes: Iterable[Outcome]) -> list[float]:
    return [each.meaning.confidence for each in outcomes]


def _intervals(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, Interval]]:
    exact = np.array([each.exact for each in outcomes])
    right = np.array([each.right for each in outcomes])
    outside, called = np.array(_outside(outcomes)), np.array(_called_outside(outcomes))
    clear = np.array([Intent.OUT_OF_SCOPE not in each.example.acceptable for each in outcomes])
    sureness = np.array([out_of_scope_score(each.meaning) for each in outcomes])
    everything = np.ones(len(outcomes), dtype=np.bool_)
    recall, precision = _mean(called, outside), _mean(right, called)

    def f1(at: Places) -> float | None:
        both = precision(at), recall(at)
        return None if both[0] is None or both[1] is None else harmonic(both[0], both[1])

    def area(at: Places) -> float | None:
        kept = at[clear[at]]
        return auroc(sureness[kept], outside[kept])

    figures: dict[str, Callable[[Places], float | None]] = {
        "strict": _mean(exact, everything),
        "lenient": _mean(right, everything),
        "in_scope": _mean(right, ~outside),
        "out_of_scope_recall": recall,
        "out_of_scope_precision": precision,
        "out_of_scope_f1": f1,
        "auroc": area,
    }
    for name, figure in figures.items():
        found = interval(figure, len(outcomes))
        if found is not None:
            yield name, found


def _mean(flags: Flags, among: Flags) -> Callable[[Places], float | None]:
    def figure(at: Places) -> float | None:
        kept = at[among[at]]
        return float(flags[kept].mean()) if len(kept) else None

    return figure


def _scores(outcomes: Sequence[Outcome]) -> Iterable[Score]:
    expected = Counter(each.example.intent for each in outcomes)
    got = Counter(each.meaning.intent for each in outcomes)
    both = Counter(each.example.intent for each in outcomes if each.exact)
    for intent in sorted(expected):
        precision = both[intent] / got[intent] if got[intent] else 0.0
        recall = both[intent] / expected[intent]
        f1 = harmonic(precision, recall)
        yield Score(intent.value, precision, recall, f1, expected[intent])


def _entities(outcomes: Sequence[Outcome]) -> Iterator[EntityScore]:
    """Compare by what is covered: a redacted text has other places than the one in the file."""
    marked: Counter[str] = Counter()
    found: Counter[str] = Counter()
    hit: Counter[str] = Counter()
    for outcome in outcomes:
        text, meaning = outcome.example.text, outcome.meaning
        wanted = [(e.kind, text[e.start : e.end], e.value) for e in outcome.example.entities]
        left = [(e.kind, meaning.text[e.start : e.end], e.value) for e in meaning.entities]
        marked.update(kind.value for kind, _, _ in wanted)
        found.update(kind.value for kind, _, _ in left)
        for kind, covered, value in wanted:
            same = (e for e in left if e[:2] == (kind, covered) and value in {None, e[2]})
            match = next(same, None)
            if match is not None:
                left.remove(match)
                hit[kind.value] += 1
    if marked:
        for kind in sorted(marked | found):
            yield _entity_score(kind, marked[kind], found[kind], hit[kind])
        yield _entity_score("all", marked.total(), found.total(), hit.total())


def _entity_score(kind: str, marked: int, found: int, hit: int) -> EntityScore:
    precision = hit / found if found else 0.0
    recall = hit / marked if marked else 0.0
    return EntityScore(kind, precision, recall, harmonic(precision, recall), marked)


def _confusions(outcomes: Sequence[Outcome]) -> Iterable[Confusion]:
    mistakes: dict[tuple[str, str], list[str]] = {}
    for each in outcomes:
        if not each.right:
            key = (each.example.intent.value, each.meaning.intent.value)
            mistakes.setdefault(key, []).append(each.shown)
    for (expected, got), texts in sorted(mistakes.items(), key=lambda each: -len(each[1])):
        yield Confusion(expected, got, len(texts), tuple(texts[:_EXAMPLES_SHOWN]))


def _slices(outcomes: Sequence[Outcome]) -> Iterator[Slice]:
    groups: dict[str, dict[str, list[bool]]] = {"language": {}, "tag": {}, "source": {}}
    for each in outcomes:
        example = each.example
        names = {
            "language": [example.language.value if example.language else "other"],
            "tag": example.tags,
            "source": [example.source or example.ring],
        }
        for by, found in names.items():
            for name in found:
                groups[by].setdefault(name, []).append(each.right)
    for by, found in groups.items():
        for name, right in sorted(found.items(), key=lambda each: (-len(each[1]), each[0])):
            if _SMALLEST_SLICE <= len(right) < len(outcomes):
                yield Slice(by, name, len(right), share(right))
