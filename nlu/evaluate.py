"""How well an engine understands sentences whose meaning is known (`helpdesk nlu test`).

Everything goes through the port (`nlu.port`), so that any engine is measured by the same code.
"""

from __future__ import annotations

import asyncio
import time
from datetime import date
from typing import TYPE_CHECKING

from nlu.rasa_data import BadData, Example, read
from nlu.report.results import Outcome
from nlu.report.scoring import score

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nlu.port import Engine
    from nlu.report.results import Evaluation

TODAY = date(2026, 3, 2)
"""Relative dates are resolved against this day, so that figures do not change with the date."""


def read_examples(path: Path) -> list[Example]:
    """Read sentences from Rasa YAML, JSON lines, or a folder of Rasa YAML.

    Raises:
        BadData: the file cannot be used; the message says why.
    """
    return read(path)


def evaluate(engine: Engine, examples: Sequence[Example]) -> Evaluation:
    """Let `engine` parse every example and compare. Must not be called from an event loop.

    Raises:
        BadData: there are no examples.
    """
    return score(asyncio.run(measure(engine, examples)))


async def measure(engine: Engine, examples: Sequence[Example]) -> list[Outcome]:
    """Let `engine` parse every example, one after the other, and take the time.

    Raises:
        BadData: there are no examples.
    """
    if not examples:
        raise BadData("no sentences to test with")
    await engine.parse(examples[0].text, today=TODAY)  # the first one warms caches up
    return [await _outcome(engine, example) for example in examples]


async def _outcome(engine: Engine, example: Example) -> Outcome:
    wall, cpu = time.perf_counter(), time.thread_time()
    meaning = await engine.parse(example.text, today=TODAY)
    return Outcome(
        example,
        meaning,
        wall_ms=(time.perf_counter() - wall) * 1_000,
        cpu_ms=(time.thread_time() - cpu) * 1_000,
    )
