"""Each flow that ends in an account matter, turn by turn."""

import pytest
from builders import (
    ACCEPTED,
    GATED,
    NO,
    OPENED,
    SENT,
    TICKET,
    YES,
    Intent,
    account,
    buttons,
    keys,
    meaning,
    said,
)
from msgspec.structs import replace

from handlers import (
    check_account,
    claim_guest_account,
    gate,
    links,
    reset_password,
    ticket_status,
    unlock_account,
)
from handlers.flow import FlowName, Wish
from handlers.gate import HumanGate
from handlers.kernel import (
    BackendFailed,
    IssueResetLink,
    LinkSent,
    ListTickets,
    OpenTicket,
    Purpose,
    Refused,
    SendCode,
    TicketsListed,
    UnlockAccount,
    Unlocked,
    UserChose,
)
from handlers.links import IssuingLink, LinkFailed
from handlers.reset_password import Confirm
from handlers.ticket_status import Listing
from handlers.unlock_account import Unlocking
from handlers.verification import AskLogin, AwaitCode, CheckingCode, SendingCode

RESET, CLAIM = FlowName.RESET_PASSWORD, FlowName.CLAIM_GUEST_ACCOUNT
LINK = LinkSent("bu***@example.net", "42", 900)


def checking(purpose):
    return CheckingCode(AwaitCode(purpose, "budi", "c-1", 8))


def turns(flow, state, event):
    """The next state, the texts, and the requests."""
    moved = flow.step(state, event)
    requests = [effect for effect in moved.effects if not hasattr(effect, "key")]
    return moved.state, keys(moved.effects), requests


P = Purpose
ISSUING, FAILED = IssuingLink(RESET, "budi", "g-1"), LinkFailed(RESET, "budi", "g-1")
GATE = HumanGate(RESET, "budi", "g-1", "privileged")


@pytest.mark.parametrize(
    ("state", "event", "expected", "texts", "requests"),
    [
        pytest.param(Confirm(), YES, AskLogin(P.RESET_PASSWORD), ["code.ask_login"], [], id="yes"),
        pytest.param(Confirm("budi"), said("ya"), SendingCode(P.RESET_PASSWORD, "budi"), [],
                     [SendCode(P.RESET_PASSWORD, "budi")], id="yes for this account"),
        pytest.param(Confirm("budi"), said("ya, siti", login="siti"),
                     SendingCode(P.RESET_PASSWORD, "siti"), [],
                     [SendCode(P.RESET_PASSWORD, "siti")], id="yes, but for another"),
        pytest.param(Confirm(), NO, None, ["reset.declined"], [], id="no"),
        pytest.param(Confirm(), said("siti", login="siti"), SendingCode(P.RESET_PASSWORD, "siti"),
                     [], [SendCode(P.RESET_PASSWORD, "siti")], id="the account asked for"),
        pytest.param(Confirm(), said("dian.sari"), SendingCode(P.RESET_PASSWORD, "dian.sari"),
                     [], [SendCode(P.RESET_PASSWORD, "dian.sari")], id="a word like a login"),
        pytest.param(Confirm("budi"), said("siti", login="siti"), Confirm("siti"),
                     ["reset.confirm_login"], [], id="another account is no yes"),
        pytest.param(Confirm(), said("hmm"), Confirm(), ["reset.confirm"], [], id="neither"),
        pytest.param(Confirm(), SENT, Confirm(), [], [], id="an early code"),
        pytest.param(checking(P.RESET_PASSWORD), ACCEPTED, ISSUING, [], [IssueResetLink("g-1")],
                     id="right code"),
        pytest.param(checking(P.RESET_PASSWORD), GATED, GATE, ["gate.privileged"], [],
                     id="right code, human gate"),
        pytest.param(ISSUING, LINK, None, ["reset.link_sent"], [], id="link sent"),
        pytest.param(ISSUING, Refused("issue_reset_link", "human_needed"),
                     replace(GATE, reason="other"), ["gate.other"], [], id="gate at the link"),
        pytest.param(ISSUING, Refused("issue_reset_link", "grant_invalid"), None,
                     ["reset.link_refused"], [], id="grant spent"),
        pytest.param(ISSUING, BackendFailed("issue_reset_link"), FAILED, ["reset.link_failed"],
                     [], id="backend down at the link"),
        pytest.param(ISSUING, said("?"), ISSUING, ["code.one_moment"], [], id="impatient"),
        pytest.param(ISSUING, SENT, ISSUING, [], [], id="late answer"),
        pytest.param(FAILED, UserChose(1, "retry"), ISSUING, [], [IssueResetLink("g-1")],
                     id="retry"),
        pytest.param(FAILED, said("coba lagi"), ISSUING, [], [IssueResetLink("g-1")],
                     id="retry in words"),
        pytest.param(FAILED, said("?"), FAILED, ["reset.link_failed"], [], id="no retry"),
        pytest.param(FAILED, LINK, FAILED, [], [], id="late link"),
        pytest.param(GATE, YES, None, [],
                     [OpenTicket("password", "summary.human_gate", claimed_login="budi",
                                 grant="g-1")], id="gate taken"),
        pytest.param(GATE, said("tidak"), None, ["gate.declined"], [], id="gate declined"),
        pytest.param(GATE, said("hmm"), GATE, ["gate.privileged"], [], id="gate, neither"),
        pytest.param(GATE, SENT, GATE, [], [], id="gate, late answer"),
    ],
)  # fmt: skip
def test_reset(state, event, expected, texts, requests):
    assert turns(reset_password, state, event) == (expected, texts, requests)


@pytest.mark.parametrize(
    ("wish", "expected", "texts"),
    [
        pytest.param(Wish(), Confirm(), ["reset.confirm"], id="no account"),
        pytest.param(Wish(login="budi"), Confirm("budi"), ["reset.confirm_login"], id="account"),
        pytest.param(Wish(chosen=True), Confirm(), ["reset.confirm"], id="pressed, no account"),
        pytest.param(Wish(login="budi", chosen=True), SendingCode(P.RESET_PASSWORD, "budi"), [],
                     id="pressed, for this account"),
    ],
)  # fmt: skip
def test_a_pressed_button_is_a_yes_for_the_account_that_was_named(wish, expected, texts):
    moved = reset_password.start(wish)
    assert (moved.state, keys(moved.effects)) == (expected, texts)


@pytest.mark.parametrize("reason", [*gate.REASONS, "unheard_of"])
def test_every_reason_of_the_gate_has_words(reason):
    known = reason if reason in gate.REASONS else "other"
    assert keys(gate.offer(RESET, "budi", "g", reason).effects) == [f"gate.{known}"]


CLAIMING = replace(ISSUING, flow=CLAIM)


@pytest.mark.parametrize(
    ("state", "event", "expected", "texts", "requests"),
    [
        pytest.param(AskLogin(P.CLAIM_GUEST), said("tamu.ulfa", login="tamu.ulfa"),
                     SendingCode(P.CLAIM_GUEST, "tamu.ulfa"), [],
                     [SendCode(P.CLAIM_GUEST, "tamu.ulfa")], id="names the account"),
        pytest.param(checking(P.CLAIM_GUEST), ACCEPTED, CLAIMING, [], [IssueResetLink("g-1")],
                     id="right code"),
        pytest.param(checking(P.CLAIM_GUEST), GATED, replace(GATE, flow=CLAIM),
                     ["gate.privileged"], [], id="gate"),
        pytest.param(CLAIMING, LINK, None, ["reset.link_sent"], [], id="link"),
        pytest.param(replace(GATE, flow=CLAIM), NO, None, ["gate.declined"], [], id="declined"),
    ],
)  # fmt: skip
def test_claim(state, event, expected, texts, requests):
    assert turns(claim_guest_account, state, event) == (expected, texts, requests)


UNLOCKING = Unlocking("budi", "g-1")
UNLOCK_GATE = HumanGate(FlowName.UNLOCK_ACCOUNT, "budi", "g-1", "privileged")


@pytest.mark.parametrize(
    ("state", "event", "expected", "texts", "requests"),
    [
        pytest.param(checking(P.UNLOCK_ACCOUNT), account("locked"), UNLOCKING, [],
                     [UnlockAccount("g-1")], id="locked"),
        pytest.param(checking(P.UNLOCK_ACCOUNT), account("active"), None, ["unlock.not_locked"],
                     [], id="not locked"),
        pytest.param(checking(P.UNLOCK_ACCOUNT), account("locked", human="privileged"),
                     UNLOCK_GATE, ["gate.privileged"], [], id="gate"),
        pytest.param(checking(P.UNLOCK_ACCOUNT), SENT, checking(P.UNLOCK_ACCOUNT), [], [],
                     id="late code"),
        pytest.param(UNLOCKING, Unlocked("applied"), None, ["unlock.applied"], [], id="applied"),
        pytest.param(UNLOCKING, Unlocked("refused", "x"), None, ["unlock.refused"], [], id="no"),
        pytest.param(UNLOCKING, Unlocked("unknown"), None, ["unlock.unknown"], [], id="unsure"),
        pytest.param(UNLOCKING, Refused("unlock_account", "human_needed"),
                     replace(UNLOCK_GATE, reason="other"), ["gate.other"], [], id="late gate"),
        pytest.param(UNLOCKING, Refused("unlock_account", "grant_invalid"), None,
                     ["unlock.refused"], [], id="refused"),
        pytest.param(UNLOCKING, BackendFailed("unlock_account"), None, ["unlock.unknown"], [],
                     id="never done on doubt"),
        pytest.param(UNLOCKING, said("?"), UNLOCKING, ["code.one_moment"], [], id="impatient"),
        pytest.param(UNLOCKING, SENT, UNLOCKING, [], [], id="late answer"),
        pytest.param(UNLOCK_GATE, NO, None, ["gate.declined"], [], id="declined"),
    ],
)  # fmt: skip
def test_unlock(state, event, expected, texts, requests):
    assert turns(unlock_account, state, event) == (expected, texts, requests)


REPLIED = replace(TICKET, last_public_reply="Sudah.")


@pytest.mark.parametrize(
    ("state", "event", "expected", "texts", "requests"),
    [
        pytest.param(checking(P.TICKET_STATUS), ACCEPTED, Listing("budi"), [],
                     [ListTickets("g-1")], id="right code"),
        pytest.param(checking(P.TICKET_STATUS), GATED, Listing("budi"), [],
                     [ListTickets("g-1")], id="the gate is for changes only"),
        pytest.param(Listing("budi"), TicketsListed(()), None, ["tickets.none"], [], id="none"),
        pytest.param(Listing("budi"), TicketsListed((TICKET, REPLIED)), None,
                     ["tickets.intro", "tickets.line", "tickets.line_replied"], [], id="two"),
        pytest.param(Listing("budi"), BackendFailed("list_tickets"), None, ["tickets.failed"],
                     [], id="down"),
        pytest.param(Listing("budi"), Refused("list_tickets", "x"), None, ["tickets.failed"],
                     [], id="refused"),
        pytest.param(Listing("budi"), said("?"), Listing("budi"), ["code.one_moment"], [],
                     id="impatient"),
        pytest.param(Listing("budi"), OPENED, Listing("budi"), [], [], id="late answer"),
        pytest.param(AskLogin(P.TICKET_STATUS), said("?"), AskLogin(P.TICKET_STATUS),
                     ["code.ask_login"], [], id="asks for the account"),
    ],
)  # fmt: skip
def test_tickets(state, event, expected, texts, requests):
    assert turns(ticket_status, state, event) == (expected, texts, requests)


@pytest.mark.parametrize(
    ("accepted", "texts", "offered"),
    [
        pytest.param(account(), ["account.facts", "account.advice.fine"],
                     ["flow:reset_password"], id="fine"),
        pytest.param(account("locked"), ["account.facts", "account.advice.locked"],
                     ["flow:unlock_account", "flow:reset_password"], id="locked"),
        pytest.param(account("expired"), ["account.facts", "account.advice.expired"],
                     ["flow:account_lifecycle_question", "human"], id="expired"),
        pytest.param(account("disabled", human="account_not_usable"),
                     ["account.facts", "account.advice.disabled"],
                     ["flow:account_lifecycle_question", "human"], id="disabled"),
        pytest.param(account("locked", human="frozen"),
                     ["account.facts", "account.advice.human"], ["human", "cancel"], id="gated"),
        pytest.param(account(must_change=True),
                     ["account.facts", "account.must_change", "account.advice.fine"],
                     ["flow:reset_password"], id="must change"),
    ],
)  # fmt: skip
def test_what_an_owner_is_told(accepted, texts, offered):
    moved = check_account.step(checking(P.CHECK_ACCOUNT), accepted)
    assert (moved.state, keys(moved.effects), buttons(moved.effects)) == (None, texts, offered)


MAYBE = check_account.Confirm("budi")
FORGOT = meaning("saya lupa username", Intent.CHECK_ACCOUNT)


@pytest.mark.parametrize(
    ("wish", "expected", "texts"),
    [
        pytest.param(Wish(meaning("ini error saya"), "budi"), MAYBE, ["account.confirm_login"],
                     id="a complaint about whatever was named before"),
        pytest.param(Wish(meaning("akun budi.s error", login="budi.s"), "budi.s"),
                     SendingCode(P.CHECK_ACCOUNT, "budi.s"), [], id="the account is named"),
        pytest.param(Wish(meaning("cek akun"), "budi"), SendingCode(P.CHECK_ACCOUNT, "budi"), [],
                     id="asked for"),
        pytest.param(Wish(meaning("error"), "budi", chosen=True),
                     SendingCode(P.CHECK_ACCOUNT, "budi"), [], id="pressed"),
        pytest.param(Wish(FORGOT, "budi"), AskLogin(P.CHECK_ACCOUNT), ["code.forgot_login"],
                     id="does not know the login"),
        pytest.param(Wish(meaning("error")), AskLogin(P.CHECK_ACCOUNT), ["code.ask_login"],
                     id="nothing named"),
    ],
)  # fmt: skip
def test_a_check_mails_no_code_for_a_guess(wish, expected, texts):
    moved = check_account.start(wish)
    assert (moved.state, keys(moved.effects)) == (expected, texts)


@pytest.mark.parametrize(
    ("event", "expected", "texts"),
    [
        pytest.param(YES, SendingCode(P.CHECK_ACCOUNT, "budi"), [], id="yes"),
        pytest.param(NO, AskLogin(P.CHECK_ACCOUNT), ["code.ask_login"], id="another"),
        pytest.param(said("siti.r", login="siti.r"), SendingCode(P.CHECK_ACCOUNT, "siti.r"), [],
                     id="another, named"),
        pytest.param(said("hmm"), MAYBE, ["account.confirm_login"], id="neither"),
        pytest.param(SENT, MAYBE, [], id="an early code"),
    ],
)  # fmt: skip
def test_a_check_of_the_account_named_before(event, expected, texts):
    moved = check_account.step(MAYBE, event)
    assert (moved.state, keys(moved.effects)) == (expected, texts)


@pytest.mark.parametrize("state", [Confirm(), Confirm("budi"), AskLogin(P.RESET_PASSWORD)])
def test_who_forgot_the_login_hears_what_else_will_do(state):
    assert reset_password.answers(state, FORGOT)
    moved = reset_password.step(state, said("saya lupa username"))
    assert (moved.state, keys(moved.effects)) == (state, ["code.forgot_login"])


def test_a_reset_of_an_unknown_login_begins_with_what_will_do():
    moved = reset_password.start(Wish(meaning("lupa username dan password"), "budi"))
    assert moved.state == Confirm()
    assert keys(moved.effects) == ["code.forgot_login", "reset.confirm"]


ALL = {
    check_account: [AskLogin(P.CHECK_ACCOUNT), MAYBE],
    reset_password: [Confirm(), Confirm("budi"), AskLogin(P.RESET_PASSWORD), ISSUING, FAILED,
                     GATE],
    claim_guest_account: [AskLogin(P.CLAIM_GUEST), CLAIMING, GATE],
    unlock_account: [AskLogin(P.UNLOCK_ACCOUNT), UNLOCKING, UNLOCK_GATE],
    ticket_status: [AskLogin(P.TICKET_STATUS), Listing("budi")],
}  # fmt: skip


@pytest.mark.parametrize(
    ("flow", "state"), [(flow, state) for flow, states in ALL.items() for state in states]
)
def test_every_state_asks_and_listens(flow, state):
    assert flow.prompt(state)
    named = flow.answers(state, meaning("siti", login="siti"))
    assert named is isinstance(state, AskLogin | Confirm | check_account.Confirm)


@pytest.mark.parametrize("flow", ALL)
def test_every_flow_begins_with_a_question(flow):
    assert keys(flow.start(Wish()).effects)


def test_links_are_told_whole():
    (told,) = links.told(LINK)
    assert told.args == {"sent_to": "bu***@example.net", "check_number": "42", "expires_in": 900}
