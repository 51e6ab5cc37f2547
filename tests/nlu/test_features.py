"""The quick way to a message's vector, and the plain one the vocabulary was learned with."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from nlu.features import LONGEST, Vocabulary, bounds_of, features_of

MESSAGES = [
    ["lupa", "password", "akun", "sso", "saya", "?"],
    ["ganti", "nomor", "hp", "dan", "email", "pemulihan", "akun"],
    ["password", "password", "password", "terkunci", "codemask"],
    [],
]


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary.fit(map(features_of, MESSAGES), at_least={"w": 1, "c": 1, "k": 1})


def _by_hand(vocabulary: Vocabulary, words: list[str]) -> dict[int, float]:
    counted: Counter[str] = features_of(words)
    weighed = {
        vocabulary.index[name]: (1 + np.log(count)) * vocabulary.idf[vocabulary.index[name]]
        for name, count in counted.items()
    }
    names = list(vocabulary.index)
    length = Counter()
    for at, weight in weighed.items():
        length[names[at][0]] += weight**2
    scale = {"w": 0.8, "c": 1.0, "k": 1.0}
    return {
        at: scale[names[at][0]] * weight / np.sqrt(length[names[at][0]])
        for at, weight in weighed.items()
    }


def test_each_message_has_its_features_each_block_of_length_one(vocabulary):
    rows, columns, values = vocabulary.vectors(MESSAGES)

    for at, words in enumerate(MESSAGES):
        mine = rows == at
        found = dict(zip(columns[mine].tolist(), values[mine].tolist(), strict=True))
        expected = _by_hand(vocabulary, words) if words else {}
        assert found == pytest.approx(expected, rel=1e-5)


def test_messages_do_not_touch_each_other(vocabulary):
    rows, columns, values = vocabulary.vectors(MESSAGES)
    _, alone, alone_values = vocabulary.vectors(MESSAGES[1:2])

    assert columns[rows == 1].tolist() == alone.tolist()
    assert values[rows == 1].tolist() == alone_values.tolist()


def test_no_messages_and_no_known_words_give_nothing(vocabulary):
    assert len(vocabulary.vectors([[]])[0]) == 0
    assert len(vocabulary.vectors([])[0]) == 0


def test_only_the_beginning_is_looked_at(vocabulary):
    long = MESSAGES[0] * LONGEST
    _, columns, _ = vocabulary.vectors([long])
    _, cut, _ = vocabulary.vectors([long[:LONGEST]])
    assert columns.tolist() == cut.tolist()


@pytest.mark.parametrize(
    ("ordered", "bounds"), [([], [0]), ([7], [0, 1]), ([1, 1, 2, 5, 5, 5], [0, 2, 3, 6])]
)
def test_bounds_of_equal_values(ordered, bounds):
    assert bounds_of(np.array(ordered, dtype=np.int64)).tolist() == bounds
