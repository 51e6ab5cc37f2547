"""Compare the embedded engine with a real Rasa 3.6.21: `make rasa-baseline`.

Installs Rasa into `var/rasa` (Python 3.10), validates and trains it on our own sentences, starts
it on loopback, lets both engines read the same files in one run with the same code
(`nlu.evaluate`), and writes docs/reference/rasa-baseline.md. What is there is not made again.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one core, as in production

import argparse
import asyncio
import platform
import re
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from diet import Diet  # noqa: E402 - after the path and the thread count
from environment import NotPossible, Rasa, stop_with  # noqa: E402 - likewise
from page import COST, HEAD, NONE, SCORES  # noqa: E402 - likewise

from nlu.embedded import EmbeddedEngine  # noqa: E402 - likewise
from nlu.evaluate import measure, read_examples  # noqa: E402 - likewise
from nlu.model_file import DATA  # noqa: E402 - likewise
from nlu.report.compare import compare  # noqa: E402 - likewise
from nlu.report.scoring import score  # noqa: E402 - likewise

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from environment import Server, Trained

    from nlu.port import Engine
    from nlu.rasa_data import Example
    from nlu.report.results import Outcome

PAGE = ROOT / "docs" / "reference" / "rasa-baseline.md"
TESTS = ROOT / "tests" / "nlu"
EPOCHS = 100
ELSEWHERE = ROOT.parent / "shared" / "data" / "nlu-dev.jsonl"
"""Sentences real people wrote: not part of the tree, measured where they are."""


@dataclass(frozen=True)
class Ours:
    """The embedded engine, and what it took."""

    engine: EmbeddedEngine
    wall_s: float
    cpu_s: float
    peak_mb: float
    load_s: float
    memory_mb: float


def train_ours(data: Path, folder: Path) -> Ours:
    path = folder / "nlu.model"
    code = (
        "import sys; from pathlib import Path; from nlu.train import train;"
        "train(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    peak = f"{code}; import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    peak_kb = int(_python(peak, data, path).split()[-1])
    wall, spent = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    loaded = time.perf_counter()
    engine = EmbeddedEngine(path)
    load = time.perf_counter() - loaded
    use = (
        "import os, sys; from pathlib import Path; from datetime import date\n"
        "from nlu.embedded import EmbeddedEngine\n"
        "engine = EmbeddedEngine(Path(sys.argv[1]))\n"
        "engine.understand('halo, lupa password', today=date(2026, 3, 2))\n"
        "pages = int(open('/proc/self/statm').read().split()[1])\n"
        "print(pages * os.sysconf('SC_PAGE_SIZE') / 1e6)"
    )
    cpu = spent.ru_utime + spent.ru_stime - before.ru_utime - before.ru_stime
    return Ours(engine, wall, cpu, peak_kb / 1e3, load, float(_python(use, path)))


def _python(code: str, *arguments: Path) -> str:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def outcomes(engine: Engine, examples: Sequence[Example]) -> list[Outcome]:
    async def all_of_them() -> list[Outcome]:
        try:
            return await measure(engine, examples)
        finally:
            await engine.close()

    return asyncio.run(all_of_them())


def table(name: str, ours: Sequence[Outcome], rasa: dict[str, list[Outcome]]) -> str:
    rows = [_row("embedded", ours, "")]
    for engine, theirs in rasa.items():
        found = compare(ours, theirs)
        around = found.interval
        bounds = f" ({around.low * 100:+.1f} to {around.high * 100:+.1f})" if around else ""
        ahead = f"{found.difference * 100:+.1f}{bounds}, p = {found.p_value:.3f}"
        rows.append(_row(engine, theirs, ahead))
    return SCORES.format(name=name, sentences=len(ours)) + "\n".join(rows) + "\n"


def _row(engine: str, seen: Sequence[Outcome], ahead: str) -> str:
    result = score(seen)
    outside = any(each.example.intent == "out_of_scope" for each in seen)
    inside = any(each.example.intent != "out_of_scope" for each in seen)
    return " | ".join(
        (
            f"| {engine}",
            result.shown("strict"),
            result.shown("lenient"),
            result.shown("in_scope") if inside else NONE,
            result.shown("out_of_scope_recall") if outside else NONE,
            result.shown("out_of_scope_precision") if outside else NONE,
            NONE if result.auroc is None else result.shown("auroc"),
            f"{result.macro_f1:.1%}",
            f"{result.calibration_error:.3f}",
            f"{ahead} |",
        )
    )


def costs(
    ours: Ours, trained: Trained, server: Server, seen: tuple[list[Outcome], list[Outcome]]
) -> Iterator[tuple[str, str, str]]:
    quick, slow = (score(each) for each in seen)
    yield "training, wall clock", f"{ours.wall_s:.0f} s", f"{trained.wall_s:.0f} s"
    yield "training, CPU", f"{ours.cpu_s:.0f} s", f"{trained.cpu_s:.0f} s"
    yield "training, memory at its peak", f"{ours.peak_mb:.0f} MB", f"{trained.peak_mb:.0f} MB"
    yield "from start to ready", f"{ours.load_s:.2f} s", f"{server.start_s:.0f} s"
    yield "memory at rest", f"{ours.memory_mb:.0f} MB", f"{server.memory_mb():.0f} MB"
    yield "one sentence, p50", f"{quick.p50_ms:.2f} ms", f"{slow.p50_ms:.1f} ms"
    yield "one sentence, p95", f"{quick.p95_ms:.2f} ms", f"{slow.p95_ms:.1f} ms"
    yield "one sentence, longest", f"{quick.max_ms:.2f} ms", f"{slow.max_ms:.1f} ms"


def head(data: Path, epochs: int, rasa: Rasa) -> str:
    model = next(
        (line.partition(": ")[2] for line in _lines("/proc/cpuinfo") if "model name" in line),
        platform.machine(),
    )
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    described = ["git", "describe", "--always", "--dirty", "--abbrev=10"]
    commit = subprocess.run(described, cwd=ROOT, capture_output=True, text=True, check=False)
    return HEAD.format(
        date=datetime.now(UTC).date(),
        machine=f"Machine: {os.cpu_count()} cores ({model}), {memory:.0f} GB",
        load=f"Load average at the start: {os.getloadavg()[0]:.1f}",
        commit=commit.stdout.strip() or "unknown",
        versions=rasa.versions(),
        sentences=len(read_examples(data)),
        epochs=epochs,
        arguments="" if epochs == EPOCHS else f' ARGS="--epochs {epochs}"',
    )


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines() if Path(path).exists() else []


def files() -> list[Path]:
    ours = [TESTS / "heldout.jsonl", *sorted((TESTS / "challenges").glob("*.jsonl"))]
    return [*ours, ELSEWHERE] if ELSEWHERE.exists() else ours


def shortened(config: Path, epochs: int, folder: Path) -> Path:
    """Return a configuration in `folder` that trains for `epochs`."""
    text, changed = re.subn(
        r"(?m)^  epochs: \d+$", f"  epochs: {epochs}", config.read_text("utf-8")
    )
    if not changed:
        raise NotPossible(f"{config} names no epochs.")
    path = folder / "config.yml"
    path.write_text(text, encoding="utf-8")
    return path


def report(rasa: Rasa, trained: Trained, epochs: int, folder: Path) -> str:
    data = Path(trained.path).parent / "data"
    ours = train_ours(data, folder)
    parts = [head(data, epochs, rasa)]
    with rasa.serve(trained) as server:
        last: tuple[list[Outcome], list[Outcome]] = ([], [])
        for file in files():
            examples = read_examples(file)
            mine = outcomes(ours.engine, examples)
            theirs = {
                "DIET": outcomes(Diet(server.url, fallback=False), examples),
                "DIET with fallback": outcomes(Diet(server.url, fallback=True), examples),
            }
            parts.append(table(file.name, mine, theirs))
            print(parts[-1], flush=True)
            last = (last[0] + mine, last[1] + theirs["DIET"])
        rows = "\n".join(
            f"| {what} | {here} | {there} |"
            for what, here, there in costs(ours, trained, server, last)
        )
    print(f"{COST}{rows}", flush=True)
    return "".join(parts) + COST + rows + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder of training sentences")
    parser.add_argument("--config", type=Path, default=ROOT / "nlu" / "config.yml")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="of DIET; one takes minutes")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "rasa")
    parser.add_argument("--page", type=Path, default=PAGE, help="where the tables are written")
    asked = parser.parse_args()
    folder: Path = asked.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    rasa = Rasa(folder)
    try:
        rasa.install()
        config = shortened(asked.config, asked.epochs, folder)
        trained = rasa.train(asked.data, ROOT / "nlu" / "domain.yml", config)
        page = report(rasa, trained, asked.epochs, folder)
    except NotPossible as problem:
        return stop_with(problem)
    asked.page.write_text(page, encoding="utf-8")
    print(f"written: {asked.page}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
