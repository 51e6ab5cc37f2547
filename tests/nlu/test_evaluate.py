"""The figures of a test are right, and those of the product do not fall."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nlu.evaluate import Confusion, Score, evaluate, read_examples
from nlu.model_file import DATA
from nlu.rasa_data import BadData, Example
from nlu.types import Intent, Language, Understanding

DEV = Path(__file__).parents[3] / "shared/data/nlu-dev.jsonl"
FLOOR = json.loads((DATA.parent / "scores.json").read_text())["dev"]
ID = Language.ID


class Scripted:
    """Understands each text as it was told."""

    def __init__(self, answers: dict[str, Understanding]) -> None:
        self._answers = answers

    async def parse(self, text, *, today):
        return self._answers[text]

    async def close(self):
        pass


def _meant(intent: Intent, confidence: float, language: Language | None = ID) -> Understanding:
    return Understanding(intent=intent, confidence=confidence, language=language)


def test_the_figures():
    engine = Scripted(
        {
            "a": _meant(Intent.GREET, 1.0),
            "b": _meant(Intent.GREET, 0.5),
            "c": _meant(Intent.THANK, 0.75, None),
            "d": _meant(Intent.OUT_OF_SCOPE, 0.25),
        }
    )
    result = evaluate(
        engine,
        [
            Example("a", Intent.GREET, ID),
            Example("b", Intent.HELP, ID),
            Example("c", Intent.GREET, ID, acceptable=(Intent.THANK,)),
            Example("d", Intent.OUT_OF_SCOPE, None),
        ],
    )

    assert (result.sentences, result.strict, result.lenient) == (4, 0.5, 0.75)
    assert result.in_scope == pytest.approx(2 / 3)
    assert (result.out_of_scope_recall, result.out_of_scope_precision) == (1.0, 1.0)
    assert result.calibration_error == pytest.approx((0 + 0.5 + 0.25 + 0.75) / 4)
    assert result.language == pytest.approx(2 / 3)
    assert result.scores == (
        Score("greet", 0.5, 0.5, 0.5, 2),
        Score("help", 0.0, 0.0, 0.0, 1),
        Score("out_of_scope", 1.0, 1.0, 1.0, 1),
    )
    assert result.confusions == (Confusion("help", "greet", 1, ("b",)),)
    assert "help taken for greet" in result.summary()


def test_without_mistakes_none_are_listed():
    engine = Scripted({"a": _meant(Intent.GREET, 1.0)})
    assert "mistakes" not in evaluate(engine, [Example("a", Intent.GREET, ID)]).summary()


def test_nothing_to_test_with_is_said():
    with pytest.raises(BadData, match="no sentences"):
        evaluate(Scripted({}), [])


@pytest.mark.skipif(not DEV.exists(), reason="the shared folder is not on this machine")
def test_the_measuring_set_is_understood_no_worse_than_recorded(engine):
    result = evaluate(engine, read_examples(DEV))

    for figure, floor in FLOOR.items():
        assert getattr(result, figure) >= floor, result.summary()
    assert result.calibration_error <= 0.05
    assert result.secrets <= 0.01
