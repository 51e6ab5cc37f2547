"""The readers of public sets and their measures, on tiny files of the same shape."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks.nlu import published, run
from nlu.model_file import save
from nlu.rasa_data import Example
from nlu.train import AnyIntents, fit
from nlu.types import Intent

CARD = ["where is my card", "my card did not arrive", "the card is late", "card not here yet"]
RATE = ["what is the rate", "which exchange rate do you use", "rate of today", "is the rate good"]
ODD = ["sing a song about rain", "who won the match", "how tall is the tower", "tell me a joke"]


@pytest.fixture
def clinc150(tmp_path):
    inside = [[text, "card"] for text in CARD] + [[text, "rate"] for text in RATE]
    outside = [[text, "oos"] for text in ODD]
    splits = {"train": inside, "val": inside, "test": [["my card is late", "card"]]}
    splits |= {"oos_train": outside, "oos_val": outside, "oos_test": [["sing a joke", "oos"]]}
    (tmp_path / "data_full.json").write_text(json.dumps(splits))
    return tmp_path


@pytest.fixture
def banking77(tmp_path):
    for name in ("train", "test"):
        lines = [f'"{text}, please",card' for text in CARD] + [f"{text},rate" for text in RATE]
        (tmp_path / f"{name}.csv").write_text("text,category\n" + "\n".join(lines) + "\n")
    return tmp_path


def test_clinc150_is_read_from_its_file_or_folder(clinc150):
    splits = published.read_clinc150(clinc150)

    assert splits == published.read_clinc150(clinc150 / "data_full.json")
    assert splits["test"] == published.Sentences(["my card is late"], ["card"])
    assert set(splits["oos_train"].labels) == {"oos"}


@pytest.mark.parametrize("scheme", [published.clinc150_trained, published.clinc150_threshold])
def test_clinc150_is_measured_inside_and_outside(clinc150, scheme):
    result = scheme(published.read_clinc150(clinc150))

    assert (result.accuracy, result.recall, result.auroc) == (100.0, 100.0, 100.0)
    assert result.seconds > 0


def test_what_is_outside_is_told_by_familiarity(clinc150, monkeypatch):
    strangest_first = {"sing a joke": 0.0}
    monkeypatch.setattr(
        AnyIntents,
        "familiarity",
        lambda _, texts: np.array([strangest_first.get(text, 1.0) for text in texts]),
    )
    splits = published.read_clinc150(clinc150)
    assert published.clinc150_threshold(splits).auroc == 100.0

    strangest_first["sing a joke"] = 2.0
    assert published.clinc150_threshold(splits).auroc == 0.0


def test_banking77_is_read_and_measured(banking77):
    splits = published.read_banking77(banking77)

    assert splits["train"].texts[0] == "where is my card, please"
    assert published.banking77(splits)[0] == 100.0


def test_the_tables_name_the_published_figures(clinc150, banking77, capsys):
    published.print_clinc150(clinc150)
    published.print_banking77(banking77)

    said = capsys.readouterr().out
    assert "8 sentences to learn from" in said
    assert all(f"{recall:12.1f}" in said for _, _, recall in published.CLINC150)
    assert all(f"{accuracy:9.2f}" in said for _, accuracy in published.BANKING77)


def test_the_run_prints_every_measure(clinc150, banking77, tmp_path, monkeypatch, capsys):
    file = tmp_path / "set.jsonl"
    file.write_text(
        '{"text": "lupa password", "intent": "reset_password"}\n'
        '{"text": "cuaca besok", "intent": "out_of_scope"}\n'
    )
    examples = [
        Example(text, intent, None)
        for intent, texts in (
            (Intent.RESET_PASSWORD, ("lupa password", "reset password", "password hilang")),
            (Intent.OUT_OF_SCOPE, ("cuaca besok", "resep soto", "harga emas")),
        )
        for text in texts
    ]
    monkeypatch.setattr(run, "train", lambda path: save(fit(examples)[0], path))
    arguments = [file, "--clinc150", clinc150, "--banking77", banking77]
    monkeypatch.setattr("sys.argv", ["run.py", *map(str, arguments)])
    monkeypatch.delenv("HELPDESK_RASA_URL", raising=False)

    run.main()

    said = capsys.readouterr().out
    measures = ("load", "resident", "set.jsonl: 2 sentences", "lenient", "auroc", "wall p50")
    assert [each for each in measures if each not in said] == []
    assert "sentences/s" in said
    assert "CLINC150" in said
    assert "Banking77" in said
