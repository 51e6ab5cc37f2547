"""Training is deterministic, and its file is replaced when it no longer fits."""

from __future__ import annotations

import pytest

import nlu.embedded
from nlu.augment import misspelt
from nlu.embedded import EmbeddedEngine, TrainingFailed, is_fresh, load_or_train, model_path
from nlu.evaluate import TODAY
from nlu.model_file import BadModel, fingerprint, load
from nlu.normalise import Reading
from nlu.rasa_data import BadData
from nlu.train import fit_generic, train
from nlu.types import Intent

SENTENCES = {
    "reset_password": ["lupa password", "reset password", "ganti password", "password hilang"],
    "unlock_account": ["akun terkunci", "buka kunci akun", "akun dikunci", "tolong unlock"],
    "out_of_scope": ["cuaca besok", "resep soto", "harga emas", "jadwal film"],
}


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    for intent, texts in SENTENCES.items():
        lines = "".join(f"    - {text}\n" for text in texts)
        (folder / f"{intent}.id.yml").write_text(
            f"nlu:\n- intent: {intent}\n  metadata:\n    language: id\n  examples: |\n{lines}"
        )
    return folder


def test_the_same_data_gives_the_same_file(data, tmp_path):
    first, second = tmp_path / "one.model", tmp_path / "two.model"

    report = train(data, first)
    train(data, second)

    assert first.read_bytes() == second.read_bytes()
    assert report.examples == 12
    assert report.augmented > 0
    assert report.features == len(load(first).classifier.vocabulary.index)
    assert 0.0 <= report.accuracy <= 1.0
    assert report.fingerprint == fingerprint(data)
    assert EmbeddedEngine(first).understand("lupa password", today=TODAY).intent is (
        Intent.RESET_PASSWORD
    )


def test_a_changed_sentence_changes_the_fingerprint(data):
    before = fingerprint(data)
    file = data / "unlock_account.id.yml"
    file.write_text(file.read_text().replace("dikunci", "digembok"))

    assert fingerprint(data) != before


def test_data_without_a_choice_is_refused(data, tmp_path):
    for name in ("unlock_account", "out_of_scope"):
        (data / f"{name}.id.yml").unlink()

    with pytest.raises(BadData, match="two intents"):
        train(data, tmp_path / "never.model")
    assert not (tmp_path / "never.model").exists()


@pytest.mark.parametrize("content", [b"", b"no model", b"PK\x03\x04broken"])
def test_a_broken_file_is_no_model(tmp_path, content):
    path = tmp_path / "nlu.model"
    path.write_bytes(content)

    with pytest.raises(BadModel, match=r"nlu\.model"):
        load(path)
    assert not is_fresh(path)


def test_any_intents_can_be_learned():
    texts = [text for texts in SENTENCES.values() for text in texts]
    labels = [f"my {name}" for name, texts in SENTENCES.items() for _ in texts]
    model = fit_generic(texts, labels)

    found = model.probabilities(["password saya hilang", "akun saya dikunci"])
    assert model.labels == ("my out_of_scope", "my reset_password", "my unlock_account")
    assert found.argmax(axis=1).tolist() == [1, 2]
    assert found.sum(axis=1) == pytest.approx([1.0, 1.0])
    known, unknown = model.familiarity(["akun terkunci", "xyzzy"])
    assert known > unknown


def test_one_intent_is_no_choice():
    with pytest.raises(BadData, match="two intents"):
        fit_generic(["halo", "hai"], ["greet", "greet"])


def test_a_missing_or_stale_model_is_trained_and_a_fresh_one_kept(data, tmp_path, monkeypatch):
    trained = []

    def train_here(path):
        trained.append(path)
        train(data, path)

    monkeypatch.setattr(nlu.embedded, "DATA", data)
    monkeypatch.setattr(nlu.embedded, "_train_apart", train_here)
    state = tmp_path / "state"

    load_or_train(state)
    load_or_train(state)
    assert trained == [model_path(state)]

    (data / "out_of_scope.id.yml").write_text(
        "nlu:\n- intent: out_of_scope\n  examples: |\n    - hujan\n"
    )
    load_or_train(state)
    assert trained == [model_path(state)] * 2
    assert [file.name for file in state.iterdir()] == ["nlu.model"]


def test_a_failing_training_says_why(tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")

    with pytest.raises(TrainingFailed, match="Error"):
        nlu.embedded._train_apart(in_the_way / "nlu.model")


def test_a_decision_can_be_explained(engine):
    classifier = engine._model.classifier
    message = Reading(["lupa", "password"], ["lupa", "pw"])
    reasons = classifier.explain(message, Intent.RESET_PASSWORD, most=5)

    assert len(reasons) == 5
    assert {"k:FORGET", "w:password"} <= dict(reasons).keys()


def test_slips_of_the_thumb_are_few_small_and_always_the_same():
    text = "tolong reset password akun saya karena lupa sejak kemarin sore"
    texts = [f"{text} {at}" for at in range(200)]
    slipped = [misspelt(each) for each in texts]
    words = [
        pair
        for one, two in zip(texts, slipped, strict=True)
        for pair in zip(one.split(), two.split(), strict=True)
    ]
    changed = [(one, two) for one, two in words if one != two]

    assert slipped == [misspelt(each) for each in texts]
    assert 0.03 < len(changed) / len(words) < 0.15
    assert all(len(one) >= 4 and one[0] == two[0] for one, two in changed)
    assert {len(two) - len(one) for one, two in changed} > {-1, 0, 1}
    assert misspelt("ya min 123456 [x]") == "ya min 123456 [x]"
