"""What people write on bad days: registers, negations, and questions for other desks."""

from __future__ import annotations

import json
import re
from itertools import product
from pathlib import Path

import pytest

from nlu.evaluate import TODAY, evaluate, read_examples
from nlu.model_file import DATA
from nlu.types import Intent, Language

SETS = Path(__file__).parent / "challenges"
FLOORS = json.loads((SETS / "floors.json").read_text())
SHORT = 4
"""Words. Whoever writes sentences writes "reset password" too: it proves nothing was copied."""
STOCK = {"greet", "thank", "goodbye", "affirm", "deny", "cancel", "help"}
"""Intents made of phrases that everybody says ("no, I don't think so")."""


def _rows(name: str) -> list[dict]:
    return [json.loads(line) for line in (SETS / f"{name}.jsonl").read_text().splitlines()]


def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", text.lower()))


@pytest.mark.parametrize("name", ["composed", "negation", "near_domain"])
def test_no_worse_than_recorded(engine, name):
    result = evaluate(engine, read_examples(SETS / f"{name}.jsonl"))

    for figure, floor in FLOORS[name].items():
        assert getattr(result, figure) >= floor, f"{figure}\n{result.summary()}"
    assert result.secrets == 0


def test_further_wishes_are_heard(engine):
    rows = [row for row in _rows("composed") if "also" in row]
    meanings = [engine.understand(row["text"], today=TODAY) for row in rows]
    missed = [
        row["text"]
        for row, meaning in zip(rows, meanings, strict=True)
        if {row["intent"], *row["also"]} != {meaning.intent, *meaning.also}
    ]
    assert 1 - len(missed) / len(rows) >= FLOORS["wishes"], missed


def test_every_intent_is_asked_for_in_both_languages():
    asked = {(row["intent"], row["lang"]) for row in _rows("composed")}
    assert asked == set(product(Intent, Language))


@pytest.mark.parametrize("name", ["composed", "negation", "near_domain"])
def test_the_sets_are_not_trained_on(name):
    trained = {_words(each.text) for each in read_examples(DATA)}
    rows = [(_words(row["text"]), row["intent"]) for row in _rows(name)]
    wishes = {words for words, intent in rows if intent not in STOCK and len(words) > SHORT}

    assert len({words for words, _ in rows}) == len(rows)
    assert wishes & trained == set()
