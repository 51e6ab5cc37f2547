"""The figures of a test are right, and those of the product do not fall."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nlu.evaluate import TODAY, evaluate, read_examples
from nlu.model_file import DATA
from nlu.rasa_data import Annotation, BadData, Example
from nlu.report.measures import Interval
from nlu.report.results import Confusion, EntityScore, Score, Slice
from nlu.report.scoring import out_of_scope_score
from nlu.types import Entity, EntityKind, Intent, Language, Ranked, Understanding

DEV = Path(__file__).parents[3] / "shared/data/nlu-dev.jsonl"
FLOOR = json.loads((DATA.parent / "scores.json").read_text())["dev"]
ID = Language.ID


class Scripted:
    """Understands each text as it was told."""

    def __init__(self, answers: dict[str, Understanding]) -> None:
        self._answers = answers

    async def parse(self, text, *, today):
        assert today == TODAY
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
    assert result.out_of_scope_f1 == result.auroc == 1.0
    assert result.macro_f1 == pytest.approx(0.5)
    assert [each.sentences for each in result.calibration] == [1, 1, 1, 1]
    assert 0 <= result.cpu_p50_ms <= result.cpu_p95_ms <= result.cpu_max_ms
    assert 0 < result.p50_ms <= result.p95_ms <= result.max_ms


def test_a_figure_comes_with_what_chance_may_do_to_it():
    engine = Scripted({"a": _meant(Intent.GREET, 1.0), "b": _meant(Intent.THANK, 1.0)})
    examples = [Example("a", Intent.GREET, ID)] * 50 + [Example("b", Intent.GREET, ID)] * 50

    result = evaluate(engine, examples)

    assert result.auroc is None
    assert result.intervals == evaluate(engine, examples).intervals
    found = result.intervals["strict"]
    assert isinstance(found, Interval)
    assert (found.low, found.high) == (pytest.approx(0.4, abs=0.02), pytest.approx(0.6, abs=0.02))
    assert "auroc" not in result.intervals
    assert "strict 50.0% (" in result.summary()


@pytest.mark.parametrize(
    ("intent", "ranking", "score"),
    [
        (Intent.OUT_OF_SCOPE, [(Intent.OUT_OF_SCOPE, 0.7), (Intent.GREET, 0.3)], 0.7),
        (Intent.GREET, [(Intent.GREET, 0.6), (Intent.OUT_OF_SCOPE, 0.4)], 0.4),
        (Intent.GREET, [(Intent.GREET, 0.5), (Intent.THANK, 0.4)], 0.1),
        (Intent.GREET, [(Intent.GREET, 0.3), (Intent.THANK, 0.2)], 0.2),
        (Intent.GREET, [(Intent.GREET, 1.0), (Intent.THANK, 0.1)], 0.0),
        (Intent.OUT_OF_SCOPE, [], 1.0),
        (Intent.GREET, [], 0.0),
    ],
)
def test_how_much_a_message_looks_out_of_scope(intent, ranking, score):
    meaning = Understanding(intent=intent, ranking=tuple(Ranked(*each) for each in ranking))
    assert out_of_scope_score(meaning) == pytest.approx(score)


def test_a_sentence_that_may_be_either_says_nothing_about_the_border():
    ours, outside = Ranked(Intent.OUT_OF_SCOPE, 0.2), Ranked(Intent.OUT_OF_SCOPE, 0.6)
    either = Ranked(Intent.OUT_OF_SCOPE, 0.9)
    answers = {
        "ours": Understanding(intent=Intent.GREET, ranking=(ours,)),
        "outside": Understanding(intent=Intent.OUT_OF_SCOPE, ranking=(outside,)),
        "either": Understanding(intent=Intent.OUT_OF_SCOPE, ranking=(either,)),
    }
    examples = [
        Example("ours", Intent.GREET, ID),
        Example("outside", Intent.OUT_OF_SCOPE, ID),
        Example("either", Intent.GREET, ID, acceptable=(Intent.OUT_OF_SCOPE,)),
    ]
    assert evaluate(Scripted(answers), examples).auroc == 1.0


def test_entities_are_compared_by_kind_words_and_a_value_that_is_named():
    number, mail = EntityKind.STUDENT_NUMBER, EntityKind.EMAIL
    text = "NIM 13519001 tamu a@contoh.id"
    marks = (
        Annotation(number, 4, 12),
        Annotation(EntityKind.ACCOUNT_TYPE, 13, 17, "guest"),
        Annotation(mail, 18, 29),
    )
    found = (
        Entity(number, 4, 12, "13519001"),
        Entity(EntityKind.ACCOUNT_TYPE, 13, 17, "staff"),
        Entity(number, 18, 29, "x"),
    )
    answers = {text: Understanding(text=text, intent=Intent.GREET, entities=found)}

    result = evaluate(Scripted(answers), [Example(text, Intent.GREET, ID, marks)])

    assert result.entities == (
        EntityScore("account_type", 0.0, 0.0, 0.0, 1),
        EntityScore("email", 0.0, 0.0, 0.0, 1),
        EntityScore("student_number", 0.5, 1.0, pytest.approx(2 / 3), 1),
        EntityScore("all", pytest.approx(1 / 3), pytest.approx(1 / 3), pytest.approx(1 / 3), 3),
    )
    assert "student_number" in result.summary()


def test_further_wishes_count_where_the_file_tells_them():
    both = Understanding(intent=Intent.RESET_PASSWORD, also=(Intent.OTP_PROBLEM,))
    examples = [
        Example("a", Intent.RESET_PASSWORD, ID, also=(Intent.OTP_PROBLEM,)),
        Example("b", Intent.RESET_PASSWORD, ID, also=()),
        Example("c", Intent.RESET_PASSWORD, ID),
    ]
    result = evaluate(Scripted(dict.fromkeys("abc", both)), examples)

    assert result.also == 0.5
    assert "further wishes 50.0%" in result.summary()


def test_rasa_files_name_several_wishes_and_have_two_forms(tmp_path):
    file = tmp_path / "nlu.yml"
    file.write_text(
        "nlu:\n- intent: reset_password+otp_problem\n  examples: |\n    - lupa, kode tidak masuk\n"
        "- intent: greet\n  examples:\n  - text: |\n      halo [5](count)\n    metadata: {a: b}\n"
    )
    both, greeting = read_examples(file)

    assert (both.intent, both.also) == (Intent.RESET_PASSWORD, (Intent.OTP_PROBLEM,))
    assert (greeting.text, greeting.also) == ("halo 5", None)
    assert greeting.entities == (Annotation(EntityKind.COUNT, 5, 6),)


def test_json_lines_tell_source_and_further_wishes(tmp_path):
    file = tmp_path / "set.jsonl"
    file.write_text(
        '{"text": "a", "intent": "greet", "also": [], "source": "web"}\n'
        '{"text": "b", "intent": "greet", "also": ["thank"]}\n'
    )
    first, second = read_examples(file)

    assert (first.also, first.source) == ((), "web")
    assert (second.also, second.source) == ((Intent.THANK,), "")


def test_slices_are_large_enough_and_not_everything():
    examples = [
        *[Example("a", Intent.GREET, ID, tags=("noisy",), source="app")] * 5,
        *[Example("b", Intent.THANK, Language.EN, ring="mail")] * 6,
        *[Example("c", Intent.GREET, None, ring="chat")] * 4,
    ]
    engine = Scripted(dict.fromkeys("abc", _meant(Intent.GREET, 0.9)))

    assert evaluate(engine, examples).slices == (
        Slice("language", "en", 6, 0.0),
        Slice("language", "id", 5, 1.0),
        Slice("tag", "noisy", 5, 1.0),
        Slice("source", "mail", 6, 0.0),
        Slice("source", "app", 5, 1.0),
    )


def test_no_report_shows_a_password():
    text = "password saya Kucing-123!"
    engine = Scripted({text: _meant(Intent.GREET, 0.9)})

    result = evaluate(engine, [Example(text, Intent.THANK, ID)])

    assert result.confusions[0].examples == ("password saya [redacted]",)


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
