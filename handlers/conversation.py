"""The root reducer: every event of a conversation comes in here, every effect leaves here.

`step` is pure: the same conversation and event always give the same step. It decides who answers,
hands the event to the flow that has the floor, and sees to what holds for all of them: the send
gate, the buttons that are good, the silence that ends a flow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from handlers import (
    control,
    escalate,
    help,  # noqa: A004 - the name of an intent
    late,
    notices,
    request_guest_account,
    routing,
    talk,
)
from handlers.kernel import (
    AgentJoined,
    AgentLeft,
    AgentSaid,
    Answer,
    AnyAnswer,
    AnyEffect,
    AnyEvent,
    Args,
    Choice,
    DropProofs,
    FileGuestRequest,
    GuestsDecided,
    HandedBack,
    IdentityChanged,
    LinkEnded,
    MailDelayed,
    OfferChoices,
    OpenTicket,
    PasswordChanged,
    Refused,
    Say,
    Step,
    TicketCancelled,
    TicketOpened,
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
from handlers.model import FLOWS, Active, Control, Conversation
from handlers.request_guest_account import Collecting, Confirming, Filing

if TYPE_CHECKING:
    from handlers.routing import Turn
    from nlu.types import Language, Understanding

IDLE_SECONDS: Final = 600
"""Silence ends a flow after ten minutes (security.md 1)."""
DOUBT_SECONDS: Final = 86_400
"""So long after a changed password was told, "that was not me" is an alarm."""
THROTTLE_SECONDS: Final = 600
"""A polite answer to what cannot be read is given once in this time."""


def step(conversation: Conversation, event: AnyEvent) -> Turn:
    """Answer one event. Nothing is sent, stored or read here: see `bot.dialogue`."""
    before = replace(conversation, turn=conversation.turn + 1)
    if isinstance(event, UserSaid):
        before = replace(before, language=_language(before, event.meaning))
    after, effects = _react(before, event)
    after, effects = _control(before, after, effects)
    after, effects = _codes(before, after, effects)
    after, effects = _buttons(before, after, effects)
    after, effects = _silence(after, event, effects)
    return Step(after, notices.gate(before, after, effects))


def _language(c: Conversation, meaning: Understanding) -> Language:
    """Follow the person's language; the name of a unit or a guest is in none."""
    match c.active and c.active.state:
        case Collecting() as asked if request_guest_account.answers(asked, meaning):
            return c.language
        case _:
            return meaning.language or c.language


def _react(c: Conversation, event: AnyEvent) -> Turn:
    match event:
        case UserSaid() | UserChose() | UserSentFile() | UserSentUnsupported():
            return _person(c, event)
        case Answer():
            return _answer(c, event)
        case TimeUp():
            return _time_up(c, event)
        case UserJoined():
            first = c.turn == 1 and c.control is Control.BOT
            return Step(c, (OfferChoices("smalltalk.welcome", help.MENU),) if first else ())
        case UserShowedSecret():
            return Step(c, (Say("secret.redacted"),))
        case UserSpokeInPublic(secret):
            asked = _once(c, "public.private_please")
            warning = (Say("secret.redacted"),) if secret else ()
            return Step(asked.state, (*warning, *asked.effects))
        case IdentityChanged() | TurnFailed():
            return _moved(c) if isinstance(event, IdentityChanged) else _failed(c)
        case AgentJoined() | AgentSaid() | AgentLeft() | HandedBack():
            return _agent(c, event)
        case (
            PasswordChanged() | LinkEnded() | MailDelayed() | GuestsDecided()
        ):  # pragma: no branch - the last of all
            return _news(c, event)


# -- the person -----------------------------------------------------------------------------
def _person(c: Conversation, event: control.FromPerson) -> Turn:
    match c.control, event:
        case Control.HUMAN, _:
            return control.while_human(c, event)
        case Control.WAITING, _:
            return control.while_waiting(c, event)
        case Control.BOT, UserSaid(meaning) if not meaning.text.strip():
            return _once(c, "unsupported.empty")
        case Control.BOT, UserSaid():
            return talk.said(c, event)
        case Control.BOT, UserChose():
            return talk.chose(c, event)
        case Control.BOT, UserSentFile():
            return _file(c, event)
        case Control.BOT, UserSentUnsupported():  # pragma: no branch - the last of all
            return _once(c, "unsupported.attachment")


def _file(c: Conversation, event: UserSentFile) -> Turn:
    """Hand a file to the flow that has a use for it; the words that came with it are answered."""
    match c.active:
        case Active(state=Collecting() | Confirming() | Filing()) as active:
            return routing.apply(c, active, FLOWS[active.flow].step(active.state, event))
        case _:
            return _once(c, "unsupported.picture" if event.captioned else "unsupported.file")


def _once(c: Conversation, key: str) -> Turn:
    """Say `key` unless it was said in the last ten minutes."""
    if key in c.quiet:
        return Step(c)
    wake = WakeIn(key, THROTTLE_SECONDS, c.turn)
    return Step(replace(c, quiet=(*c.quiet, key)), (Say(key), wake))


# -- the backend ----------------------------------------------------------------------------
def _answer(c: Conversation, event: AnyAnswer) -> Turn:
    """Hand an answer to the flow that asked; an answer to none is dealt with by `notices`."""
    active = c.active
    if active and event.ref == active.id:
        return routing.apply(c, active, FLOWS[active.flow].step(active.state, event))
    if c.suspended and event.ref == c.suspended.id:
        return _behind(c, c.suspended, event)
    match event:
        case TicketOpened(ref=0):
            return control.ticket_opened(c, event)
        case TicketCancelled():
            return control.cancelled(c, event)
        case Refused("cancel_ticket"):
            return control.not_cancelled(c)
        case Refused("open_ticket"):
            return control.not_opened(c)
        case _:
            return Step(c, notices.late(event))


def _behind(c: Conversation, suspended: Active, event: AnyAnswer) -> Turn:
    """Take the answer for a flow that was set aside; its questions wait until it resumes."""
    move = FLOWS[suspended.flow].step(suspended.state, event)
    aside = routing.apply(replace(c, active=None, suspended=None, queued=()), suspended, move)
    said = tuple(notices.without_buttons(effect) for effect in aside.effects)
    state = replace(
        aside.state, active=c.active, suspended=aside.state.active, queued=c.queued, held=c.held
    )
    return Step(state, said)


def _news(
    c: Conversation, event: PasswordChanged | LinkEnded | MailDelayed | GuestsDecided
) -> Turn:
    told = notices.tell(event)
    if not isinstance(event, PasswordChanged):
        return Step(c, told)
    return Step(replace(c, changed=True), (*told, WakeIn("changed", DOUBT_SECONDS, c.turn)))


# -- humans ---------------------------------------------------------------------------------
def _agent(c: Conversation, event: AgentJoined | AgentSaid | AgentLeft | HandedBack) -> Turn:
    match event:
        case AgentJoined():
            return control.joined(c, event)
        case AgentSaid():
            return control.relayed(c, event)
        case AgentLeft():
            return control.left(c, event)
        case HandedBack():  # pragma: no branch - the last of all
            return control.handed_back(c, event)


def _failed(c: Conversation) -> Turn:
    """End what was going on, and let a human see to it."""
    if c.control is not Control.BOT:
        return Step(c)
    flow = c.active.flow if c.active else None
    ticket = replace(
        escalate.handoff(None, flow, c.login, None), summary="summary.broken", priority="high"
    )
    bare, voided = _bare(c)
    return Step(bare, (*voided, Say("broken.turn"), ticket))


def _moved(c: Conversation) -> Turn:
    """Forget who it was: somebody else may sit behind the chat (security.md 1.3)."""
    bare, voided = _bare(c)
    bare = replace(bare, resolved=None, changed=False)
    told: tuple[AnyEffect, ...] = ()
    if c.control is Control.WAITING:
        told = (OfferChoices("broken.identity_waiting", (control.CANCEL_TICKET,)),)
    elif c.active or c.suspended:
        told = (Say("broken.identity"),)
    return Step(bare, (*voided, DropProofs(), *told))


def _bare(c: Conversation) -> Turn:
    """Return the conversation without what was going on, and what lets its codes die."""
    voided = routing.void(c.active) + routing.void(c.suspended)
    ended = replace(c, active=None, suspended=None, queued=(), held=None, login=None)
    return Step(replace(ended, followed=None), voided)


# -- time -----------------------------------------------------------------------------------
def _time_up(c: Conversation, event: TimeUp) -> Turn:
    match event.name:
        case "idle" if event.token == c.idle_token:
            return _idle(c)
        case "ack" | "case" | "released":
            return control.time_up(c, event)
        case "filing" if c.active and isinstance(c.active.state, Filing):
            return Step(c, (Say("guest.slow"),))
        case "changed":
            return Step(replace(c, changed=False))
        case "resolved":
            return Step(replace(c, resolved=None))
        case "late":
            return Step(replace(c, late=0, interrupted=None))
        case name if name in c.quiet:
            return Step(replace(c, quiet=tuple(key for key in c.quiet if key != name)))
        case _:
            return Step(c)


def _idle(c: Conversation) -> Turn:
    """Ten minutes of silence: end the flow with one message and forget the account."""
    voided = routing.void(c.active) + routing.void(c.suspended)
    ended = routing.interrupt(c)
    ended = replace(ended, suspended=None, queued=(), held=None, login=None)
    asking = c.active and not isinstance(c.active.state, Filing)
    if asking or c.suspended:
        return Step(ended, (*voided, Say("idle.ended")))
    return Step(ended, voided)


def _silence(c: Conversation, event: AnyEvent, effects: tuple[AnyEffect, ...]) -> Turn:
    if not isinstance(event, control.FromPerson):
        return Step(c, effects)
    if c.control is Control.BOT and (c.active or c.suspended or c.login):
        wake = WakeIn("idle", IDLE_SECONDS, c.turn)
        return Step(replace(c, idle_token=c.turn), (*effects, wake))
    return Step(c, effects)


# -- what holds for every turn --------------------------------------------------------------
def _control(before: Conversation, c: Conversation, effects: tuple[AnyEffect, ...]) -> Turn:
    """A ticket in the effects is a change of control (BOT -> WAITING)."""
    if any(isinstance(effect, FileGuestRequest) for effect in effects):
        effects = (*effects, WakeIn("filing", control.SLOW_SECONDS, c.turn))
    opened = any(isinstance(effect, OpenTicket) for effect in effects)
    if not opened or before.control is not Control.BOT:
        return Step(c, effects)
    handed = control.handed_over(c)
    return Step(handed.state, (*effects, *handed.effects))


def _codes(before: Conversation, c: Conversation, effects: tuple[AnyEffect, ...]) -> Turn:
    """Remember for a while that a code may still come when nobody waits for it any more."""
    length = routing.awaited(before.active)
    if before.active is None or not length or routing.awaited(c.active):
        return Step(c, effects)
    left = replace(c, late=length, interrupted=before.active.flow)
    return Step(left, (*effects, WakeIn("late", late.SECONDS, c.turn)))


def _buttons(before: Conversation, c: Conversation, effects: tuple[AnyEffect, ...]) -> Turn:
    """One offer a turn, with the buttons of all; old ones die when the floor changes."""
    offers = [effect for effect in effects if isinstance(effect, OfferChoices)]
    if not offers:
        same = c.active == before.active and c.control_version == before.control_version
        return Step(c if same else replace(c, choices=()), effects)
    merged: dict[str, Choice] = {}
    args: Args = {}
    for offer in offers:
        merged |= {choice.value: choice for choice in offer.choices}
        args |= offer.args
    choices = tuple(merged.values())
    plain = tuple(
        notices.without_buttons(effect)
        if effect is not offers[-1]
        else OfferChoices(offers[-1].key, choices, offers[-1].args)
        for effect in effects
    )
    return Step(replace(c, offer=c.offer + 1, choices=choices, choice_args=args), plain)
