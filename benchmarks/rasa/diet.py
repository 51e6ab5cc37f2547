"""What a Rasa server makes of a sentence by itself, as an engine that can be measured.

Unlike `nlu.engines.rasa` nothing of ours takes part: no redaction, no entities, no rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp

from nlu.types import Entity, EntityKind, Intent, Ranked, Understanding

if TYPE_CHECKING:
    from datetime import date

FALLBACK = "nlu_fallback"


class Diet:
    """Asks the server at `url`. With `fallback`, `nlu_fallback` stands for out of scope.

    Without it the likeliest intent counts, however unlikely: the classifier alone.
    """

    def __init__(self, url: str, *, fallback: bool) -> None:
        self._url = f"{url}/model/parse"
        self._fallback = fallback
        self._session: aiohttp.ClientSession | None = None

    async def parse(self, text: str, *, today: date) -> Understanding:  # noqa: ARG002 - the port's signature
        if self._session is None:
            self._session = aiohttp.ClientSession(raise_for_status=True)
        async with self._session.post(self._url, json={"text": text}) as response:
            return self._read(text, await response.json())

    def _read(self, text: str, answer: dict[str, Any]) -> Understanding:
        named = [each for each in answer["intent_ranking"] if each["name"] != FALLBACK]
        ranking = tuple(Ranked(Intent(each["name"]), each["confidence"]) for each in named)
        intent, confidence = ranking[0].intent, ranking[0].confidence
        if self._fallback and answer["intent"]["name"] == FALLBACK:
            intent, confidence = Intent.OUT_OF_SCOPE, answer["intent"]["confidence"]
        entities = tuple(
            Entity(EntityKind(each["entity"]), each["start"], each["end"], str(each["value"]))
            for each in answer["entities"]
        )
        return Understanding(text, intent, confidence, ranking, entities=entities)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
