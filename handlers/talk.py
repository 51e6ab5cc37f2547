"""What the bot does with a person's words while it is the one who answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from handlers import (
    escalate,
    fallback,
    follow_up,
    help,  # noqa: A004 - the name of an intent
    late,
    routing,
    small_talk,
)
from handlers.flow import FLOW_PREFIX, HUMAN, FlowName, to_flow
from handlers.kernel import OfferChoices, Say, Step, UserChose, UserSaid
from handlers.model import FLOWS, Active, Conversation
from handlers.reading import (
    ACT,
    CLOSE,
    SURE,
    SWITCH,
    forgot_login,
    is_no,
    is_yes,
    login_of,
    mail_missing,
    only_digits,
)
from nlu.types import EntityKind, Intent, Ranked, Understanding

if TYPE_CHECKING:
    from handlers.routing import Turn

_CHANGE_OF_MIND: Final = re.compile(
    r"\b(saja|aja|dulu|malah|bukan|(ga|gak|nggak|tidak) ?jadi|instead|rather|actually)\b",
    re.IGNORECASE,
)
_CORRECTION: Final = re.compile(
    r"\b(saja|aja|bukan|maksud(nya|ku)?|ralat|malah|(ga|gak|nggak|tidak) ?jadi|instead|rather"
    r"|i mean(t)?)\b",
    re.IGNORECASE,
)
_FIRST: Final = re.compile(r"\b(dulu|dahulu|first)\b", re.IGNORECASE)


def chose(c: Conversation, event: UserChose) -> Turn:
    """Answer a pressed button."""
    if event.offer != c.offer or event.value not in {choice.value for choice in c.choices}:
        return Step(c, (Say("stale.button"), *routing.prompt(c.active)))
    c = replace(c, misunderstood=0)
    match event.value:
        case "human":
            return routing.to_human(c, c.held)
        case "cancel":
            return routing.cancel(c)
        case "resume":
            return routing.resume(c)
        case "drop":
            return routing.drop(c)
        case value if value.startswith(FLOW_PREFIX):
            flow = FlowName(value.removeprefix(FLOW_PREFIX))
            about = routing.wish(c, c.held)._replace(chosen=True)
            return routing.start(c, flow, about)
        case _ if c.active:
            return _answer(c, c.active, event)
        case _:
            return Step(c, (Say("stale.button"),))


def said(c: Conversation, event: UserSaid) -> Turn:
    """Answer a message. A typed password is spoken of first, whatever else the message says."""
    turn = _said(c, event)
    if not event.meaning.secret:
        return turn
    warning = Say("secret.redacted")
    if turn.state.misunderstood > c.misunderstood:
        # The password was the message: that is no misunderstanding of ours.
        ask = routing.prompt(c.active) or (
            OfferChoices("secret.what_next", (to_flow(FlowName.RESET_PASSWORD), HUMAN)),
        )
        return Step(c, (warning, *ask))
    return Step(turn.state, (warning, *turn.effects))


def _said(c: Conversation, event: UserSaid) -> Turn:
    meaning = event.meaning
    code = _late_code(c, event)
    if code:
        return code
    if c.active and _is_for_the_flow(c.active, meaning):
        return _in_flow(c, c.active, event)
    if _is_alarm(c, meaning) or _is_back(c, meaning):
        return routing.to_human(c, meaning)
    said_so = _without_flows(c, event)
    if said_so:
        return said_so
    if meaning.intent is Intent.CANCEL and meaning.confidence >= ACT:
        return routing.cancel(replace(c, misunderstood=0))
    if meaning.intent is Intent.ESCALATE and meaning.confidence >= SWITCH:
        return routing.to_human(c, meaning)
    if c.active:
        return _in_flow(c, c.active, event)
    if c.suspended and (is_yes(event) or is_no(event)) and meaning.intent not in routing.WISHES:
        return routing.resume(c) if is_yes(event) else routing.drop(c)
    return _fresh(c, event)


def _without_flows(c: Conversation, event: UserSaid) -> Turn | None:
    """Answer questions about the helpdesk itself and about what was answered last."""
    about_us = small_talk.about_us(event.meaning)
    if about_us:
        return Step(replace(c, misunderstood=0), (*about_us, *routing.prompt(c.active)))
    if c.followed is None or c.active or c.suspended:
        return None
    again = to_flow(c.followed.flow).value
    if is_yes(event) and again in {choice.value for choice in c.choices}:
        return chose(c, UserChose(c.offer, again))
    told = follow_up.reply(c.followed, event.meaning)
    return Step(replace(c, misunderstood=0), told) if told else None


def _late_code(c: Conversation, event: UserSaid) -> Turn | None:
    """Answer a code that nobody waits for, unless it answers what is asked: it is no login."""
    meaning, active = event.meaning, c.active
    asked = active is not None and active.login is None
    if not c.interrupted or not late.is_code(meaning, c.late, asked=asked):
        return None
    if active is None and c.suspended and routing.awaited(c.suspended):
        return _answer(replace(c, active=c.suspended, suspended=None), c.suspended, event)
    if active is None:
        return _too_late(c, c.interrupted)
    takes_it = FLOWS[active.flow].answers(active.state, meaning)
    if not takes_it or routing.awaited(active) or active.flow is FlowName.REQUEST_GUEST_ACCOUNT:
        return None
    return Step(c, (Say("code.late_here"), *routing.prompt(active)))


def _too_late(c: Conversation, flow: FlowName) -> Turn:
    return Step(c, (OfferChoices("code.late", (to_flow(flow, "button.new_code"), HUMAN)),))


def _is_alarm(c: Conversation, meaning: Understanding) -> bool:
    """Tell whether a stranger is said to have the account, and nothing of ours is wanted."""
    wanted = meaning.intent in routing.WISHES and meaning.confidence >= SWITCH
    return not wanted and escalate.is_alarm(meaning.text, changed=c.changed)


def _is_back(c: Conversation, meaning: Understanding) -> bool:
    """Tell whether what an agent resolved lately is said to be there still."""
    if c.resolved is None or c.active or c.suspended or c.followed:
        return False
    wanted = meaning.intent in routing.WISHES and meaning.confidence >= SWITCH
    return not wanted and escalate.is_back(meaning.text)


def _is_for_the_flow(active: Active, meaning: Understanding) -> bool:
    """Tell whether the words answer a question of ours, whatever they are taken for."""
    missing = bool(routing.void(active)) and mail_missing(meaning)
    return missing or _is_bare_login(meaning) or forgot_login(meaning)


def _is_bare_login(meaning: Understanding) -> bool:
    """Tell whether the message is a login and nothing else ("admin.sistem" asks for nobody)."""
    return login_of(meaning) is not None and len(meaning.text.split()) == 1


# -- inside a flow --------------------------------------------------------------------------
def _in_flow(c: Conversation, active: Active, event: UserSaid) -> Turn:
    meaning = event.meaning
    changed = meaning.confidence >= SURE and _CHANGE_OF_MIND.search(meaning.text) is not None
    if FLOWS[active.flow].answers(active.state, meaning) and not changed:
        return _answer(c, active, event)
    flow = routing.flow_for(meaning.intent, meaning)
    if flow and flow is not active.flow and meaning.confidence >= SWITCH:
        if not _heard_here(active, meaning):
            return _start_other(c, active, flow, event)
    elif meaning.confidence >= SWITCH and meaning.intent in small_talk.INTENTS:
        reply = small_talk.reply(meaning.intent, busy=True)
        # Who says goodbye, or "later", is not asked again at once.
        ask = () if meaning.intent is Intent.GOODBYE else routing.prompt(active)
        return Step(replace(c, misunderstood=0), (*reply, *ask))
    elif meaning.confidence >= SWITCH and meaning.intent is Intent.HELP:
        reply = help.reply(busy=True)
        return Step(replace(c, misunderstood=0), (*reply, *routing.prompt(active)))
    return _answer(c, active, event)


def _start_other(c: Conversation, active: Active, flow: FlowName, event: UserSaid) -> Turn:
    """Interrupt a flow; one that was begun by a misunderstanding is not come back to."""
    meaning = event.meaning
    corrected = _CORRECTION.search(meaning.text) and not _FIRST.search(meaning.text)
    if not corrected or meaning.confidence < SURE:
        return _start(c, flow, event)
    begun = _start(replace(c, active=None), flow, event)
    return Step(begun.state, (*routing.void(active), *begun.effects))


def _heard_here(active: Active, meaning: Understanding) -> bool:
    """Tell whether a flow waiting for a code deals with "it does not arrive" itself."""
    return meaning.intent is Intent.OTP_PROBLEM and bool(routing.void(active))


def _answer(c: Conversation, active: Active, event: UserSaid | UserChose) -> Turn:
    move = FLOWS[active.flow].step(active.state, event)
    if move.understood:
        return routing.apply(replace(c, misunderstood=0), active, move)
    if isinstance(event, UserSaid) and _wishes_it_again(active, event.meaning):
        return Step(replace(c, misunderstood=0), routing.prompt(active))
    c = replace(c, misunderstood=c.misunderstood + 1)
    return Step(c, fallback.inside_flow(move.effects, c.misunderstood))


def _wishes_it_again(active: Active, meaning: Understanding) -> bool:
    flow = routing.flow_for(meaning.intent, meaning)
    return flow is active.flow and meaning.confidence >= SWITCH


# -- with nothing going on ------------------------------------------------------------------
def _fresh(c: Conversation, event: UserSaid) -> Turn:
    meaning = event.meaning
    pair = _close_pair(meaning)
    if pair:
        choices = tuple(
            HUMAN if i is Intent.ESCALATE else to_flow(routing.WISHES[i]) for i in pair
        )
        c = replace(c, held=meaning, misunderstood=0)
        return Step(c, (OfferChoices("unclear.two", choices),))
    if meaning.confidence >= ACT:
        if meaning.intent is Intent.ESCALATE:
            return routing.to_human(c, meaning)
        flow = routing.flow_for(meaning.intent, meaning)
        if flow:
            return _start(c, flow, event)
        if meaning.intent in small_talk.INTENTS:
            reply = small_talk.reply(meaning.intent, busy=False)
            return Step(replace(c, misunderstood=0), reply)
        if meaning.intent is Intent.HELP:
            return Step(replace(c, misunderstood=0), help.reply(busy=False))
    return _unclear(c, meaning)


def _start(c: Conversation, flow: FlowName, event: UserSaid) -> Turn:
    meaning = event.meaning
    done = {None, flow, *routing.IMPLIED.get(flow, ())}
    further = tuple(
        intent
        for intent in dict.fromkeys(meaning.also)
        if intent is Intent.ESCALATE or routing.flow_for(intent, meaning) not in done
    )[: routing.QUEUE]
    c = replace(c, queued=further, held=meaning if further else None)
    return routing.start(c, flow, routing.wish(c, meaning, event))


def _close_pair(meaning: Understanding) -> tuple[Intent, Intent] | None:
    """Return the two wishes the message may mean, when neither is clearly ahead."""
    match meaning.ranking:
        case (Ranked(first, p), Ranked(second, q), *_) if p - q < CLOSE and q >= ACT / 2:
            known = routing.WISHES.keys() | {Intent.ESCALATE}
            both = first in known and second in known and second not in meaning.also
            same = routing.flow_for(first, meaning) is routing.flow_for(second, meaning)
            return (first, second) if both and not same else None
        case _:
            return None


def _unclear(c: Conversation, meaning: Understanding) -> Turn:
    code = meaning.first(EntityKind.CODE) and not meaning.first(EntityKind.STUDENT_NUMBER)
    if c.interrupted and (only_digits(meaning) or code):
        return _too_late(c, c.interrupted)
    login = login_of(meaning)
    if login:
        held = replace(meaning, intent=Intent.OUT_OF_SCOPE)
        known = replace(c, held=held, login=login, misunderstood=0)
        return Step(known, fallback.which_wish(login))
    c = replace(c, misunderstood=c.misunderstood + 1)
    return Step(c, fallback.outside_flows(meaning, c.misunderstood))
