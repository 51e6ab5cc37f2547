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

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from nlu.embedded import EmbeddedEngine  # noqa: E402 - after the path
from nlu.evaluate import evaluate, read_examples  # noqa: E402 - likewise
from nlu.model_file import DATA, save  # noqa: E402 - likewise
from nlu.rasa_data import read  # noqa: E402 - likewise
from nlu.train import OURS, fit  # noqa: E402 - likewise

WAYS = {
    "as it is": OURS,
    "naive Bayes scale off": replace(OURS, telling=0.0),
    "naive Bayes scale 0.75": replace(OURS, telling=0.75),
    "C = 0.1": replace(OURS, strength=0.1),
    "C = 1": replace(OURS, strength=1.0),
    "out of scope as it is written": replace(OURS, out_of_scope=0.0),
    "no concepts": replace(OURS, at_least={"w": 2, "c": 3}),
    "no characters": replace(OURS, at_least={"w": 2, "k": 2}),
    "no words": replace(OURS, at_least={"c": 3, "k": 2}),
}


def main() -> None:
    files = {Path(name).stem: read_examples(Path(name)) for name in sys.argv[1:]}
    examples = read(DATA)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "nlu.model"
        for way, recipe in WAYS.items():
            model, _, accuracy = fit(examples, recipe=recipe)
            save(model, path)
            engine = EmbeddedEngine(path)
            cells = [f"{way:30} {accuracy:.1%}"]
            for name, asked in files.items():
                got = evaluate(engine, asked)
                shares = (got.strict, got.lenient)
                outside = (got.out_of_scope_recall, got.out_of_scope_precision)
                cells.append(f"{name} {' / '.join(f'{x * 100:.1f}' for x in (*shares, *outside))}")
            print(" | ".join(cells), flush=True)


if __name__ == "__main__":
    main()
