"""Everything the assistant can say, as messages to render."""

import ast
from pathlib import Path

import yaml

from bot.channels.capabilities import TEAMS
from bot.channels.port import Button, OutboundMessage
from bot.channels.teams_render import payload
from bot.envelope import press_payload
from bot.render import render
from nlu.types import Language

YES, NO = Button("Ya, lanjutkan", "/choose:1:yes"), Button("Batal", "/choose:1:cancel")
LINK = Button("Buka halaman", url="https://akun.kampus.example/reset")
ROOT = Path(__file__).resolve().parents[4]


def payloads(message):
    """Return the activities that say `message`, in order."""
    return [payload(part) for part in render(message, TEAMS)]


def sentences(language):
    """Yield (key, sentence as it is written) of a catalogue: places stand for themselves."""
    for path in sorted((ROOT / "bot/texts" / language).glob("*.yaml")):
        for key, variants in yaml.safe_load(path.read_text()).items():
            for variant in [variants] if isinstance(variants, str) else variants:
                yield key, variant


def offers():
    """Yield the labels that a flow offers together."""
    for path in sorted((ROOT / "handlers").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Tuple):
                labels = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)]
                yield tuple(label for label in labels if str(label).startswith("button."))


def messages():
    for language in Language:
        titles = dict(sentences(language))
        for _, sentence in sentences(language):
            yield OutboundMessage(sentence)
            yield OutboundMessage(sentence, (YES, NO, LINK))
        for labels in set(offers()):
            buttons = [
                Button(titles[label], press_payload(999_999_999, label)) for label in labels
            ]
            if buttons:
                yield OutboundMessage("?", tuple(buttons))
