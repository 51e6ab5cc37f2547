"""Engines by name: the embedded one, a model file, a Rasa server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nlu.embedded import EmbeddedEngine, load_or_train
from nlu.engines.rasa import CALLS, RasaEngine

if TYPE_CHECKING:
    from datetime import date

    from nlu.port import Engine
    from nlu.types import Understanding

EMBEDDED = "embedded"
RASA = "rasa:"
_PATIENCE = 30.0
"""Seconds a server may take for a sentence: slowness is measured, not cut off."""


class NoAnswer(Exception):
    """The server did not answer, so that there is nothing to measure."""


def open_engine(spec: str, state_dir: Path) -> Engine:
    """Return the engine called `embedded`, `rasa:URL`, or like a model file.

    Raises:
        BadModel: there is no such file, or it is no model.
        TrainingFailed: the embedded engine's model had to be trained, and could not.
    """
    if spec.startswith(RASA):
        return _Answering(
            RasaEngine(
                spec.removeprefix(RASA), fallback=load_or_train(state_dir), timeout=_PATIENCE
            )
        )
    return load_or_train(state_dir) if spec == EMBEDDED else EmbeddedEngine(Path(spec))


class _Answering:
    """A Rasa engine whose server must answer: its understudy would be measured in its place."""

    def __init__(self, rasa: RasaEngine) -> None:
        self._rasa = rasa

    async def parse(self, text: str, *, today: date) -> Understanding:
        """See `nlu.port.Engine`; raises `NoAnswer`."""
        before = _missed()
        meaning = await self._rasa.parse(text, today=today)
        if _missed() > before:
            raise NoAnswer("the Rasa server did not answer")
        return meaning

    async def close(self) -> None:
        """See `nlu.port.Engine`."""
        await self._rasa.close()


def _missed() -> float:
    return sum(
        sample.value
        for metric in CALLS.collect()
        for sample in metric.samples
        if sample.name.endswith("_total") and sample.labels["outcome"] != "answered"
    )
