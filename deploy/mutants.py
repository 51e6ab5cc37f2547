"""Mutation testing of the pure modules: is there a test that fails when a line is wrong?

`python deploy/mutants.py` measures every group, with names (`domain nlu`) only those, and
`--keep` goes on where an interrupted run stopped. The table goes to docs/reference/mutation.md.
Each group is a copy of the tree below mutants/, so that nothing is changed in the tree itself.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
PAGE = ROOT / "docs" / "reference" / "mutation.md"
PACKAGES = (
    "backend",
    "backend_client",
    "bot",
    "deploy",
    "docs",
    "handlers",
    "helpdesk",
    "nlu",
    "ops",
)
KILLED = {1, 3}  # pytest: a test failed, or broke
ROW = re.compile(r"^\| `([\w.]+)` \| .*$", re.MULTILINE)


@dataclass(frozen=True)
class Group:
    """Modules that are measured together, and the tests that ought to notice."""

    package: str
    modules: str
    tests: tuple[str, ...]


CASES = "tests/backend/cases"
IDENTITY = "tests/backend/identity"
PASSWORDS = "tests/backend/passwords"
GROUPS = {
    "nlu": Group("nlu", "nlu/types.py", ("tests/nlu/test_types.py", "tests/handlers")),
    "domain": Group(
        "backend",
        "backend/domain/*.py",
        (
            "tests/backend/test_survivors.py",
            f"{CASES}/test_audit.py",
            f"{CASES}/test_guest_rules.py",
            f"{CASES}/test_service_hours.py",
            f"{CASES}/test_sla.py",
            f"{CASES}/test_ticket_machine.py",
            f"{CASES}/test_words.py",
            f"{IDENTITY}/test_codes.py",
            f"{IDENTITY}/test_masking.py",
            f"{IDENTITY}/test_risk.py",
            f"{PASSWORDS}/test_account_rules.py",
            f"{PASSWORDS}/test_accounts_csv.py",
            f"{PASSWORDS}/test_blocklist.py",
            f"{PASSWORDS}/test_link_rules.py",
            f"{PASSWORDS}/test_policy.py",
        ),
    ),
    "handlers": Group("handlers", "handlers/*.py", ("tests/handlers",)),
}


@dataclass
class Count:
    """What became of the mutants of one module."""

    killed: int = 0
    timed_out: int = 0
    survived: int = 0
    unmeasured: int = 0


def prepare(name: str, group: Group, *, keep: bool) -> Path:
    """Lay a copy of the tree for one group, with mutmut's configuration."""
    place = ROOT / "mutants" / name
    if keep and place.exists():
        return place
    shutil.rmtree(place, ignore_errors=True)
    skip = shutil.ignore_patterns("__pycache__", "_build")
    for folder in (*PACKAGES, "tests"):
        shutil.copytree(ROOT / folder, place / folder, ignore=skip)
    shutil.copy(ROOT / "pyproject.toml", place)
    others = "\n  ".join(folder for folder in PACKAGES if folder != group.package)
    tests = "\n  ".join(test for test in group.tests if (ROOT / test).exists())
    place.joinpath("setup.cfg").write_text(
        f"[mutmut]\nsource_paths=\n  {group.package}\nonly_mutate=\n  {group.modules}\n"
        f"also_copy=\n  {others}\n"
        "use_git_change_detection=false\n"
        "pytest_add_cli_args=\n  -p\n  no:randomly\n  --hypothesis-seed=0\n"
        "  -k\n  not postgresql\n"
        f"pytest_add_cli_args_test_selection=\n  {tests}\n",
        encoding="utf-8",
    )
    return place


def measure(place: Path) -> bool:
    """Run mutmut; False when it could not."""
    command = ["nice", BIN / "mutmut", "run", "--max-children", str(os.cpu_count() or 1)]
    return subprocess.run(command, cwd=place, check=False).returncode == 0


def counts(place: Path) -> tuple[dict[str, Count], list[str]]:
    """Return the counts by module, and the names of what survived."""
    modules: dict[str, Count] = {}
    survivors: list[str] = []
    tree = place / "mutants"
    for path in sorted(tree.rglob("*.py.meta")):
        codes = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
        if not codes:
            continue
        module = ".".join(path.relative_to(tree).with_suffix("").with_suffix("").parts)
        count = modules.setdefault(module, Count())
        for mutant, code in codes.items():
            if code in KILLED:
                count.killed += 1
            elif code is None:
                count.unmeasured += 1
            elif code in {0, 5, 33}:
                count.survived += 1
                survivors.append(mutant)
            else:
                count.timed_out += 1
    return modules, survivors


def row(module: str, count: Count) -> str:
    """Return a line of the table."""
    total = count.killed + count.timed_out + count.survived
    return (
        f"| `{module}` | {total} | {count.killed} | {count.timed_out} | {count.survived} "
        f"| {count.unmeasured} |"
    )


def write(modules: dict[str, Count]) -> None:
    """Put the rows into the page; rows of modules measured before stay."""
    page = PAGE.read_text(encoding="utf-8")
    found = list(ROW.finditer(page))
    rows = {match[1]: match[0] for match in found}
    rows |= {module: row(module, count) for module, count in modules.items()}
    start, end = found[0].start(), found[-1].end()
    table = "\n".join(rows[module] for module in sorted(rows))
    PAGE.write_text(page[:start] + table + page[end:], encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("groups", nargs="*", metavar="group", help=", ".join(GROUPS))
    parser.add_argument("--keep", action="store_true", help="go on with an interrupted run")
    asked = parser.parse_args()
    unknown = set(asked.groups) - set(GROUPS)
    if unknown:
        parser.error(f"no such group: {', '.join(sorted(unknown))}")
    worked = True
    for name in asked.groups or GROUPS:
        place = prepare(name, GROUPS[name], keep=asked.keep)
        worked = measure(place) and worked
        modules, survivors = counts(place)
        for module, count in modules.items():
            print(row(module, count))
        for mutant in survivors:
            print(f"survived: {mutant}   (cd {place.relative_to(ROOT)} && mutmut show {mutant})")
        write(modules)
    return 0 if worked else 1


if __name__ == "__main__":
    sys.exit(main())
