"""Why a message was understood as it was: words, features, clauses (`helpdesk nlu parse`)."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

from nlu.clauses import clauses
from nlu.entities.span import words_of
from nlu.normalise import Normaliser, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nlu.classifier import Classifier
    from nlu.model_file import Model
    from nlu.normalise import Reading
    from nlu.types import Intent, Understanding

_FEATURES_SHOWN = 10
_KINDS = {"w": "words", "c": "letters", "r": "letters as written", "k": "concept"}
_LEAST = 1e-12
"""The least probability a logarithm is taken of."""
_AROUND = ".,;:!()[]\"'"


@dataclass(frozen=True, slots=True)
class Rewriting:
    """A word as written, and as the classifier reads it."""

    written: str
    read: str


@dataclass(frozen=True, slots=True)
class Weight:
    """How much something speaks for the winner against the runner-up, in log odds."""

    of: str
    kind: str
    weight: float


@dataclass(frozen=True, slots=True)
class Part:
    """A clause, what it says by itself, and whether it says what is not wanted."""

    text: str
    intent: Intent
    confidence: float
    forbidden: bool
    added: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """The way from the text to the intent."""

    canonical: tuple[str, ...]
    rewritten: tuple[Rewriting, ...]
    winner: Intent
    runner_up: Intent
    statistics: Intent
    """What the classifier alone says; where that is not the winner, the rules decided."""
    confidence: float
    words: tuple[Weight, ...]
    """How much the odds change without each word."""
    features: tuple[Weight, ...]
    """The ones that weigh most."""
    clauses: tuple[Part, ...]
    """In what the rules (`nlu.decide`) see the message."""


def explain(model: Model, meaning: Understanding) -> Explanation:
    """Explain what the engine with this model made of a message."""
    classifier, normaliser = model.classifier, Normaliser(model.known)
    tokens = tokens_of(meaning.text)
    reading = normaliser.read_tokens(tokens)
    ranked = _ranked(classifier, reading)
    top, sureness = ranked[0]
    winner = meaning.intent
    runner_up = next(intent for intent, _ in ranked if intent is not winner)
    return Explanation(
        canonical=tuple(reading.words),
        rewritten=tuple(_rewritten(normaliser, meaning.text)),
        winner=winner,
        runner_up=runner_up,
        statistics=top,
        confidence=sureness,
        words=tuple(_words(classifier, normaliser, tokens, (winner, runner_up))),
        features=_features(classifier, reading, winner, runner_up),
        clauses=tuple(_parts(classifier, normaliser, meaning.text)),
    )


def _ranked(classifier: Classifier[Intent], reading: Reading) -> list[tuple[Intent, float]]:
    chances: list[float] = classifier.probabilities([reading])[0].tolist()
    pairs = zip(classifier.intents, chances, strict=True)
    return sorted(pairs, key=lambda pair: -pair[1])


def _rewritten(normaliser: Normaliser, text: str) -> Iterator[Rewriting]:
    for word in dict.fromkeys(text.split()):
        read = " ".join(normaliser.words(word))
        if read != word.lower().strip(_AROUND):
            yield Rewriting(word, read)


def _words(
    classifier: Classifier[Intent],
    normaliser: Normaliser,
    tokens: Sequence[str],
    between: tuple[Intent, Intent],
) -> Iterator[Weight]:
    whole = _odds(classifier, normaliser.read_tokens(tokens), between)
    for at, token in enumerate(tokens):
        left = normaliser.read_tokens([*tokens[:at], *tokens[at + 1 :]])
        name = " ".join(normaliser.read_tokens([token]).words)
        yield Weight(name, "word", whole - _odds(classifier, left, between))


def _odds(
    classifier: Classifier[Intent], reading: Reading, between: tuple[Intent, Intent]
) -> float:
    chances = dict(_ranked(classifier, reading))
    winner, other = (log(max(chances[intent], _LEAST)) for intent in between)
    return winner - other


def _features(
    classifier: Classifier[Intent], reading: Reading, winner: Intent, other: Intent
) -> tuple[Weight, ...]:
    every = len(classifier.vocabulary.index)
    against = dict(classifier.explain(reading, other, every))
    weights = [
        Weight(name[2:], _KINDS[name[0]], (weight - against[name]) / classifier.temperature)
        for name, weight in classifier.explain(reading, winner, every)
    ]
    weights.sort(key=lambda each: -abs(each.weight))
    return tuple(weights[:_FEATURES_SHOWN])


def _parts(classifier: Classifier[Intent], normaliser: Normaliser, text: str) -> Iterator[Part]:
    for each in clauses(text, words_of(text)):
        intent, confidence = _ranked(classifier, normaliser.read(each.text))[0]
        yield Part(each.text.strip(), intent, confidence, each.forbidden, each.added)
