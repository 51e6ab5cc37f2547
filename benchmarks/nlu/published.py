"""Two public sets of intents, read from the files their authors publish, beside published figures.

CLINC150 (Larson et al., 2019): `data_full.json`, from github.com/clinc/oos-eval.
Banking77 (Casanueva et al., 2020): `train.csv` and `test.csv`, from
github.com/PolyAI-LDN/task-specific-datasets.
"""

from __future__ import annotations

import csv
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nlu.report.measures import auroc
from nlu.train import AnyIntents, fit_generic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nlu.report.measures import Numbers

OUT_OF_SCOPE = "oos"
CLINC150 = (
    # in-scope accuracy, out-of-scope recall on "full" (Larson et al. 2019, table 2)
    ("SVM, published", 91.0, 14.5),
    ("MLP, published", 93.5, 47.4),
    ("BERT, published", 96.2, 52.3),
)
BANKING77 = (
    # accuracy with all training sentences (Casanueva et al. 2020, table 3)
    ("BERT, tuned, published", 93.66),
    ("USE+ConveRT, published", 93.36),
)


@dataclass(frozen=True)
class Sentences:
    texts: list[str]
    labels: list[str]

    def __add__(self, other: Sentences) -> Sentences:
        return Sentences(self.texts + other.texts, self.labels + other.labels)


@dataclass(frozen=True)
class Result:
    """Percentages; seconds for all training sentences."""

    accuracy: float
    recall: float
    auroc: float
    seconds: float


def read_clinc150(path: Path) -> dict[str, Sentences]:
    """Return the splits `train`, `val`, `test` and those of out-of-scope sentences, `oos_…`."""
    file = path / "data_full.json" if path.is_dir() else path
    splits: dict[str, list[list[str]]] = json.loads(file.read_text(encoding="utf-8"))
    return {
        name: Sentences([text for text, _ in rows], [label for _, label in rows])
        for name, rows in splits.items()
    }


def read_banking77(path: Path) -> dict[str, Sentences]:
    """Return `train` and `test`, two files of a folder."""
    return {name: _read_csv(path / f"{name}.csv") for name in ("train", "test")}


def _read_csv(file: Path) -> Sentences:
    with file.open(encoding="utf-8", newline="") as lines:
        rows = [(row["text"], row["category"]) for row in csv.DictReader(lines)]
    return Sentences([text for text, _ in rows], [label for _, label in rows])


def clinc150_trained(splits: dict[str, Sentences]) -> Result:
    """Out of scope is one more intent, learned from its 100 sentences ("oos-train")."""
    model, seconds = _fitted(splits["train"] + splits["oos_train"])
    inside, outside = (model.probabilities(splits[each].texts) for each in ("test", "oos_test"))
    column = model.labels.index(OUT_OF_SCOPE)
    return Result(
        _accuracy(_best(model, inside), splits["test"].labels),
        _accuracy(_best(model, outside), splits["oos_test"].labels),
        _area(inside[:, column], outside[:, column]),
        seconds,
    )


def clinc150_threshold(splits: dict[str, Sentences]) -> Result:
    """Out of scope is what is like no intent; how little, the validation split decides."""
    model, seconds = _fitted(splits["train"])
    strange = {name: -model.familiarity(part.texts) for name, part in splits.items()}
    known = {
        name: _best(model, model.probabilities(splits[name].texts)) for name in ("val", "test")
    }
    right = [one == two for one, two in zip(known["val"], splits["val"].labels, strict=True)]
    limit = _limit(strange["val"], np.array(right), strange["oos_val"])
    kept = [
        OUT_OF_SCOPE if much > limit else label
        for label, much in zip(known["test"], strange["test"], strict=True)
    ]
    return Result(
        _accuracy(kept, splits["test"].labels),
        100 * float((strange["oos_test"] > limit).mean()),
        _area(strange["test"], strange["oos_test"]),
        seconds,
    )


def banking77(splits: dict[str, Sentences]) -> tuple[float, float]:
    """Return the accuracy on the test split and the seconds the training took."""
    model, seconds = _fitted(splits["train"])
    best = _best(model, model.probabilities(splits["test"].texts))
    return _accuracy(best, splits["test"].labels), seconds


def _limit(inside: Numbers, right: np.ndarray, outside: Numbers) -> float:
    """Return the strangeness above which calling a sentence out of scope makes most right."""
    limits = np.unique(np.concatenate([inside, outside]))
    hits = [np.sum(right & (inside <= limit)) + np.sum(outside > limit) for limit in limits]
    return float(limits[int(np.argmax(hits))])


def _fitted(sentences: Sentences) -> tuple[AnyIntents, float]:
    started = time.perf_counter()
    model = fit_generic(sentences.texts, sentences.labels)
    return model, time.perf_counter() - started


def _best(model: AnyIntents, probabilities: Numbers) -> list[str]:
    return [model.labels[at] for at in probabilities.argmax(axis=1)]


def _accuracy(got: Sequence[str], expected: Sequence[str]) -> float:
    return 100 * sum(a == b for a, b in zip(got, expected, strict=True)) / len(expected)


def _area(inside: Numbers, outside: Numbers) -> float:
    truth = np.repeat([False, True], [len(inside), len(outside)])
    return 100 * (auroc(np.concatenate([inside, outside]), truth) or 0.0)


def print_clinc150(path: Path) -> None:
    splits = read_clinc150(path)
    print(f"\nCLINC150, full: {len(splits['train'].texts)} sentences to learn from")
    print(f"{'':32}{'in scope':>9}{'OOS recall':>12}{'AUROC':>8}{'train':>9}")
    for name, found in (
        ("ours, OOS as an intent", clinc150_trained(splits)),
        ("ours, threshold", clinc150_threshold(splits)),
    ):
        figures = f"{found.accuracy:9.1f}{found.recall:12.1f}{found.auroc:8.1f}"
        print(f"{name:32}{figures}{found.seconds:7.1f} s")
    for name, accuracy, recall in CLINC150:
        print(f"{name:32}{accuracy:9.1f}{recall:12.1f}")


def print_banking77(path: Path) -> None:
    splits = read_banking77(path)
    accuracy, seconds = banking77(splits)
    print(f"\nBanking77: {len(splits['train'].texts)} sentences to learn from")
    print(f"{'ours':32}{accuracy:9.2f}{seconds:9.1f} s")
    for name, published in BANKING77:
        print(f"{name:32}{published:9.2f}")
