"""Sends messages to people through their channel, and remembers those that may have to be changed.

What a channel took is kept for a day where its buttons can be taken off, or where it may still
fail: the table outlives a restart and serves every replica.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from bot.channels.port import (
    Action,
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

MESSAGE: Final = "message"
"""The kind of outbox row that is a message to the person."""


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
        if message.action is Action.CLOSE:
            return await self._close(channel, delivery, message)
        return await self._deliver(channel, delivery, message)

    async def _deliver(
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
            if each.native_id and (can.fails_late or (can.closes_offers and offer_of(each.part)))
        ]

    async def _close(
        self, channel: Channel, delivery: Delivery, message: OutboundMessage
    ) -> Sequence[str | Aside]:
        """Take buttons off. Nobody knows the message any more: its press will tell so itself."""
        wanted = Wanted(message.target, delivery.conversation, message.offer)
        found = await self._runtime.read(find, wanted) if self._runtime else None
        text = ""
        if found:
            wanted = Wanted(found.native_id, found.conversation)
            text = decode_message(found.payload).text
        elif not message.target:
            return ()
        closing = replace(message, target=wanted.native_id, text=text)
        return [*await self._deliver(channel, delivery, closing), Aside(forget, wanted)]


def offer_of(message: OutboundMessage) -> int:
    """Return the number of the offer that `message` shows; 0 for none."""
    presses = (read_press(button.payload) for button in message.buttons if button.payload)
    return next((press.offer for press in presses if press), 0)
