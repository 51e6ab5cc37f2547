"""An evaluation as one HTML file that needs nothing else: no script, no request, no font."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from nlu.report import charts
from nlu.report.compare import compare
from nlu.report.measures import auroc, percentile, roc
from nlu.report.scoring import ranked_outside, score

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nlu.report.measures import Point
    from nlu.report.results import Evaluation, Outcome

_FIGURES = (
    ("strict", "strict", "exactly the expected intent"),
    ("lenient", "lenient", "or another acceptable one"),
    ("in_scope", "in scope", "of the sentences that want something of ours"),
    ("out_of_scope_recall", "out of scope: recall", "found, of all there are"),
    ("out_of_scope_precision", "out of scope: precision", "right, of all called so"),
    ("out_of_scope_f1", "out of scope: F1", "both in one"),
    ("auroc", "out of scope: AUROC", "chance that such a sentence looks more so than one of ours"),
    ("macro_f1", "macro F1", "mean of the intents, rare and frequent alike"),
    ("language", "language", "of those whose language is told"),
    ("also", "also", "further wishes found, none too many"),
)
_MILLISECONDS = ("p50_ms", "p95_ms", "max_ms", "cpu_p50_ms", "cpu_p95_ms", "cpu_max_ms")


@dataclass(frozen=True, slots=True)
class Measured:
    """What an engine made of the sentences, and how the engine is called."""

    name: str
    outcomes: Sequence[Outcome]


def page(title: str, here: Measured, there: Measured | None = None) -> str:
    """Return the report of one engine, or of one beside another."""
    environment = Environment(
        loader=PackageLoader("nlu.report", "."), autoescape=True, undefined=StrictUndefined
    )
    one = score(here.outcomes)
    two = None if there is None else score(there.outcomes)
    return environment.get_template("page.html").render(
        title=title,
        here=here.name,
        there=None if there is None else there.name,
        one=one,
        two=two,
        compared=None if there is None else compare(here.outcomes, there.outcomes),
        figures=_figures(one, two),
        milliseconds=[
            (name, getattr(one, name), None if two is None else getattr(two, name))
            for name in _MILLISECONDS
        ],
        plots=_plots(one, here, two, there),
    )


def _figures(one: Evaluation, two: Evaluation | None) -> list[tuple[str, str, str, str]]:
    rows: list[tuple[str, str, str, str]] = []
    for name, label, meaning in _FIGURES:
        if getattr(one, name) is not None:
            beside = "" if two is None or getattr(two, name) is None else two.shown(name)
            rows.append((label, meaning, one.shown(name), beside))
    return rows


def _plots(
    one: Evaluation, here: Measured, two: Evaluation | None, there: Measured | None
) -> Mapping[str, str]:
    """Draw everything; `charts` escapes words, and the page takes the rest as it is."""
    waited = [each.wall_ms for each in here.outcomes]
    plots = {
        "f1": charts.bars(
            "F1 of each intent",
            [(each.intent, each.f1, each.sentences) for each in one.scores],
            None if two is None else {each.intent: each.f1 for each in two.scores},
        ),
        "reliability": charts.reliability(
            "How often answers are right against how sure they are",
            one.calibration,
            () if two is None else two.calibration,
        ),
        "matrix": _matrix(here.outcomes),
        "latency": charts.histogram(
            "Milliseconds a sentence takes", waited, max(percentile(waited, 0.99), 0.001)
        ),
    }
    points = _roc(here)
    if points:
        drawn = charts.roc(
            "Out-of-scope sentences found against false alarms", points, _roc(there)
        )
        plots["roc"] = drawn
    return plots


def _roc(tested: Measured | None) -> tuple[Point, ...]:
    if tested is None:
        return ()
    scores, positive = ranked_outside(tested.outcomes)
    return () if auroc(scores, positive) is None else roc(scores, positive)


def _matrix(outcomes: Sequence[Outcome]) -> str:
    counts = Counter((o.example.intent.value, o.meaning.intent.value) for o in outcomes)
    names = sorted({name for pair in counts for name in pair})
    return charts.matrix("What was understood for what was meant", names, counts)
