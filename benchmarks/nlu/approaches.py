"""Compare ways to learn: `python benchmarks/nlu/approaches.py FILE …` (docs/decisions/0073).

Trains the product's sentences once for each way and prints, for each FILE (Rasa YAML or JSON
lines), strict / lenient / out-of-scope recall / precision of the whole engine, rules included.
The first figure is the share understood of our own sentences, every fifth of them held out.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from nlu.embedded import EmbeddedEngine  # noqa: E402 - after the path
from nlu.evaluate import TODAY, read_examples  # noqa: E402 - likewise
from nlu.model_file import DATA, save  # noqa: E402 - likewise
from nlu.rasa_data import read  # noqa: E402 - likewise
from nlu.train import OURS, fit  # noqa: E402 - likewise
from nlu.types import Intent  # noqa: E402 - likewise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nlu.rasa_data import Example

OUTSIDE = Intent.OUT_OF_SCOPE


def _without(blocks: str) -> dict[str, int]:
    return {block: least for block, least in OURS.at_least.items() if block not in blocks}


WAYS = {
    "as it is": OURS,
    "naive Bayes scale off": replace(OURS, telling=0.0),
    "C = 0.1": replace(OURS, strength=0.1),
    "no concepts": replace(OURS, at_least=_without("k")),
    "no characters": replace(OURS, at_least=_without("cr")),
    "no characters as written": replace(OURS, at_least=_without("r")),
}


def figures(engine: EmbeddedEngine, examples: Sequence[Example]) -> str:
    """Return strict / lenient / out-of-scope recall / precision, in per cent."""
    got = [(each, engine.understand(each.text, today=TODAY).intent) for each in examples]
    fine = [intent in {each.intent, *each.acceptable} for each, intent in got]
    outside = [intent is OUTSIDE for each, intent in got if each.intent is OUTSIDE]
    said = [ok for (_, intent), ok in zip(got, fine, strict=True) if intent is OUTSIDE]
    strict = [intent is each.intent for each, intent in got]
    return " / ".join(
        f"{fmean(each or [True]) * 100:.1f}" for each in (strict, fine, outside, said)
    )


def main() -> None:
    files = {Path(name).stem: read_examples(Path(name)) for name in sys.argv[1:]}
    examples = read(DATA)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "nlu.model"
        for way, recipe in WAYS.items():
            model, _, accuracy = fit(examples, recipe=recipe)
            save(model, path)
            engine = EmbeddedEngine(path)
            cells = [f"{name} {figures(engine, asked)}" for name, asked in files.items()]
            cells.insert(0, f"{way:24} {accuracy:.1%}")
            print(" | ".join(cells), flush=True)


if __name__ == "__main__":
    main()
