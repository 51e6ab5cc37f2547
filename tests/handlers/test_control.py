"""Who answers: the bot, nobody yet, or a human (agents.md, conversation control)."""

from datetime import timedelta

import pytest
from builders import (
    NOON,
    OPENED,
    SENT,
    Intent,
    buttons,
    keys,
    kinds,
    said,
)
from msgspec.structs import replace

from handlers.conversation import step
from handlers.escalate import is_alarm
from handlers.flow import FlowName
from handlers.kernel import (
    AgentJoined,
    AgentLeft,
    AgentSaid,
    AppendToTicket,
    CancelTicket,
    FileFacts,
    HandedBack,
    OpenTicket,
    PasswordChanged,
    Purpose,
    Refused,
    Relay,
    Say,
    TicketCancelled,
    TicketOpened,
    TimeUp,
    TurnFailed,
    UserChose,
    UserJoined,
    UserSentFile,
    UserSentUnsupported,
    UserSpokeInPublic,
    VoidChallenge,
    WakeIn,
)
from handlers.model import Active, Case, Control, Conversation
from handlers.reading import ACT
from handlers.reset_password import Confirm
from handlers.verification import AskLogin, AwaitCode, SendingCode

RESET = FlowName.RESET_PASSWORD
CODE = AwaitCode(Purpose.RESET_PASSWORD, "budi", "c-1", 8)
EMPTY = Conversation()
IN_RESET = Conversation(active=Active(RESET, 1, CODE), flows=1, login="budi")
ASKING = replace(IN_RESET, active=Active(RESET, 1, AskLogin(Purpose.RESET_PASSWORD)))
SENDING = replace(IN_RESET, active=Active(RESET, 1, SendingCode(Purpose.RESET_PASSWORD, "budi")))
OFFERED = replace(EMPTY, active=Active(RESET, 1, Confirm()), flows=1)
WAITING = Conversation(
    control=Control.WAITING, control_version=1, case=Case("ITB-2026-000001", NOON)
)
UNNUMBERED = replace(WAITING, case=Case())
HUMAN = replace(WAITING, control=Control.HUMAN, control_version=2)
A_FILE = UserSentFile(FileFacts("f", "surat.pdf", "application/pdf", 1025))
JOINED = AgentJoined("ITB-2026-000001", "Rina")


def after(conversation, *events):
    for event in events:
        conversation, effects = step(conversation, event)
    return conversation, effects


# -- waiting for a human -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("state", "event", "expected"),
    [
        pytest.param(WAITING, said("x"),
                     ["AppendToTicket", "waiting.noted", "WakeIn"], id="noted"),
        pytest.param(replace(WAITING, acknowledged=True), said("x"), ["AppendToTicket"],
                     id="noted once"),
        pytest.param(WAITING, said(" "), [], id="nothing said"),
        pytest.param(WAITING, said("x", secret=True),
                     ["secret.redacted", "AppendToTicket", "waiting.noted", "WakeIn"],
                     id="secret"),
        pytest.param(WAITING, UserSentUnsupported(),
                     ["AppendToTicket", "waiting.noted", "WakeIn"], id="a picture"),
        pytest.param(WAITING, A_FILE, ["AppendToTicket", "waiting.noted", "WakeIn"], id="a file"),
        pytest.param(WAITING, said("status?", Intent.TICKET_STATUS),
                     ["AppendToTicket", "waiting.status"], id="status"),
        pytest.param(UNNUMBERED, said("status?", Intent.TICKET_STATUS),
                     ["waiting.status_unnumbered"], id="status without a number"),
        pytest.param(WAITING, said("batal", Intent.CANCEL), ["CancelTicket"], id="cancel"),
        pytest.param(WAITING, said("jangan dibatalkan ya", Intent.CANCEL),
                     ["AppendToTicket", "waiting.kept"], id="do not cancel"),
        pytest.param(WAITING, said("ganti jadi [redacted] aja", Intent.CANCEL, secret=True),
                     ["secret.redacted", "AppendToTicket", "waiting.kept"],
                     id="a secret in what sounds like a cancel"),
        pytest.param(WAITING, said("batal, [redacted]", Intent.HELP, secret=True),
                     ["secret.redacted", "AppendToTicket", "waiting.status"],
                     id="a secret beside a question"),
        pytest.param(WAITING, said("batal", Intent.CANCEL, ACT - 0.01),
                     ["AppendToTicket", "waiting.noted", "WakeIn"], id="hardly a cancel"),
        pytest.param(replace(WAITING, offer=3), UserChose(3, "cancel"), ["CancelTicket"],
                     id="cancel button"),
        pytest.param(replace(WAITING, offer=3), UserChose(2, "cancel"), ["stale.button"],
                     id="old button"),
        pytest.param(WAITING, TicketCancelled("ITB-2026-000001"), ["waiting.cancelled"],
                     id="cancelled"),
        pytest.param(WAITING, TicketCancelled("ITB-2026-000009"), [], id="another cancelled"),
        pytest.param(EMPTY, TicketCancelled("ITB-2026-000001"), [], id="cancelled long ago"),
        pytest.param(WAITING, Refused("cancel_ticket", "state_conflict"),
                     ["waiting.not_cancelled"], id="too late to cancel"),
        pytest.param(EMPTY, Refused("cancel_ticket", "state_conflict"), [], id="who cares"),
        pytest.param(UNNUMBERED, Refused("open_ticket", "invalid"), ["waiting.refused"],
                     id="no ticket for good"),
        pytest.param(WAITING, Refused("open_ticket", "invalid"), [], id="it stands already"),
        pytest.param(WAITING, OPENED, [], id="another number"),
        pytest.param(EMPTY, OPENED, ["waiting.opened_later"], id="a number nobody waits for"),
        pytest.param(UNNUMBERED, replace(OPENED, already_open=True), ["waiting.already_open"],
                     id="was open already"),
        pytest.param(UNNUMBERED, TimeUp("case", 1), ["waiting.slow"], id="slow"),
        pytest.param(WAITING, TimeUp("case", 1), [], id="not slow"),
        pytest.param(UNNUMBERED, TimeUp("case", 0), [], id="slow once"),
        pytest.param(WAITING, TimeUp("released", 1), ["agent.released"], id="alone"),
        pytest.param(HUMAN, TimeUp("released", 2), [], id="not alone"),
        pytest.param(WAITING, UserJoined(), [], id="opens the chat"),
        pytest.param(WAITING, TurnFailed(), [], id="a human is on it"),
        pytest.param(UNNUMBERED, JOINED, ["agent.joined"], id="claimed before its number"),
        pytest.param(replace(UNNUMBERED, unsent=("x",)), JOINED,
                     ["AppendToTicket", "agent.joined"], id="nothing written is lost"),
    ],
)  # fmt: skip
def test_while_waiting(state, event, expected):
    effects = step(state, event).effects
    assert [getattr(e, "key", type(e).__name__) for e in effects] == expected


@pytest.mark.parametrize(
    "text",
    [
        "batal", "Batal!", "batalkan saja tiketnya", "tolong batalkan tiket saya ya", "/batal",
        "ok, batalin aja deh", "nggak jadi deh", "cancel", "/cancel", "Please cancel my ticket.",
        "never mind", "sorry, cancel that please", "stop",
    ],
)  # fmt: skip
def test_a_word_alone_cancels(text):
    assert step(WAITING, said(text, Intent.CANCEL)).effects == (CancelTicket("ITB-2026-000001"),)


@pytest.mark.parametrize(
    "text",
    [
        "jangan batalkan tiketnya", "tidak usah dibatalkan", "don't cancel", "batalkan?",
        "please don't cancel my ticket", "sudah cukup lama saya menunggu",
        "saya batal login terus", "tugas saya batal terkirim", "ganti jadi yang lain aja",
        "apakah sudah cukup?",
        "kenapa dibatalkan", "stop asking, I still wait", "batal lagi batal lagi",
    ],
)  # fmt: skip
def test_more_than_a_word_is_passed_on_and_nothing_is_cancelled(text):
    kept, effects = step(WAITING, said(text, Intent.CANCEL))
    assert effects[0] == AppendToTicket("ITB-2026-000001", text)
    assert (keys(effects), buttons(effects)) == (["waiting.kept"], ["cancel"])
    assert kept.control is Control.WAITING
    assert step(kept, UserChose(kept.offer, "cancel")).effects == (
        CancelTicket("ITB-2026-000001"),
    )


# -- an account in a stranger's hands ------------------------------------------------------------
def test_an_alarm_while_waiting_opens_an_urgent_ticket_once():
    alarmed, effects = step(WAITING, said("akun dibajak orang", Intent.ESCALATE))
    assert effects == (
        AppendToTicket("ITB-2026-000001", "akun dibajak orang"),
        OpenTicket(
            "security", "summary.abused", priority="urgent", args={"text": "akun dibajak orang"}
        ),
    )
    again = step(alarmed, said("dibajak!!", Intent.ESCALATE)).effects
    assert keys(again) == ["waiting.status"]
    assert not any(isinstance(effect, OpenTicket) for effect in again)
    urgent, effects = step(alarmed, replace(OPENED, number="ITB-2026-000002", category="security"))
    assert (urgent.case.number, keys(effects)) == ("ITB-2026-000002", ["waiting.opened"])
    assert step(urgent, said("batal", Intent.CANCEL)).effects == (
        CancelTicket("ITB-2026-000001"), CancelTicket("ITB-2026-000002"),
    )  # fmt: skip


def test_an_alarm_before_the_first_ticket_has_a_number():
    alarmed, _ = step(UNNUMBERED, said("akun dibajak orang", Intent.ESCALATE))
    first, effects = step(alarmed, OPENED)
    assert effects[0] == AppendToTicket("ITB-2026-000001", "akun dibajak orang")
    second = replace(OPENED, number="ITB-2026-000002", category="security")
    urgent, _ = step(first, second)
    assert urgent.case == Case("ITB-2026-000002", NOON, urgent=True, also="ITB-2026-000001")
    assert step(urgent, second).state.case == urgent.case


def test_a_ticket_that_is_an_alarm_already_is_not_opened_again():
    alarm, _ = step(UNNUMBERED, replace(OPENED, category="security"))
    assert keys(step(alarm, said("dibajak!!", Intent.ESCALATE)).effects) == ["waiting.status"]


def test_not_me_is_an_alarm_for_a_day_after_a_change_was_told():
    told, effects = step(EMPTY, PasswordChanged("bu***", "applied"))
    assert effects[-1] == WakeIn("changed", 86_400, told.turn)
    not_me = said("itu bukan saya!", Intent.DENY)
    (opened,) = (e for e in step(told, not_me).effects if isinstance(e, OpenTicket))
    assert (opened.category, opened.priority) == ("security", "urgent")
    in_flow = replace(told, active=Active(RESET, 1, Confirm()), flows=1)
    assert "OpenTicket" in kinds(step(in_flow, not_me).effects)
    waiting = replace(WAITING, changed=True)
    assert "OpenTicket" in kinds(step(waiting, not_me).effects)
    rested, _ = step(told, TimeUp("changed", told.turn))
    assert keys(step(rested, not_me).effects) == ["fallback.first"]


def test_who_wants_something_of_ours_gets_it():
    asks = said("akun saya dihack, mau reset password", Intent.RESET_PASSWORD)
    assert keys(step(EMPTY, asks).effects) == ["reset.confirm"]


@pytest.mark.parametrize(
    ("text", "changed", "alarm"),
    [
        ("ada yang ganti password saya, tolong", False, True),
        ("seseorang masuk ke akun saya", False, True),
        ("orang lain memakai email saya", False, True),
        ("someone changed my password", False, True),
        ("akun saya dipakai orang lain", False, True),
        ("akun saya diambil alih", False, True),
        ("it was not me", True, True),
        ("I never asked for that", True, True),
        ("saya tidak pernah menggantinya", True, True),
        ("it was not me", False, False),
        ("I did not get the code", True, False),
        ("itu bukan akun saya", True, False),
        ("ada yang bisa bantu ganti password?", False, False),
    ],
)
def test_what_is_an_alarm(text, changed, alarm):
    assert is_alarm(text, changed=changed) is alarm


def test_what_was_written_before_the_number_is_sent_with_it():
    unnumbered, _ = after(UNNUMBERED, said("a"), said("b"))
    _, effects = step(unnumbered, OPENED)
    assert effects[:2] == (
        AppendToTicket("ITB-2026-000001", "a"), AppendToTicket("ITB-2026-000001", "b"),
    )  # fmt: skip


def test_the_opening_is_told_once_per_closed_period():
    closed = TicketOpened("ITB-2026-000001", "other", False, NOON, NOON + timedelta(hours=20))
    told, effects = step(UNNUMBERED, closed)
    assert keys(effects) == ["waiting.opened_closed"]
    again = replace(UNNUMBERED, told_opening=told.told_opening)
    assert keys(step(again, closed).effects) == ["waiting.opened_closed_again"]
    later = replace(closed, next_opening=NOON + timedelta(hours=44))
    assert keys(step(again, later).effects) == ["waiting.opened_closed"]


def test_a_ticket_cancelled_before_its_number():
    back, effects = step(UNNUMBERED, said("batal", Intent.CANCEL))
    assert (back.control, back.abandoned, keys(effects)) == (
        Control.BOT, 1, ["waiting.cancelled_unnumbered"],
    )  # fmt: skip
    later, effects = step(back, OPENED)
    assert (later.abandoned, effects) == (0, (CancelTicket("ITB-2026-000001"),))


@pytest.mark.parametrize(
    ("known", "key"),
    [({"already_open": True}, "waiting.already_open"), ({"reopened": True}, "waiting.reopened")],
)
def test_a_ticket_of_before_is_never_said_to_be_new(known, key):
    opened = replace(OPENED, in_service_hours=False, next_opening=NOON, **known)
    told, effects = step(UNNUMBERED, opened)
    assert (keys(effects), told.told_opening) == ([key], None)


def test_a_release_after_hours_says_when_agents_are_back():
    waiting, _ = step(HUMAN, AgentLeft("ITB-2026-000001", NOON))
    _, effects = step(waiting, TimeUp("released", waiting.control_version))
    assert effects == (Say("agent.released_closed", {"opening": NOON.isoformat()}),)


RESOLVED = replace(EMPTY, resolved="ITB-2026-000001")


def test_a_resolved_ticket_can_be_brought_back_for_a_week():
    resolved, effects = step(HUMAN, HandedBack("ITB-2026-000001", "solved"))
    assert keys(effects) == ["agent.resolved"]
    assert effects[-1] == WakeIn("resolved", 604_800, resolved.turn)
    asked, effects = step(resolved, said("petugas", Intent.ESCALATE))
    assert [e.reopens for e in effects if isinstance(e, OpenTicket)] == ["ITB-2026-000001"]
    assert asked.resolved is None
    assert step(resolved, TimeUp("resolved", resolved.turn)).state.resolved is None


@pytest.mark.parametrize(
    ("state", "event", "reopens"),
    [
        pytest.param(RESOLVED, said("belum beres kok"), ["ITB-2026-000001"], id="not solved"),
        pytest.param(EMPTY, said("belum beres kok"), [], id="nothing was resolved"),
        pytest.param(RESOLVED, said("halo"), [], id="something else"),
        pytest.param(RESOLVED, said("masih error", Intent.RESET_PASSWORD), [],
                     id="a wish of ours"),
        pytest.param(replace(OFFERED, resolved="ITB-2026-000001"), said("masih error"), [],
                     id="in a flow"),
        pytest.param(replace(OFFERED, resolved="ITB-2026-000001"),
                     said("petugas", Intent.ESCALATE), [None], id="a human for a flow"),
        pytest.param(RESOLVED, said("akun saya dihack", Intent.ESCALATE), [None], id="an alarm"),
    ],
)  # fmt: skip
def test_when_a_resolved_ticket_is_brought_back(state, event, reopens):
    effects = step(state, event).effects
    assert [e.reopens for e in effects if isinstance(e, OpenTicket)] == reopens


def test_an_acknowledgement_may_come_again_after_ten_minutes():
    noted, _ = step(WAITING, said("x"))
    rested, _ = step(noted, TimeUp("ack", 1))
    assert "waiting.noted" in keys(step(rested, said("y")).effects)


# -- a human answers -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("event", "effects"),
    [
        (said("halo"), (AppendToTicket("ITB-2026-000001", "halo"),)),
        (said(" "), ()),
        (UserSentUnsupported(), (AppendToTicket("ITB-2026-000001", "[attachment]"),)),
        (A_FILE, (AppendToTicket("ITB-2026-000001", "[attachment: surat.pdf, 2 KB]"),)),
        (
            UserSentFile(FileFacts("f", "surat.pdf"), captioned=True),
            (AppendToTicket("ITB-2026-000001", "[attachment: surat.pdf]"),),
        ),
        (UserChose(1, "yes"), ()),
        (said("batal", Intent.CANCEL), (AppendToTicket("ITB-2026-000001", "batal"),)),
        (AgentSaid("ITB-2026-000001", "Rina", "ya?"), (Relay("Rina", "ya?"),)),
        (UserSpokeInPublic(), None),
        (OPENED, ()),
    ],
)
def test_the_bot_is_silent_while_a_human_answers(event, effects):
    told = step(HUMAN, event).effects
    assert keys(told) == []
    if effects is not None:
        assert told == effects


def test_results_are_told_even_then():
    assert keys(step(HUMAN, PasswordChanged("bu***", "applied")).effects) == [
        "notice.password_changed"
    ]
    assert keys(step(HUMAN, said("pw [redacted]", secret=True)).effects) == ["secret.redacted"]


def test_an_agent_takes_over_in_the_middle_of_a_flow():
    taken, effects = step(IN_RESET, JOINED)
    assert VoidChallenge("c-1") in effects
    assert (taken.control, taken.active, taken.case.number) == (
        Control.HUMAN, None, "ITB-2026-000001",
    )  # fmt: skip
    assert step(taken, replace(SENT, ref=1)).effects == (VoidChallenge("c-1"),)


@pytest.mark.parametrize(
    ("state", "event", "control", "texts"),
    [
        (HUMAN, AgentLeft("ITB-2026-000001"), Control.WAITING, []),
        (HUMAN, AgentLeft("ITB-2026-000002"), Control.HUMAN, []),
        (WAITING, AgentLeft("ITB-2026-000001"), Control.WAITING, []),
        (HUMAN, JOINED, Control.HUMAN, ["agent.transferred"]),
        (HUMAN, HandedBack("ITB-2026-000001"), Control.BOT, ["agent.handed_back"]),
        (HUMAN, HandedBack("ITB-2026-000001", "solved"), Control.BOT, ["agent.resolved"]),
        (WAITING, HandedBack("ITB-2026-000001", "solved"), Control.BOT, ["agent.resolved"]),
        (EMPTY, HandedBack("ITB-2026-000002", "solved"), Control.BOT, ["agent.resolved"]),
        (EMPTY, HandedBack("ITB-2026-000002"), Control.BOT, []),
        (HUMAN, HandedBack("ITB-2026-000002"), Control.HUMAN, []),
    ],
)
def test_changes_of_control(state, event, control, texts):
    changed, effects = step(replace(state, login="budi"), event)
    assert (changed.control, keys(effects)) == (control, texts)
    moved = control is not state.control or event == JOINED
    assert (changed.control_version > state.control_version) is moved


def test_a_hand_back_clears_what_was_known():
    back, _ = step(replace(HUMAN, login="budi"), HandedBack("ITB-2026-000001"))
    assert (back.login, back.case) == (None, None)


def test_a_long_row_of_polite_words_is_no_cancelling_and_ends():
    """Read in two ways, a hundred of them would take longer than anybody waits."""
    text = f"batal{' tiket saya mau' * 300} x"
    effects = step(WAITING, said(text, Intent.CANCEL)).effects
    assert not any(isinstance(effect, CancelTicket) for effect in effects)


def test_both_tickets_of_an_alarm_are_cancelled_when_neither_has_a_number_yet():
    waiting = replace(WAITING, case=Case(urgent=True))
    back = step(waiting, said("batal", Intent.CANCEL)).state
    first = step(back, replace(OPENED, number="ITB-2026-000001"))
    second = step(first.state, replace(OPENED, number="ITB-2026-000002"))
    assert [*first.effects, *second.effects] == [
        CancelTicket("ITB-2026-000001"),
        CancelTicket("ITB-2026-000002"),
    ]
