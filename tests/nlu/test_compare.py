"""Two engines on the same sentences."""

from __future__ import annotations

import pytest

from nlu.rasa_data import Example
from nlu.report.compare import Change, compare
from nlu.report.results import Outcome
from nlu.types import Intent, Understanding


def _outcomes(*intents):
    return [
        Outcome(Example(f"s{at}", Intent.GREET, None), Understanding(intent=intent), 1.0, 1.0)
        for at, intent in enumerate(intents)
    ]


def test_what_changed_and_whether_it_is_chance():
    yes, no = Intent.GREET, Intent.THANK
    here = _outcomes(yes, yes, yes, no, no)
    there = _outcomes(no, no, yes, yes, no)

    result = compare(here, there)

    assert (result.here, result.there) == (0.6, 0.4)
    assert result.difference == pytest.approx(0.2)
    assert result.interval.low < 0.2 < result.interval.high
    assert result.p_value == 1.0
    assert result.fixed == (
        Change("s0", "greet", "greet", "thank"),
        Change("s1", "greet", "greet", "thank"),
    )
    assert result.broken == (Change("s3", "greet", "thank", "greet"),)
    assert "difference +20.0 points" in result.summary()
    assert "there only: 1\n  s3\n" in result.summary()


def test_a_difference_beyond_chance():
    result = compare(_outcomes(*[Intent.GREET] * 12), _outcomes(*[Intent.THANK] * 12))

    assert result.p_value < 0.001
    assert result.interval.low == 1.0
