"""A world around the root reducer: answers its requests, and checks the promises at every step."""

import itertools

import msgspec

from bot import speech
from bot.texts.catalogue import Texts
from handlers import conversation as root
from handlers.kernel import (
    AnyEffect,
    CheckCode,
    CodeAccepted,
    CodeDead,
    CodeRejected,
    CodeSent,
    CodeTooSoon,
    IssueResetLink,
    OfferChoices,
    OpenTicket,
    Purpose,
    Request,
    ResendCode,
    Say,
    SendCode,
    UnlockAccount,
    VoidChallenge,
)
from handlers.model import Control, Conversation
from handlers.notices import NOTICES
from handlers.verification import AwaitCode, CheckingCode
from nlu.types import Language

TEXTS = Texts.load()
STATES = msgspec.json.Decoder(Conversation)
EFFECTS = msgspec.json.Decoder(AnyEffect)
RESETS = {Purpose.RESET_PASSWORD, Purpose.CLAIM_GUEST}


class World:
    """What a backend would know: which codes were asked for what, which grants opened what."""

    def __init__(self):
        self.state = Conversation()
        self.pending: list[Request] = []
        self.purposes: dict[str, Purpose] = {}
        self.live: set[str] = set()
        self.grants: dict[str, tuple[Purpose, CodeAccepted]] = {}
        self.last: dict[Language, tuple[str, ...]] = dict.fromkeys(Language, ())
        self.numbers = itertools.count(1)
        self.effects: tuple[AnyEffect, ...] = ()

    # -- one step ----------------------------------------------------------------------------
    def feed(self, event):
        before = self.state
        after, effects = root.step(before, event)
        assert root.step(before, event) == (after, effects)  # the same again
        self.state, self.effects = after, effects
        self._survives_a_restart(after, effects)
        self._requests_are_proven(effects)
        self._speaks_only_where_it_may(before, after, effects)
        self._hands_over(before, after, effects)
        self._can_be_said(after, effects)
        self._challenges_are_held(after, effects)

    def _survives_a_restart(self, after, effects):
        assert STATES.decode(msgspec.json.encode(after)) == after
        for effect in effects:
            assert EFFECTS.decode(msgspec.json.encode(effect)) == effect

    def _requests_are_proven(self, effects):
        for effect in effects:
            match effect:
                case IssueResetLink(grant):
                    purpose, accepted = self.grants[grant]
                    assert purpose in RESETS
                    assert accepted.human is None
                case UnlockAccount(grant):
                    purpose, accepted = self.grants[grant]
                    assert purpose is Purpose.UNLOCK_ACCOUNT
                    assert (accepted.account.status, accepted.human) == ("locked", None)
                case OpenTicket(grant=grant) if grant:
                    assert grant in self.grants
                case _:
                    pass
            if isinstance(effect, Request):
                self.pending.append(effect)

    def _speaks_only_where_it_may(self, before, after, effects):
        spoken = {effect.key for effect in effects if isinstance(effect, Say | OfferChoices)}
        if before.control is after.control is Control.HUMAN and (
            before.control_version == after.control_version
        ):
            assert spoken <= NOTICES
        if before.control is not Control.BOT:
            assert not any(isinstance(effect, SendCode | CheckCode) for effect in effects)

    def _hands_over(self, before, after, effects):
        if before.control is not after.control:
            assert after.control_version > before.control_version
            assert after.active is None
        if any(isinstance(effect, OpenTicket) for effect in effects):
            assert after.control is Control.WAITING

    def _can_be_said(self, after, effects):
        for language in Language:
            told = msgspec.structs.replace(after, language=language)
            last = self.last[language]
            messages, self.last[language] = speech.compose(TEXTS, told, effects, last)
            spoken = [message for message in messages if message.author == "bot"]
            assert len(spoken) <= 1
            for message in spoken:
                assert not set(self.last[language]) & set(last)
                assert all(len(button.payload.encode()) <= 64 for button in message.buttons)
        offers = sum(isinstance(effect, OfferChoices) for effect in effects)
        assert offers <= 1
        assert not offers or after.choices

    def _challenges_are_held(self, after, effects):
        for effect in effects:
            if isinstance(effect, VoidChallenge):
                self.live.discard(effect.challenge)
        held = set()
        for flow in (after.active, after.suspended):
            match flow and flow.state:
                case AwaitCode(challenge=challenge) | CheckingCode(AwaitCode(challenge=challenge)):
                    held.add(challenge)
                case _:
                    pass
        assert self.live <= held  # a code nobody waits for is dead

    # -- answers -----------------------------------------------------------------------------
    def answer(self, request, make):
        """Feed the answer `make(request, world)` to a pending request."""
        self.pending.remove(request)
        event = make(request, self)
        if event is not None:
            self.feed(msgspec.structs.replace(event, ref=request.ref))

    def code_sent(self, request):
        if isinstance(request, ResendCode):
            return CodeSent(request.challenge, 8, 600, 60, resent=True)
        challenge = f"c-{next(self.numbers)}"
        self.purposes[challenge] = request.purpose
        self.live.add(challenge)
        return CodeSent(challenge, 8, 600, 60)

    def accepted(self, request, account, human):
        self.live.discard(request.challenge)
        event = CodeAccepted(f"g-{next(self.numbers)}", account, human)
        self.grants[event.grant] = (self.purposes[request.challenge], event)
        return event

    def dead(self, request, reason):
        self.live.discard(request.challenge)
        return CodeDead(reason)

    def rejected(self, request, left, wait):
        if left == 0:
            self.live.discard(request.challenge)
        return CodeRejected(left, wait)

    def too_soon(self, _request, wait):
        return CodeTooSoon(wait)
