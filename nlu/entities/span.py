"""Small helpers every finder uses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nlu.types import Entity, EntityKind

if TYPE_CHECKING:
    from collections.abc import Iterable


_WORD = re.compile(r"[a-z]+")


def words_of(text: str) -> frozenset[str]:
    """Return the runs of letters of `text`, small: they tell what cannot be found in it."""
    return frozenset(_WORD.findall(text.lower()))


def entity(
    kind: EntityKind, match: re.Match[str], value: str | None = None, group: int | str = 0
) -> Entity:
    """Return the entity at a group of `match`; the value is the text unless given."""
    start, end = match.span(group)
    return Entity(kind, start, end, match.group(group) if value is None else value)


class Claims:
    """The places that are taken: the first finder to claim a place keeps it."""

    def __init__(self) -> None:
        self._taken: set[int] = set()
        self.entities: list[Entity] = []

    def add(self, found: Iterable[Entity]) -> None:
        """Keep those of `found` whose place is free; several readings of one place may come."""
        before: Entity | None = None
        for each in found:
            if self._is_free(each) or (before is not None and _is_other_reading(before, each)):
                self._taken.update(range(each.start, each.end))
                self.entities.append(each)
                before = each

    def block(self, start: int, end: int) -> None:
        """Take a place without an entity (a link, for one)."""
        self._taken.update(range(start, end))

    def _is_free(self, each: Entity) -> bool:
        return self._taken.isdisjoint(range(each.start, each.end))


def _is_other_reading(one: Entity, two: Entity) -> bool:
    return (one.start, one.end) == (two.start, two.end) and one.kind is not two.kind
