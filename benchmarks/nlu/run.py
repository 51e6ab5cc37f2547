"""Measure engines: `python benchmarks/nlu/run.py [FILE …] [--rasa URL] [--clinc150 …] …`.

Prints training time, load time, resident memory over a bare interpreter, latency (wall clock and
CPU), sentences a second with eight at once, and the scores on each FILE (Rasa YAML or JSON lines;
the held-out sentences by default): of the embedded engine and, in the same run, of a Rasa server
when there is one. Published sets are learned from and measured when their files are given.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one core, as in production

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from published import print_banking77, print_clinc150  # noqa: E402 - the path is set first

from nlu.embedded import EmbeddedEngine  # noqa: E402 - likewise
from nlu.evaluate import TODAY, measure, read_examples  # noqa: E402 - likewise
from nlu.report.engines import open_engine  # noqa: E402 - likewise
from nlu.report.scoring import score  # noqa: E402 - likewise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nlu.port import Engine
    from nlu.rasa_data import Example

HELD_OUT = ROOT / "tests" / "nlu" / "heldout.jsonl"
AT_ONCE = 8
FIGURES = (
    "strict",
    "lenient",
    "in_scope",
    "out_of_scope_recall",
    "out_of_scope_precision",
    "out_of_scope_f1",
    "auroc",
)
PARSE = """
import sys; from pathlib import Path; from datetime import date
from nlu.embedded import EmbeddedEngine
engine = EmbeddedEngine(Path(sys.argv[1]))
engine.understand('halo, lupa password, NIM 13519001', today=date(2026, 3, 2))
"""


def resident(code: str, *arguments: str) -> float:
    """MB of memory a fresh interpreter holds after running `code`."""
    ended = subprocess.run(
        [sys.executable, "-c", f"{code}\nprint(open('/proc/self/statm').read())", *arguments],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    return megabytes(ended.stdout.strip().splitlines()[-1])


def megabytes(statm: str) -> float:
    return int(statm.split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def train(path: Path) -> None:
    before, started = os.times(), time.perf_counter()
    subprocess.run([sys.executable, "-m", "nlu.train", str(path)], cwd=ROOT, check=True)
    used = os.times().children_user - before.children_user
    print(f"training   {time.perf_counter() - started:6.1f} s wall, {used:.1f} s CPU")


def weigh(path: Path) -> None:
    print(f"model      {path.stat().st_size / 1e6:6.2f} MB")
    started = time.perf_counter()
    EmbeddedEngine(path)
    print(f"load       {(time.perf_counter() - started) * 1e3:6.0f} ms")
    over = resident(PARSE, str(path)) - resident("pass")
    print(f"resident   {over:6.1f} MB over a bare interpreter")


async def show(name: str, engine: Engine, examples: Sequence[Example]) -> None:
    found = score(await measure(engine, examples))
    print(f"  {name}")
    for figure in FIGURES:
        if getattr(found, figure) is not None:
            print(f"    {figure.replace('_', ' '):24}{found.shown(figure)}")
    print(f"    {'calibration error':24}{found.calibration_error:.3f}")
    print(
        f"    {'wall p50, p95, max':24}{found.p50_ms:.3f} {found.p95_ms:.3f} {found.max_ms:.3f} ms"
    )
    print(f"    {'our CPU p50, p95':24}{found.cpu_p50_ms:.3f} {found.cpu_p95_ms:.3f} ms")
    print(f"    {f'{AT_ONCE} at once':24}{await rate(engine, examples):.0f} sentences/s")


async def rate(engine: Engine, examples: Sequence[Example]) -> float:
    """Sentences a second with `AT_ONCE` senders that wait for their answers."""
    waiting = iter(examples)

    async def sender() -> None:
        for example in waiting:
            await engine.parse(example.text, today=TODAY)

    started = time.perf_counter()
    await asyncio.gather(*(sender() for _ in range(AT_ONCE)))
    return len(examples) / (time.perf_counter() - started)


async def compare(arguments: argparse.Namespace, state: Path) -> None:
    engines: dict[str, Engine] = {"embedded": open_engine(str(state / "nlu.model"), state)}
    if arguments.rasa:
        engines["Rasa"] = open_engine(f"rasa:{arguments.rasa}", state)
    for file in arguments.files or [HELD_OUT]:
        examples = read_examples(file)
        print(f"\n{file.name}: {len(examples)} sentences; in brackets 95 % of chance")
        for name, engine in engines.items():
            await show(name, engine, examples)
    for engine in engines.values():
        await engine.close()


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--rasa", metavar="URL", default=os.environ.get("HELPDESK_RASA_URL"))
    parser.add_argument("--rasa-pid", type=int, help="its process, to read its memory")
    parser.add_argument("--clinc150", type=Path, help="data_full.json, or its folder")
    parser.add_argument("--banking77", type=Path, help="the folder of train.csv and test.csv")
    return parser.parse_args()


def main() -> None:
    arguments = parsed()
    with tempfile.TemporaryDirectory() as folder:
        train(Path(folder) / "nlu.model")
        weigh(Path(folder) / "nlu.model")
        asyncio.run(compare(arguments, Path(folder)))
    if arguments.rasa_pid:
        held = megabytes(Path(f"/proc/{arguments.rasa_pid}/statm").read_text(encoding="ascii"))
        print(f"\nRasa resident {held:.1f} MB")
    if arguments.clinc150:
        print_clinc150(arguments.clinc150)
    if arguments.banking77:
        print_banking77(arguments.banking77)
    print(f"\nload average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
