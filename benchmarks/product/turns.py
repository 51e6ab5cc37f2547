"""How many messages a person needs until the link to set a password is mailed.

Usage: python benchmarks/product/turns.py [--compare REVISION] [--json]

Starts the product like `run.py` (REST channel, captured mail) and plays the same sensible person
for every first message in `openings.yml`: they name their account when asked, press the button
that fits, type the code that was mailed, and say it again in plain words when nothing fits. Each
has an account of their own. A conversation ends with the link or after 12 messages of the person.
With `--compare`, the same is done by the code of another git revision, and printed beside it.
"""

import argparse
import asyncio
import csv
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import structlog
import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "e2e")]

from stack import Stack  # noqa: E402 - the path is set first

MOST = 12
BATCH = 25
"""Openings a product is asked for: one address may not ask for more codes at a time."""
AT_ONCE = 5
FIRST = ("adi", "bayu", "citra", "dian", "eka", "fajar", "gita", "hadi", "intan", "joko")
LAST = ("pratama", "lestari", "nugroho", "wulandari", "saputra")
PLAIN = ("lupa password", "reset password", "saya mau reset password", "menu")
"""What they say when they were not understood, or are asked for nothing."""
LOST = ("first", "elsewhere", "menu", "in_flow", "stuck")
WANTED = ("Reset password", "Ya, lanjutkan", "Yes, go on")


@dataclass
class Person:
    """Somebody who forgot a password, and what became of it."""

    number: int
    opening: str
    then: str | None
    said: list[str] = field(default_factory=list)
    reached: bool = False
    misunderstood: int = 0
    codes: int = 0
    plain: int = 0

    @property
    def account(self):
        first, last = list(product(FIRST, LAST))[self.number]
        return {
            "login": f"{first}.{last}",
            "nim": f"13519{100 + self.number}",
            "nip": f"198503122010122{100 + self.number}",
            "email": f"{first}.{last}@kampus.example",
        }

    @property
    def address(self):
        return f"{self.account['login']}@example.net"


def people():
    openings = yaml.safe_load((HERE / "openings.yml").read_text(encoding="utf-8"))["openings"]
    return [Person(n, each["say"], each.get("then")) for n, each in enumerate(openings)]


def accounts(folder, crowd):
    """Write the accounts of `crowd` as the file `helpdesk accounts import` takes."""
    path = folder / "accounts.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(
            ["username", "type", "name", "nim", "nip", "institutional_email", "recovery_email"]
        )
        for person in crowd:
            own = person.account
            kind = "lecturer" if "{nip}" in person.opening else "student"
            numbers = ["", own["nip"]] if kind == "lecturer" else [own["nim"], ""]
            name = own["login"].replace(".", " ").title()
            rows.writerow([own["login"], kind, name, *numbers, own["email"], person.address])
    return path


def fallbacks():
    """Return the beginnings of what the assistant says when it did not understand."""
    found = []
    for language in ("id", "en"):
        texts = yaml.safe_load((ROOT / "bot" / "texts" / language / "talk.yaml").read_text())
        for key in LOST:
            variants = texts[f"fallback.{key}"]
            found += [variants] if isinstance(variants, str) else variants
    return tuple(text.partition("{")[0][:30] for text in found)


async def play(stack, person, lost):
    """Talk until the link is mailed, or patience is over."""
    message = person.opening.format(**person.account)
    while True:
        parts = await stack.say(f"p{person.number}", message)
        person.said.append(message)
        person.misunderstood += any(part["text"].startswith(lost) for part in parts)
        text = "\n".join(part["text"] for part in parts)
        if re.search(r"nomor ini: \d|this number: \d", text):
            await stack.mail(person.address, "link")
            person.reached = True
        if person.reached or len(person.said) == MOST:
            return
        message = await answer(stack, person, text, parts)


async def answer(stack, person, text, parts):
    """Return what a sensible person writes next."""
    if person.then:
        message, person.then = person.then, None
        return message
    if re.search(
        r"ketik kode|ketik kodenya|type the code|type it here|digit", text, re.IGNORECASE
    ):
        mail = await stack.mail(person.address, "code", person.codes)
        person.codes = len(stack.mails(person.address))
        return mail.code
    if re.search(r"\busername\b", text, re.IGNORECASE):
        return person.account["login"]
    buttons = {b["title"]: b["payload"] for part in parts for b in part.get("buttons", ())}
    for title in WANTED:
        if title in buttons:
            return buttons[title]
    person.plain += 1
    return PLAIN[(person.plain - 1) % len(PLAIN)]


async def run():
    crowd, lost = people(), fallbacks()
    with tempfile.TemporaryDirectory() as scratch:
        for start in range(0, len(crowd), BATCH):
            folder = Path(scratch) / str(start)
            folder.mkdir()
            batch = crowd[start : start + BATCH]
            quiet = {"HELPDESK_LOG_LEVEL": "WARNING"}
            async with Stack(folder / "state", environment=quiet) as stack:
                await stack.run("accounts", "import", str(accounts(folder, batch)))
                for first in range(0, len(batch), AT_ONCE):
                    few = batch[first : first + AT_ONCE]
                    await asyncio.gather(*(play(stack, person, lost) for person in few))
    return [
        {
            "opening": person.opening,
            "reached": person.reached,
            "messages": len(person.said),
            "misunderstood": person.misunderstood,
            "said": person.said,
        }
        for person in crowd
    ]


def summary(found):
    """Return the figures; who never got there counts with all messages written."""
    counts = sorted(each["messages"] for each in found)
    return {
        "openings": len(found),
        "reached": sum(each["reached"] for each in found) / len(found),
        "median": statistics.median(counts),
        "mean": round(statistics.mean(counts), 2),
        "p90": counts[-(-9 * len(counts) // 10) - 1],
        "misunderstood": sum(each["misunderstood"] for each in found),
    }


def at(revision):
    """Run this script with the code of another revision."""
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "tree"
        git = ["git", "-C", str(ROOT)]
        subprocess.run(
            [*git, "worktree", "add", "-q", "--detach", str(tree), revision], check=True
        )
        try:
            script = tree / "benchmarks" / "product" / "turns.py"
            for file in (Path(__file__), HERE / "openings.yml"):
                shutil.copy(file, script.parent)
            command = [*interpreter(tree, revision), str(script), "--json"]
            done = subprocess.run(command, cwd=tree, check=True, stdout=subprocess.PIPE)
            return json.loads(done.stdout)["each"]
        finally:
            subprocess.run([*git, "worktree", "remove", "--force", str(tree)], check=True)


def interpreter(tree, revision):
    """Return the interpreter for a revision: ours, unless other packages were locked then."""
    git = ["git", "-C", str(ROOT), "diff", "--quiet", revision, "--", "uv.lock"]
    if subprocess.run(git, check=False).returncode == 0:
        return [sys.executable]
    uv = subprocess.run(
        [sys.executable, str(ROOT / "deploy" / "bootstrap.py")],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout.strip()
    return [uv, "run", "--system-certs", "--quiet", "--frozen", "--directory", str(tree), "python"]


def show(now, before):
    """Print a line an opening, and the figures: before → now."""
    for index, each in enumerate(now):
        cells = [before[index], each] if before else [each]
        marks = " → ".join(f"{c['messages']:2}{'' if c['reached'] else '!'}" for c in cells)
        print(f"{marks:10} {each['opening'][:80]}")
    print("(! the link was not reached)")
    for name, value in summary(now).items():
        earlier = f"{summary(before)[name]} → " if before else ""
        print(f"{name:14} {earlier}{value}")


if __name__ == "__main__":
    # What a training says of itself must not stand in the JSON.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compare", metavar="REVISION", help="another git revision")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    before = at(arguments.compare) if arguments.compare else None
    now = asyncio.run(run())
    if arguments.json:
        result = {"summary": summary(now), "each": now}
        print(json.dumps(result | ({"before": summary(before)} if before else {}), indent=1))
    else:
        show(now, before)
