"""Training: from the sentences in `nlu/data` to one model file, in seconds.

scikit-learn is imported here and nowhere else; the bot trains in a process of its own.
"""

from __future__ import annotations

import re
import sys
import time
from dataclasses import dataclass, replace
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zlib import crc32

import numpy as np

from nlu.augment import augmented, misspelt
from nlu.classifier import Classifier, softmax
from nlu.features import Vocabulary, features_of
from nlu.language import learn
from nlu.model_file import DATA, Model, fingerprint, save
from nlu.normalise import Normaliser, Reading, plain
from nlu.rasa_data import BadData, Example, read
from nlu.types import Intent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

Label = TypeVar("Label", bound=str)
_Read = tuple[Reading, Label]
"""A sentence, and what it means."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is chosen before training (docs/decisions/0073)."""

    strength: float
    """Inverse regularisation of the support vector machines."""
    telling: float
    """How much a feature's own log ratio between an intent and the rest scales it, from 0 to 1."""
    at_least: Mapping[str, int]
    """Messages a feature must occur in, by block; a block that is not named is left out."""
    characters: range
    """Lengths of character sequences."""
    out_of_scope: float = 0.0
    """Share of the weight that sentences out of scope have; 0: as many as they are."""


OURS = Recipe(0.3, 0.5, {"w": 2, "p": 3, "c": 4, "k": 2, "r": 5}, range(3, 5), out_of_scope=0.3)
ANY = Recipe(1.0, 0.0, {"w": 1, "p": 1, "c": 2}, range(2, 6))
"""For intents we know nothing about: no concepts."""
_SEED = 20
_SMOOTHING = 0.5
_FOLDS = 5
_SHORT_WORD = 3
"""Letters up to which a word ("ya", "min") does not make another sentence of it."""
_LEAST = 1e-12
_HEATS = tuple(0.1 + 0.01 * step for step in range(191))


@dataclass(frozen=True, slots=True)
class Report:
    """What a training did."""

    examples: int
    augmented: int
    features: int
    seconds: float
    accuracy: float
    """Share of the sentences understood by models that had not seen them (five folds)."""
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


def fit(
    examples: Sequence[Example], made_from: str = "", recipe: Recipe = OURS
) -> tuple[Model, int, float]:
    """Return the model, how many sentences were added to it, and its cross-validated accuracy."""
    known = known_words(examples)
    normaliser = Normaliser(known)
    more = list(augmented(examples))
    written, added = _read(normaliser, examples), _read(normaliser, more)
    classifier = _fit([*written, *added], recipe)
    slips = [replace(each, text=misspelt(each.text)) for each in examples]
    calibration = _calibrated(written, recipe, _FOLDS, _read(normaliser, slips))
    spoken = [(each.text, each.language) for each in examples if each.language is not None]
    model = Model(calibration.of(classifier), learn(spoken), known, made_from)
    return model, len(more), calibration.accuracy


@dataclass(frozen=True, slots=True)
class AnyIntents:
    """A classifier of intents that need not be ours, without our words, concepts and rules."""

    classifier: Classifier[str]

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the intents, in the order of the columns of `probabilities`."""
        return self.classifier.intents

    def probabilities(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return one row for each text, one column for each label."""
        return self.classifier.probabilities([plain(text) for text in texts])

    def familiarity(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return how much each text is like any of the intents: low where it is out of scope.

        Unlike the greatest probability it is low, too, where nothing speaks for any of them.
        """
        return self.classifier.logits([plain(text) for text in texts]).max(axis=1)


def fit_generic(texts: Sequence[str], labels: Sequence[str]) -> AnyIntents:
    """Train on any intents ("card_arrival", "book_flight"), for published benchmarks.

    Raises:
        BadData: there are not two different labels.
    """
    if len(set(labels)) < 2:  # noqa: PLR2004 - a choice needs two
        raise BadData("sentences of at least two intents are needed")
    read = [(plain(text), label) for text, label in zip(texts, labels, strict=True)]
    return AnyIntents(_calibrated(read, ANY, folds=1).of(_fit(read, ANY)))


_LETTERS = re.compile(r"[a-z]{3,}")


def known_words(examples: Sequence[Example]) -> frozenset[str]:
    """Return words that are no misspelling of ours: those of sentences we do not serve."""
    return frozenset(
        word
        for example in examples
        if example.intent is Intent.OUT_OF_SCOPE
        for word in _LETTERS.findall(example.text.lower())
    )


def _read(normaliser: Normaliser, examples: Sequence[Example]) -> list[_Read[Intent]]:
    return [(normaliser.read(example.text), example.intent) for example in examples]


def _fit(read: Sequence[_Read[Label]], recipe: Recipe) -> Classifier[Label]:
    from sklearn.svm import LinearSVC  # noqa: PLC0415 - heavy, training only

    messages = [message for message, _ in read]
    counted = (features_of(message, recipe.characters) for message in messages)
    vocabulary = Vocabulary.fit(counted, at_least=recipe.at_least)
    matrix = _matrix(vocabulary, messages)
    labels = np.array([label for _, label in read])
    intents = tuple(sorted({label for _, label in read}))
    weights = np.zeros((len(vocabulary.index), len(intents)), dtype=np.float16)
    bias = np.zeros(len(intents), dtype=np.float32)
    for at, intent in enumerate(intents):
        mine = labels == intent
        scale = _telling(matrix, mine, recipe.telling)
        machine: Any = LinearSVC(C=recipe.strength, random_state=_SEED)
        machine.fit(matrix.multiply(scale).tocsr(), mine, sample_weight=_weights(labels, recipe))
        weights[:, at] = machine.coef_[0] * scale
        bias[at] = machine.intercept_[0]
    return Classifier(vocabulary, intents, weights, bias, temperature=1.0, noise=0.0)


def _telling(
    matrix: Any,  # noqa: ANN401 - scipy has no types
    mine: npt.NDArray[np.bool_],
    share: float,
) -> npt.NDArray[np.float64]:
    """Return how much each feature counts for one intent: naive Bayes' log ratio, tempered."""
    with_it = matrix[mine].getnnz(axis=0)
    without = matrix.getnnz(axis=0) - with_it
    own, rest = np.count_nonzero(mine) + 1, np.count_nonzero(~mine) + 1
    ratio = np.abs(np.log((with_it + _SMOOTHING) / own) - np.log((without + _SMOOTHING) / rest))
    return (1 - share) + share * ratio / ratio.mean()


def _weights(labels: npt.NDArray[np.str_], recipe: Recipe) -> npt.NDArray[np.float64]:
    """Let the share of what is out of scope not depend on how much of it was written."""
    outside = labels == Intent.OUT_OF_SCOPE.value
    weights = np.ones(len(labels))
    if recipe.out_of_scope and outside.any():
        odds = recipe.out_of_scope / (1 - recipe.out_of_scope)
        weights[outside] = odds * np.count_nonzero(~outside) / np.count_nonzero(outside)
    return weights


def _matrix(vocabulary: Vocabulary, messages: Sequence[Reading]) -> Any:  # noqa: ANN401 - scipy has no types
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - heavy, training only

    rows, columns, values = vocabulary.vectors(messages)
    return csr_matrix((values, (rows, columns)), shape=(len(messages), len(vocabulary.index)))


@dataclass(frozen=True, slots=True)
class _Calibration:
    temperature: float
    noise: float
    accuracy: float
    """Share of the sentences, spelt as they are, that were held out and right."""

    def of(self, classifier: Classifier[Label]) -> Classifier[Label]:
        return replace(classifier, temperature=self.temperature, noise=self.noise)


def _calibrated(
    read: Sequence[_Read[Label]],
    recipe: Recipe,
    folds: int,
    slips: Sequence[_Read[Label]] = (),
) -> _Calibration:
    """Find what makes the greatest probability of held-out sentences honest.

    A fifth of the sentences is held out, `folds` times, and with each all that hold the same
    words: of a sentence that was seen in another order nothing is learned about new ones.
    `slips`, if any, are the same sentences misspelt: half of what is measured.
    """
    intents = sorted({label for _, label in read})
    fold_of = [_fold(message.words) for message, _ in read]
    logits: list[npt.NDArray[np.float64]] = []
    truth: list[int] = []
    own: list[bool] = []
    for fold in range(folds):
        held = [at == fold for at in fold_of]
        seen, held_out = _parted(read, held)
        if not held_out or len({label for _, label in seen}) < 2:  # noqa: PLR2004 - a choice needs two
            continue
        part = _fit(seen, recipe)
        columns = {intent: at for at, intent in enumerate(part.intents)}
        order = np.array([columns.get(intent, len(columns)) for intent in intents])
        own += [True] * len(held_out)
        held_out += compress(slips, held)
        found = part.logits([message for message, _ in held_out])
        # An intent the fold lacks gets none.
        logits.append(np.pad(found, ((0, 0), (0, 1)), constant_values=-np.inf)[:, order])
        truth += [intents.index(label) for _, label in held_out]
        own += [False] * (len(truth) - len(own))
    if not logits:
        return _Calibration(1.0, 0.0, 0.0)
    scores = np.concatenate(logits)
    right = scores.argmax(axis=1) == np.array(truth)
    tried = [_noise(softmax(scores / heat).max(axis=1), right, len(intents)) for heat in _HEATS]
    best = min(range(len(tried)), key=lambda at: tried[at][1])
    return _Calibration(_HEATS[best], tried[best][0], float(right[own].mean()))


def _fold(words: Sequence[str]) -> int:
    telling = sorted({word for word in words if len(word) > _SHORT_WORD})
    return crc32(" ".join(telling).encode()) % _FOLDS


def _parted(
    read: Sequence[_Read[Label]], held: Sequence[bool]
) -> tuple[list[_Read[Label]], list[_Read[Label]]]:
    return list(compress(read, [not out for out in held])), list(compress(read, held))


def _noise(
    sure: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], intents: int
) -> tuple[float, float]:
    """Return the share of noise with the least squared error of `sure`, and that error."""
    excess = sure - 1 / intents
    noise = float(np.clip((sure - right) @ excess / np.maximum(excess @ excess, _LEAST), 0, 1))
    return noise, float(np.square(sure - noise * excess - right).mean())


def main() -> None:
    """Train as a process of its own: `python -m nlu.train OUT [DATA]`."""
    out = Path(sys.argv[1])
    report = train(Path(sys.argv[2]) if len(sys.argv) > 2 else DATA, out)  # noqa: PLR2004 - the optional second argument
    sys.stdout.write(
        f"{report.examples} sentences, {report.features} features, {report.seconds:.1f} s\n"
    )


if __name__ == "__main__":
    main()
