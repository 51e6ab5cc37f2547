"""Write the app package that a Teams administrator uploads: `var/teams-app.zip`.

`make teams-app`, or `python deploy/teams_app.py --developer "UPT TIK" --privacy https://…`.
The app id and the address come from the settings.
"""

import argparse
import json
import sys
import tomllib
import zipfile
from io import BytesIO
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bot.settings import BotSettings  # noqa: E402 - the path is set first
from deploy.teams import icons  # noqa: E402 - likewise

TEMPLATES = ROOT / "deploy" / "teams"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every file in the package: the same settings give the same bytes."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--out", type=Path, default=None, help="default: in the state folder")
    parser.add_argument("--developer", default="IT Helpdesk", help="who runs it (32 characters)")
    parser.add_argument("--privacy", default=None, help="page about privacy; default: our address")
    parser.add_argument("--terms", default=None, help="terms of use; default: our address")
    chosen = parser.parse_args(arguments)
    settings = BotSettings()
    missing = lacks(settings)
    if missing:
        print(missing, file=sys.stderr)
        return 1
    out = chosen.out or settings.state_dir / "teams-app.zip"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(package(settings, chosen.developer, chosen.privacy, chosen.terms))
    print(f"{out}: upload it as docs/how-to/connect-teams.md says")
    return 0


def lacks(settings: BotSettings) -> str:
    """Say what is missing for a package, if anything is."""
    if not settings.teams_app_id:
        return "Set HELPDESK_TEAMS_APP_ID first: docs/how-to/connect-teams.md, step 1."
    if not settings.origin.startswith("https://"):
        return "Set HELPDESK_PUBLIC_URL to the https address under which Microsoft reaches us."
    return ""


def package(
    settings: BotSettings, developer: str, privacy: str | None = None, terms: str | None = None
) -> bytes:
    """Return the zip file."""
    origin = settings.origin
    names = {
        "app_id": settings.teams_app_id or "",
        "version": version(),
        "developer": developer[:32],
        "origin": origin,
        "privacy": privacy or origin,
        "terms": terms or origin,
        "host": urlsplit(origin).hostname or "",
    }
    manifest = filled(json.loads((TEMPLATES / "manifest.json").read_text()), names)
    content = {
        "manifest.json": json.dumps(manifest, ensure_ascii=False, indent=2).encode(),
        "en.json": (TEMPLATES / "en.json").read_bytes(),
        "color.png": icons.color(),
        "outline.png": icons.outline(),
    }
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in content.items():
            archive.writestr(zipfile.ZipInfo(name, EPOCH), body)
    return packed.getvalue()


def filled(value: Any, names: dict[str, str]) -> Any:  # noqa: ANN401 - any JSON
    """Return `value` with the places in its texts filled."""
    if isinstance(value, dict):
        return {name: filled(each, names) for name, each in value.items()}
    if isinstance(value, list):
        return [filled(each, names) for each in value]
    return Template(value).substitute(names) if isinstance(value, str) else value


def version() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return str(project["version"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
