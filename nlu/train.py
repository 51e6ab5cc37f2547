"""Training: from the sentences in `nlu/data` to one model file, in seconds.

scikit-learn is imported here and nowhere else; the bot trains in a process of its own.
"""

from __future__ import annotations

import re
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nlu.augment import augmented
from nlu.classifier import Classifier, softmax
from nlu.features import Vocabulary, features_of
from nlu.language import learn
from nlu.model_file import DATA, Model, fingerprint, save
from nlu.normalise import Normaliser
from nlu.rasa_data import BadData, Example, read
from nlu.types import Intent

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

AT_LEAST = {"w": 2, "c": 3, "k": 2}
"""Messages a feature must occur in, by block."""
STRENGTH = 0.3
"""Inverse regularisation of the support vector machine (docs/decisions/0071)."""
_SEED = 20
_FOLDS = 5
_LEAST = 1e-12
"""The least probability a logarithm is taken of."""
_TEMPERATURES = tuple(0.1 + 0.02 * step for step in range(96))


@dataclass(frozen=True, slots=True)
class Report:
    """What a training did."""

    examples: int
    augmented: int
    features: int
    seconds: float
    accuracy: float
    """Share of the sentences understood by models that had not seen them (5 folds)."""
    temperature: float
    fingerprint: str


def train(data_dir: Path, out_path: Path) -> Report:
    """Train on every `.yml` file of `data_dir` and write the model to `out_path`.

    The same data and code always give the same file.

    Raises:
        BadData: the folder holds no usable sentences.
    """
    started = time.perf_counter()
    out_path.parent.mkdir(parents=True, exist_ok=True)
    examples = read(data_dir)
    if len({example.intent for example in examples}) < 2:  # noqa: PLR2004 - a choice needs two
        raise BadData(f"{data_dir}: sentences of at least two intents are needed")
    model, more, accuracy = fit(examples, fingerprint(data_dir))
    save(model, out_path)
    return Report(
        examples=len(examples),
        augmented=more,
        features=len(model.classifier.vocabulary.index),
        seconds=time.perf_counter() - started,
        accuracy=accuracy,
        temperature=model.classifier.temperature,
        fingerprint=model.fingerprint,
    )


def fit(examples: Sequence[Example], made_from: str = "") -> tuple[Model, int, float]:
    """Return the model, how many sentences were added to it, and its cross-validated accuracy."""
    known = known_words(examples)
    normaliser = Normaliser(known)
    more = list(augmented(examples))
    classifier = _fit(normaliser, [*examples, *more])
    temperature, accuracy = _calibrate(normaliser, examples, classifier.intents)
    spoken = [(each.text, each.language) for each in examples if each.language is not None]
    model = Model(replace(classifier, temperature=temperature), learn(spoken), known, made_from)
    return model, len(more), accuracy


_LETTERS = re.compile(r"[a-z]{3,}")


def known_words(examples: Sequence[Example]) -> frozenset[str]:
    """Return words that are no misspelling of ours: those of sentences we do not serve."""
    return frozenset(
        word
        for example in examples
        if example.intent is Intent.OUT_OF_SCOPE
        for word in _LETTERS.findall(example.text.lower())
    )


def _fit(normaliser: Normaliser, examples: Sequence[Example]) -> Classifier:
    from sklearn.svm import LinearSVC  # noqa: PLC0415 - heavy, training only

    messages = [normaliser.words(example.text) for example in examples]
    vocabulary = Vocabulary.fit(map(features_of, messages), at_least=AT_LEAST)
    machine: Any = LinearSVC(C=STRENGTH, random_state=_SEED)
    machine.fit(_matrix(vocabulary, messages), [example.intent.value for example in examples])
    return Classifier(
        vocabulary,
        tuple(Intent(str(name)) for name in machine.classes_),
        np.ascontiguousarray(_of_each_class(machine.coef_).T, dtype=np.float32),
        np.ascontiguousarray(_of_each_class(machine.intercept_), dtype=np.float32),
        temperature=1.0,
    )


def _of_each_class(fitted: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return one row for each class: of two classes scikit-learn keeps only the second."""
    return np.concatenate([-fitted / 2, fitted / 2]) if len(fitted) == 1 else fitted


def _matrix(vocabulary: Vocabulary, messages: Sequence[Sequence[str]]) -> Any:  # noqa: ANN401 - scipy has no types
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - heavy, training only

    vectors = [vocabulary.vector(message) for message in messages]
    starts = np.cumsum([0, *(len(columns) for columns, _ in vectors)])
    columns = np.concatenate([columns for columns, _ in vectors])
    values = np.concatenate([values for _, values in vectors])
    return csr_matrix((values, columns, starts), shape=(len(vectors), len(vocabulary.index)))


def _calibrate(
    normaliser: Normaliser, examples: Sequence[Example], intents: tuple[Intent, ...]
) -> tuple[float, float]:
    """Find the temperature at which held-out sentences get honest probabilities."""
    logits = np.zeros((len(examples), len(intents)))
    for fold in range(_FOLDS):
        rest = [each for at, each in enumerate(examples) if at % _FOLDS != fold]
        part = _fit(normaliser, rest)
        columns = {intent: at for at, intent in enumerate(part.intents)}
        order = np.array([columns.get(intent, len(columns)) for intent in intents])
        for at in range(fold, len(examples), _FOLDS):
            probabilities = part.probabilities(normaliser.words(examples[at].text))
            present = np.append(probabilities, 0.0)[order]  # an intent the fold lacks gets none
            logits[at] = np.log(np.maximum(present, _LEAST))
    truth = np.array([intents.index(example.intent) for example in examples])
    losses: list[float] = [_loss(logits / heat, truth) for heat in _TEMPERATURES]
    accuracy = np.count_nonzero(logits.argmax(axis=1) == truth) / len(truth)
    return _TEMPERATURES[losses.index(min(losses))], accuracy


def _loss(logits: npt.NDArray[np.float64], truth: npt.NDArray[np.intp]) -> float:
    chosen = np.take_along_axis(softmax(logits), truth[:, None], axis=1)
    return -float(np.log(np.maximum(chosen, _LEAST)).mean())


def main() -> None:
    """Train as a process of its own: `python -m nlu.train OUT [DATA]`."""
    out = Path(sys.argv[1])
    report = train(Path(sys.argv[2]) if len(sys.argv) > 2 else DATA, out)  # noqa: PLR2004 - the optional second argument
    sys.stdout.write(
        f"{report.examples} sentences, {report.features} features, {report.seconds:.1f} s\n"
    )


if __name__ == "__main__":
    main()
