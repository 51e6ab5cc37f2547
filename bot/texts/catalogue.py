"""The text catalogues: YAML files beside this module, one folder a language.

A key has one sentence or several variants of it; variants exist so that nobody hears the same
sentence twice in a row.
"""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import yaml
from babel import Locale

from bot.texts.template import BadTemplate, Speech, Template, Value, parse
from nlu.types import Language

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOCALES: Final = {Language.ID: "id", Language.EN: "en_GB"}
_AGAIN: Final = "text.again"


class Texts:
    """All catalogues, parsed. `time_zone` is the zone of the instants shown."""

    def __init__(
        self, catalogues: Mapping[Language, Mapping[str, tuple[Template, ...]]], time_zone: str
    ) -> None:
        self.catalogues = catalogues
        zone = ZoneInfo(time_zone)
        self._speech = {
            language: Speech(
                Locale.parse(_LOCALES[language]),
                zone,
                lambda key, language=language: self.render(language, key, {}),
            )
            for language in catalogues
        }

    @classmethod
    def load(cls, time_zone: str = "Asia/Jakarta") -> Texts:
        """Read the catalogues that ship with the bot. Raises BadTemplate."""
        folder = resources.files("bot.texts")
        sources = {language: _read(folder / language.value) for language in Language}
        return cls(sources, time_zone)

    def render(
        self,
        language: Language,
        key: str,
        args: Mapping[str, Value],
        *,
        last: tuple[str, ...] = (),
    ) -> str:
        """Return `key` in `language`, filled with `args`, in other words than any of `last`.

        Raises KeyError for a key or a place that does not exist.
        """
        speech = self._speech[language]
        variants = self.catalogues[language][key]
        filled = (variant.fill(args, speech) for variant in variants)
        fresh = next((text for text in filled if text not in last), None)
        if fresh is not None:
            return fresh
        again = self.catalogues[language][_AGAIN][0]
        return again.fill({"text": variants[0].fill(args, speech)}, speech)


def _read(folder: Any) -> dict[str, tuple[Template, ...]]:  # noqa: ANN401 - a Traversable
    texts: dict[str, tuple[Template, ...]] = {}
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".yaml"):
            continue
        for key, value in yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader).items():
            if key in texts:
                raise BadTemplate(f"{key} stands twice in {folder.name}")
            variants = [value] if isinstance(value, str) else value
            texts[key] = tuple(map(parse, variants))
    return texts
