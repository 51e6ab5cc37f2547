"""Who answers: the bot, nobody yet, or a human (agents.md, conversation control)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from handlers import escalate, routing
from handlers.escalate import ALARM
from handlers.flow import Choice
from handlers.kernel import (
    AgentJoined,
    AgentLeft,
    AgentSaid,
    AnyEffect,
    AppendToTicket,
    Args,
    CancelTicket,
    HandedBack,
    OfferChoices,
    Relay,
    Say,
    Step,
    TicketCancelled,
    TicketOpened,
    TimeUp,
    UserChose,
    UserSaid,
    UserSentFile,
    UserSentUnsupported,
    WakeIn,
)
from handlers.model import Case, Control, Conversation, change_control
from handlers.reading import ACT
from nlu.types import Intent, Understanding

if TYPE_CHECKING:
    from datetime import datetime

    from handlers.routing import Turn

QUIET_SECONDS: Final = 600
"""One acknowledgement per ten minutes to someone who writes while waiting."""
SLOW_SECONDS: Final = 8
"""After so long without a ticket number the person hears that it is on its way."""
REOPENS_SECONDS: Final = 604_800
"""So long who asks for a human gets the resolved ticket opened again."""
ALONE_SECONDS: Final = 120
"""After a release the person hears of it only if nobody takes over within this."""
KEPT_UNSENT: Final = 50
ATTACHMENT: Final = "[attachment]"

FromPerson = UserSaid | UserChose | UserSentFile | UserSentUnsupported

CANCEL_TICKET: Final = Choice("cancel", "button.cancel_ticket")
_ASKS_STATUS: Final = frozenset({Intent.TICKET_STATUS, Intent.ESCALATE, Intent.HELP})
_POLITE: Final = (
    r"(?:ok|oke|okay|ya|iya|eh|tolong|mohon|maaf|saya mau|aku mau|mau|dulu|saja|aja|deh|dong|lah"
    r"|sih|kak|min|mas|mbak|pak|bu|makasih|terima kasih|please|pls|sorry|thanks|thank you|now|then"
    r"|i want to|i'd like to)"
)
_TICKET: Final = (
    r"(?:(?:tiket|permintaan)(?:nya)?(?: (?:ini|itu|saya))?|it|that|this"
    r"|(?:the|my|this|that) (?:ticket|request))"
)
# Atomic: "tiket saya mau" can be read in two ways, and so could every one of a hundred of them.
_CANCELS: Final = re.compile(
    rf"(?:{_POLITE} )*/?(?:batal(?:kan|in)?|cancel|stop|never ?mind"
    rf"|(?:ga|gak|nggak|ngga|enggak|tidak|tdk) ?jadi)(?> {_POLITE}\b| {_TICKET}\b)*"
)
_BETWEEN_WORDS: Final = re.compile(r"[^\w/']+")


# -- while nobody answers yet ---------------------------------------------------------------
def while_waiting(c: Conversation, event: FromPerson) -> Turn:
    """Pass on what the person writes; cancelling and the status are still understood."""
    case = c.case or Case()
    match event:
        case UserChose(offer, "cancel") if offer == c.offer:
            return _cancel(c, case)
        case UserChose():
            return Step(c, (Say("stale.button"),))
        case UserSaid(meaning):
            turn = _heard(c, case, meaning)
            warning = (Say("secret.redacted"),) if meaning.secret else ()
            return Step(turn.state, (*warning, *turn.effects))
        case UserSentFile() | UserSentUnsupported():  # pragma: no branch - the last of all
            return _pass_on(c, case, _sent(event))


def _heard(c: Conversation, case: Case, meaning: Understanding) -> Turn:
    sure = meaning.confidence >= ACT
    if sure and only_cancels(meaning):
        return _cancel(c, case)
    if escalate.is_alarm(meaning.text, changed=c.changed) and not case.urgent:
        return _raise(c, case, meaning)
    if sure and meaning.intent in _ASKS_STATUS:
        turn = _forward(c, case, meaning.text)  # it may hold more than the question
        return Step(turn.state, (*turn.effects, _status(case)))
    if sure and meaning.intent is Intent.CANCEL:
        turn = _forward(c, case, meaning.text)
        return Step(turn.state, (*turn.effects, OfferChoices("waiting.kept", (CANCEL_TICKET,))))
    return _pass_on(c, case, meaning.text)


def only_cancels(meaning: Understanding) -> bool:
    """Tell whether the message withdraws the ticket and says nothing else.

    A longer one may be a complaint ("it was cancelled again") or the opposite ("don't cancel").
    """
    if meaning.intent is not Intent.CANCEL or "?" in meaning.text:
        return False
    words = _BETWEEN_WORDS.sub(" ", meaning.text.casefold()).strip()
    return _CANCELS.fullmatch(words) is not None


def _raise(c: Conversation, case: Case, meaning: Understanding) -> Turn:
    """Open an urgent ticket beside the one that waits: an account is in a stranger's hands."""
    turn = _forward(c, case, meaning.text)
    alarm = escalate.handoff(meaning, None, c.login, None, changed=c.changed)
    alarm = replace(alarm, args={"text": meaning.text[:500]})
    return Step(replace(turn.state, case=replace(case, urgent=True)), (*turn.effects, alarm))


def _sent(event: UserSentFile | UserSentUnsupported) -> str:
    """Tell a human what was sent: it is not fetched for them."""
    if isinstance(event, UserSentUnsupported):
        return ATTACHMENT
    size = f", {-(-event.file.size // 1024)} KB" if event.file.size else ""
    return f"[attachment: {event.file.name}{size}]"


def _cancel(c: Conversation, case: Case) -> Turn:
    if case.number:
        both = (case.also, case.number)
        return Step(c, tuple(CancelTicket(number) for number in both if number))
    back = change_control(c, Control.BOT)
    asked = 2 if case.urgent else 1  # an alarm asked for a second one
    back = replace(back, case=None, unsent=(), abandoned=c.abandoned + asked)
    return Step(back, (Say("waiting.cancelled_unnumbered"),))


def _status(case: Case) -> OfferChoices:
    if case.number is None or case.due is None:
        return OfferChoices("waiting.status_unnumbered", (CANCEL_TICKET,))
    args: Args = {"number": case.number, "due": case.due.isoformat()}
    return OfferChoices("waiting.status", (CANCEL_TICKET,), args)


def _pass_on(c: Conversation, case: Case, text: str) -> Turn:
    if not text.strip():
        return Step(c)
    forwarded = _forward(c, case, text)
    if c.acknowledged:
        return forwarded
    wake = WakeIn("ack", QUIET_SECONDS, c.control_version)
    noted = replace(forwarded.state, acknowledged=True)
    return Step(noted, (*forwarded.effects, Say("waiting.noted"), wake))


def _forward(c: Conversation, case: Case, text: str) -> Turn:
    if case.number is None:
        return Step(replace(c, unsent=(*c.unsent, text)[-KEPT_UNSENT:]))
    return Step(c, (AppendToTicket(case.number, text),))


# -- while a human answers ------------------------------------------------------------------
def while_human(c: Conversation, event: FromPerson) -> Turn:
    """Pass on what the person writes, and be silent."""
    number = c.case.number if c.case else None
    match event:
        case UserSaid(meaning) if number and meaning.text.strip():
            warning = (Say("secret.redacted"),) if meaning.secret else ()
            return Step(c, (AppendToTicket(number, meaning.text), *warning))
        case UserSentFile() | UserSentUnsupported() if number:
            return Step(c, (AppendToTicket(number, _sent(event)),))
        case _:
            return Step(c)


# -- changes of control ---------------------------------------------------------------------
def handed_over(c: Conversation) -> Turn:
    """BOT -> WAITING: a ticket was asked for; its number follows. Open codes die."""
    voided = routing.void(c.active) + routing.void(c.suspended)
    waiting = change_control(c, Control.WAITING)
    waiting = replace(waiting, case=Case(), acknowledged=False)
    wake = WakeIn("case", SLOW_SECONDS, waiting.control_version)
    return Step(waiting, (*voided, wake))


def ticket_opened(c: Conversation, event: TicketOpened) -> Turn:
    """A ticket got its number."""
    if c.control is Control.BOT:
        if c.abandoned == 0:
            return Step(c, (Say("waiting.opened_later", {"number": event.number}),))
        return Step(replace(c, abandoned=c.abandoned - 1), (CancelTicket(event.number),))
    known = c.case.number if c.case else None
    more_urgent = event.category == ALARM and event.number != known
    if c.control is Control.HUMAN or (known and not more_urgent):
        return Step(replace(c, abandoned=0))
    appended = tuple(AppendToTicket(event.number, text) for text in c.unsent)
    urgent = event.category == ALARM or bool(c.case and c.case.urgent)
    case = Case(event.number, event.first_response_due, urgent, also=known)
    told = replace(c, case=case, unsent=(), abandoned=0)
    known_already = event.already_open or event.reopened
    if event.next_opening and not event.in_service_hours and not known_already:
        told = replace(told, told_opening=event.next_opening)
    return Step(told, (*appended, _opened(c, event)))


def _opened(c: Conversation, event: TicketOpened) -> OfferChoices:
    args: Args = {"number": event.number, "due": event.first_response_due.isoformat()}
    opening = None if event.in_service_hours else event.next_opening
    if event.reopened:
        return OfferChoices("waiting.reopened", (CANCEL_TICKET,), args)
    if event.already_open:
        return OfferChoices("waiting.already_open", (CANCEL_TICKET,), args)
    if opening and opening != c.told_opening:
        args["opening"] = opening.isoformat()
        return OfferChoices("waiting.opened_closed", (CANCEL_TICKET,), args)
    if opening:
        return OfferChoices("waiting.opened_closed_again", (CANCEL_TICKET,), args)
    return OfferChoices("waiting.opened", (CANCEL_TICKET,), args)


def cancelled(c: Conversation, event: TicketCancelled) -> Turn:
    """WAITING -> BOT at the person's wish."""
    if c.control is not Control.WAITING or not _is_ours(c, event.number):
        return Step(c)
    back = replace(change_control(c, Control.BOT), case=None)
    return Step(back, (Say("waiting.cancelled", {"number": event.number}),))


def not_opened(c: Conversation) -> Turn:
    """WAITING -> BOT: the backend will not have the ticket, and says so for good."""
    if c.control is not Control.WAITING or (c.case and c.case.number):
        return Step(c)
    back = replace(change_control(c, Control.BOT), case=None, unsent=())
    return Step(back, (Say("waiting.refused"),))


def not_cancelled(c: Conversation) -> Turn:
    """A human has answered already: the ticket stands."""
    return Step(c, (Say("waiting.not_cancelled"),) if c.control is Control.WAITING else ())


def joined(c: Conversation, event: AgentJoined) -> Turn:
    """Any -> HUMAN. The bot's flow ends; a code that was asked for dies."""
    voided = routing.void(c.active) + routing.void(c.suspended)
    key = "agent.transferred" if c.control is Control.HUMAN else "agent.joined"
    due = c.case.due if c.case else None
    appended = tuple(AppendToTicket(event.ticket, text) for text in c.unsent)
    taken = change_control(c, Control.HUMAN)
    taken = replace(taken, case=Case(event.ticket, due), unsent=())
    args: Args = {"agent": event.agent, "number": event.ticket}
    return Step(taken, (*voided, *appended, Say(key, args)))


def relayed(c: Conversation, event: AgentSaid) -> Turn:
    """A human's words reach the person whoever has control."""
    return Step(c, (Relay(event.agent, event.text),))


def left(c: Conversation, event: AgentLeft) -> Turn:
    """HUMAN -> WAITING: told only if nobody takes over soon."""
    if c.control is not Control.HUMAN or not _is_ours(c, event.ticket):
        return Step(c)
    case = replace(c.case or Case(), opening=event.opening)
    waiting = replace(change_control(c, Control.WAITING), case=case)
    return Step(waiting, (WakeIn("released", ALONE_SECONDS, waiting.control_version),))


def handed_back(c: Conversation, event: HandedBack) -> Turn:
    """HUMAN (or WAITING) -> BOT: slots are cleared, the person is told."""
    told: tuple[AnyEffect, ...] = (Say("agent.handed_back", {"number": event.ticket}),)
    if event.resolution:
        c = replace(c, resolved=event.ticket)
        wake = WakeIn("resolved", REOPENS_SECONDS, c.turn)
        told = (Say("agent.resolved", {"number": event.ticket}), wake)
    if c.control is Control.BOT or not _is_ours(c, event.ticket):
        return Step(c, told if event.resolution else ())
    back = change_control(c, Control.BOT)
    return Step(replace(back, case=None, unsent=(), login=None), told)


def _released(opening: datetime | None) -> Say:
    if opening is None:
        return Say("agent.released")
    return Say("agent.released_closed", {"opening": opening.isoformat()})


def time_up(c: Conversation, event: TimeUp) -> Turn:
    """Timers of the waiting time; those of an earlier control mean nothing any more."""
    if event.token != c.control_version:
        return Step(c)
    match event.name:
        case "ack":
            return Step(replace(c, acknowledged=False))
        case "case" if c.control is Control.WAITING and not (c.case and c.case.number):
            return Step(c, (OfferChoices("waiting.slow", (CANCEL_TICKET,)),))
        case "released" if c.control is Control.WAITING:
            return Step(c, (_released(c.case and c.case.opening),))
        case _:
            return Step(c)


def _is_ours(c: Conversation, number: str) -> bool:
    return c.case is not None and c.case.number in {None, number}
