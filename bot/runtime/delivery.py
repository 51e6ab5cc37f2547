"""One try to deliver an effect, and what follows from it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

import structlog

from bot.runtime import metrics
from bot.runtime.blame import describe
from bot.runtime.chance import backoff
from bot.runtime.port import Aside, GiveUp, Inbound, Policy, RetryLater
from bot.runtime.records import Effect, Outcome
from bot.store.tables import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.runtime.port import Delivery
    from ops.clock import Clock

_log = structlog.get_logger(__name__)


async def _no_sender(_delivery: Delivery) -> NoReturn:
    raise RetryLater("no sender for this kind")


_UNKNOWN = Policy(send=_no_sender)
"""For rows of a kind that this version does not know: the next one may."""


class Courier:
    """Delivers effects as their policies say."""

    def __init__(self, policies: Mapping[str, Policy], clock: Clock) -> None:
        self._policies = policies
        self._clock = clock

    def lane_of(self, kind: str) -> str:
        """Return the lane of a kind. Raises KeyError for one that has no policy."""
        return self._policies[kind].lane

    async def attempt(self, effect: Effect) -> Outcome:
        """Try to deliver once."""
        delivery = effect.delivery
        policy = self._policy(delivery)
        try:
            async with asyncio.timeout(policy.timeout):
                returned = await policy.send(delivery)
        except GiveUp as error:
            return await self._give_up(policy, delivery, error)
        except Exception as error:  # noqa: BLE001 - whatever it is, trying again may help
            return await self._failed(policy, delivery, error)
        payloads = [each for each in returned if isinstance(each, str)]
        asides = tuple(each for each in returned if isinstance(each, Aside))
        answers = _answers(delivery, payloads)
        return Outcome(delivery.id, Status.DONE, answers=answers, asides=asides)

    async def charge(self, effect: Effect) -> tuple[Effect, Outcome]:
        """Charge a try before it is made: the one before may have killed its process.

        Returns the effect as it is now, and what to write down first.
        """
        delivery = effect.delivery
        metrics.RESENDS.inc()
        if effect.next_at:  # its last try ended orderly, and was charged then
            charged = replace(effect, next_at=0.0)
        else:
            charged = Effect(replace(delivery, attempts=delivery.attempts + 1), effect.lane)
        policy = self._policy(delivery)
        if charged.delivery.attempts >= policy.tries:
            error = GiveUp("every try ended with the process")
            return charged, await self._give_up(policy, charged.delivery, error)
        attempts = charged.delivery.attempts
        return charged, Outcome(delivery.id, Status.OPEN, attempts, error="recovered")

    def _policy(self, delivery: Delivery) -> Policy:
        return self._policies.get(delivery.kind, _UNKNOWN)

    async def _failed(self, policy: Policy, delivery: Delivery, error: Exception) -> Outcome:
        attempts = delivery.attempts + 1
        if attempts >= policy.tries:
            return await self._give_up(policy, delivery, error)
        delay = backoff(attempts, policy.first_delay, policy.max_delay)
        if isinstance(error, RetryLater) and error.after is not None:
            delay = max(delay, error.after)
        reason = describe(error)
        _log.info(
            "delivery_failed", key=delivery.key, kind=delivery.kind, tries=attempts, error=reason
        )
        next_at = self._clock.now().timestamp() + delay
        return Outcome(delivery.id, Status.OPEN, attempts, next_at, reason)

    async def _give_up(self, policy: Policy, delivery: Delivery, error: Exception) -> Outcome:
        reason = describe(error)
        _log.error("delivery_given_up", key=delivery.key, kind=delivery.kind, error=reason)
        metrics.DEAD_EFFECTS.inc()
        answers = _answers(delivery, await _instead(policy, delivery, reason))
        return Outcome(
            delivery.id, Status.DEAD, delivery.attempts + 1, error=reason, answers=answers
        )


def _answers(delivery: Delivery, payloads: Sequence[str]) -> tuple[Inbound, ...]:
    return tuple(
        Inbound(f"answer:{delivery.key}:{n}", delivery.conversation, payload)
        for n, payload in enumerate(payloads)
    )


async def _instead(policy: Policy, delivery: Delivery, reason: str) -> Sequence[str]:
    if policy.on_give_up is None:
        return ()
    try:
        return await policy.on_give_up(delivery, reason)
    except Exception as error:  # noqa: BLE001 - the dead letter must be written all the same
        _log.error("give_up_failed", key=delivery.key, error=describe(error))
        return ()
