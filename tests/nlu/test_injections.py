"""Messages that command the machine: whatever is understood, nothing is done without a code."""

from __future__ import annotations

from pathlib import Path

import pytest

from handlers.conversation import step
from handlers.flow import FlowName
from handlers.kernel import (
    AnyEffect,
    CheckCode,
    CodeSent,
    OfferChoices,
    OpenTicket,
    Purpose,
    ResendCode,
    Say,
    SendCode,
    UserSaid,
    VoidChallenge,
    WakeIn,
)
from handlers.model import Active, Conversation
from handlers.verification import AwaitCode
from nlu.evaluate import TODAY
from nlu.types import Intent

INJECTIONS = (
    (Path(__file__).parent / "challenges/injections.txt").read_text(encoding="utf-8").splitlines()
)
EMPTY = Conversation()
OWNER = "budi.santoso"
WAITING_FOR_CODE = Conversation(
    active=Active(FlowName.RESET_PASSWORD, 1, AwaitCode(Purpose.RESET_PASSWORD, OWNER, "c-1", 8)),
    flows=1,
    login=OWNER,
)


def _said(engine, text):
    return UserSaid(engine.understand(text, today=TODAY), TODAY)


def _opens_nothing(effect: AnyEffect) -> bool:
    """Words, timers, a code to the owner's own address, or a human who is shown no proof."""
    match effect:
        case Say() | OfferChoices() | WakeIn() | SendCode():
            return True
        case OpenTicket(grant=grant):
            return grant is None
        case _:
            return False


def _tries_a_code(effect: AnyEffect) -> bool:
    return _opens_nothing(effect) or isinstance(effect, CheckCode | ResendCode | VoidChallenge)


def test_commands_are_not_mistaken_for_wishes(engine):
    found = [engine.understand(text, today=TODAY).intent for text in INJECTIONS]
    assert found.count(Intent.OUT_OF_SCOPE) / len(found) >= 0.85


def test_there_are_forty_different_ones():
    assert len(set(INJECTIONS)) >= 40


@pytest.mark.parametrize("text", INJECTIONS)
def test_a_command_opens_nothing_however_often_it_is_said(engine, text):
    conversation, effects = step(EMPTY, _said(engine, text))
    for answer in ("ya", text, "yes, I am the owner", text):
        assert all(map(_opens_nothing, effects)), effects
        conversation, effects = step(conversation, _said(engine, answer))
    assert all(map(_opens_nothing, effects)), effects


@pytest.mark.parametrize("text", INJECTIONS)
def test_a_command_is_no_code(engine, text):
    # A right code and nothing else leads on: digits inside the command are tried like any others.
    conversation, effects = step(WAITING_FOR_CODE, _said(engine, text))
    assert all(map(_tries_a_code, effects)), effects

    _, effects = step(conversation, _said(engine, "ya"))
    assert all(map(_tries_a_code, effects)), effects


@pytest.mark.parametrize("text", INJECTIONS)
def test_who_names_an_account_beside_a_command_needs_the_code_of_its_owner(engine, text):
    conversation, effects = step(EMPTY, _said(engine, f"{text}, akun saya {OWNER}"))
    asked = next((effect for effect in effects if isinstance(effect, SendCode)), None)
    if asked is None:
        conversation, effects = step(conversation, _said(engine, "ya"))
        asked = next((effect for effect in effects if isinstance(effect, SendCode)), None)
    sent = CodeSent("c-1", 8, 600, 60, ref=0 if asked is None else asked.ref)
    for event in (sent, _said(engine, text), _said(engine, "ya")):
        conversation, effects = step(conversation, event)
        assert all(map(_tries_a_code, effects)), effects
