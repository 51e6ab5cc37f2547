"""`helpdesk nlu review`: label messages that were not understood well; nothing trains itself."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import click
import msgspec
from rich.text import Text

from backend_client import wire
from bot.review import Happened, sample_of
from bot.settings import BotSettings
from bot.store.review import KEPT_ROWS, clear, expire, label, note, waiting
from helpdesk.operator import ask, me
from helpdesk.output import console, errors, json_option, print_json
from helpdesk.review_list import listed, with_list
from helpdesk.sentences import OUT_OF_SCOPE, Sentences, Unfit
from nlu.model_file import DATA
from nlu.rasa_data import BadData
from nlu.types import Intent, Language
from ops.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from bot.store.review import Row

DROPPED: Final = "dropped"
"""The label of what is not worth a sentence."""
_KEYS: Final = (
    "[Enter] as suggested  [1-5] from the ranking  [i] an intent  [o] out of scope  [e] edit  "
    "[l] language  [s] skip  [d] drop  [q] quit"
)
_TRAIN: Final = "Train with: helpdesk nlu train"


class Labelled(msgspec.Struct):
    """A line that `--import` reads. `label`: an intent, a ring, or "dropped"."""

    id: int
    text: str
    label: str
    language: Language | None = None


@click.command()
@click.option(
    "--data",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the training sentences. Default: `nlu/data` of this working copy.",
)
@click.option("--limit", type=click.IntRange(1, KEPT_ROWS), default=KEPT_ROWS, show_default=True)
@click.option(
    "--export",
    "export_to",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="Write the list as JSON lines, to be labelled elsewhere.",
)
@click.option(
    "--import",
    "import_from",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help='Take labels in: JSON lines with "id", "text", "label" and "language".',
)
@click.option("--clear", "clear_all", is_flag=True, help="Delete everything that was collected.")
@json_option
def review(
    folder: Path | None,
    limit: int,
    export_to: Path | None,
    import_from: Path | None,
    *,
    clear_all: bool,
    as_json: bool,
) -> None:
    """Label messages that were misunderstood, corrected or ambiguous.

    They are collected with HELPDESK_NLU_REVIEW=true only, without anything that tells who wrote
    them. Labelled ones become training sentences; nothing trains itself.
    """
    if clear_all:
        console.print(f"{with_list(clear)} messages deleted.")
        return
    today = SystemClock().now().date()
    if import_from:
        _import(import_from, _sentences(folder), today)
        return
    with_list(lambda connection: expire(connection, [today]))
    rows = with_list(lambda connection: waiting(connection, limit))
    if export_to:
        lines = b"".join(msgspec.json.encode(listed(row)) + b"\n" for row in rows)
        with click.open_file(str(export_to), "wb") as file:
            file.write(lines)
    elif as_json:
        print_json([listed(row) for row in rows])
    elif rows:
        _label_all(rows, _sentences(folder), today)
    else:
        console.print("Nothing waits for a label.")
        if not BotSettings().nlu_review:
            console.print("Nothing is collected: HELPDESK_NLU_REVIEW is off.")


@click.command()
@click.argument("number")
@click.argument("intent", metavar="INTENT", type=click.Choice([intent.value for intent in Intent]))
@click.option("--line", type=click.IntRange(1), help="Which of the person's lines. Default: ask.")
@click.option("--as", "agent", default=me, help="Who acts. Default: HELPDESK_AGENT.")
def relabel(number: str, intent: str, line: int | None, agent: str) -> None:
    """Put a line of a ticket on the list, as what you say it was.

    The ticket stays as it is. What is kept of the line names nobody.
    """
    if not BotSettings().nlu_review:
        errors.print("Nothing is collected: HELPDESK_NLU_REVIEW is off.")
        sys.exit(1)
    path = f"/v1/agent/tickets/{quote(number, safe='')}"
    ticket: wire.AgentTicket = ask(lambda operator: operator.get(path, wire.AgentTicket), agent)
    lines = [each.text for each in ticket.handoff if each.author == "user"]
    for at, text in enumerate(lines, 1):
        console.print(Text(f"{at} {text}"))
    wanted = line or click.prompt("Line", type=click.IntRange(1, max(1, len(lines))))
    if wanted > len(lines):
        errors.print("The ticket has no such line.")
        sys.exit(1)
    _put_on_list(lines[wanted - 1], Intent(intent))


def _put_on_list(text: str, intent: Intent) -> None:
    from nlu.embedded import load_or_train

    settings, today = BotSettings(), SystemClock().now().date()
    meaning = load_or_train(settings.state_dir).understand(text, today=today)
    sample = sample_of(meaning, asked=False)
    if sample is None:
        errors.print("This line cannot be kept: it is about somebody, or holds a secret.")
        sys.exit(1)
    noted = sample.noted(Happened.RELABELLED, intent, today)
    with_list(lambda connection: note(connection, [noted]))
    console.print(Text(f"On the list: {sample.text}"))


# -- labelling ---------------------------------------------------------------------------------
def _label_all(rows: Sequence[Row], sentences: Sentences, today: date) -> None:
    written = 0
    for at, row in enumerate(rows, 1):
        console.print(f"\n{at} of {len(rows)}", style="bold")
        added = _label_one(row, sentences, today)
        if added is None:
            break
        written += added
    _say_end(written)


def _label_one(row: Row, sentences: Sentences, today: date) -> int | None:
    """Ask about one message; return how many sentences were written, None to stop."""
    text, language = row.text, row.language or Language.ID.value
    while True:
        _show(row, text, language)
        key = click.getchar().lower()
        match key:
            case "q" | "":
                return None
            case "s":
                return 0
            case "d":
                _mark(row.id, DROPPED)
                return 0
            case "e":
                text = click.prompt("Text", default=text)
                continue
            case "l":
                language = Language.EN if language == Language.ID else Language.ID
                continue
            case _:
                ring = _chosen(key, row)
        if ring is None:
            continue
        if ring == OUT_OF_SCOPE:
            ring = _ask_ring(sentences)
        added = _take(Labelled(row.id, text, ring, Language(language)), sentences, today)
        if added is not None:
            return added


def _chosen(key: str, row: Row) -> str | None:
    ranking = listed(row).ranking
    match key:
        case "\r" | "\n":
            return row.chosen or row.guess
        case "i":
            return click.prompt("Intent", type=click.Choice([intent.value for intent in Intent]))
        case "o":
            return OUT_OF_SCOPE
        case _ if key in "12345"[: len(ranking)]:
            return ranking[int(key) - 1][0]
        case _:
            return None


def _ask_ring(sentences: Sentences) -> str:
    rings = [ring for ring in sentences.rings if ring.startswith(f"{OUT_OF_SCOPE}_")]
    if not rings:
        return OUT_OF_SCOPE
    for at, ring in enumerate(rings, 1):
        console.print(f"{at} {ring.removeprefix(f'{OUT_OF_SCOPE}_')}")
    return rings[click.prompt("Ring", type=click.IntRange(1, len(rings))) - 1]


def _show(row: Row, text: str, language: str) -> None:
    console.print(Text(f"  {text}", style="bold"))
    meant = f", meant {row.chosen}" if row.chosen else ""
    console.print(f"  {language}, {row.happened}{meant}, {row.times} times", style="dim")
    ranking = listed(row).ranking or ((row.guess, row.confidence),)
    for at, (intent, confidence) in enumerate(ranking, 1):
        console.print(Text(f"  {at} {intent} {confidence:.2f}"))
    console.print(Text(_KEYS, style="dim"))


def _take(wanted: Labelled, sentences: Sentences, today: date) -> int | None:
    """Write a sentence and mark its message; return how many were written, None when unfit."""
    try:
        line = sentences.add(wanted.text, wanted.label, wanted.language or Language.ID, today)
    except Unfit as reason:
        errors.print(Text(f"Not taken: {reason}.", style="red"))
        return None
    _mark(wanted.id, wanted.label)
    console.print(Text(line or "It stands there already.", style="green"))
    return 1 if line else 0


def _mark(row: int, name: str) -> None:
    if not with_list(lambda connection: label(connection, row, name)):
        errors.print("It was labelled by somebody else meanwhile.")


def _say_end(written: int) -> None:
    console.print(f"{written} sentences written.")
    if written:
        console.print(_TRAIN)


# -- other places --------------------------------------------------------------------------------
def _import(path: Path, sentences: Sentences, today: date) -> None:
    """Take labels in, all that fit; ends the program with 1 when some did not."""
    written = bad = 0
    for at, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            wanted = msgspec.json.decode(line, type=Labelled) if line.strip() else None
        except msgspec.DecodeError as error:
            errors.print(Text(f"Line {at}: {error}"))
            bad += 1
            continue
        if wanted is None:
            continue
        if wanted.label == DROPPED:
            _mark(wanted.id, DROPPED)
            continue
        added = _take(wanted, sentences, today)
        written += added or 0
        bad += added is None
    _say_end(written)
    if bad:
        errors.print(f"{bad} lines were not taken.")
        sys.exit(1)


def _sentences(folder: Path | None) -> Sentences:
    chosen = folder or DATA
    if folder is None and not (DATA.parents[1] / "pyproject.toml").exists():
        errors.print(
            "The sentences of an installed package are replaced by its next version: give the "
            "folder `nlu/data` of a working copy with --data."
        )
        sys.exit(1)
    try:
        return Sentences(chosen)
    except BadData as error:
        errors.print(Text(f"The training sentences cannot be read: {error}"))
        sys.exit(1)
