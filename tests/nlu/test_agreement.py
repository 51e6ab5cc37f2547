"""The labelling guide decides: two labels of one sentence agree, each by a rule that is there."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from nlu.types import Intent

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parent / "agreement.jsonl").read_text().splitlines()
]
GUIDE = (Path(__file__).parents[2] / "docs/reference/labelling.md").read_text()
RULES = set(re.findall(r"^\| ([a-z][a-z-]+) \|", GUIDE, re.MULTILINE)) - {"rule", "intent"}
LEAST = 0.85


def kappa(pairs: list[tuple[str, str]]) -> float:
    """Cohen, "A coefficient of agreement for nominal scales", Educ. Psychol. Meas. 20 (1960):
    (observed - expected) / (1 - expected), where expected is the agreement of two who label
    as often as these did but independently of each other.
    """
    total = len(pairs)
    observed = sum(one == two for one, two in pairs) / total
    first, second = (Counter(labels) for labels in zip(*pairs, strict=True))
    expected = sum(first[label] * second[label] for label in first) / total**2
    return (observed - expected) / (1 - expected)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("a", "a"), ("b", "b")], 1.0),
        ([("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")], 0.0),
        ([("a", "b"), ("b", "a")], -1.0),
        # 20 both yes, 5 and 10 split, 15 both no: observed 0.7, expected 0.5
        ([("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15, 0.4),
    ],
)
def test_kappa(pairs, expected):
    assert kappa(pairs) == pytest.approx(expected)


def test_both_labels_agree():
    measured = kappa([(row["writer"], row["reader"]) for row in ROWS])
    differ = [row for row in ROWS if row["writer"] != row["reader"]]
    assert measured >= LEAST, differ


def test_every_label_was_decided_by_a_rule_of_the_guide():
    assert {row["rule"] for row in ROWS} <= RULES | set(Intent)


def test_every_rule_was_tried():
    assert RULES - {row["rule"] for row in ROWS} == set()


def test_every_intent_was_written_for_and_no_sentence_stands_twice():
    assert {row["writer"] for row in ROWS} == set(Intent)
    assert len({row["text"].lower() for row in ROWS}) == len(ROWS) >= 150
