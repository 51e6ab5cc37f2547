"""What an evaluation found, as plain data and as a page of text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nlu.secrets import redact

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nlu.rasa_data import Example
    from nlu.report.measures import Bin, Interval
    from nlu.types import Understanding

_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Outcome:
    """One sentence, what was understood, and the milliseconds that took."""

    example: Example
    meaning: Understanding
    wall_ms: float
    cpu_ms: float
    """Of this process: a server's own time is not in it."""

    @property
    def exact(self) -> bool:
        """Whether the intent is the expected one."""
        return self.meaning.intent is self.example.intent

    @property
    def right(self) -> bool:
        """Whether the intent is the expected or another acceptable one."""
        return self.exact or self.meaning.intent in self.example.acceptable

    @property
    def shown(self) -> str:
        """The sentence for a report: one line, not too long, no password in it."""
        return " ".join(redact(self.example.text).text.split())[:_LONGEST]


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and their harmonic mean for one intent."""

    intent: str
    precision: float
    recall: float
    f1: float
    sentences: int


@dataclass(frozen=True, slots=True)
class EntityScore:
    """The same for one kind of entity: its kind and words are right, and its value if named."""

    kind: str
    precision: float
    recall: float
    f1: float
    marked: int


@dataclass(frozen=True, slots=True)
class Confusion:
    """A mistake that was made, how often, with at most three of its sentences."""

    expected: str
    got: str
    times: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """The lenient share of sentences that have something in common."""

    by: str
    name: str
    sentences: int
    lenient: float


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
    out_of_scope_f1: float
    auroc: float | None
    """Chance that a sentence out of scope looks more so than one of ours; None without either."""
    macro_f1: float
    """Mean F1 of the intents, rare and frequent ones alike."""
    calibration_error: float
    """Expected calibration error over ten bins, of lenient correctness."""
    language: float
    """Share of the sentences whose language was found (among those that name one)."""
    secrets: float
    """Share of the sentences taken for one that holds a password."""
    also: float | None
    """Share whose further wishes were found, none too many; None when the file tells none."""
    p50_ms: float
    p95_ms: float
    max_ms: float
    cpu_p50_ms: float
    cpu_p95_ms: float
    cpu_max_ms: float
    intervals: Mapping[str, Interval]
    """95 % bootstrap intervals of the figures of these names."""
    scores: tuple[Score, ...]
    entities: tuple[EntityScore, ...]
    """Empty when the file marks no entities; the last one is of all kinds."""
    confusions: tuple[Confusion, ...]
    calibration: tuple[Bin, ...]
    slices: tuple[Slice, ...]

    def summary(self) -> str:
        """Return the result as a page of text."""
        return "\n".join([*_figures(self), *_tables(self), *_mistakes(self)])

    def shown(self, figure: str) -> str:
        """Return a share and its interval: "88.2% (85.0-91.1)"."""
        value: float = getattr(self, figure)
        found = self.intervals.get(figure)
        around = f" ({found.low * 100:.1f}-{found.high * 100:.1f})" if found else ""
        return f"{value:.1%}{around}"


def _figures(result: Evaluation) -> Iterator[str]:
    shown = result.shown
    yield f"{result.sentences} sentences; in brackets 95 % of chance"
    yield f"strict {shown('strict')}  lenient {shown('lenient')}  in scope {shown('in_scope')}"
    recall, precision = shown("out_of_scope_recall"), shown("out_of_scope_precision")
    yield f"out of scope: recall {recall}, precision {precision}, F1 {shown('out_of_scope_f1')}"
    if result.auroc is not None:
        yield f"out of scope: AUROC {shown('auroc')}"
    yield f"macro F1 {result.macro_f1:.1%}"
    yield f"calibration error {result.calibration_error:.3f}  language {result.language:.1%}"
    if result.also is not None:
        yield f"further wishes {result.also:.1%}"
    wall = f"p50 {result.p50_ms:.3f} ms, p95 {result.p95_ms:.3f} ms, max {result.max_ms:.3f} ms"
    yield f"parse {wall}"
    cpu = f"p50 {result.cpu_p50_ms:.3f} ms, p95 {result.cpu_p95_ms:.3f} ms"
    yield f"  CPU {cpu}, max {result.cpu_max_ms:.3f} ms"


def _tables(result: Evaluation) -> Iterator[str]:
    head = f"{'precision':>10}{'recall':>8}{'F1':>7}{'n':>6}"
    yield ""
    yield f"{'intent':28}{head}"
    for each in result.scores:
        yield _row(each.intent, each, each.sentences)
    if result.entities:
        yield ""
        yield f"{'entity':28}{head}"
    for each in result.entities:
        yield _row(each.kind, each, each.marked)
    yield ""
    yield f"{'confidence':>10}{'right':>8}{'n':>6}"
    for each in result.calibration:
        yield f"{each.confidence:10.2f}{each.right:8.2f}{each.sentences:6}"
    if result.slices:
        yield ""
    for each in result.slices:
        yield f"{each.lenient:6.1%}{each.sentences:6}  {each.by} {each.name}"


def _row(name: str, score: Score | EntityScore, number: int) -> str:
    return f"{name:28}{score.precision:10.2f}{score.recall:8.2f}{score.f1:7.2f}{number:6}"


def _mistakes(result: Evaluation) -> Iterator[str]:
    if result.confusions:
        yield from ("", "mistakes")
    for each in result.confusions:
        yield f"{each.times:4} {each.expected} taken for {each.got}"
        for example in each.examples:
            yield f"       {example}"
