"""The model as one file: a zip of arrays (`.npz`) with what it was made from inside."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import msgspec
import numpy as np

from nlu.classifier import Classifier
from nlu.features import Vocabulary
from nlu.types import Intent

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

DATA = Path(__file__).parent / "data"
"""The product's own training sentences."""
_CODE = (
    "augment",
    "classifier",
    "concepts",
    "features",
    "language",
    "model_file",
    "normalise",
    "ordinary",
    "rasa_data",
    "slang",
    "tables",
    "train",
    "typos",
)
"""Modules a change of which makes a model stale."""


class BadModel(Exception):
    """The file is no model of this version: train again."""


@dataclass(frozen=True, slots=True)
class Model:
    """All a parser needs to know."""

    classifier: Classifier[Intent]
    language: Mapping[str, float]
    known: frozenset[str]
    """Words the typing-error correction leaves alone."""
    fingerprint: str


class _Meta(msgspec.Struct):
    fingerprint: str
    intents: list[Intent]
    temperature: float
    noise: float
    language: dict[str, float]
    known: list[str]


def fingerprint(data: Path) -> str:
    """Return the hash of the training files and of the code that reads them (hex)."""
    digest = hashlib.sha256()
    code = [Path(__file__).parent / f"{name}.py" for name in _CODE]
    for file in [*sorted(data.glob("*.yml")), *code]:
        content = file.read_bytes()
        digest.update(f"{file.name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def save(model: Model, path: Path) -> None:
    """Write `model` to `path` atomically: readers see the old file or the new one."""
    classifier = model.classifier
    meta = _Meta(
        fingerprint=model.fingerprint,
        intents=list(classifier.intents),
        temperature=classifier.temperature,
        noise=classifier.noise,
        language=dict(model.language),
        known=sorted(model.known),
    )
    arrays = {
        "meta": np.frombuffer(msgspec.json.encode(meta), dtype=np.uint8),
        "names": np.frombuffer("\n".join(classifier.vocabulary.index).encode(), dtype=np.uint8),
        "idf": classifier.vocabulary.idf,
        "weights": classifier.weights,
        "bias": classifier.bias,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _write_npz(file, arrays)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _write_npz(file: IO[bytes], arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write what `numpy.load` reads, with a fixed time stamp: equal models are equal bytes."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)


def load(path: Path) -> Model:
    """Read a model.

    Raises:
        BadModel: there is no such file, or it is no model.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            meta = msgspec.json.decode(arrays["meta"].tobytes(), type=_Meta)
            names = arrays["names"].tobytes().decode().split("\n")
            idf, weights, bias = arrays["idf"], arrays["weights"], arrays["bias"]
    except (
        OSError,
        EOFError,
        ValueError,
        KeyError,
        zipfile.BadZipFile,
        msgspec.MsgspecError,
    ) as problem:
        raise BadModel(f"{path}: {problem}") from problem
    vocabulary = Vocabulary(names, idf)
    classifier = Classifier(
        vocabulary, tuple(meta.intents), weights, bias, meta.temperature, meta.noise
    )
    return Model(classifier, meta.language, frozenset(meta.known), meta.fingerprint)
