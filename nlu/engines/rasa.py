"""A running Rasa server names the intent; everything else stays in this process.

Redaction, facts, language and further wishes are the embedded engine's, which also answers alone
whenever Rasa does not (docs/decisions/0078). What leaves this process is the redacted text with
every possible one-time code as zeros.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

import aiohttp
import msgspec
import structlog
from prometheus_client import Counter
from yarl import URL

from nlu.engines.breaker import Breaker
from nlu.types import EntityKind, Intent, Ranked, Understanding

if TYPE_CHECKING:
    from datetime import date

    from nlu.port import Engine

CALLS: Final = Counter(
    "helpdesk_rasa_calls_total",
    "Messages for the Rasa server: answered, or why the embedded engine answered alone.",
    ["outcome"],
)
SURE_ENOUGH: Final = 0.3
"""Below this confidence an intent is out of scope, as with Rasa's own `FallbackClassifier`."""
FALLBACK: Final = "nlu_fallback"
"""What Rasa's `FallbackClassifier` says instead of an intent."""
OK: Final = 200
INTENTS: Final = {intent.value: intent for intent in Intent}
_WORD: Final = re.compile(r"\w")
_ORDER: Final = re.compile(r"\A[\s/]+")
_log = structlog.get_logger(__name__)


class Scored(msgspec.Struct):
    """An intent as Rasa ranks it. The name is null when there was nothing to read."""

    name: str | None
    confidence: float


class Answer(msgspec.Struct):
    """What `/model/parse` answers, as far as we read it."""

    intent: Scored
    intent_ranking: list[Scored] = []


class Away(Exception):
    """Rasa gave no answer that can be used.

    Says why, as the metric does: timeout, unreachable, unreadable, status_409 and the like.
    """


class RasaServer:
    """The server at `url`, asked over one pool of connections."""

    def __init__(self, url: str, *, timeout: float = 1.0, token: str = "") -> None:
        self._url = URL(url.rstrip("/") + "/model/parse")
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._token = {"token": token} if token else {}
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, text: str) -> Answer:
        """Return what the server makes of `text`. Raises Away."""
        try:
            async with self._open().post(
                self._url,
                params=self._token,
                json={"text": text},
                timeout=self._timeout,
                allow_redirects=False,  # the token is for this server
            ) as response:
                if response.status != OK:
                    raise Away(f"status_{response.status}")
                return msgspec.json.decode(await response.read(), type=Answer)
        except TimeoutError:
            raise Away("timeout") from None
        except (aiohttp.ClientError, OSError):
            raise Away("unreachable") from None
        except msgspec.DecodeError:
            raise Away("unreadable") from None

    def _open(self) -> aiohttp.ClientSession:
        # Not in the constructor: a session belongs to the loop that is running.
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session

    async def close(self) -> None:
        """Release connections; asked again, it opens new ones."""
        if self._session is not None:
            await self._session.close()
            self._session = None


class RasaEngine:
    """Implements `nlu.port.Engine` with a Rasa server, and `fallback` for all but the intent."""

    def __init__(
        self,
        url: str,
        *,
        fallback: Engine,
        timeout: float = 1.0,
        token: str = "",
        breaker: Breaker | None = None,
    ) -> None:
        self._server = RasaServer(url, timeout=timeout, token=token)
        self._fallback = fallback
        self._breaker = breaker or Breaker()

    async def parse(self, text: str, *, today: date) -> Understanding:
        """See `nlu.port.Engine`. Rasa is not asked about a message without words."""
        meaning = await self._fallback.parse(text, today=today)
        if not meaning.ranking:
            return meaning
        if not self._breaker.allows():
            CALLS.labels("skipped").inc()
            return meaning
        try:
            answer = await self._server.ask(outgoing(meaning))
        except Away as away:
            CALLS.labels(str(away)).inc()
            if self._breaker.failed():
                _log.warning("rasa_away", reason=str(away))
            return meaning
        CALLS.labels("answered").inc()
        if self._breaker.succeeded():
            _log.info("rasa_back")
        return merged(meaning, answer)

    async def close(self) -> None:
        """See `nlu.port.Engine`."""
        await self._server.close()
        await self._fallback.close()


def outgoing(meaning: Understanding) -> str:
    """Return what Rasa is sent of a message.

    Codes are zeros. A slash at the beginning would be an order to Rasa: it takes "/affirm" for
    that intent, whoever typed it.
    """
    text = meaning.text
    for each in meaning.entities:
        if each.kind is EntityKind.CODE:
            hidden = _WORD.sub("0", text[each.start : each.end])
            text = f"{text[: each.start]}{hidden}{text[each.end :]}"
    return _ORDER.sub("", text)


def merged(meaning: Understanding, answer: Answer) -> Understanding:
    """Return `meaning` with the intent and the ranking of `answer`.

    Further wishes are kept when Rasa's intent is one of those that were found.
    """
    ranking = _ranking(answer)
    intent, confidence = _decision(answer.intent, ranking)
    wishes = (meaning.intent, *meaning.also)
    also = tuple(each for each in wishes if each is not intent) if intent in wishes else ()
    return msgspec.structs.replace(
        meaning, intent=intent, confidence=confidence, ranking=ranking, also=also
    )


def _decision(top: Scored, ranking: tuple[Ranked, ...]) -> tuple[Intent, float]:
    if not ranking or top.name == FALLBACK or ranking[0].confidence < SURE_ENOUGH:
        return Intent.OUT_OF_SCOPE, 0.0
    return ranking[0].intent, ranking[0].confidence


def _ranking(answer: Answer) -> tuple[Ranked, ...]:
    """Return our intents, likeliest first, never more than 1 in all.

    Unknown ones count for out of scope; the fallback is a decision, and has no probability.
    """
    found: defaultdict[Intent, float] = defaultdict(float)
    for each in answer.intent_ranking or [answer.intent]:
        if each.name is not None and each.name != FALLBACK:
            found[INTENTS.get(each.name, Intent.OUT_OF_SCOPE)] += max(each.confidence, 0.0)
    total = max(sum(found.values()), 1.0)
    ordered = sorted(found.items(), key=lambda item: -item[1])
    return tuple(Ranked(intent, confidence / total) for intent, confidence in ordered)
