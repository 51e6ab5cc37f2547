"""`helpdesk accounts`: look an account up, take lists of accounts in."""

from __future__ import annotations

import asyncio
import itertools
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from backend_client import wire
from helpdesk.operator import Operator, ask, me
from helpdesk.output import console, errors, json_option, print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backend.domain.accounts_csv import AccountRow, BadRow
    from backend.service.accounts import ImportReport

SHOWN = 20
"""Bad rows printed one by one; `--json` has them all."""


@click.group()
def accounts() -> None:
    """Look accounts up, import lists of accounts."""


@accounts.command()
@click.argument("key")
@json_option
def show(key: str, *, as_json: bool) -> None:
    """Show an account by username, student or employee number, or e-mail; masked."""
    path = f"/v1/agent/accounts/{quote(key, safe='')}"
    view: wire.AccountView = ask(lambda operator: operator.get(path, wire.AccountView))
    if as_json:
        print_json(view)
    else:
        fields = ("username", "account_type", "status", "recovery_email", "valid_until")
        print_table(fields, [[getattr(view, field) for field in fields]])


@accounts.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "agent", default=me, help="Who acts. Default: HELPDESK_AGENT.")
@json_option
def import_(file: Path, agent: str, *, as_json: bool) -> None:
    """Create or update accounts from a CSV file; bad rows are reported by line and left out.

    Columns: username, type, name, and any of student_number (nim), employee_number (nip),
    institutional_email, recovery_email, unit, valid_from, valid_until, privileged.
    """
    from backend.domain.accounts_csv import BadHeader

    try:
        report: ImportReport = ask(lambda operator: _import(operator, file), agent)
    except BadHeader as error:
        errors.print(f"The first line of the file is not right: {error}")
        sys.exit(1)
    except UnicodeDecodeError:
        errors.print("The file is not UTF-8 text.")
        sys.exit(1)
    if as_json:
        print_json(report)
        return
    console.print(
        f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged, "
        f"{len(report.bad)} left out."
    )
    for bad in report.bad[:SHOWN]:
        console.print(f"  line {bad.line}: {bad.fault.replace('_', ' ')}")
    if len(report.bad) > SHOWN:
        console.print(f"  and {len(report.bad) - SHOWN} more (--json lists them all)")


async def _import(operator: Operator, file: Path) -> ImportReport:
    from backend.domain.accounts_csv import BadRow
    from backend.service.accounts import BATCH, ImportReport
    from backend.web.api.operator_routes import ImportBatch

    report = ImportReport()
    lines = await asyncio.to_thread(file.read_text, encoding="utf-8-sig")
    rows = lines.splitlines()
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors) as progress:
        task = progress.add_task("Importing", total=max(0, len(rows) - 1))
        for batch in _batches(rows, BATCH):
            bad = tuple(row for row in batch if isinstance(row, BadRow))
            good = tuple(row for row in batch if not isinstance(row, BadRow))
            report = report.plus(ImportReport(bad=bad))
            if good:
                path = "/v1/agent/accounts/import"
                report = report.plus(await operator.post(path, ImportReport, ImportBatch(good)))
            progress.advance(task, len(batch))
    return report


def _batches(lines: list[str], size: int) -> Iterator[list[AccountRow | BadRow]]:
    from backend.domain.accounts_csv import parse_csv

    rows = parse_csv(lines)
    while batch := list(itertools.islice(rows, size)):
        yield batch
