"""No sentence of the measuring set, and none too much like one, is trained on.

A failure names files and lines, never the sentences: their sources keep their licences.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from nlu.model_file import DATA
from nlu.rasa_data import parse_markup

DEV = Path(__file__).parents[3] / "shared/data/nlu-dev.jsonl"
MEASURED = pytest.mark.skipif(not DEV.exists(), reason="the shared folder is not on this machine")
NEAR = 0.8
"""Share of character trigrams in common (Jaccard) from which on a sentence is a copy."""
WORDS = 4
"""Shorter sentences are alike because there is only one way to say them."""


def _plain(text):
    return " ".join(re.findall(r"\w+", text.lower()))


def _written(data):
    """Return (place, sentence) for every line of the training data."""
    for file in sorted(data.glob("*.yml")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if re.match(r"\s+- \S", line):
                text, _ = parse_markup(line.strip().removeprefix("-").strip())
                yield f"{file.name}:{number}", _plain(text)


def _trigrams(text):
    padded = f" {text} "
    return {padded[at : at + 3] for at in range(len(padded) - 2)}


def _table(sets, columns):
    places = [[columns[each] for each in one if each in columns] for one in sets]
    starts = np.cumsum([0, *(len(one) for one in places)])
    flat = np.concatenate([np.array(one, dtype=np.intp) for one in places])
    return csr_matrix((np.ones(len(flat)), flat, starts), shape=(len(sets), len(columns)))


def near_copies(written, measured):
    """Return (place, row of the measuring set, likeness) of sentences that are too much alike."""
    ours = [(place, text) for place, text in written if len(text.split()) >= WORDS]
    theirs = [(row, text) for row, text in measured if len(text.split()) >= WORDS]
    if not ours or not theirs:
        return []
    one, two = ([_trigrams(text) for _, text in side] for side in (ours, theirs))
    columns = {each: at for at, each in enumerate(sorted(set().union(*two)))}
    common = (_table(one, columns) @ _table(two, columns).T).tocoo()
    found = []
    for at, other, shared in zip(common.row, common.col, common.data, strict=True):
        likeness = shared / (len(one[at]) + len(two[other]) - shared)
        if likeness >= NEAR:
            found.append((ours[at][0], theirs[other][0], round(float(likeness), 2)))
    return found


def _measured():
    """Return (row, sentence); a function, for a failing test would print a fixture."""
    lines = DEV.read_text(encoding="utf-8").splitlines()
    return [(row, _plain(json.loads(line)["text"])) for row, line in enumerate(lines, 1)]


@MEASURED
def test_no_sentence_is_the_same():
    rows = {text: row for row, text in _measured()}
    same = [(place, rows[text]) for place, text in _written(DATA) if text in rows]
    assert not same, "\n".join(f"{place} is row {row}" for place, row in same)


@MEASURED
def test_no_sentence_is_nearly_the_same():
    found = near_copies(_written(DATA), _measured())
    assert not found, "\n".join(f"{place} is like row {row} ({how})" for place, row, how in found)


def test_copies_are_found_where_they_stand(tmp_path):
    (tmp_path / "greet.id.yml").write_text(
        "nlu:\n- intent: greet\n  examples: |\n    - halo\n"
        "    - selamat pagi bapak [Budi](person) semuanya\n    - saya mau tanya soal nilai\n"
    )
    written = list(_written(tmp_path))
    measured = [(1, "halo"), (7, "selamat pagi bapak budi semuanyaa"), (9, "nilai saya mau tanya")]

    assert written[0] == ("greet.id.yml:4", "halo")
    assert near_copies(written, measured) == [("greet.id.yml:5", 7, 0.91)]
    assert near_copies(written, measured[:1]) == []
