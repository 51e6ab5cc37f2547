"""From probabilities to a decision: what is asked, what else, and what is not.

The classifier sees a whole message; this module looks at its clauses, too. Rules exist only where
statistics fail on principle: what is negated, what is corrected, several wishes at once, commands
to the machine about itself, text that holds nothing but numbers and names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from nlu.augment import TASKS
from nlu.clauses import (
    CALLING_OFF,
    Clause,
    clauses,
    corrected,
    is_bare,
    is_called_off,
    object_of,
    without_denied,
)
from nlu.commands import is_command
from nlu.concepts import CONCEPTS, concepts_of
from nlu.entities.span import words_of
from nlu.normalise import Reading
from nlu.tables import words
from nlu.types import Intent, Ranked

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    import numpy.typing as npt

    from nlu.classifier import Classifier
    from nlu.normalise import Normaliser

WISH = 0.6
"""From this confidence on a clause is a wish of its own."""
_COURTESIES = frozenset({Intent.GREET, Intent.THANK, Intent.GOODBYE, Intent.AFFIRM, Intent.HELP})
_CURES = {
    Intent.RESET_PASSWORD: frozenset({Intent.CHECK_ACCOUNT}),
    Intent.UNLOCK_ACCOUNT: frozenset({Intent.CHECK_ACCOUNT, Intent.RESET_PASSWORD}),
}
"""Wishes that also answer what sounds like another one ("salah sandi, jadi terkunci")."""
_ASKING = {
    Intent.CHECK_ACCOUNT: words("cek lihat status look see"),
    Intent.RESET_PASSWORD: words("reset ganti ubah lupa change bikin"),
}
"""Words with which it is another wish all the same."""
_SUBJECTS = words("""
PASSWORD ACCOUNT USERNAME FORGET RESET LOGIN LOCK BLOCK OPEN CODE EMAIL PHONE DATA HUMAN REPORT
TICKET CASE HACK GUEST CREATE DELETE ACTIVE EXTEND TALK
""")
_TELLING = frozenset(word for word, concept in CONCEPTS.items() if concept in _SUBJECTS)
"""A clause without one of these words is no wish of its own, and is not looked at."""
_REQUESTS = words("mau minta tolong mohon please butuh bantu bisa can could")
"""Words without which a clause beside "ga jadi" is the reason for it, and no new wish."""
_OURS = words("kampus sso ina")
_ABOUT = words("akun my the an a untuk about for saya punya password login yang ini")
_DOINGS = words("CHANGE RESET OPEN DELETE CHECK EXTEND SEND")
_OF_AN_ACCOUNT = {Intent.CHECK_ACCOUNT, Intent.RESET_PASSWORD, Intent.UNLOCK_ACCOUNT}
_TOPICS = words("PASSWORD ACCOUNT CODE EMAIL PHONE TICKET REPORT CASE GUEST HUMAN USERNAME")
_SHOWN = 5
_LONGEST_SINGLE = 3
"""Words up to which a message is one clause whatever its punctuation."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The intent, how sure, the alternatives, and further wishes in their order."""

    intent: Intent
    confidence: float
    ranking: tuple[Ranked, ...]
    also: tuple[Intent, ...] = ()


class _Part(NamedTuple):
    clause: Clause
    reading: Reading
    refused: Reading | None
    """What is not wanted, or not the matter; None of all other clauses."""

    @property
    def text(self) -> str:
        return self.clause.text


class _Wish(NamedTuple):
    intent: Intent
    probabilities: npt.NDArray[np.float64]
    part: _Part


_NO_WORDS = Reading(())
NOTHING = Decision(Intent.OUT_OF_SCOPE, 0.0, ())
"""A message without words: a number, a name, a sticker."""


class Decider:
    """Decides what a message means."""

    def __init__(self, classifier: Classifier[Intent], normaliser: Normaliser) -> None:
        self._classifier = classifier
        self._normaliser = normaliser

    def decide(self, text: str) -> Decision:
        """Return what `text` asks for."""
        reading = self._normaliser.read(text)
        if not any(_is_word(word) for word in reading.words):
            return NOTHING
        said = words_of(text)
        if is_command(text, said):
            return self._ranked(self._moved(self._of(reading), Intent.OUT_OF_SCOPE))
        if len(reading.words) <= _LONGEST_SINGLE:
            return self._ranked(self._of(reading))
        after = corrected(text, said)
        if after is not None:
            instead = self._decided(after, self._normaliser.read(after), said)
            if instead.intent in TASKS and instead.confidence >= WISH:
                return instead
        return self._decided(text, reading, said)

    def _decided(self, text: str, reading: Reading, said: frozenset[str]) -> Decision:
        parts = [self._read(part) for part in clauses(text, said)]
        if len(parts) > 1:
            return self._of_parts(reading, parts, said)
        whole = self._of(reading)
        if parts and parts[0].refused is not None:
            return self._forbidden(whole, parts[0])
        return self._ranked(whole)

    def _read(self, clause: Clause) -> _Part:
        reading = self._normaliser.read(clause.text)
        if clause.forbidden:
            return _Part(clause, reading, self._normaliser.read(object_of(clause)))
        denied = without_denied(reading.words)
        refused = None if denied is None else Reading(denied, reading.written)
        return _Part(clause, reading, refused)

    def _of_parts(self, reading: Reading, parts: list[_Part], said: frozenset[str]) -> Decision:
        wanted = [part for part in parts if part.refused is None and not is_bare(part.text)]
        spoken = [part for part in wanted if not _TELLING.isdisjoint(part.reading.words)]
        whole, *each = self._of_all([reading, *(part.reading for part in spoken)])
        off = not said.isdisjoint(CALLING_OFF) and any(is_called_off(part.text) for part in parts)
        if off and not _asks(wanted):
            return self._ranked(self._moved(whole, Intent.CANCEL))
        refusals = [part for part in parts if part.refused is not None]
        if refusals:
            if not wanted:
                return self._forbidden(whole, refusals[0])
            instead = self._instead(refusals, wanted)
            if instead is not None:
                return instead
        wishes = self._wishes(zip(spoken, each, strict=True))
        main = self._main(whole, wishes)
        return self._with_also(self._ranked(main), wishes)

    def _instead(self, refusals: list[_Part], wanted: list[_Part]) -> Decision | None:
        # "Jangan reset, cuma mau cek": what is left counts, when the rest names a wish.
        if any(_is_not_ours(part.reading.words) for part in refusals):
            return self._ranked(self._moved(self._of(_NO_WORDS), Intent.OUT_OF_SCOPE))
        refused = {self._top(self._of(part.refused or _NO_WORDS)) for part in refusals}
        left = [word for part in wanted for word in part.reading.words]
        written = [word for part in wanted for word in part.reading.written]
        rest = self._of(Reading(left, written))
        if self._top(rest) not in TASKS:
            # "jangan ganti email, password saja": what is to be done is said once.
            said = [word for part in refusals for word in (part.refused or _NO_WORDS).words]
            doings = [word for word in said if CONCEPTS.get(word) in _DOINGS]
            rest = self._of(Reading([*left, *doings], [*written, *doings]))
        unnamed = self._top(rest) in TASKS and _TOPICS.isdisjoint(concepts_of(left))
        if unnamed and refused <= _OF_AN_ACCOUNT:
            # "jangan direset, cuma mau tahu statusnya": the account's, not a ticket's.
            rest = self._of(Reading([*left, "akun"], [*written, "akun"]))
        intent = self._top(rest)
        if intent in TASKS and intent not in refused:
            return self._ranked(rest)
        return None

    def _forbidden(self, whole: npt.NDArray[np.float64], part: _Part) -> Decision:
        """Only "don't …": a refusal when what is refused is one of our wishes."""
        refused = self._of(part.refused or _NO_WORDS)
        if self._top(refused) in TASKS and float(refused.max()) >= WISH and _is_short(part.text):
            return self._ranked(self._moved(whole, Intent.CANCEL))
        return self._ranked(whole)

    def _wishes(self, seen: Iterable[tuple[_Part, npt.NDArray[np.float64]]]) -> list[_Wish]:
        """Return what single clauses ask for, in their order, without the symptoms of a wish.

        "Tidak bisa login" beside "lupa password" is why, not what else.
        """
        wishes = [
            _Wish(self._top(each), each, part)
            for part, each in seen
            if self._top(each) in TASKS and float(each.max()) >= WISH
        ]
        cures = {wish.intent for wish in wishes} & _CURES.keys()
        return [wish for wish in wishes if not _is_symptom(wish, cures)]

    def _main(
        self, whole: npt.NDArray[np.float64], wishes: Sequence[_Wish]
    ) -> npt.NDArray[np.float64]:
        """The whole message decides, unless courtesy hides a wish or wishes are listed."""
        intent = self._top(whole)
        if not wishes:
            return whole
        if intent not in TASKS and intent in _COURTESIES | {Intent.OUT_OF_SCOPE, Intent.CANCEL}:
            return wishes[0].probabilities
        first, later = wishes[0], wishes[1:]
        listed = any(each.part.clause.added and each.intent is not first.intent for each in later)
        return first.probabilities if listed else whole

    def _with_also(self, decision: Decision, wishes: Sequence[_Wish]) -> Decision:
        if decision.intent not in TASKS:
            return decision
        further = dict.fromkeys(wish.intent for wish in wishes)
        further.pop(decision.intent, None)
        return Decision(decision.intent, decision.confidence, decision.ranking, tuple(further))

    def _of(self, reading: Reading) -> npt.NDArray[np.float64]:
        return self._classifier.probabilities([reading])[0]

    def _of_all(self, messages: Sequence[Reading]) -> list[npt.NDArray[np.float64]]:
        return list(self._classifier.probabilities(messages))

    def _top(self, probabilities: npt.NDArray[np.float64]) -> Intent:
        return self._classifier.intents[int(probabilities.argmax())]

    def _moved(
        self, probabilities: npt.NDArray[np.float64], intent: Intent
    ) -> npt.NDArray[np.float64]:
        """Give `intent` the first place, keeping a distribution."""
        moved = probabilities * 0.3
        moved[self._classifier.intents.index(intent)] += 0.7
        return moved

    def _ranked(self, probabilities: npt.NDArray[np.float64]) -> Decision:
        intents = self._classifier.intents
        order: list[int] = (-probabilities).argsort(kind="stable")[:_SHOWN].tolist()
        sure: list[float] = probabilities.tolist()
        ranking = tuple([Ranked(intents[at], sure[at]) for at in order])
        return Decision(ranking[0].intent, ranking[0].confidence, ranking)


def _is_symptom(wish: _Wish, cures: set[Intent]) -> bool:
    asking = _ASKING.get(wish.intent)
    if asking is None or not any(wish.intent in _CURES[cure] for cure in cures):
        return False
    return asking.isdisjoint(wish.part.reading.words)


def _is_not_ours(canonical: Sequence[str]) -> bool:
    # "Bukan akun kampus, akun toko …": whoever says so asks about somebody else's account.
    at = next((at for at, word in enumerate(canonical) if word in {"bukan", "not"}), None)
    if at is None:
        return False
    named = [word for word in canonical[at + 1 :] if word not in _ABOUT]
    return named[:1] != [] and set(named[:2]) <= _OURS


def _asks(parts: Sequence[_Part]) -> bool:
    return any(not _REQUESTS.isdisjoint(part.reading.words) for part in parts)


def _is_word(word: str) -> bool:
    return word.isalpha() and not word.endswith("mask")


def _is_short(text: str) -> bool:
    return len(text.split()) <= 8  # noqa: PLR2004 - longer ones tell a story
