"""Name the account, get a code, enter it: every turn of the shared part."""

import pytest
from builders import ACCEPTED, SENT, Intent, kinds, meaning, said

from handlers import verification as flow
from handlers.flow import Move, Wish
from handlers.kernel import (
    BackendFailed,
    CheckCode,
    CodeDead,
    CodeRejected,
    CodeSent,
    CodeTooSoon,
    OfferChoices,
    OpenTicket,
    Purpose,
    Refused,
    ResendCode,
    Say,
    SendCode,
    UserChose,
    VoidChallenge,
)
from handlers.verification import (
    AskLogin,
    AwaitCode,
    CheckingCode,
    Proven,
    SendingCode,
    State,
    Stuck,
)

WHY = Purpose.CHECK_ACCOUNT
ASKING = AskLogin(WHY)
SENDING = SendingCode(WHY, "budi")
WAITING = AwaitCode(WHY, "budi", "c-1", 8)
CHECKING = CheckingCode(WAITING)
STUCK = Stuck(WHY, "budi", "code.expired")
CODE = said("12345678")
RESENT = CodeSent("c-1", 8, 600, 60, resent=True)


def stuck(why, wait=0):
    return Stuck(WHY, "budi", why, wait)


@pytest.mark.parametrize(
    ("state", "event", "expected", "effects"),
    [
        pytest.param(ASKING, said("budi.s", login="budi.s"), SendingCode(WHY, "budi.s"),
                     [SendCode(WHY, "budi.s")], id="takes the account"),
        pytest.param(ASKING, said("?"), ASKING, ["code.ask_login"], id="asks again"),
        pytest.param(ASKING, SENT, ASKING, [], id="a code nobody asked for"),

        pytest.param(SENDING, SENT, WAITING, ["code.sent"], id="announces the code"),
        pytest.param(SENDING, RESENT, SENDING, [], id="an older resend"),
        pytest.param(SENDING, CODE, SENDING, ["code.one_moment"], id="too eager"),
        pytest.param(SENDING, Refused("send_code", "too_many", 90),
                     stuck("code.too_many", 90), ["code.too_many"], id="capped"),
        pytest.param(SENDING, Refused("send_code", "paused"),
                     stuck("code.paused"), ["code.paused_later"], id="paused"),
        pytest.param(SENDING, Refused("send_code", "invalid"), ASKING, ["code.bad_login"],
                     id="no login at all"),
        pytest.param(SENDING, Refused("send_code", "state_conflict"),
                     stuck("code.backend_down"), ["code.backend_down"], id="refused oddly"),
        pytest.param(SENDING, BackendFailed("send_code"),
                     stuck("code.backend_down"), ["code.backend_down"], id="backend down"),

        pytest.param(WAITING, CODE, CHECKING, [CheckCode("c-1", "12345678")], id="checks"),
        pytest.param(WAITING, said("kode 1234 5678"), CHECKING,
                     [CheckCode("c-1", "12345678")], id="checks digits among words"),
        pytest.param(WAITING, said("1234567"), WAITING, ["code.wrong_length"], id="7 digits"),
        pytest.param(WAITING, said("123456789"), WAITING, ["code.wrong_length"], id="9 digits"),
        pytest.param(WAITING, said("kode 123456", code="123456"), WAITING,
                     ["code.wrong_length"], id="a code of another length"),
        pytest.param(WAITING, said("NIM 13519002", student_number="13519002"),
                     SendingCode(WHY, "13519002"),
                     [VoidChallenge("c-1"), SendCode(WHY, "13519002")], id="another account"),
        pytest.param(WAITING, said("budi", login="budi"), WAITING, ["code.ask_code"],
                     id="the same account"),
        pytest.param(WAITING, said("kirim lagi"), WAITING, [ResendCode("c-1")], id="again"),
        pytest.param(WAITING, said("belum masuk", Intent.OTP_PROBLEM), WAITING, ["code.tips"],
                     id="does not arrive"),
        pytest.param(WAITING, said("gak dapet email"), WAITING, ["code.tips"], id="no mail"),
        pytest.param(WAITING, said("itu bukan akun saya", Intent.DENY), ASKING,
                     [VoidChallenge("c-1"), "code.other_login"], id="not mine"),
        pytest.param(WAITING, said("saya tidak mau cek akun", Intent.CHECK_ACCOUNT), None,
                     [VoidChallenge("c-1"), "code.not_wanted"], id="not wanted"),
        pytest.param(WAITING, said("akun yang benar 13530005", student_number="13530005"),
                     SendingCode(WHY, "13530005"),
                     [VoidChallenge("c-1"), SendCode(WHY, "13530005")], id="the right account"),
        pytest.param(ASKING, said("lupa username"), ASKING, ["code.forgot_login"],
                     id="does not know the login"),
        pytest.param(WAITING, said("ok sebentar"), WAITING, ["code.ask_code"], id="a moment"),
        pytest.param(WAITING, UserChose(1, "resend"), WAITING, [ResendCode("c-1")],
                     id="resend button"),
        pytest.param(WAITING, UserChose(1, "no_code"), WAITING, ["code.tips"], id="tips button"),
        pytest.param(WAITING, UserChose(1, "no_code_human"), None,
                     [VoidChallenge("c-1"),
                      OpenTicket("code_delivery", "summary.no_code", claimed_login="budi")],
                     id="a human for the code"),
        pytest.param(WAITING, RESENT, WAITING, ["code.resent"], id="resent"),
        pytest.param(WAITING, CodeSent("c-9", 8, 600, 60, resent=True), WAITING, [],
                     id="another challenge's resend"),
        pytest.param(WAITING, CodeDead("void"), stuck("code.dead"), ["code.dead"], id="voided"),
        pytest.param(WAITING, Refused("resend_code", "too_soon", 42), WAITING,
                     [Say("code.resend_too_soon", {"wait": 42})], id="resend too soon"),
        pytest.param(WAITING, Refused("resend_code", "too_soon"), WAITING,
                     [Say("code.resend_too_soon", {"wait": 60})], id="too soon, not how long"),
        pytest.param(WAITING, Refused("resend_code", "too_many"), WAITING,
                     ["code.resend_too_many"], id="resend too often"),
        pytest.param(WAITING, Refused("resend_code", "challenge_dead"), stuck("code.dead"),
                     [VoidChallenge("c-1"), "code.dead"], id="resend of a dead one"),
        pytest.param(WAITING, BackendFailed("resend_code"), WAITING, ["code.not_resent"],
                     id="resend with the backend down"),
        pytest.param(WAITING, ACCEPTED, WAITING, [], id="an acceptance nobody asked for"),

        pytest.param(CHECKING, ACCEPTED, Proven("budi", ACCEPTED), [], id="right"),
        pytest.param(CHECKING, CODE, CHECKING, ["code.one_moment"], id="impatient"),
        pytest.param(CHECKING, CodeRejected(4, 0), WAITING,
                     [Say("code.wrong", {"tries_left": 4})], id="wrong"),
        pytest.param(CHECKING, CodeRejected(3, 5), WAITING,
                     [Say("code.wrong_wait", {"tries_left": 3, "wait": 5})], id="wrong, wait"),
        pytest.param(CHECKING, CodeRejected(0, 0), stuck("code.exhausted"),
                     ["code.exhausted"], id="wrong for the last time"),
        pytest.param(CHECKING, CodeTooSoon(4), WAITING, [Say("code.too_soon", {"wait": 4})],
                     id="too soon"),
        pytest.param(CHECKING, CodeDead("expired"), STUCK, ["code.expired"], id="expired"),
        pytest.param(CHECKING, CodeDead("exhausted"), stuck("code.exhausted"),
                     ["code.exhausted"], id="exhausted"),
        pytest.param(CHECKING, CodeDead("used"), stuck("code.dead"), ["code.dead"], id="used"),
        pytest.param(CHECKING, Refused("check_code", "not_found"), stuck("code.dead"),
                     [VoidChallenge("c-1"), "code.dead"], id="refused"),
        pytest.param(CHECKING, BackendFailed("check_code"), WAITING, ["code.not_checked"],
                     id="backend down at the check"),
        pytest.param(CHECKING, SENT, CHECKING, [], id="late sending"),

        pytest.param(STUCK, UserChose(1, "retry"), SENDING, [SendCode(WHY, "budi")], id="retry"),
        pytest.param(STUCK, said("kode baru dong"), SENDING, [SendCode(WHY, "budi")],
                     id="retry in words"),
        pytest.param(STUCK, said("ya"), SENDING, [SendCode(WHY, "budi")], id="yes, retry"),
        pytest.param(STUCK, said("hmm"), STUCK, ["code.expired"], id="stuck, asks again"),
        pytest.param(STUCK, UserChose(1, "else"), STUCK, ["code.expired"], id="odd button"),
        pytest.param(STUCK, SENT, STUCK, [], id="stuck, late answer"),
    ],
)  # fmt: skip
def test_each_turn(state, event, expected, effects):
    moved = flow.step(state, event)
    if isinstance(moved, Proven):
        assert moved == expected
        return
    said_or_done = [e if not hasattr(e, "key") else e.key for e in moved.effects]
    wanted = [getattr(e, "key", e) for e in effects]
    assert (moved.state, said_or_done) == (expected, wanted)
    exact = [e for e in effects if not isinstance(e, str)]
    assert all(effect in moved.effects for effect in exact)


@pytest.mark.parametrize(
    ("state", "text", "understood"),
    [
        (WAITING, "ok sebentar", True),
        (WAITING, "apa?", False),
        (ASKING, "apa itu ya?", False),
        (STUCK, "hmm", False),
    ],
)
def test_what_is_no_answer_is_said_to_be_none(state, text, understood):
    assert flow.step(state, said(text)).understood is understood


@pytest.mark.parametrize(
    ("state", "message", "answers"),
    [
        (ASKING, meaning("budi.s", login="budi.s"), True),
        (ASKING, meaning("apa?"), False),
        (WAITING, meaning("12345678"), True),
        (WAITING, meaning("123"), True),
        (WAITING, meaning("kirim lagi"), True),
        (WAITING, meaning("budi.s", login="budi.s"), True),
        (WAITING, meaning("apa?"), False),
        (WAITING, meaning("bukan saya"), True),
        (WAITING, meaning("tidak, saya tidak mau cek akun"), True),
        (ASKING, meaning("lupa username"), True),
        (STUCK, meaning("kirim lagi"), True),
        (STUCK, meaning("12345678"), False),
        (SENDING, meaning("12345678"), False),
    ],
)
def test_what_counts_as_an_answer(state, message, answers):
    assert flow.answers(state, message) is answers


@pytest.mark.parametrize("state", [ASKING, SENDING, WAITING, CHECKING, STUCK])
def test_every_state_has_a_question(state):
    assert flow.prompt(state)


def test_a_guest_is_asked_for_the_guests_login():
    assert flow.begin(Purpose.CLAIM_GUEST, Wish()).effects == (Say("code.ask_guest_login"),)


def test_a_named_account_is_not_asked_for():
    assert flow.begin(WHY, Wish(login="budi")) == Move(SENDING, (SendCode(WHY, "budi"),))


def test_a_login_fits_the_wire():
    assert len(flow.send(WHY, "x" * 500).state.login) == 200


@pytest.mark.parametrize("state", [stuck("code.too_many"), stuck("code.paused", 90)])
def test_a_cap_offers_no_new_code(state):
    (offer,) = flow.prompt(state)
    assert isinstance(offer, OfferChoices)
    assert [choice.value for choice in offer.choices] == ["human", "cancel"]


def test_the_words_do_not_depend_on_the_account():
    known, unknown = (flow.step(SendingCode(WHY, login), SENT) for login in ("budi", "ghost"))
    assert kinds(known.effects) == kinds(unknown.effects)
    assert known.effects[0].key == unknown.effects[0].key
    assert State  # the union is what the root saves
