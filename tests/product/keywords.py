"""Understanding by a few keywords: quick, and the same whatever digits a code happens to have."""

import re

from nlu.types import Entity, EntityKind, Intent, Ranked, Understanding

WORDS = (
    (Intent.RESET_PASSWORD, "lupa password"),
    (Intent.UNLOCK_ACCOUNT, "terkunci"),
    (Intent.CHECK_ACCOUNT, "cek akun"),
    (Intent.CANCEL, "batal"),
    (Intent.AFFIRM, "ya"),
)
PATTERNS = ((EntityKind.LOGIN, r"\b[a-z]+\.[a-z]+\b"), (EntityKind.CODE, r"(?<!\d)\d{8}(?!\d)"))


class Keywords:
    """An `nlu.port.Engine`."""

    async def parse(self, text, *, today):
        intent = next((one for one, words in WORDS if words in text), Intent.OUT_OF_SCOPE)
        confidence = 0.2 if intent is Intent.OUT_OF_SCOPE else 0.9
        entities = tuple(
            Entity(kind, found.start(), found.end(), found[0])
            for kind, pattern in PATTERNS
            for found in re.finditer(pattern, text)
        )
        ranking = (Ranked(intent, confidence),)
        return Understanding(text, intent, confidence, ranking, entities=entities)

    async def close(self):
        pass
