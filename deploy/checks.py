"""Every check and test, in the order in which they fail fastest. `--lint`: without the tests.

Pure modules must be covered to the last branch; the whole tree is reported.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
SEED = os.environ.get("SEED", "1")
"""Order of the tests: the same by default, so that a red run can be had again; try others."""
PURE = "handlers/*,nlu/types.py,backend/domain/*"

LINT = (
    ("format", ["ruff", "format", "--check", "--quiet", "."]),
    ("lint", ["ruff", "check", "--quiet", "."]),
    ("spelling", ["codespell"]),
    ("import contracts", ["lint-imports", "--no-cache"]),
    ("dependencies", ["deptry", "."]),
    ("types", ["basedpyright"]),
    ("documentation", ["sphinx-build", "-W", "-q", "docs", "docs/_build"]),
)
COVERED = ["coverage", "run", "-m", "pytest", "-q"]
TESTS = (
    ("forget old coverage", ["coverage", "erase"]),
    # Tests that kill processes and drive the whole product have the machine for themselves.
    ("tests", [*COVERED, "-n", "auto", "-m", "not slow", f"--randomly-seed={SEED}"]),
    ("tests that kill and restart", ["pytest", "-q", "-m", "slow", "--durations=5"]),
    ("merge coverage", ["coverage", "combine", "--quiet"]),
    ("coverage", ["coverage", "report", "--skip-covered", "--skip-empty"]),
    (
        "coverage of pure modules",
        ["coverage", "report", f"--include={PURE}", "--fail-under=100", "--show-missing"],
    ),
)


def run(name: str, command: list[str]) -> bool:
    print(f"--- {name}", flush=True)
    started = time.monotonic()
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run([BIN / command[0], *command[1:]], cwd=ROOT, env=environment, check=False)
    print(f"    {'ok' if done.returncode == 0 else 'FAILED'} ({time.monotonic() - started:.0f} s)")
    return done.returncode == 0


def main() -> int:
    steps = LINT if "--lint" in sys.argv[1:] else LINT + TESTS
    failed = [name for name, command in steps if not run(name, command)]
    if failed:
        print("failed:", ", ".join(failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
