"""`helpdesk nlu`: train, test and try the understanding."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from helpdesk.output import console, json_option, print_json, print_table
from ops.clock import SystemClock
from ops.settings import CommonSettings

if TYPE_CHECKING:
    from nlu.types import Understanding


@click.group()
def nlu() -> None:
    """Train, test and try the understanding of messages."""


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
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def test(file: Path, *, as_json: bool) -> None:
    """Measure the engine on a Rasa YAML or JSONL file."""
    from nlu.embedded import load_or_train
    from nlu.evaluate import evaluate, read_examples

    report = evaluate(load_or_train(CommonSettings().state_dir), read_examples(file))
    if as_json:
        print_json(report)
    else:
        console.print(report.summary())


@nlu.command()
@click.argument("text")
@json_option
def parse(text: str, *, as_json: bool) -> None:
    """Show how one message is understood."""
    from nlu.embedded import load_or_train

    settings = CommonSettings()
    today = SystemClock().now().astimezone(ZoneInfo(settings.time_zone)).date()
    engine = load_or_train(settings.state_dir)
    meaning: Understanding = asyncio.run(engine.parse(text, today=today))
    if as_json:
        print_json(meaning)
        return
    also = f", also {', '.join(meaning.also)}" if meaning.also else ""
    console.print(f"{meaning.intent} ({meaning.confidence:.2f}){also}")
    print_table(
        ("entity", "text", "value"),
        ((e.kind, text[e.start : e.end], e.value) for e in meaning.entities),
    )
