"""Rules of account life, codes that do not arrive, other recovery e-mails, hand-offs."""

import pytest
from builders import NO, SENT, YES, Intent, buttons, keys, meaning, said
from msgspec.structs import replace

from handlers import account_lifecycle_question as lifecycle
from handlers import escalate, otp_problem, update_recovery_email
from handlers.account_lifecycle_question import ACCOUNT_TYPES, AskType, Topic
from handlers.flow import CATEGORY, FlowName, Move, Wish
from handlers.kernel import UserChose
from handlers.otp_problem import Advised
from handlers.otp_problem import AskLogin as OtpAskLogin
from handlers.update_recovery_email import AskLogin, AskNew, AskOld


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("akun mahasiswa sampai kapan", Topic.END),
        ("when does it expire", Topic.END),
        ("cara memperpanjang akun", Topic.EXTEND),
        ("tambah masa aktif", Topic.EXTEND),
        ("can I renew it", Topic.EXTEND),
        ("cara membuat akun baru", Topic.CREATE),
        ("bagaimana mendapatkan akun", Topic.CREATE),
        ("how do I get an account", Topic.CREATE),
        ("syarat password", Topic.PASSWORD),
        ("password minimal berapa karakter", Topic.PASSWORD),
        ("password rules", Topic.PASSWORD),
    ],
)
def test_the_topic(text, topic):
    assert lifecycle.topic_of(text) is topic


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (meaning("akun dosen"), "lecturer"),
        (meaning("akun dosen luar biasa"), "kjp"),
        (meaning("setelah wisuda"), "student"),
        (meaning("akun tad"), "outsourced"),
        (meaning("vendor kami"), "third_party"),
        (meaning("akun dummy"), "test"),
        (meaning("akun tamu"), "guest"),
        (meaning("my staff account"), "staff"),
        (meaning("saya", account_type="kjp"), "kjp"),
        (meaning("saya mahasiswa", account_type="alien"), "student"),
        (meaning("akun saya"), None),
    ],
)
def test_the_account_type(message, expected):
    assert lifecycle.type_of(message) == expected


def test_the_type_is_asked_for_and_answered_by_button_or_word():
    asked = lifecycle.start(Wish(meaning("sampai kapan")))
    assert asked.state == AskType(Topic.END)
    assert tuple(buttons(asked.effects)) == ACCOUNT_TYPES
    pressed = lifecycle.step(asked.state, UserChose(1, "kjp"))
    assert (pressed.state, keys(pressed.effects)) == (None, ["lifecycle.end.kjp"])
    typed = lifecycle.step(asked.state, said("saya dosen"))
    assert keys(typed.effects) == ["lifecycle.end.lecturer"]


def test_no_type_is_no_answer():
    state = AskType(Topic.EXTEND)
    assert not lifecycle.step(state, said("hmm")).understood
    assert not lifecycle.step(state, UserChose(1, "alien")).understood
    assert lifecycle.step(state, SENT) == Move(state)
    assert lifecycle.answers(state, meaning("dosen"))
    assert not lifecycle.answers(state, meaning("hmm"))


@pytest.mark.parametrize("topic", [Topic.END, Topic.EXTEND, Topic.CREATE])
@pytest.mark.parametrize("name", ACCOUNT_TYPES)
def test_every_rule_is_one_text(topic, name):
    moved = lifecycle.step(AskType(topic), UserChose(1, name))
    assert keys(moved.effects) == [f"lifecycle.{topic}.{name}"]
    special = topic is Topic.EXTEND and name != "guest"  # ITB II.B.7.f
    assert ("human" in buttons(moved.effects)) is special


# -- codes that do not arrive --------------------------------------------------------------------
@pytest.mark.parametrize(
    ("state", "event", "expected", "texts", "login"),
    [
        pytest.param(Advised(), UserChose(1, "no_code_human"), OtpAskLogin(), ["otp.ask_login"],
                     "-", id="human, which account?"),
        pytest.param(Advised("budi"), UserChose(1, "no_code_human"), None, [], "budi",
                     id="human, account known"),
        pytest.param(Advised(), said("kode baru"), Advised(), ["otp.which_code"], "-",
                     id="a new code for what?"),
        pytest.param(Advised(), said("ya"), Advised(), ["otp.which_code"], "-", id="yes"),
        pytest.param(Advised(), said("tidak"), None, ["otp.done"], "-", id="no"),
        pytest.param(Advised(), said("budi.s", login="budi.s"), None, [], "budi.s",
                     id="names the account"),
        pytest.param(Advised(), said("hmm"), Advised(), ["otp.tips"], "-", id="neither"),
        pytest.param(Advised(), SENT, Advised(), [], "-", id="late"),
        pytest.param(OtpAskLogin(), said("budi.s", login="budi.s"), None, [], "budi.s",
                     id="account"),
        pytest.param(OtpAskLogin(), NO, None, [], None, id="no account"),
        pytest.param(OtpAskLogin(), UserChose(1, "unknown_login"), None, [], None, id="unknown"),
        pytest.param(OtpAskLogin(), said("apa ya?"), OtpAskLogin(), ["otp.ask_login"], "-",
                     id="asks again"),
    ],
)  # fmt: skip
def test_codes_that_do_not_arrive(state, event, expected, texts, login):
    moved = otp_problem.step(state, event)
    tickets = [effect for effect in moved.effects if not hasattr(effect, "key")]
    assert (moved.state, keys(moved.effects)) == (expected, texts)
    assert [ticket.claimed_login for ticket in tickets] == ([] if login == "-" else [login])


def test_codes_begin_with_tips():
    assert keys(otp_problem.start(Wish(login="budi")).effects) == ["otp.tips"]
    assert otp_problem.answers(Advised(), meaning("kirim lagi"))
    assert not otp_problem.answers(Advised(), meaning("hmm"))
    assert otp_problem.answers(OtpAskLogin(), meaning("budi.s"))


# -- another recovery e-mail ---------------------------------------------------------------------
MAIL = {"email": "new@x.id"}


@pytest.mark.parametrize(
    ("message", "login", "expected"),
    [
        pytest.param(meaning("ganti email"), None, AskLogin(), id="nothing known"),
        pytest.param(meaning("ganti email"), "budi", AskOld("budi"), id="account known"),
        pytest.param(
            meaning("ganti jadi new@x.id", **MAIL),
            "new@x.id",
            AskLogin("new@x.id"),
            id="the new address is no login",
        ),
        pytest.param(
            meaning("ganti jadi new@x.id", **MAIL),
            "budi",
            AskOld("budi", "new@x.id"),
            id="both known",
        ),
    ],
)
def test_a_change_begins_with_what_is_missing(message, login, expected):
    moved = update_recovery_email.start(Wish(message, login))
    assert moved.state == expected
    assert keys(moved.effects)[0] == "recovery.intro"


@pytest.mark.parametrize(
    ("state", "event", "expected", "ticket"),
    [
        pytest.param(AskLogin("n@x.id"), said("budi.s", login="budi.s"),
                     AskOld("budi.s", "n@x.id"), None, id="account"),
        pytest.param(AskLogin(), said("apa itu?"), AskLogin(), None, id="no account"),
        pytest.param(AskOld("budi"), UserChose(1, "skip"), AskNew("budi", ""), None, id="skip"),
        pytest.param(AskOld("budi"), said("tidak ingat"), AskNew("budi", ""), None, id="no"),
        pytest.param(AskOld("budi"), said("lupa"), AskNew("budi", ""), None, id="forgotten"),
        pytest.param(AskLogin(), said("lupa username"), AskLogin(), None, id="no login"),
        pytest.param(AskOld("budi"), said("bu***@x"), AskNew("budi", "bu***@x"), None, id="hint"),
        pytest.param(AskOld("budi"), said("old@x.id", email="old@x.id"),
                     AskNew("budi", "old@x.id"), None, id="whole"),
        pytest.param(AskOld("budi", "n@x.id"), UserChose(1, "skip"), None, ("-", "n@x.id"),
                     id="new one known"),
        pytest.param(AskNew("budi", "bu*"), said("new@x.id", **MAIL), None, ("bu*", "new@x.id"),
                     id="new address"),
        pytest.param(AskNew("budi", ""), said("nanti"), AskNew("budi", ""), None, id="none"),
        pytest.param(AskNew("budi", ""), SENT, AskNew("budi", ""), None, id="late"),
        pytest.param(AskOld("budi"), said(" "), AskOld("budi"), None, id="blank"),
    ],
)  # fmt: skip
def test_each_turn_of_a_change(state, event, expected, ticket):
    moved = update_recovery_email.step(state, event)
    tickets = [effect for effect in moved.effects if not hasattr(effect, "key")]
    assert moved.state == expected
    told = [(opened.args["old"], opened.args["new"]) for opened in tickets]
    assert told == ([ticket] if ticket else [])
    assert all(opened.category == "recovery_email" for opened in tickets)


@pytest.mark.parametrize(
    ("state", "message", "answers"),
    [
        (AskLogin(), meaning("budi.s"), True),
        (AskOld("b"), meaning("bu***"), True),
        (AskOld("b"), meaning("reset password"), False),
        (AskOld("b"), meaning("lupa", Intent.RESET_PASSWORD, 0.8), True),
        (AskLogin(), meaning("lupa NIM"), True),
        (AskNew("b", ""), meaning("new@x.id", **MAIL), True),
        (AskNew("b", ""), meaning("budi"), False),
    ],
)
def test_what_counts_as_an_answer(state, message, answers):
    assert update_recovery_email.answers(state, message) is answers


# -- hand-offs -----------------------------------------------------------------------------------
@pytest.mark.parametrize("flow", FlowName)
def test_every_flow_has_a_category(flow):
    assert escalate.handoff(None, flow, "budi", "g").category == CATEGORY[flow]


@pytest.mark.parametrize(
    "text", ["akun saya dihack", "akun di retas orang", "it wasn't me", "my account was hacked"]
)
def test_an_account_in_a_strangers_hands_goes_first(text):
    opened = escalate.handoff(meaning(text), FlowName.RESET_PASSWORD, None, None)
    assert (opened.category, opened.priority) == ("security", "urgent")


def test_yes_is_the_same_pressed_or_typed():
    assert replace(YES, value="yes") == YES
    assert meaning("ya", Intent.AFFIRM).intent is Intent.AFFIRM
