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
from bot import file_calls as files_of
from bot.channels.port import Action, InboundEvent, InboundKind, OutboundMessage
from bot.envelope import (
    FromBackend,
    FromChannel,
    Undelivered,
    decode,
    encode,
    encode_message,
    read_press,
)
from bot.memory import Line, Memory, Person, dump, keep, recall, remember, without, without_codes
from bot.messages import MESSAGE
from bot.runtime.port import Aside, Inbound, Out, Timer, Turn
from bot.store.review import note
from handlers import conversation as flows
from handlers import late
from handlers.kernel import (
    AnyEffect,
    AnyEvent,
    FetchFile,
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
    UserSentFile,
    UserSentUnsupported,
    UserShowedSecret,
    UserSpokeInPublic,
    WakeIn,
)
from handlers.model import Control, Conversation
from handlers.reading import code_in
from handlers.verification import AwaitCode, CheckingCode
from nlu.entities.extract import extract
from nlu.types import EntityKind, Intent, Language, Understanding

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

MOST_FILES: Final = 10
"""Files of one message that are looked at."""
LANGUAGES: Final = frozenset(Language)
INTENTS: Final = frozenset(Intent)
_SAID_IN_CHAT: Final = frozenset(
    {InboundKind.TEXT, InboundKind.CHOICE, InboundKind.ATTACHMENT, InboundKind.UNSUPPORTED}
)
_FROM_PERSON: Final = _SAID_IN_CHAT | {InboundKind.JOINED}


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
        match envelope:
            case Undelivered():
                return self._undelivered(memory, envelope)
            case FromChannel():
                memory = self._met(memory, envelope.event)
                events = await self._from_channel(memory, envelope.event)
            case FromBackend():  # pragma: no branch - the last of all
                events = (envelope.event,)
        if not events:
            return Turn(dump(memory))
        return self._turn(conversation, memory, events, envelope, lost=lost)

    # -- in ---------------------------------------------------------------------------------
    def _met(self, memory: Memory, event: InboundEvent) -> Memory:
        """Note who is there, where they are reached, and what the channel knows of them."""
        if event.kind is InboundKind.BLOCKED:
            return replace(memory, gone=True)
        old = memory.person
        heard = old.heard_at
        if event.kind in _FROM_PERSON:
            # Webhooks may come in any order: the newest word counts.
            wrote = event.sent_at or self._clock.now()
            heard = max(heard, wrote) if heard else wrote
        route = event.route or old.route
        person = Person(event.channel, event.user, event.address, route, heard)
        met = replace(memory, person=person, gone=False)
        if event.kind is InboundKind.IDENTITY_CHANGED:
            # What was said here, and what waits to be said, was for somebody else perhaps.
            return replace(met, kept=(), lines=(), last=(), watched=None)
        if event.locale[:2] in LANGUAGES and not met.lines:
            # Nothing was said yet: the language of the page or profile is the best guess.
            conversation = replace(met.conversation, language=Language(event.locale[:2]))
            return replace(met, conversation=conversation)
        return met

    async def _from_channel(  # noqa: PLR0911 - one return per kind
        self, memory: Memory, event: InboundEvent
    ) -> tuple[AnyEvent, ...]:
        """Return what happened: one event, or the words and then the files of one message."""
        if not event.private:
            read = event.kind in _SAID_IN_CHAT or event.secret
            return (UserSpokeInPublic(event.secret),) if read else ()
        match event.kind:
            case InboundKind.TEXT | InboundKind.CHOICE:
                return (await self._words(memory.conversation, event),)
            case InboundKind.ATTACHMENT:
                return await self._enclosed(memory.conversation, event)
            case InboundKind.UNSUPPORTED:
                return (UserSentUnsupported(),)
            case InboundKind.JOINED if event.choice in INTENTS:
                meaning = Understanding(f"/{event.choice}", Intent(event.choice), 1.0)
                return (UserSaid(meaning, self._today()),)
            case InboundKind.JOINED:
                return (UserJoined(),)
            case InboundKind.IDENTITY_CHANGED:
                return (IdentityChanged(),)
            case InboundKind.EDIT if event.secret:
                return (UserShowedSecret(),)
            case InboundKind.EDIT | InboundKind.DELETE | InboundKind.BLOCKED:
                return ()  # an edit never runs an intent again

    async def _enclosed(
        self, conversation: Conversation, event: InboundEvent
    ) -> tuple[AnyEvent, ...]:
        captioned = bool(event.text.strip())
        said = (await self._words(conversation, event),) if captioned else ()
        files = event.attachments[:MOST_FILES]
        sent = (UserSentFile(files_of.facts(file), captioned) for file in files)
        return (*said, *sent) or (UserSentUnsupported(),)

    async def _words(self, conversation: Conversation, event: InboundEvent) -> AnyEvent:
        press = read_press(event.choice or event.text)
        if press:
            return UserChose(press.offer, press.value)
        if event.kind is InboundKind.CHOICE:
            return UserChose(0, event.choice)  # no button of ours: stale
        if conversation.control is Control.HUMAN:
            # Not understood, only looked at for codes: the agent must not read one.
            found = extract(event.text, self._today()).entities
            return UserSaid(Understanding(event.text, entities=found, secret=event.secret))
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
        self,
        name: str,
        memory: Memory,
        events: tuple[AnyEvent, ...],
        envelope: Envelope,
        *,
        lost: bool,
    ) -> Turn:
        event, *files = events
        before = memory.conversation
        code = _holds_code(before, event)
        if isinstance(event, UserSaid) and code and before.control is not Control.BOT:
            event = replace(event, meaning=_without_code(event.meaning))
        after, effects = flows.step(before, event)
        for file in files:
            after, further = flows.step(after, file)
            effects = (*effects, *further)
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
        now = self._clock.now()
        shown = [
            *_retractions(channel, envelope, event),
            *(_echo(envelope, heard) if channel.echo else ()),
            *(replace(message, at=now) for message in messages),
            *(_expired(before, after, envelope) if channel.closes_offers else ()),
        ]
        memory, shown = _sayable(memory, envelope, shown)
        spoken = (_out(memory, message, pull=channel.pull) for message in shown)
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
        self,
        memory: Memory,
        effect: calls.BackendEffect | FetchFile,
        correlation: str,
        *,
        code: bool,
    ) -> Out:
        if isinstance(effect, FetchFile):
            return Out(files_of.FILE, files_of.encode(files_of.FileCall(effect, correlation)))
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

    def _undelivered(self, memory: Memory, lost: Undelivered) -> Turn:
        """Keep what could not be said; where the window is shut, ask once for a word."""
        nudge: tuple[Out, ...] = ()
        if not lost.gone and not memory.kept:
            text = self._texts.render(memory.conversation.language, "window.nudge", {})
            message = OutboundMessage(text, at=self._clock.now(), action=Action.NUDGE)
            nudge = (_out(memory, message, pull=False),)
        return Turn(dump(replace(keep(memory, lost.message), gone=lost.gone)), nudge)

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
            case UserSentFile(file):
                yield Line("user", f"📎 {file.name}", now)
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


def _sayable(
    memory: Memory, envelope: Envelope, messages: list[OutboundMessage]
) -> tuple[Memory, list[OutboundMessage]]:
    """Return what can be said now: what was kept, once the person wrote; nothing while gone."""
    if memory.gone:
        return keep(memory, *messages), []
    if memory.kept and isinstance(envelope, FromChannel):
        return replace(memory, kept=()), [*memory.kept, *messages]
    return memory, messages


def _out(memory: Memory, message: OutboundMessage, *, pull: bool) -> Out:
    if not pull:
        person, language = memory.person, memory.conversation.language
        message = replace(message, route=person.route, heard_at=person.heard_at, language=language)
    return Out(MESSAGE, encode_message(message), delivered=pull)


def _retractions(
    channel: Capabilities, envelope: Envelope, event: AnyEvent
) -> Iterable[OutboundMessage]:
    """Delete what holds a password, take the buttons off what was pressed."""
    if not isinstance(envelope, FromChannel) or not envelope.event.native_id:
        return
    target = envelope.event.native_id
    secret = envelope.event.secret or (isinstance(event, UserSaid) and event.meaning.secret)
    if secret and channel.deletes_user_messages:
        yield OutboundMessage("", action=Action.DELETE, target=target)
    if envelope.event.kind is InboundKind.CHOICE and channel.closes_offers:
        yield OutboundMessage("", action=Action.CLOSE, target=target)


def _expired(
    before: Conversation, after: Conversation, envelope: Envelope
) -> Iterable[OutboundMessage]:
    """Take the buttons off the offer that was open until now; one just pressed lost them."""
    if not before.choices or (after.choices and after.offer == before.offer):
        return
    press = read_press(envelope.event.choice) if isinstance(envelope, FromChannel) else None
    if press is None or press.offer != before.offer:
        yield OutboundMessage("", action=Action.CLOSE, offer=before.offer)


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
    if before.late and late.is_code(event.meaning, before.late, asked=True):
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


def _requests(effects: Iterable[AnyEffect]) -> Iterable[calls.BackendEffect | FetchFile]:
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
