"""Two engines on the same sentences: is the difference more than chance, and which changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nlu.report.measures import interval, mcnemar, share

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nlu.report.measures import Interval
    from nlu.report.results import Outcome


@dataclass(frozen=True, slots=True)
class Change:
    """A sentence that one engine understands and the other does not."""

    text: str
    expected: str
    here: str
    there: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """The lenient share of an engine against another's ("there")."""

    sentences: int
    here: float
    there: float
    difference: float
    interval: Interval | None
    """95 % bootstrap interval of the difference, sentence by sentence."""
    p_value: float
    """McNemar's exact test: how often chance alone changes as one-sidedly."""
    fixed: tuple[Change, ...]
    """Understood here, and not there."""
    broken: tuple[Change, ...]

    def summary(self) -> str:
        """Return the result as a page of text."""
        return "\n".join(_lines(self))


def compare(here: Sequence[Outcome], there: Sequence[Outcome]) -> Comparison:
    """Compare what two engines made of the same sentences, in the same order."""
    gain = np.array([one.right - two.right for one, two in zip(here, there, strict=True)])
    fixed = tuple(_changes(here, there, 1))
    broken = tuple(_changes(here, there, -1))
    return Comparison(
        sentences=len(here),
        here=share(each.right for each in here),
        there=share(each.right for each in there),
        difference=float(gain.mean()),
        interval=interval(lambda at: float(gain[at].mean()), len(here)),
        p_value=mcnemar(len(fixed), len(broken)),
        fixed=fixed,
        broken=broken,
    )


def _changes(
    here: Sequence[Outcome], there: Sequence[Outcome], direction: int
) -> Iterator[Change]:
    for one, two in zip(here, there, strict=True):
        if one.right - two.right == direction:
            expected = one.example.intent.value
            yield Change(one.shown, expected, one.meaning.intent.value, two.meaning.intent.value)


def _lines(result: Comparison) -> Iterator[str]:
    yield f"lenient {result.here:.1%} here, {result.there:.1%} there"
    around = result.interval
    bounds = f" ({around.low * 100:+.1f} to {around.high * 100:+.1f})" if around else ""
    points = f"{result.difference * 100:+.1f} points{bounds}"
    yield f"difference {points}, p = {result.p_value:.3f} (McNemar, exact)"
    for title, changes in (("understood here only", result.fixed), ("there only", result.broken)):
        yield ""
        yield f"{title}: {len(changes)}"
        for each in changes:
            yield f"  {each.text}"
            yield f"       {each.expected}: {each.here} here, {each.there} there"
