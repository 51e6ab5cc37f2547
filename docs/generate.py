"""Write the reference pages that list what the code defines: settings, commands, metrics, API.

`python docs/generate.py` writes them; `tests/docs` fails when one is not as it would be written.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from backend.settings import BackendSettings  # noqa: E402 - the path is set first
from backend.web.api.bot_routes import BOT_ROUTES  # noqa: E402 - likewise
from backend.web.api.operator_routes import OPERATOR_ROUTES  # noqa: E402 - likewise
from bot.settings import BotSettings  # noqa: E402 - likewise
from helpdesk.cli import main as command  # noqa: E402 - likewise
from ops.settings import CommonSettings, OperatorSettings  # noqa: E402 - likewise

if TYPE_CHECKING:
    from collections.abc import Iterator

REFERENCE = ROOT / "docs" / "reference"
_METRIC = re.compile(
    r"""(Counter|Gauge|Histogram)\(\s*"(helpdesk_\w+)",\s*((?:\s*(?:"[^"]*"|'[^']*'))+)"""
)


def settings_page() -> str:
    """Return the page of settings."""
    head = (
        "# Settings\n\nEvery setting is an environment variable, or a line of a `.env` file in the "
        "working folder. Nothing has to be set to try the product on one machine.\n"
    )
    parts = [head]
    sections = (
        ("Both services", CommonSettings, None),
        ("Bot", BotSettings, CommonSettings),
        ("Backend and operators", OperatorSettings, CommonSettings),
        ("Backend", BackendSettings, OperatorSettings),
    )
    for title, model, base in sections:
        parts.append(f"## {title}\n")
        for name, field in model.model_fields.items():
            if base is None or name not in base.model_fields:
                parts.append(_setting(name, field))
    return "\n".join(parts)


def _setting(name: str, field: Any) -> str:  # noqa: ANN401 - pydantic's FieldInfo
    default = (
        "unset"
        if field.default is None
        else f"`{field.default}`"
        if field.default != ""
        else "empty"
    )
    return f"### `HELPDESK_{name.upper()}`\n\n{field.description}\n\nDefault: {default}\n"


def commands_page() -> str:
    """Return the page of commands."""
    parts = [
        "# Commands\n\nEverything is a command of `helpdesk`; `--help` says the same as this page.\n"
    ]
    parts += [_command(path, found) for path, found in _walk("helpdesk", command)]
    return "\n".join(parts)


def _walk(path: str, found: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield path, found
    if isinstance(found, click.Group):
        context = click.Context(found, info_name=path)
        for name in sorted(found.list_commands(context)):
            below = found.get_command(context, name)
            if below is not None and not below.hidden:
                yield from _walk(f"{path} {name}", below)


def _command(path: str, found: click.Command) -> str:
    context = click.Context(found, info_name=path)
    help_text = found.get_help(context)
    return f"## `{path}`\n\n```text\n{help_text}\n```\n"


def metrics_page() -> str:
    """Return the page of metrics."""
    rows: dict[str, str] = {}
    for folder in ("ops", "bot", "backend", "nlu"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for kind, name, text in _METRIC.findall(path.read_text(encoding="utf-8")):
                words = "".join(re.findall(r"""["']([^"']*)["']""", text))
                rows[name] = f"| `{name}` | {kind.lower()} | {words} |"
    table = "\n".join(rows[name] for name in sorted(rows))
    head = "# Metrics\n\n`GET /metrics` on both services, in Prometheus' format.\n"
    return f"{head}\n| metric | kind | what it counts |\n| --- | --- | --- |\n{table}\n"


def api_page() -> str:
    """Return the page of the backend's API."""
    head = (
        "# Backend API\n\nThe machine-readable description is `GET /openapi.json` of the backend. "
        "Every call is signed: `X-Helpdesk-Principal` (`bot` or `operator`), `X-Helpdesk-Timestamp` "
        "(seconds, at most 300 off) and `X-Helpdesk-Signature`, the hexadecimal HMAC-SHA256 under "
        "the principal's key over principal, method, path with query, timestamp, actor, idempotency "
        "key and the SHA-256 of the body, joined by line feeds. An operator names who acts in "
        "`X-Helpdesk-Actor`. Writes carry an `Idempotency-Key`: the same key and request always get "
        "the first answer. Errors are `application/problem+json` (RFC 9457).\n"
    )
    rows = [
        f"| `{route.method} {route.path}` | {route.principal} | {route.summary} |"
        for route in (*BOT_ROUTES, *OPERATOR_ROUTES)
    ]
    return (
        f"{head}\n| call | principal | what it does |\n| --- | --- | --- |\n"
        + "\n".join(rows)
        + "\n"
    )


PAGES = {
    "settings.md": settings_page,
    "commands.md": commands_page,
    "metrics.md": metrics_page,
    "backend-api.md": api_page,
}


def write() -> None:
    """Write every page."""
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write()
