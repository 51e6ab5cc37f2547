"""The drawn state diagrams are those of the code."""

import importlib.util
from pathlib import Path

import pytest

from handlers.flow import FlowName

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def diagrams():
    spec = importlib.util.spec_from_file_location("diagrams", ROOT / "docs/diagrams.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_current(diagrams):
    """`python docs/diagrams.py` writes it anew."""
    assert diagrams.PAGE.read_text(encoding="utf-8") == diagrams.page()


@pytest.mark.parametrize("flow", FlowName)
def test_every_flow_is_drawn_to_its_end(diagrams, flow):
    section = diagrams.page().split(f"## `{flow.value}`")[1].split("\n## ")[0]
    assert "[*] --> " in section
    assert "--> [*]: " in section
