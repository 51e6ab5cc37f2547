"""Starting, interrupting, resuming and ending flows: who has the floor."""

from __future__ import annotations

import re
from typing import Any, Final

from msgspec.structs import replace

from handlers import escalate
from handlers.flow import FlowName, Move, Wish
from handlers.kernel import (
    AnyEffect,
    AnyEvent,
    Choice,
    OfferChoices,
    OpenTicket,
    Request,
    Say,
    Step,
    VoidChallenge,
)
from handlers.model import FLOWS, Active, Conversation
from handlers.reading import login_of
from handlers.verification import AwaitCode, CheckingCode
from nlu.types import EntityKind, Intent, Understanding

Turn = Step[Conversation]

WISHES: Final[dict[Intent, FlowName]] = {
    Intent.CHECK_ACCOUNT: FlowName.CHECK_ACCOUNT,
    Intent.RESET_PASSWORD: FlowName.RESET_PASSWORD,
    Intent.UNLOCK_ACCOUNT: FlowName.UNLOCK_ACCOUNT,
    Intent.REQUEST_GUEST_ACCOUNT: FlowName.REQUEST_GUEST_ACCOUNT,
    Intent.TICKET_STATUS: FlowName.TICKET_STATUS,
    Intent.UPDATE_RECOVERY_EMAIL: FlowName.UPDATE_RECOVERY_EMAIL,
    Intent.ACCOUNT_LIFECYCLE_QUESTION: FlowName.LIFECYCLE_QUESTION,
    Intent.OTP_PROBLEM: FlowName.OTP_PROBLEM,
}
"""The flow that answers an intent. A guest's claim has no intent of its own: see `flow_for`."""

RESUME: Final = (Choice("resume", "button.resume"), Choice("drop", "button.drop"))
QUEUE: Final = 3
"""So many further wishes of one message are remembered."""

_GUEST: Final = re.compile(r"(?<!\w\.)\b(tamu|guest)\b(?!\.\w)", re.IGNORECASE)
"""The word, not the part of a login (`tamu.maya`)."""
_RESET_TOO: Final = re.compile(
    r"\b(reset|ganti|lupa|forgot|change)( (my|the))? (password|sandi|kata sandi)(nya)?,?"
    r" (sama|dan|sekalian|plus|serta|and) (\w+ )?(buka|unlock)"
    r"|\b(buka kunci|unlock)( \w+){0,2},? (sama|dan|sekalian|plus|serta|and) (\w+ )?reset",
    re.IGNORECASE,
)
_CLAIM: Final = re.compile(
    r"\b(aktivasi|mengaktifkan|aktifkan|klaim|claim|activat\w+|saya (adalah )?(seorang )?tamu"
    r"|i('m| am) (a |the )?guest|(password|sandi) pertama|first password|(set|buat) password)\b",
    re.IGNORECASE,
)
_MISTAKABLE: Final = {
    FlowName.REQUEST_GUEST_ACCOUNT: re.compile(
        r"masa aktif|sampai kapan|perpanjang|berapa lama|how long|exten[ds]|expir|valid",
        re.IGNORECASE,
    ),
    FlowName.RESET_PASSWORD: re.compile(
        r"(syarat|aturan|ketentuan)\w* (\w+ )?(password|sandi)|password (rule|polic|requirement)",
        re.IGNORECASE,
    ),
}
"""Questions about rules that sound like the wish itself."""
IMPLIED: Final = {
    FlowName.RESET_PASSWORD: {
        FlowName.CHECK_ACCOUNT,
        FlowName.UNLOCK_ACCOUNT,
        FlowName.OTP_PROBLEM,
    },
    FlowName.UNLOCK_ACCOUNT: {FlowName.CHECK_ACCOUNT, FlowName.OTP_PROBLEM},
    FlowName.CHECK_ACCOUNT: {FlowName.OTP_PROBLEM},
}
"""Wishes that another one fulfils on its way: a reset unlocks, and all deal with lost codes."""
_CLAIMABLE: Final = frozenset(
    {
        FlowName.RESET_PASSWORD,
        FlowName.CHECK_ACCOUNT,
        FlowName.UNLOCK_ACCOUNT,
        FlowName.REQUEST_GUEST_ACCOUNT,
    }
)


def flow_for(intent: Intent, meaning: Understanding) -> FlowName | None:
    """Return the flow that answers `intent` in this message, or None."""
    flow = WISHES.get(intent)
    if flow is FlowName.UNLOCK_ACCOUNT and _RESET_TOO.search(meaning.text):
        return FlowName.RESET_PASSWORD  # which unlocks, and takes one code for both
    question = _MISTAKABLE.get(flow) if flow else None
    if question and question.search(meaning.text) and not meaning.people:
        return FlowName.LIFECYCLE_QUESTION
    guest = meaning.first(EntityKind.ACCOUNT_TYPE) == "guest" or _GUEST.search(meaning.text)
    if flow in _CLAIMABLE and guest and _CLAIM.search(meaning.text):
        return FlowName.CLAIM_GUEST_ACCOUNT
    return flow


def wish(c: Conversation, meaning: Understanding | None, event: AnyEvent | None = None) -> Wish:
    """Return what a flow is started with: the message's login, else the one named before."""
    meaning = meaning or Understanding()
    return Wish(meaning, login_of(meaning) or c.login, getattr(event, "today", None))


def start(c: Conversation, flow: FlowName, about: Wish) -> Turn:
    """Give `flow` the floor; what was going on is set aside.

    A flow that answers at once leaves the floor to the one that was asking: its question follows.
    """
    if c.suspended and c.suspended.flow is flow and not c.active:
        return resume(c)
    move = FLOWS[flow].start(about)
    number = c.flows + 1
    c = replace(c, flows=number, misunderstood=0, followed=move.then)
    if move.state is None and c.active:
        return Step(c, (*_stamped(move.effects, number), *prompt(c.active)))
    if move.state is None:
        return _over(c, None, _stamped(move.effects, number))
    c, voided = _set_aside(c)
    begun = apply(c, Active(flow, number, move.state), move)
    return Step(begun.state, (*voided, *begun.effects))


def _set_aside(c: Conversation) -> Turn:
    if c.active is None:
        return Step(c)
    if c.active.flow is FlowName.OTP_PROBLEM:
        return Step(replace(c, active=None))  # it gave advice: there is nothing to come back to
    voided = void(c.suspended)
    return Step(replace(c, active=None, suspended=c.active), voided)


def apply(c: Conversation, active: Active, move: Move[Any]) -> Turn:
    """Take a flow's move: on to its next state, or to what comes after its end."""
    effects = _stamped(move.effects, active.id)
    if move.state is not None:
        active = replace(active, state=move.state)
        return Step(replace(c, active=active, login=active.login or c.login), effects)
    return _over(replace(c, followed=move.then), active.login, effects)


def _over(c: Conversation, login: str | None, effects: tuple[AnyEffect, ...]) -> Turn:
    ended = after_end(replace(c, active=None, login=login or c.login), effects)
    return Step(ended.state, (*effects, *ended.effects))


def after_end(c: Conversation, effects: tuple[AnyEffect, ...] = ()) -> Turn:
    """Go on with the next wish of the message, or offer what was interrupted."""
    if any(isinstance(effect, OpenTicket) for effect in effects):
        return Step(c)  # a human takes over: nothing of ours follows
    if c.queued:
        return _next_wish(c)
    if c.suspended:
        return Step(c, (OfferChoices("resume.offer", RESUME, {"flow": c.suspended.flow}),))
    return Step(replace(c, held=None))


def _next_wish(c: Conversation) -> Turn:
    intent, *rest = c.queued
    held = c.held or Understanding()
    c = replace(c, queued=tuple(rest))
    if intent is Intent.ESCALATE:
        return to_human(c, held)
    flow = flow_for(intent, held) or FlowName.CHECK_ACCOUNT
    begun = start(c, flow, wish(c, held))
    return Step(begun.state, (Say("resume.next_wish", {"flow": flow}), *begun.effects))


def resume(c: Conversation) -> Turn:
    """Give the floor back to the flow that was interrupted, and ask its question again."""
    if c.suspended is None:
        return Step(c, (Say("stale.button"),))
    c = replace(c, active=c.suspended, suspended=None, misunderstood=0)
    return Step(c, (Say("resume.resumed"), *prompt(c.active)))


def drop(c: Conversation) -> Turn:
    """Forget the flow that was interrupted."""
    return Step(replace(c, suspended=None), (*void(c.suspended), Say("resume.dropped")))


def cancel(c: Conversation) -> Turn:
    """End what is going on, at the person's wish."""
    if c.active is None:
        return drop(c) if c.suspended else Step(c, (Say("cancel.nothing"),))
    effects = (*void(c.active), Say("cancel.done", {"flow": c.active.flow}))
    ended = after_end(replace(interrupt(c), queued=()))
    return Step(ended.state, (*effects, *ended.effects))


def interrupt(c: Conversation) -> Conversation:
    """Return the conversation without its flow."""
    return replace(c, active=None, misunderstood=0)


def to_human(c: Conversation, meaning: Understanding | None) -> Turn:
    """Open a ticket with what is known, for what was going on."""
    about = c.active or c.suspended
    flow = about.flow if about else None
    login = (about.login if about else None) or (login_of(meaning) if meaning else None) or c.login
    grant = about.grant if about else None
    opened = escalate.handoff(meaning, flow, login, grant, changed=c.changed)
    text = meaning.text[:500] if meaning else ""
    # Asked for out of a flow, or with an alarm, a human is wanted for something else.
    back = c.resolved if about is None and opened.category != escalate.ALARM else None
    opened = replace(opened, args={"text": text}, reopens=back)
    return Step(replace(c, resolved=None) if back else c, (opened,))


def awaited(active: Active | None) -> int:
    """Return how many digits the code has that a flow waits for, 0 when it waits for none."""
    match active and active.state:
        case AwaitCode(length=length) | CheckingCode(AwaitCode(length=length)):
            return length
        case _:
            return 0


def void(active: Active | None) -> tuple[AnyEffect, ...]:
    """Return the effect that lets a flow's open challenge die, if it has one."""
    match active and active.state:
        case AwaitCode(challenge=challenge) | CheckingCode(AwaitCode(challenge=challenge)):
            return (VoidChallenge(challenge),)
        case _:
            return ()


def prompt(active: Active | None) -> tuple[AnyEffect, ...]:
    """Return a flow's question, to be asked again."""
    return FLOWS[active.flow].prompt(active.state) if active else ()


def _stamped(effects: tuple[AnyEffect, ...], ref: int) -> tuple[AnyEffect, ...]:
    return tuple(
        replace(effect, ref=ref)
        if isinstance(effect, Request) and not isinstance(effect, OpenTicket)
        else effect
        for effect in effects
    )
