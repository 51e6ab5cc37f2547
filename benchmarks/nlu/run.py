"""Measure the embedded engine: `python benchmarks/nlu/run.py [FILE …]`.

Prints training time, load time, resident memory over a bare interpreter, latency (wall clock and
CPU), and the scores on each FILE (Rasa YAML or JSON lines; the held-out sentences by default).
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one core, as in production

import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from nlu.embedded import EmbeddedEngine  # noqa: E402 - after the path and the thread count
from nlu.evaluate import evaluate, read_examples  # noqa: E402 - likewise

HELD_OUT = ROOT / "tests" / "nlu" / "heldout.jsonl"
TODAY = date(2026, 3, 2)


def _resident(code: str, *arguments: str) -> float:
    """MB of memory a fresh interpreter holds after running `code`."""
    measure = f"{code}\nprint(open('/proc/self/statm').read().split()[1])"
    ended = subprocess.run(
        [sys.executable, "-c", measure, *arguments],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    return int(ended.stdout.split()[-1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _percentile(values: list[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


def _cpu_ms(engine: EmbeddedEngine, text: str) -> float:
    """CPU time of one parse: what it costs whatever else the machine does."""
    before = time.thread_time_ns()
    engine.understand(text, today=TODAY)
    return (time.thread_time_ns() - before) / 1e6


def main() -> None:
    files = [Path(name) for name in sys.argv[1:]] or [HELD_OUT]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "nlu.model"
        cpu = os.times()
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "nlu.train", str(path)], cwd=ROOT, check=True)
        after = os.times()
        used = after.children_user - cpu.children_user
        print(f"training   {time.perf_counter() - started:6.1f} s wall, {used:.1f} s CPU")
        print(f"model      {path.stat().st_size / 1e6:6.2f} MB")

        started = time.perf_counter()
        engine = EmbeddedEngine(path)
        print(f"load       {(time.perf_counter() - started) * 1e3:6.0f} ms")

        parse = (
            "import sys; from pathlib import Path; from datetime import date\n"
            "from nlu.embedded import EmbeddedEngine\n"
            "engine = EmbeddedEngine(Path(sys.argv[1]))\n"
            "engine.understand('halo, lupa password, NIM 13519001', today=date(2026, 3, 2))"
        )
        bare = _resident("pass")
        print(f"resident   {_resident(parse, str(path)) - bare:6.1f} MB over a bare interpreter")

        for file in files:
            examples = read_examples(file)
            texts = [example.text for example in examples]
            best = [min(_cpu_ms(engine, text) for _ in range(5)) for text in texts]
            p50, p95 = _percentile(best, 0.5), _percentile(best, 0.95)
            print(f"\n{file.name}\nCPU, best of 5: p50 {p50:.3f} ms, p95 {p95:.3f} ms")
            print(evaluate(engine, examples).summary().split("\n\nmistakes")[0])


if __name__ == "__main__":
    main()
