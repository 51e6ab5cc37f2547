"""Sends messages to people through their channel, and remembers those that may have to be changed.

What a channel took is kept for a day where its buttons can be taken off, or where it may still
fail: the table outlives a restart and serves every replica.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog
from msgspec.structs import replace

from bot.channels.port import (
    Action,
    ChannelError,
    FateUnknown,
    Rejected,
    TemporarilyUnavailable,
    Unreachable,
    WindowClosed,
)
from bot.envelope import Undelivered, decode_message, encode, encode_message, read_press
from bot.runtime.port import Aside, GiveUp, Policy, RetryLater
from bot.store.sent import SentMessage, Wanted, find, forget, note

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.channels.port import Channel, OutboundMessage, Said
    from bot.runtime.port import Delivery, Runtime
    from ops.clock import Clock

_log = structlog.get_logger(__name__)

MESSAGE: Final = "message"
"""The kind of outbox row that is a message to the person."""
RETRACTIONS: Final = 3
"""Tries to take something back, before the answer behind it has waited long enough."""


class Messages:
    """The sender of the outbox rows that are messages. Call `connect` before the first one."""

    def __init__(self, channels: Mapping[str, Channel], clock: Clock) -> None:
        self._channels = channels
        self._clock = clock
        self._runtime: Runtime | None = None

    def connect(self, runtime: Runtime) -> None:
        """Name the runtime whose database holds what was sent."""
        self._runtime = runtime

    def policies(self) -> dict[str, Policy]:
        """Return how such a row is delivered."""
        return {MESSAGE: Policy(self.send)}

    async def send(self, delivery: Delivery) -> Sequence[str | Aside]:
        """Say it, delete what the person wrote, or take the buttons off what was said."""
        channel = self._channels.get(delivery.conversation.partition(":")[0])
        if channel is None:
            raise GiveUp("no such channel")
        message = decode_message(delivery.payload)
        match message.action:
            case Action.CLOSE:
                return await self._close(channel, delivery, message)
            case Action.DELETE:
                await self._retract(channel, delivery, message)
                return ()
            case Action.SAY | Action.NUDGE:
                return await self._say(channel, delivery, message)

    async def _say(
        self, channel: Channel, delivery: Delivery, message: OutboundMessage
    ) -> Sequence[str | Aside]:
        try:
            said = await channel.send(delivery.key, delivery.conversation, message)
        except TemporarilyUnavailable as away:
            raise RetryLater("the channel is away", away.retry_after) from away
        except (Unreachable, WindowClosed) as lost:
            return (encode(Undelivered(message, gone=isinstance(lost, Unreachable))),)
        except (FateUnknown, Rejected) as lost:
            # Sent again, it could be read twice, or be refused for good again.
            raise GiveUp(type(lost).__name__) from lost
        return [Aside(note, row) for row in self._worth_keeping(channel, delivery, said)]

    def _worth_keeping(
        self, channel: Channel, delivery: Delivery, said: Sequence[Said]
    ) -> Sequence[SentMessage]:
        now = self._clock.now().timestamp()
        can = channel.capabilities
        return [
            SentMessage(
                each.native_id,
                delivery.conversation,
                offer_of(each.part),
                encode_message(replace(each.part, route="", heard_at=None)),
                now,
            )
            for each in said
            if each.native_id
            and each.part.action is Action.SAY
            and (can.fails_late or (can.closes_offers and offer_of(each.part)))
        ]

    async def _close(
        self, channel: Channel, delivery: Delivery, message: OutboundMessage
    ) -> Sequence[Aside]:
        """Take buttons off. Nobody knows the message any more: its press will tell so itself."""
        if self._runtime is None:
            raise RuntimeError("not connected")
        wanted = Wanted(message.target, delivery.conversation, message.offer)
        found = await self._runtime.read(find, wanted)
        if found is None and not message.target:
            return ()
        text = decode_message(found.payload).text if found else ""
        target = found.native_id if found else message.target
        await self._retract(channel, delivery, replace(message, target=target, text=text))
        return [Aside(forget, Wanted(target, delivery.conversation))]

    async def _retract(
        self, channel: Channel, delivery: Delivery, message: OutboundMessage
    ) -> None:
        """Take something back, harmless when done twice; the answer behind waits not for long."""
        try:
            await channel.send(delivery.key, delivery.conversation, message)
        except ChannelError as lost:
            passes = isinstance(lost, (TemporarilyUnavailable, FateUnknown))
            if passes and delivery.attempts + 1 < RETRACTIONS:
                after = getattr(lost, "retry_after", None)
                raise RetryLater("not taken back yet", after) from lost
            reason = type(lost).__name__
            _log.warning("not_taken_back", action=message.action, reason=reason)


def offer_of(message: OutboundMessage) -> int:
    """Return the number of the offer that `message` shows; 0 for none."""
    presses = (read_press(button.payload) for button in message.buttons if button.payload)
    return next((press.offer for press in presses if press), 0)
