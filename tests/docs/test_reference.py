"""The docs cannot lag behind the code."""

import importlib.util
import re
from pathlib import Path

import pytest

from nlu.types import Intent

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def generator():
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["settings.md", "commands.md", "metrics.md", "backend-api.md"])
def test_generated_pages_are_current(name):
    """`python docs/generate.py` writes them anew."""
    assert (DOCS / "reference" / name).read_text() == generator().PAGES[name]()


def test_every_setting_says_what_it_is():
    page = generator().settings_page()
    names = re.findall(r"### `(HELPDESK_\w+)`\n\n(.+)", page)
    assert len(names) > 20
    assert [name for name, text in names if text == "None"] == []


def pages():
    return [*sorted(DOCS.rglob("*.md")), ROOT / "README.md"]


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page):
    prose = re.sub(r"`[^`]*`", "", page.read_text())  # Rasa's annotations look like links
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", prose)
    local = [t for t in targets if not t.startswith(("http", "mailto:"))]
    missing = [t for t in local if not (page.parent / t).exists()]
    assert missing == []


def test_paths_named_in_the_architecture_page_exist():
    text = (DOCS / "explanation" / "architecture.md").read_text()
    named = re.findall(
        r"`((?:bot|backend|handlers|nlu|backend_client|ops|helpdesk)/[\w/.]+)`", text
    )
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_intent_is_in_the_labelling_guide():
    guide = (DOCS / "reference" / "labelling.md").read_text()
    assert [intent for intent in Intent if f"`{intent}`" not in guide] == []


def test_every_decision_has_a_number_of_its_own():
    numbers = [path.name[:4] for path in (DOCS / "decisions").glob("*.md")]
    assert len(numbers) == len(set(numbers))
