"""`helpdesk doctor`: check every setting and every peer, and say what to do."""

from __future__ import annotations

import asyncio
import sys

import click

from helpdesk.output import console, json_option, print_json

MARKS = {"ok": "[green]ok[/]", "warn": "[yellow]warn[/]", "fail": "[red]fail[/]"}


@click.command()
@json_option
def doctor(*, as_json: bool) -> None:
    """Check every setting and every peer, and say what to do. Exit code 1: something fails."""
    from helpdesk.examination import examine

    findings = asyncio.run(examine())
    if as_json:
        print_json(findings)
    else:
        for finding in findings:
            console.print(f"{MARKS[finding.state]:>6}  {finding.what}: {finding.detail}")
            if finding.advice:
                console.print(f"        → {finding.advice}")
    sys.exit(any(finding.state == "fail" for finding in findings))
