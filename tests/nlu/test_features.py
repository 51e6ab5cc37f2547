"""The quick way to a message's vector, and the plain one the vocabulary was learned with."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from nlu import classifier
from nlu.features import LONGEST, Vocabulary, bounds_of, features_of
from nlu.normalise import Reading

MESSAGES = [
    Reading(["lupa", "password", "akun", "sso", "saya", "?"], ["lpua", "pw", "akun", "sso", "sy"]),
    Reading(["ganti", "nomor", "hp", "dan", "email", "pemulihan", "akun"], ["ganti"]),
    Reading(["password", "password", "password", "terkunci", "codemask"], ["pw", "pw", "kekunci"]),
    Reading([]),
]
CHARACTERS = range(2, 6)
EVERYTHING = {"w": 1, "p": 1, "c": 1, "k": 1, "r": 1}


def _features(message):
    return features_of(message, CHARACTERS)


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary.fit(map(_features, MESSAGES), at_least=EVERYTHING)


def _by_hand(vocabulary: Vocabulary, message: Reading) -> dict[int, float]:
    counted: Counter[str] = _features(message)
    weighed = {
        vocabulary.index[name]: (1 + np.log(count)) * vocabulary.idf[vocabulary.index[name]]
        for name, count in counted.items()
    }
    names = list(vocabulary.index)
    length = Counter()
    for at, weight in weighed.items():
        length[names[at][0]] += weight**2
    scale = {"w": 0.8, "c": 1.0, "k": 1.0, "r": 0.7}
    return {
        at: scale[names[at][0]] * weight / np.sqrt(length[names[at][0]])
        for at, weight in weighed.items()
    }


def test_each_message_has_its_features_each_block_of_length_one(vocabulary):
    rows, columns, values = vocabulary.vectors(MESSAGES)

    for at, message in enumerate(MESSAGES):
        mine = rows == at
        found = dict(zip(columns[mine].tolist(), values[mine].tolist(), strict=True))
        expected = _by_hand(vocabulary, message) if message.words else {}
        assert found == pytest.approx(expected, rel=1e-5)


def test_messages_do_not_touch_each_other(vocabulary):
    rows, columns, values = vocabulary.vectors(MESSAGES)
    _, alone, alone_values = vocabulary.vectors(MESSAGES[1:2])

    assert columns[rows == 1].tolist() == alone.tolist()
    assert values[rows == 1].tolist() == alone_values.tolist()


def test_no_messages_and_no_known_words_give_nothing(vocabulary):
    assert len(vocabulary.vectors([Reading([])])[0]) == 0
    assert len(vocabulary.vectors([])[0]) == 0


def test_only_the_beginning_is_looked_at(vocabulary):
    words, written = (each * LONGEST for each in MESSAGES[0])
    _, columns, _ = vocabulary.vectors([Reading(words, written)])
    _, cut, _ = vocabulary.vectors([Reading(words[:LONGEST], written[:LONGEST])])
    assert columns.tolist() == cut.tolist()


@pytest.mark.parametrize(
    ("ordered", "bounds"), [([], [0]), ([7], [0, 1]), ([1, 1, 2, 5, 5, 5], [0, 2, 3, 6])]
)
def test_bounds_of_equal_values(ordered, bounds):
    assert bounds_of(np.array(ordered, dtype=np.int64)).tolist() == bounds


def test_pairs_of_words_are_rarer_and_counted_apart():
    kept = Vocabulary.fit(map(_features, [MESSAGES[0]] * 2), at_least={"w": 2, "p": 3}).index

    assert "w:lupa" in kept
    assert "w:lupa password" not in kept


def test_enough_features_for_wide_keys_give_the_same(vocabulary, monkeypatch):
    narrow = vocabulary.vectors(MESSAGES)
    monkeypatch.setattr("nlu.features._NARROW_BITS", 0)
    wide = vocabulary.vectors(MESSAGES)

    assert wide[1].dtype == np.int64
    for one, other in zip(narrow, wide, strict=True):
        assert one.tolist() == other.tolist()


def test_half_precision_becomes_single_exactly():
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    finite = every[np.isfinite(every)]

    assert np.array_equal(classifier._single(finite), finite.astype(np.float32))
