"""Talk to the product, find the message on the list, label it, read the sentence."""

import json
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "e2e"))  # `stack`

from stack import Stack

from nlu.model_file import DATA

pytestmark = pytest.mark.slow


async def test_from_the_chat_to_the_training_sentences(tmp_path):
    settings = {"HELPDESK_NLU_REVIEW": "true"}
    async with Stack(tmp_path / "state", environment=settings) as stack:
        for sender in ("a", "b"):
            await stack.say(sender, "lupa password")
            await stack.say(sender, "batal")
        rows = json.loads(await stack.run("nlu", "review", "--json"))
        assert [(row["text"], row["happened"], row["times"]) for row in rows] == [
            ("lupa password", "corrected", 2)
        ]
        data = tmp_path / "data"
        shutil.copytree(DATA, data)
        labels = tmp_path / "labels.jsonl"
        line = {**rows[0], "text": "sandiku ambyar zonk", "label": "reset_password"}
        labels.write_text(json.dumps({**line, "language": "id"}))
        said = await stack.run("nlu", "review", "--import", str(labels), "--data", str(data))
        assert "helpdesk nlu train" in said
        assert json.loads(await stack.run("nlu", "review", "--json")) == []
    sentences = (data / "reset_password.id.yml").read_text()
    assert sentences.endswith("\n    - sandiku ambyar zonk\n")
    assert "lupa password" not in stack.log("bot0")


async def test_nothing_is_collected_by_default(tmp_path):
    async with Stack(tmp_path / "state") as stack:
        await stack.say("a", "lupa password")
        await stack.say("a", "batal")
        assert json.loads(await stack.run("nlu", "review", "--json")) == []
