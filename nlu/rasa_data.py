"""Training and test sentences from files: Rasa's YAML and JSON lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import yaml

from nlu.types import EntityKind, Intent, Language

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Annotation:
    """A marked part of a sentence: `text[start:end]` is of a kind."""

    kind: EntityKind
    start: int
    end: int
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence and what it means."""

    text: str
    intent: Intent
    language: Language | None
    entities: tuple[Annotation, ...] = ()
    acceptable: tuple[Intent, ...] = ()
    """Other intents that are no mistake (`alt` in JSON lines)."""
    ring: str = ""
    """The file it comes from, without its language ("out_of_scope_campus")."""
    tags: tuple[str, ...] = ()
    also: tuple[Intent, ...] | None = None
    """Further wishes in their order; None when nobody said whether there are any."""
    source: str = ""
    """Where it was collected."""


class BadData(Exception):
    """A training file cannot be used; the message names the file and what is wrong in it."""


class _Row(msgspec.Struct):
    text: str
    intent: Intent
    lang: str | None = None
    alt: list[Intent] = []
    tags: list[str] = []
    also: list[Intent] | None = None
    source: str = ""


def read(path: Path) -> list[Example]:
    """Read a `.yml` or `.jsonl` file, or every `.yml` file of a folder in the order of names.

    Raises:
        BadData: the file is no training data, or an intent or entity is unknown.
    """
    if path.is_dir():
        return [example for file in sorted(path.glob("*.yml")) for example in read(file)]
    try:
        return list(_lines(path) if path.suffix == ".jsonl" else _yaml(path))
    except (ValueError, KeyError, TypeError, yaml.YAMLError) as problem:
        raise BadData(f"{path.name}: {problem}") from problem


def _lines(path: Path) -> Iterator[Example]:
    for line in path.read_bytes().splitlines():
        if line.strip():
            row = msgspec.json.decode(line, type=_Row)
            language = Language(row.lang) if row.lang in set(Language) else None
            yield Example(
                row.text,
                row.intent,
                language,
                acceptable=tuple(row.alt),
                ring=path.stem,
                tags=tuple(row.tags),
                also=None if row.also is None else tuple(row.also),
                source=row.source,
            )


def _yaml(path: Path) -> Iterator[Example]:
    # Several wishes in one sentence are Rasa's multi-intents: "reset_password+otp_problem".
    document: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - the C loader's safe variant
    for block in document["nlu"]:
        if "intent" not in block:
            continue  # synonyms, look-up tables
        intent, *further = (Intent(name.partition("/")[0]) for name in block["intent"].split("+"))
        spoken: str | None = block.get("metadata", {}).get("language")
        language = None if spoken is None else Language(spoken)
        ring = path.name.split(".")[0]
        for line in _sentences(block["examples"]):
            text, entities = parse_markup(line.strip().removeprefix("-").strip())
            if text:
                yield Example(
                    text, intent, language, entities, ring=ring, also=tuple(further) or None
                )


def _sentences(examples: str | list[dict[str, Any]]) -> list[str]:
    """Take Rasa's short form, a line each, or its long one, a mapping each."""
    if isinstance(examples, str):
        return examples.splitlines()
    return [each["text"] for each in examples]


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MARKUP = re.compile(r"\[(?P<text>[^\[\]]+)\](?:\((?P<kind>\w+)\)|(?P<json>\{[^{}]*\}))")


class _Mark(msgspec.Struct):
    entity: EntityKind
    value: str | None = None


def parse_markup(line: str) -> tuple[str, tuple[Annotation, ...]]:
    """Split "NIM [13519001](student_number)" into the plain text and its annotations."""
    parts: list[str] = []
    found: list[Annotation] = []
    at = length = 0
    for match in _MARKUP.finditer(line):
        mark = (
            msgspec.json.decode(match["json"], type=_Mark)
            if match["json"]
            else _Mark(EntityKind(match["kind"]))
        )
        parts += (line[at : match.start()], match["text"])
        start = length + match.start() - at
        length = start + len(match["text"])
        found.append(Annotation(mark.entity, start, length, mark.value))
        at = match.end()
    return "".join([*parts, line[at:]]), tuple(found)
