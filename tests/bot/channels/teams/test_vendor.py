"""What Microsoft's own tools say: their parser of cards, their schemas of the app package.

`deploy/install-test-servers` installs them, as `make test` does.
"""

import json
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path

import jsonschema_rs
import pytest
from every_message import messages, payloads
from msgspec.structs import replace
from teams_kit import settings

from bot.channels.teams_render import card
from deploy.teams_app import package

ROOT = Path(__file__).resolve().parents[4]
MODULES = ROOT / ".tools/playground/node_modules"
PARSER = MODULES / "adaptivecards/dist/adaptivecards.js"
SCHEMAS = MODULES / "@microsoft/app-manifest/build/json-schemas/teams/v1.19"

pytestmark = pytest.mark.slow


def parsed(cards):
    """Return what Microsoft's parser says of `cards`."""
    script = Path(__file__).with_name("parse_cards.js")
    done = subprocess.run(
        ["node", script, PARSER],
        input=json.dumps(cards).encode(),
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def content(activity):
    return activity["attachments"][0]["content"]


def test_every_card_of_both_catalogues_is_read_without_a_complaint():
    shown = [a for message in messages() for a in payloads(message) if "attachments" in a]
    closed = [card(replace(message, buttons=())) for message in messages() if message.buttons]
    cards = [content(activity) for activity in (*shown, *closed)]
    answer = parsed(cards)
    assert answer["said"] == []
    assert answer["read"] == len(cards) > 500


def test_the_parser_does_complain():
    """Else the test above would mean nothing."""
    bad = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "Text", "text": "x"}]}
    assert len(parsed([bad])["said"]) == 1


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("manifest.json", "MicrosoftTeams.schema.json"),
        ("en.json", "MicrosoftTeams.Localization.schema.json"),
    ],
)
def test_the_app_package_is_what_microsofts_schema_asks_for(name, schema):
    chosen = settings(public_url="https://bantuan.kampus.example")
    with zipfile.ZipFile(BytesIO(package(chosen, "UPT TIK"))) as archive:
        document = json.loads(archive.read(name))
    published = jsonschema_rs.validator_for(json.loads((SCHEMAS / schema).read_text()))
    published.validate(document)
    assert not published.is_valid({**document, "no such field": 1})
