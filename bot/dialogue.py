"""One turn: from what lies in the inbox to what leaves through the outbox.

Pure but for the understanding (a local model) and the clock: run again after a crash, the same
message in the same state gives the same turn.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import msgspec
import structlog
from msgspec.structs import replace

from bot import calls, review, speech
from bot.channels.port import InboundEvent, InboundKind, OutboundMessage
from bot.envelope import (
    FromBackend,
    FromChannel,
    decode,
    encode,
    encode_message,
    read_press,
)
from bot.memory import Line, Memory, Person, dump, recall, remember, without, without_codes
from bot.runtime.port import Aside, Inbound, Out, Timer, Turn
from bot.store.review import note
from handlers import conversation as flows
from handlers.kernel import (
    AnyEffect,
    AnyEvent,
    HandedBack,
    IdentityChanged,
    OpenTicket,
    Request,
    Say,
    TimeUp,
    TurnFailed,
    UserChose,
    UserJoined,
    UserSaid,
    UserSentUnsupported,
    UserSpokeInPublic,
    WakeIn,
)
from handlers.model import Control, Conversation
from handlers.reading import code_in
from handlers.verification import AwaitCode, CheckingCode
from nlu.types import EntityKind, Language, Understanding

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence
    from datetime import date

    from bot.channels.port import Capabilities
    from bot.envelope import Envelope
    from bot.store.review import Noted
    from bot.texts.catalogue import Texts
    from nlu.port import Engine
    from ops.clock import Clock

_log = structlog.get_logger(__name__)

MESSAGE: Final = "message"
"""The kind of outbox row that is a message to the person."""
LANGUAGES: Final = frozenset(Language)
_SAID_IN_CHAT: Final = frozenset(
    {InboundKind.TEXT, InboundKind.CHOICE, InboundKind.ATTACHMENT, InboundKind.UNSUPPORTED}
)


class Dialogue:
    """The runtime's handler.

    `capabilities` answers for a channel's name (the part of a conversation's key before the first
    colon). `time_zone` is the one people's dates are meant in. `reviewed`: messages that were not
    understood well are noted for people to label.
    """

    def __init__(
        self,
        engine: Engine,
        texts: Texts,
        capabilities: Callable[[str], Capabilities],
        clock: Clock,
        *,
        time_zone: str = "Asia/Jakarta",
        reviewed: bool = False,
    ) -> None:
        self._engine = engine
        self._texts = texts
        self._capabilities = capabilities
        self._clock = clock
        self._zone = ZoneInfo(time_zone)
        self._reviewed = reviewed
        self._ingest: Callable[[Sequence[Inbound]], Awaitable[None]] | None = None

    def connect(self, ingest: Callable[[Sequence[Inbound]], Awaitable[None]]) -> None:
        """Name the inbox that failures are reported to (the runtime's `ingest`)."""
        self._ingest = ingest

    async def __call__(self, conversation: str, state: str | None, payload: str) -> Turn:
        """Return the turn `payload` causes. Raises msgspec.DecodeError for a foreign payload."""
        memory = recall(state)
        lost = memory is None
        memory = memory or Memory()
        envelope = decode(payload)
        if isinstance(envelope, FromChannel):
            memory = _met(memory, envelope.event)
            event = await self._from_channel(memory, envelope.event)
        else:
            event = envelope.event
        if event is None:
            return Turn(dump(memory))
        return self._turn(conversation, memory, event, envelope, lost=lost)

    # -- in ---------------------------------------------------------------------------------
    async def _from_channel(  # noqa: PLR0911 - one return per kind
        self, memory: Memory, event: InboundEvent
    ) -> AnyEvent | None:
        if not event.private:
            return UserSpokeInPublic() if event.kind in _SAID_IN_CHAT else None
        match event.kind:
            case InboundKind.TEXT | InboundKind.CHOICE:
                return await self._words(memory.conversation, event)
            case InboundKind.ATTACHMENT if event.text.strip():
                return await self._words(memory.conversation, event)
            case InboundKind.ATTACHMENT | InboundKind.UNSUPPORTED:
                return UserSentUnsupported()
            case InboundKind.JOINED:
                return UserJoined()
            case InboundKind.IDENTITY_CHANGED:
                return IdentityChanged()
            case InboundKind.EDIT | InboundKind.DELETE | InboundKind.BLOCKED:
                return None  # an edit never runs an intent again

    async def _words(self, conversation: Conversation, event: InboundEvent) -> AnyEvent:
        press = read_press(event.choice or event.text)
        if press:
            return UserChose(press.offer, press.value)
        if event.kind is InboundKind.CHOICE:
            return UserChose(0, event.choice)  # no button of ours: stale
        if conversation.control is Control.HUMAN:
            return UserSaid(Understanding(event.text, secret=event.secret))
        value = speech.typed_choice(self._texts, conversation, event.text)
        if value is not None:
            return UserChose(conversation.offer, value)
        today = self._today()
        meaning = await self._engine.parse(event.text, today=today)
        secret = event.secret or meaning.secret
        return UserSaid(replace(meaning, secret=secret), today)

    def _today(self) -> date:
        return self._clock.now().astimezone(self._zone).date()

    # -- step -------------------------------------------------------------------------------
    def _turn(
        self, name: str, memory: Memory, event: AnyEvent, envelope: Envelope, *, lost: bool
    ) -> Turn:
        before = memory.conversation
        code = _holds_code(before, event)
        if isinstance(event, UserSaid) and code and before.control is Control.WAITING:
            event = replace(event, meaning=_without_code(event.meaning))
        after, effects = flows.step(before, event)
        noted: tuple[Noted, ...] = ()
        if self._reviewed:
            watched, noted = review.observe(
                memory.watched, before, event, after, effects, self._today()
            )
            memory = replace(memory, watched=watched)
        messages, last = speech.compose(self._texts, after, effects, memory.last)
        if lost:
            messages.insert(0, self._apology(after))
        heard = tuple(self._heard(before, event, code=code or _may_hold_code(event)))
        memory = remember(
            replace(memory, conversation=after, last=last),
            *heard,
            *(self._line(message, _check_numbers(effects)) for message in messages),
        )
        channel = self._capabilities(name.partition(":")[0])
        shown = (*_echo(envelope, heard), *messages) if channel.echo else messages
        now = self._clock.now()
        spoken = (
            Out(MESSAGE, encode_message(replace(message, at=now)), delivered=channel.pull)
            for message in shown
        )
        requests = (
            self._request(memory, effect, envelope.correlation, code=code)
            for effect in _requests(effects)
        )
        timers = tuple(
            Timer(wake.name, wake.seconds, encode(FromBackend(TimeUp(wake.name, wake.token))))
            for wake in effects
            if isinstance(wake, WakeIn)
        )
        asides = tuple(Aside(note, item) for item in noted)
        return Turn(dump(memory), (*spoken, *requests), timers, asides)

    # -- out --------------------------------------------------------------------------------
    def _request(
        self, memory: Memory, effect: calls.BackendEffect, correlation: str, *, code: bool
    ) -> Out:
        language = memory.conversation.language
        transcript: tuple[Line, ...] = ()
        if isinstance(effect, OpenTicket):
            transcript = memory.lines
            args = effect.args
            if code and "text" in args:
                args = {**args, "text": without_codes(str(args["text"]))}
            summary = self._texts.render(language, effect.summary, args)
            effect = replace(effect, summary=summary, args={})
        call = calls.BackendCall(effect, memory.person, language, transcript, correlation)
        return Out(calls.kind_of(effect), calls.encode(call))

    def _apology(self, conversation: Conversation) -> OutboundMessage:
        text = self._texts.render(conversation.language, "state.lost", {})
        return speech.OutboundMessage(text)

    # -- transcript -------------------------------------------------------------------------
    def _heard(self, before: Conversation, event: AnyEvent, *, code: bool) -> Iterable[Line]:
        now = self._clock.now()
        match event:
            case UserSaid(meaning):
                text = without_codes(meaning.text) if code else meaning.text
                yield Line("user", text, now)
            case UserChose(_, value):
                yield Line("user", speech.title_of(self._texts, before, value), now)
            case HandedBack():
                yield Line("system", "- - -", now)
            case _:
                return

    def _line(self, message: OutboundMessage, secrets: Iterable[str]) -> Line:
        author = "bot" if message.author == "bot" else "agent"
        return Line(author, without(message.text, secrets), self._clock.now())

    # -- failures ---------------------------------------------------------------------------
    async def on_dead_letter(self, conversation: str, payload: str, error: str) -> None:
        """Put a human on it: the conversation hears that a turn or a ticket failed.

        A failure of that very message, or of a message to the person, is logged and left.
        """
        _log.error("dead_letter", conversation=conversation, error=error)
        if self._ingest is None or not _worth_telling(payload):
            return
        mark = hashlib.sha256(payload.encode()).hexdigest()[:32]
        report = encode(FromBackend(TurnFailed()))
        await self._ingest([Inbound(f"dead:{conversation}:{mark}", conversation, report)])


def _met(memory: Memory, event: InboundEvent) -> Memory:
    met = replace(memory, person=Person(event.channel, event.user, event.address))
    if event.kind is InboundKind.JOINED and event.locale in LANGUAGES and not met.lines:
        # Nothing was said yet: the language of the page that was opened is the best guess.
        conversation = replace(met.conversation, language=Language(event.locale))
        return replace(met, conversation=conversation)
    return met


def _echo(envelope: Envelope, heard: Iterable[Line]) -> Iterable[OutboundMessage]:
    """Return the person's own words as the transcript has them, under their client's id."""
    if isinstance(envelope, FromChannel):
        for line in heard:
            if line.author == "user" and line.text:
                marks = {"id": envelope.event.native_id}
                yield OutboundMessage(line.text, author="user", custom=marks)


def _holds_code(before: Conversation, event: AnyEvent) -> bool:
    """Tell whether the person wrote a code: a human who reads the ticket must not see it."""
    if not isinstance(event, UserSaid):
        return False
    code = event.meaning.first(EntityKind.CODE)
    # Eight digits of which nothing is said may be a student number, which the human needs.
    if code is not None and code != event.meaning.first(EntityKind.STUDENT_NUMBER):
        return True
    for flow in (before.active, before.suspended):
        match flow and flow.state:
            case AwaitCode(length=length) | CheckingCode(AwaitCode(length=length)):
                if code_in(event.meaning, length) is not None:
                    return True
            case _:
                pass
    return False


def _may_hold_code(event: AnyEvent) -> bool:
    """Tell whether a number may be a code: reason enough to leave it out of the transcript."""
    return isinstance(event, UserSaid) and event.meaning.first(EntityKind.CODE) is not None


def _without_code(meaning: Understanding) -> Understanding:
    return replace(meaning, text=without_codes(meaning.text))


def _check_numbers(effects: Iterable[AnyEffect]) -> tuple[str, ...]:
    """Return what the page will ask for: it is the person's to know, not the agent's."""
    told = (effect.args for effect in effects if isinstance(effect, Say))
    return tuple(str(args["check_number"]) for args in told if "check_number" in args)


def _requests(effects: Iterable[AnyEffect]) -> Iterable[calls.BackendEffect]:
    return (effect for effect in effects if isinstance(effect, Request))


def _worth_telling(payload: str) -> bool:
    try:
        envelope = decode(payload)
    except msgspec.DecodeError:
        pass
    else:
        return not (isinstance(envelope, FromBackend) and isinstance(envelope.event, TurnFailed))
    try:
        return calls.kind_of(calls.decode(payload).effect) == calls.CASE
    except msgspec.DecodeError:
        return False
