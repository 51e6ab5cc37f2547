"""The embedded engine: everything in this process, offline, in well under a millisecond."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import structlog

from nlu.decide import Decider
from nlu.entities.extract import extract
from nlu.language import language_of
from nlu.model_file import DATA, BadModel, Model, fingerprint, load
from nlu.normalise import LOGIN_MASK, LONGEST_TEXT, Normaliser
from nlu.secrets import MARKER, redact
from nlu.types import EntityKind, Understanding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from nlu.types import Entity

_log = structlog.get_logger(__name__)
MODEL_NAME = "nlu.model"
_TRAINING_LIMIT = 600
"""Seconds after which a training is given up; it takes ten."""


class TrainingFailed(Exception):
    """The model could not be trained; the message ends with what the training said."""


class EmbeddedEngine:
    """Implements `nlu.port.Engine` with a model: a loaded one, or a file.

    Raises:
        BadModel: the file is no model of this version.
    """

    def __init__(self, model: Model | Path) -> None:
        self._model = model if isinstance(model, Model) else load(model)
        self._decider = Decider(self._model.classifier, Normaliser(self._model.known))

    async def parse(self, text: str, *, today: date) -> Understanding:
        """See `nlu.port.Engine`."""
        return self.understand(text, today=today)

    def understand(self, text: str, *, today: date) -> Understanding:
        """Do what `parse` does, for callers outside an event loop."""
        redacted = redact(text[:LONGEST_TEXT])
        found = extract(redacted.text, today)
        decision = self._decider.decide(_without_logins(redacted.text, found.entities))
        return Understanding(
            text=redacted.text,
            intent=decision.intent,
            confidence=decision.confidence,
            ranking=decision.ranking,
            also=decision.also,
            entities=found.entities,
            people=found.people,
            language=language_of(redacted.text, self._model.language),
            secret=redacted.found or MARKER in redacted.text,
        )

    async def close(self) -> None:
        """See `nlu.port.Engine`: nothing is held."""


def _without_logins(text: str, entities: Sequence[Entity]) -> str:
    # The words inside "bukan.siapa" and "dan.budi" deny and join nothing.
    for each in reversed(entities):
        if each.kind is EntityKind.LOGIN and not each.value.isalnum():
            text = f"{text[: each.start]}{LOGIN_MASK}{text[each.end :]}"
    return text


def load_or_train(state_dir: Path) -> EmbeddedEngine:
    """Return an engine with the current model, trained first when it is missing or stale.

    Training runs in a process of its own: the bot never loads scikit-learn.

    Raises:
        TrainingFailed: the training process ended with an error.
    """
    path = model_path(state_dir)
    model = _fresh(path)
    if model is None:
        _log.info("nlu_training_started")
        _train_apart(path)
        _log.info("nlu_training_ended")
    return EmbeddedEngine(model or path)


def model_path(state_dir: Path) -> Path:
    """Return where the model of an installation is kept."""
    return state_dir / MODEL_NAME


def is_fresh(path: Path) -> bool:
    """Say whether the model at `path` was made from the present sentences by the present code."""
    return _fresh(path) is not None


def _fresh(path: Path) -> Model | None:
    try:
        model = load(path)
    except BadModel:
        return None
    return model if model.fingerprint == fingerprint(DATA) else None


def _train_apart(path: Path) -> None:
    ended = subprocess.run(  # noqa: S603 - our own interpreter and module, no input of users
        [sys.executable, "-m", "nlu.train", str(path.absolute())],
        cwd=DATA.parents[1],
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        check=False,
        text=True,
        timeout=_TRAINING_LIMIT,
    )
    if ended.returncode != 0:
        raise TrainingFailed(ended.stderr[-2_000:])
