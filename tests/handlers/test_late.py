"""Codes nobody waits for any more are taken for nothing else (security.md 4)."""

import pytest
from builders import SENT, buttons, keys, meaning, said
from msgspec.structs import replace

from handlers import late
from handlers.conversation import step
from handlers.flow import FlowName
from handlers.gate import HumanGate
from handlers.guest_draft import Draft, Field
from handlers.kernel import CheckCode, Purpose, SendCode, TimeUp, WakeIn
from handlers.model import Active, Conversation
from handlers.request_guest_account import Collecting
from handlers.reset_password import Confirm
from handlers.verification import AskLogin, AwaitCode
from nlu.types import Intent

CODE, NIM = "72930249", "13520013"
RESET, UNLOCK, GUEST = (
    FlowName.RESET_PASSWORD,
    FlowName.UNLOCK_ACCOUNT,
    FlowName.REQUEST_GUEST_ACCOUNT,
)
AWAITING = Active(UNLOCK, 1, AwaitCode(Purpose.UNLOCK_ACCOUNT, "agus", "c-1", 8))
LEFT = Conversation(late=8, interrupted=UNLOCK, flows=1)


def number(digits):
    return said(digits, code=digits, student_number=digits)


def asking(flow, state):
    return replace(LEFT, active=Active(flow, 2, state), flows=2)


@pytest.mark.parametrize(
    ("text", "asked", "expected"),
    [
        (CODE, False, True), (CODE, True, True), (NIM, False, True), (NIM, True, False),
        ("7293 0249", True, True), ("729302", False, False), ("saya 72930249", False, False),
    ],
)  # fmt: skip
def test_what_is_a_late_code(text, asked, expected):
    assert late.is_code(meaning(text), 8, asked=asked) is expected


@pytest.mark.parametrize(("digits", "expected"), [(NIM, True), ("123456", False)])
def test_what_is_said_to_be_a_code_is_one(digits, expected):
    spoken = meaning(f"ini kodenya {digits}", Intent.OTP_PROBLEM, code=digits)
    assert late.is_code(spoken, 8, asked=True) is expected


def test_a_challenge_that_is_left_is_remembered_for_a_quarter_of_an_hour():
    left, effects = step(Conversation(active=AWAITING), said("batal", Intent.CANCEL))
    assert (left.late, left.interrupted) == (8, UNLOCK)
    assert WakeIn("late", late.SECONDS, left.turn) in effects
    forgotten, _ = step(left, TimeUp("late", left.turn))
    assert (forgotten.late, forgotten.interrupted) == (0, None)


def test_with_nothing_asked_a_new_code_is_offered():
    told, effects = step(LEFT, number(CODE))
    assert (keys(effects), buttons(effects)) == (
        ["code.late"], ["flow:unlock_account", "human"],
    )  # fmt: skip
    assert (told.login, told.held) == (None, None)


def test_a_code_for_what_was_set_aside_is_checked_when_nothing_else_is_asked():
    resumed, effects = step(replace(LEFT, suspended=AWAITING), number(CODE))
    assert (resumed.active.flow, resumed.suspended) == (UNLOCK, None)
    assert [e.code for e in effects if isinstance(e, CheckCode)] == [CODE]


@pytest.mark.parametrize(
    "event",
    [said("729302", code="729302"), said("itu tadi 729302 ya", code="729302"), said("7293")],
    ids=repr,
)
def test_a_number_that_is_too_short_for_a_code_is_no_login_either(event):
    assert keys(step(LEFT, event).effects) == ["code.late"]


@pytest.mark.parametrize(
    "state", [Confirm("agus"), Confirm(), AskLogin(Purpose.RESET_PASSWORD)], ids=repr
)
def test_a_code_is_no_login(state):
    told, effects = step(asking(RESET, state), number(CODE))
    assert keys(effects)[0] == "code.late_here"
    assert (told.active.state, told.misunderstood) == (state, 0)


@pytest.mark.parametrize("state", [Confirm(), AskLogin(Purpose.RESET_PASSWORD)], ids=repr)
def test_a_student_number_is_a_login_where_one_was_asked_for(state):
    effects = step(asking(RESET, state), number(NIM)).effects
    assert [e.login for e in effects if isinstance(e, SendCode)] == [NIM]


def test_a_number_that_is_named_is_a_login():
    told = step(asking(RESET, AskLogin(Purpose.RESET_PASSWORD)),
                said(f"NIM {CODE}", student_number=CODE))  # fmt: skip
    assert [e.login for e in told.effects if isinstance(e, SendCode)] == [CODE]


def test_the_code_that_is_waited_for_is_checked():
    effects = step(replace(LEFT, active=AWAITING), number(CODE)).effects
    assert [e.code for e in effects if isinstance(e, CheckCode)] == [CODE]


@pytest.mark.parametrize(
    ("flow", "state"),
    [
        (RESET, HumanGate(RESET, "agus", "g-1", "frozen")),
        (GUEST, Collecting(Draft(), Field.CONTACT_PHONE)),
    ],
)
def test_what_takes_no_login_answers_as_ever(flow, state):
    assert "code.late_here" not in keys(step(asking(flow, state), number(CODE)).effects)


def test_an_answer_of_the_backend_changes_nothing():
    assert step(LEFT, replace(SENT, ref=9)).state.late == 8
