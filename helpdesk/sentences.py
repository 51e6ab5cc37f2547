"""From a message under review to a line of `nlu/data`: without secrets, without anybody's data."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.review import HIDDEN, LONGEST, is_hidden
from nlu.entities.extract import extract
from nlu.rasa_data import parse_markup, read
from nlu.secrets import redact
from nlu.types import EntityKind, Intent

if TYPE_CHECKING:
    from datetime import date

    from nlu.types import Entity

OUT_OF_SCOPE: Final = "out_of_scope"
_DEMO: Final[dict[str, str]] = {
    EntityKind.LOGIN: "budi.santoso",
    EntityKind.STUDENT_NUMBER: "13519001",
    EntityKind.EMPLOYEE_NUMBER: "198503122010122001",
    EntityKind.EMAIL: "budi@example.net",
    EntityKind.PHONE: "081234567890",
    EntityKind.CODE: "482193",
    EntityKind.DATE: "17 Maret 2023",
    EntityKind.UNIT: "Direktorat Keuangan",
    EntityKind.TICKET_NUMBER: "ITB-2026-000123",
    EntityKind.LETTER_NUMBER: "102/IT1.B01/TU.02/2023",
    "name": "Budi",
    "number": "12345",
    "link": "https://example.net",
}
"""What stands in the place of a mask: nobody's data."""
_MASK: Final = re.compile(r"\[([a-z_]+)\](?![({])")
_HEAD: Final = """version: "3.1"

nlu:
- intent: {intent}
  metadata:
    language: {language}
  examples: |
"""


class Unfit(Exception):
    """The sentence cannot be trained on; the message says why."""


class Sentences:
    """The training sentences of a folder, and new ones for it.

    Raises nlu.rasa_data.BadData when a file of the folder is none.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        examples = read(folder)
        self._known = {compared(each.text): each.intent for each in examples}
        values = (each.text[mark.start : mark.end] for each in examples for mark in each.entities)
        self._demo = {value.casefold() for value in (*values, *_DEMO.values())}
        rings = {each.ring for each in examples} | {intent.value for intent in Intent}
        #: What a sentence can be: an intent, or a ring around them (`out_of_scope_campus`).
        self.rings = tuple(sorted(rings))

    def add(self, text: str, ring: str, language: str, today: date) -> str | None:
        """Write a sentence into its file and return the line; None when it stands there already.

        Raises Unfit.
        """
        line = self.line(text, today)
        intent = intent_of(ring)
        plain = parse_markup(line)[0]
        known = self._known.get(compared(plain))
        if known is not None and known is not intent:
            raise Unfit(f"it stands there as {known}")
        if known is not None:
            return None
        _append(self._folder / f"{ring}.{language}.yml", intent, language, line, plain)
        self._known[compared(plain)] = intent
        return line

    def line(self, text: str, today: date) -> str:
        """Return the sentence as the files have it: demo data for masks, entities marked.

        Raises Unfit.
        """
        clean = " ".join(text.split()).removeprefix("- ")
        plain, given = parse_markup(_MASK.sub(_demo_value, clean))
        if not re.search(r"\w", plain) or len(plain) > LONGEST or not plain.isprintable():
            raise Unfit(f"it is empty, longer than {LONGEST} characters, or no plain text")
        if redact(plain).found:
            raise Unfit("it may hold a password")
        if "[" in plain or "]" in plain:
            raise Unfit("brackets are for masks and marks")
        found = extract(plain, today).entities
        foreign = [plain[e.start : e.end] for e in found if self._is_foreign(e, plain)]
        foreign += [
            plain[mark.start : mark.end]
            for mark in given
            if not self._is_demo(plain[mark.start : mark.end])
        ]
        if foreign:
            raise Unfit(f"{', '.join(dict.fromkeys(foreign))}: not demo data")
        asked = {(mark.start, mark.end): mark.kind for mark in given}
        return _marked(plain, found, asked)

    def _is_foreign(self, entity: Entity, text: str) -> bool:
        hidden = entity.kind is EntityKind.PERSON or is_hidden(entity, text)
        return hidden and not self._is_demo(text[entity.start : entity.end])

    def _is_demo(self, value: str) -> bool:
        return value.casefold() in self._demo


def compared(text: str) -> str:
    """Return what is equal in sentences that count as one."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def intent_of(ring: str) -> Intent:
    """Return the intent a ring belongs to. Raises Unfit."""
    if ring.startswith(OUT_OF_SCOPE):
        return Intent.OUT_OF_SCOPE
    try:
        return Intent(ring)
    except ValueError as error:
        raise Unfit(f"{ring}: no intent") from error


def _demo_value(match: re.Match[str]) -> str:
    value = _DEMO.get(match[1])
    if value is None:
        raise Unfit(f"{match[0]}: no mask")
    return f"[{value}]({match[1]})" if match[1] in set(EntityKind) else value


def _marked(text: str, found: tuple[Entity, ...], asked: dict[tuple[int, int], EntityKind]) -> str:
    """Mark what the engine finds; where it has two readings, as asked, else the more telling."""
    order = (*HIDDEN, EntityKind.COUNT)
    kinds: dict[tuple[int, int], list[EntityKind]] = {}
    for entity in found:
        if entity.kind in order:
            kinds.setdefault((entity.start, entity.end), []).append(entity.kind)
    parts: list[str] = []
    at = 0
    for (start, end), read_as in sorted(kinds.items()):
        wanted = asked.get((start, end))
        kind = wanted if wanted in read_as else min(read_as, key=order.index)
        if start >= at:
            parts += (text[at:start], f"[{text[start:end]}]({kind})")
            at = end
    return "".join([*parts, text[at:]])


def _append(path: Path, intent: Intent, language: str, line: str, plain: str) -> None:
    """Write `path` with one line more, all at once: readers see the old file or the new one."""
    head = _HEAD.format(intent=intent, language=language)
    before = path.read_text(encoding="utf-8") if path.exists() else head
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(before.removesuffix("\n") + f"\n    - {line}\n")
            file.flush()
            os.fsync(file.fileno())
        last = read(temporary)[-1]
        if (last.text, last.intent, last.language) != (plain, intent, language):
            raise Unfit(f"{path.name} does not end with sentences of {intent}")
        temporary.chmod(path.stat().st_mode if path.exists() else 0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
