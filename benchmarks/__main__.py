"""`make bench`: every benchmark, one after the other, each beside a named peer or limit."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
RUNS = (
    ["runtime/run.py"],
    ["product/run.py"],
    ["channels/run.py"],
    ["nlu/run.py", str(HERE.parent / "tests" / "nlu" / "heldout.jsonl")],
)

for program, *arguments in RUNS:
    print(f"--- {program}", flush=True)
    subprocess.run([sys.executable, str(HERE / program), *arguments], check=True)
