"""`helpdesk nlu`: train, test and try the understanding."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click
import msgspec
from rich.markup import escape

from helpdesk.commands.nlu_review import relabel, review
from helpdesk.output import console, json_option, print_json, print_table
from ops.clock import SystemClock
from ops.settings import CommonSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nlu.rasa_data import Example
    from nlu.report.curve import Step
    from nlu.report.explain import Explanation
    from nlu.report.page import Measured
    from nlu.types import Understanding

_ENGINE = "`embedded`, a model file, or `rasa:URL`"
_FILE = click.Path(exists=True, path_type=Path)


@click.group()
def nlu() -> None:
    """Train, test and try the understanding of messages."""
    from ops.logs import configure_logging

    configure_logging(CommonSettings(), "nlu")  # to stderr: what `--json` prints stays JSON


nlu.add_command(review)
nlu.add_command(relabel)


@nlu.command()
@json_option
def train(*, as_json: bool) -> None:
    """Train the embedded engine on the data in `nlu/data` (seconds)."""
    from nlu.embedded import model_path
    from nlu.train import DATA
    from nlu.train import train as train_model

    path = model_path(CommonSettings().state_dir)
    report = train_model(DATA, path)
    if as_json:
        print_json(report)
    else:
        console.print(f"Trained on {report.examples} examples in {report.seconds:.1f} s: {path}")


@nlu.command()
@click.argument("file", type=_FILE)
@click.option("--engine", default="embedded", help=f"What to test: {_ENGINE}.")
@click.option("--compare", "other", metavar="MODEL", help=f"Test a second one: {_ENGINE}.")
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the report goes; beside the model in the state folder by default.",
)
@json_option
def test(file: Path, *, engine: str, other: str | None, html: Path | None, as_json: bool) -> None:
    """Measure an engine on Rasa YAML or JSON lines."""
    from nlu.report.compare import compare
    from nlu.report.page import page
    from nlu.report.scoring import score

    examples = _read(file)
    here = asyncio.run(_tested(engine, examples))
    there = None if other is None else asyncio.run(_tested(other, examples))
    html = html or CommonSettings().state_dir / "nlu-report.html"
    html.parent.mkdir(parents=True, exist_ok=True)
    html.write_text(page(file.name, here, there), encoding="utf-8")
    result = score(here.outcomes)
    compared = None if there is None else compare(here.outcomes, there.outcomes)
    if as_json:
        print_json({**msgspec.to_builtins(result), "compared": compared})
        return
    click.echo(result.summary())
    if compared is not None:
        click.echo(f"\n{engine} (here) and {other} (there)\n{compared.summary()}")
    click.echo(f"\nReport: {html}")


def _read(file: Path) -> list[Example]:
    from nlu.evaluate import read_examples
    from nlu.rasa_data import BadData

    try:
        return read_examples(file)
    except BadData as problem:
        raise click.ClickException(str(problem)) from None


async def _tested(engine: str, examples: Sequence[Example]) -> Measured:
    from nlu.embedded import TrainingFailed
    from nlu.evaluate import measure
    from nlu.model_file import BadModel
    from nlu.rasa_data import BadData
    from nlu.report.engines import NoAnswer, open_engine
    from nlu.report.page import Measured

    try:
        opened = open_engine(engine, CommonSettings().state_dir)
        try:
            return Measured(engine, await measure(opened, examples))
        finally:
            await opened.close()
    except (BadData, BadModel, NoAnswer, TrainingFailed) as problem:
        raise click.ClickException(str(problem)) from None


@nlu.command()
@click.argument("file", type=_FILE)
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), help="Draw it, too.")
@click.option("--seeds", default=3, show_default=True, help="Random parts of each size.")
@json_option
def curve(file: Path, *, svg: Path | None, seeds: int, as_json: bool) -> None:
    """Show whether more sentences would help (minutes).

    Trains on 5, 10, 20 … sentences of each intent, and tests on FILE.
    """
    from nlu.rasa_data import read
    from nlu.report.curve import drawing, steps
    from nlu.train import DATA

    found: list[Step] = []
    for step in steps(read(DATA), _read(file), seeds=seeds):
        click.echo(f"{step.name} of each intent: {step.lenient.mean:.1%}", err=True)
        found.append(step)
    if svg is not None:
        svg.write_text(drawing(found), encoding="utf-8")
    if as_json:
        print_json(found)
        return
    print_table(
        ("of each intent", "sentences", "understood", "lowest", "highest", "out of scope, F1"),
        (
            (
                step.name,
                step.sentences,
                f"{step.lenient.mean:.1%}",
                f"{step.lenient.low:.1%}",
                f"{step.lenient.high:.1%}",
                f"{step.out_of_scope_f1.mean:.1%}",
            )
            for step in found
        ),
    )


@nlu.command()
@click.argument("text")
@json_option
def parse(text: str, *, as_json: bool) -> None:
    """Show how one message is understood, and why."""
    from nlu.embedded import load_or_train, model_path
    from nlu.model_file import load
    from nlu.report.explain import explain

    settings = CommonSettings()
    today = SystemClock().now().astimezone(ZoneInfo(settings.time_zone)).date()
    engine = load_or_train(settings.state_dir)
    meaning: Understanding = asyncio.run(engine.parse(text, today=today))
    explanation = explain(load(model_path(settings.state_dir)), meaning)
    if as_json:
        print_json({**msgspec.to_builtins(meaning), "explanation": explanation})
        return
    _show_meaning(meaning)
    _show_explanation(explanation)


def _show_meaning(meaning: Understanding) -> None:
    also = f", also {', '.join(meaning.also)}" if meaning.also else ""
    console.print(f"{meaning.intent} ({meaning.confidence:.2f}){also}")
    console.print(f"language: {meaning.language or 'not told'}")
    if meaning.secret:
        click.echo(f"holds what looks like a password, which is taken out: {meaning.text}")
    print_table(
        ("intent", "confidence"), ((e.intent, f"{e.confidence:.3f}") for e in meaning.ranking)
    )
    if meaning.entities:
        print_table(
            ("entity", "text", "value"),
            (
                (e.kind, escape(meaning.text[e.start : e.end]), escape(e.value))
                for e in meaning.entities
            ),
        )


def _show_explanation(why: Explanation) -> None:
    click.echo(f"\nread as: {' '.join(why.canonical)}")
    for each in why.rewritten:
        click.echo(f"  {each.written} → {each.read or 'nothing'}")
    if why.statistics is not why.winner:
        click.echo(f"statistics alone say {why.statistics} ({why.confidence:.2f}); a rule decided")
    click.echo(f"\nwhat speaks for {why.winner} against {why.runner_up} (log odds)")
    print_table(("word", "weight"), ((e.of, f"{e.weight:+.2f}") for e in why.words))
    print_table(
        ("feature", "kind", "weight"), ((e.of, e.kind, f"{e.weight:+.2f}") for e in why.features)
    )
    if len(why.clauses) > 1 or any(each.forbidden for each in why.clauses):
        print_table(
            ("by itself", "confidence", "", "clause"),
            (
                (
                    each.intent,
                    f"{each.confidence:.2f}",
                    "not wanted" if each.forbidden else "a further wish" if each.added else "",
                    escape(each.text),
                )
                for each in why.clauses
            ),
        )
