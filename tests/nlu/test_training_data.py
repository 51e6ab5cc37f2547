"""The training sentences: enough of them, each with one meaning, annotations that hold."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

import pytest
import yaml

from nlu.entities.extract import extract
from nlu.model_file import DATA
from nlu.rasa_data import Annotation, BadData, Example, parse_markup, read
from nlu.secrets import redact
from nlu.types import EntityKind, Intent, Language

EXAMPLES = read(DATA)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("intent", Intent)
def test_every_intent_has_40_different_sentences_in_each_language(intent, language):
    texts = {
        _plain(each.text)
        for each in EXAMPLES
        if (each.intent, each.language) == (intent, language)
    }
    assert len(texts) >= 40


def test_no_sentence_has_two_intents():
    intents: dict[str, set[Intent]] = {}
    for example in EXAMPLES:
        intents.setdefault(_plain(example.text), set()).add(example.intent)

    assert {text: found for text, found in intents.items() if len(found) > 1} == {}


def test_no_sentence_stands_twice_in_a_language():
    seen = Counter((each.text, each.language) for each in EXAMPLES)
    assert [key for key, times in seen.items() if times > 1] == []


def test_every_annotation_is_found_where_it_stands():
    missed = [
        (example.text, marked)
        for example in EXAMPLES
        for marked in example.entities
        if (marked.kind, marked.start, marked.end)
        not in {
            (found.kind, found.start, found.end)
            for found in extract(example.text, date(2026, 3, 2)).entities
        }
    ]
    assert missed == []


def test_at_most_one_in_a_hundred_is_taken_for_a_password():
    alarms = [each.text for each in EXAMPLES if redact(each.text).found]
    assert len(alarms) <= 0.01 * len(EXAMPLES), alarms


def test_the_domain_names_what_the_code_knows():
    domain = yaml.safe_load((DATA.parent / "domain.yml").read_text())

    assert set(domain["intents"]) == {intent.value for intent in Intent}
    assert set(domain["entities"]) == {kind.value for kind in EntityKind}


@pytest.mark.parametrize(
    ("line", "text", "annotations"),
    [
        ("lupa password", "lupa password", ()),
        (
            "NIM [13519001](student_number) ya",
            "NIM 13519001 ya",
            (Annotation(EntityKind.STUDENT_NUMBER, 4, 12),),
        ),
        (
            'akun [tamu]{"entity": "account_type", "value": "guest"}',
            "akun tamu",
            (Annotation(EntityKind.ACCOUNT_TYPE, 5, 9, "guest"),),
        ),
        (
            "[5](count) akun sampai [besok](date)",
            "5 akun sampai besok",
            (Annotation(EntityKind.COUNT, 0, 1), Annotation(EntityKind.DATE, 14, 19)),
        ),
    ],
)
def test_rasa_markup(line, text, annotations):
    assert parse_markup(line) == (text, annotations)


def test_json_lines_are_read(tmp_path):
    file = tmp_path / "set.jsonl"
    file.write_text(
        '{"text": "ok", "intent": "affirm", "lang": "xx", "alt": ["thank"], "tags": ["a"]}\n\n'
    )
    assert read(file) == [
        Example("ok", Intent.AFFIRM, None, acceptable=(Intent.THANK,), ring="set", tags=("a",))
    ]


def test_yaml_without_language_and_with_other_blocks_is_read(tmp_path):
    file = tmp_path / "nlu.yml"
    file.write_text(
        'version: "3.1"\nnlu:\n- synonym: x\n  examples: |\n    - y\n'
        "- intent: greet/formal\n  examples: |\n    - halo\n    -\n"
    )
    assert read(file) == [Example("halo", Intent.GREET, None, ring="nlu")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.yml", "nlu:\n- intent: nonsense\n  examples: |\n    - x\n"),
        ("a.yml", "other: 1\n"),
        ("a.yml", "nlu: [\n"),
        ("a.yml", "nlu:\n- intent: greet\n  examples: |\n    - '[x](nonsense)'\n"),
        ("a.jsonl", "{broken\n"),
        ("a.jsonl", '{"text": "x", "intent": "nonsense"}\n'),
    ],
)
def test_bad_data_names_the_file(tmp_path, name, content):
    file = tmp_path / name
    file.write_text(content)

    with pytest.raises(BadData, match=name):
        read(file)
