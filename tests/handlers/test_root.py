"""The root: who answers, which buttons are good, what silence does, what comes too late."""

import msgspec
import pytest
from builders import (
    ACCEPTED,
    NOON,
    OPENED,
    SENT,
    Intent,
    Language,
    buttons,
    keys,
    kinds,
    said,
)
from msgspec.structs import replace

from handlers.conversation import step
from handlers.flow import FlowName
from handlers.guest_draft import Draft
from handlers.kernel import (
    AgentJoined,
    CheckCode,
    Document,
    DropProofs,
    FetchFile,
    FileFacts,
    FileStored,
    IdentityChanged,
    LinkSent,
    OpenTicket,
    Purpose,
    Refused,
    SendCode,
    TimeUp,
    TurnFailed,
    Unlocked,
    UserChose,
    UserSentFile,
    UserShowedSecret,
    UserSpokeInPublic,
    VoidChallenge,
    WakeIn,
)
from handlers.model import Active, Case, Control, Conversation
from handlers.reading import ACT, SURE, SWITCH
from handlers.request_guest_account import ChooseSide, Confirming, Filing
from handlers.reset_password import Confirm
from handlers.routing import RESUME
from handlers.update_recovery_email import AskNew
from handlers.upgrades import Undecodable, load
from handlers.verification import AskLogin, AwaitCode, CheckingCode, SendingCode

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
JOINED = AgentJoined("ITB-2026-000001", "Rina")


def after(conversation, *events):
    for event in events:
        conversation, effects = step(conversation, event)
    return conversation, effects


# -- wishes and thresholds -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("confidence", "texts"),
    [(ACT - 0.01, ["fallback.first"]), (ACT, ["reset.confirm"])],
)
def test_a_wish_is_acted_upon_from_its_threshold(confidence, texts):
    assert keys(step(EMPTY, said("lupa", Intent.RESET_PASSWORD, confidence)).effects) == texts


@pytest.mark.parametrize(("confidence", "interrupted"), [(SWITCH - 0.01, False), (SWITCH, True)])
def test_a_wish_interrupts_from_its_threshold(confidence, interrupted):
    conversation, _ = step(IN_RESET, said("tamu", Intent.REQUEST_GUEST_ACCOUNT, confidence))
    assert (conversation.suspended is not None) is interrupted


@pytest.mark.parametrize(
    ("text", "confidence", "interrupted"),
    [
        ("cek akun budi saja", SURE, True),
        ("cek akun budi saja", SURE - 0.01, False),
        ("cek akun budi", 0.99, False),
    ],
)
def test_an_answer_is_an_answer_unless_the_mind_was_changed(text, confidence, interrupted):
    event = said(text, Intent.CHECK_ACCOUNT, confidence, login="budi")
    conversation, _ = step(ASKING, event)
    assert (conversation.active.flow is not RESET) is interrupted


def test_a_login_that_sounds_like_a_wish_is_a_login():
    conversation, effects = step(ASKING, said("admin.s", Intent.ESCALATE, login="admin.s"))
    assert effects[0] == SendCode(Purpose.RESET_PASSWORD, "admin.s", ref=1)
    assert conversation.control is Control.BOT


@pytest.mark.parametrize("confidence", [SWITCH - 0.01, SWITCH])
def test_a_human_is_given_when_asked_for_clearly(confidence):
    conversation, effects = step(IN_RESET, said("petugas", Intent.ESCALATE, confidence))
    handed = confidence >= SWITCH
    assert (conversation.control is Control.WAITING) is handed
    assert (VoidChallenge("c-1") in effects) is handed


def test_a_human_is_given_on_less_when_nothing_is_going_on():
    asked = said("petugas", Intent.ESCALATE, ACT)
    assert step(EMPTY, asked).state.control is Control.WAITING


# -- requests and their answers ------------------------------------------------------------------
def test_requests_carry_the_number_of_their_flow():
    _, effects = after(EMPTY, said("cek", Intent.CHECK_ACCOUNT, login="budi"))
    assert effects[0] == SendCode(Purpose.CHECK_ACCOUNT, "budi", ref=1)


def test_a_code_for_a_flow_that_is_over_dies():
    _, effects = step(replace(IN_RESET, active=None), replace(SENT, ref=1))
    assert effects == (VoidChallenge("c-1"),)


def test_a_proof_for_a_flow_that_is_over_opens_nothing():
    assert step(EMPTY, replace(ACCEPTED, ref=1)).effects == ()


@pytest.mark.parametrize(
    ("answer", "texts"),
    [
        (LinkSent("x", "42", 900, ref=9), ["reset.link_sent"]),
        (Unlocked("applied", ref=9), ["unlock.applied"]),
        (replace(OPENED, ref=9), ["guest.filed"]),
        (Refused("send_code", "paused", ref=9), []),
    ],
)
def test_results_that_come_late_are_told(answer, texts):
    assert keys(step(EMPTY, answer).effects) == texts


def test_an_answer_for_a_flow_set_aside_waits_for_it():
    aside = replace(SENDING, active=Active(FlowName.OTP_PROBLEM, 2, AskNew("b", "")),
                    suspended=SENDING.active)  # fmt: skip
    conversation, effects = step(aside, replace(SENT, ref=1))
    assert conversation.suspended.state == CODE
    assert conversation.active == aside.active
    assert kinds(effects) == ["Say"]  # no buttons: they belong to the other question


def test_a_result_for_a_flow_set_aside_is_told_at_once():
    checking = Active(RESET, 1, CheckingCode(CODE))
    aside = replace(IN_RESET, active=Active(RESET, 2, Confirm()), suspended=checking, flows=2)
    conversation, effects = after(aside, replace(ACCEPTED, ref=1), LinkSent("x", "42", 900, ref=1))
    assert keys(effects) == ["reset.link_sent"]
    assert (conversation.suspended, conversation.active) == (None, aside.active)


# -- buttons -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("offer", "value", "stale"),
    [(0, "yes", True), (1, "yes", False), (2, "yes", True), (1, "edit", True)],
)
def test_a_button_is_good_for_its_own_offer(offer, value, stale):
    shown, _ = step(OFFERED, said("hmm"))
    assert shown.offer == 1
    _, effects = step(shown, UserChose(offer, value))
    assert ("stale.button" in keys(effects)) is stale


def test_buttons_die_when_the_floor_changes_hands():
    shown, _ = step(OFFERED, said("hmm"))
    joined, _ = step(shown, JOINED)
    assert joined.choices == ()


def test_an_offer_without_a_flow_dies_with_the_next_one():
    shown, _ = step(EMPTY, said("halo", Intent.GREET))
    begun, _ = step(shown, UserChose(1, "flow:reset_password"))
    _, effects = step(begun, UserChose(1, "flow:check_account"))
    assert keys(effects)[0] == "stale.button"


def test_a_button_of_a_flow_that_is_gone():
    shown, _ = step(OFFERED, said("hmm"))
    odd = replace(shown, active=None)
    assert keys(step(odd, UserChose(1, "yes")).effects) == ["stale.button"]
    assert keys(step(odd, UserChose(1, "resume")).effects) == ["stale.button"]
    late = replace(odd, choices=RESUME)
    assert keys(step(late, UserChose(1, "resume")).effects) == ["stale.button"]


def test_what_was_set_aside_can_be_dropped_by_button():
    aside = replace(IN_RESET, active=None, suspended=IN_RESET.active, offer=1, choices=RESUME)
    dropped, effects = step(aside, UserChose(1, "drop"))
    assert (dropped.suspended, effects[0]) == (None, VoidChallenge("c-1"))
    assert keys(effects) == ["resume.dropped"]


# -- silence -------------------------------------------------------------------------------------
def test_silence_ends_a_flow_with_one_message():
    spoken, effects = step(IN_RESET, said("hmm"))
    assert WakeIn("idle", 600, spoken.turn) in effects
    ended, effects = step(spoken, TimeUp("idle", spoken.turn))
    assert keys(effects) == ["idle.ended"]
    assert VoidChallenge("c-1") in effects
    assert (ended.active, ended.login, ended.interrupted) == (None, None, RESET)
    assert step(ended, TimeUp("idle", spoken.turn)).effects == ()


def test_an_older_alarm_means_nothing():
    spoken, _ = after(IN_RESET, said("hmm"), said("hmm"))
    assert step(spoken, TimeUp("idle", spoken.turn - 1)).effects == ()


def test_silence_after_the_end_forgets_without_a_word():
    done = replace(EMPTY, login="budi", idle_token=3)
    ended, effects = step(done, TimeUp("idle", 3))
    assert (ended.login, effects) == (None, ())


def test_silence_while_filing_says_nothing_wrong():
    filing = Active(FlowName.REQUEST_GUEST_ACCOUNT, 1, Filing(Draft()))
    ended, effects = step(replace(EMPTY, active=filing, idle_token=3), TimeUp("idle", 3))
    assert (ended.active, effects) == (None, ())


# -- failures and strangers ----------------------------------------------------------------------
def test_a_failed_turn_becomes_a_ticket():
    failed, effects = step(IN_RESET, TurnFailed())
    assert failed.control is Control.WAITING
    (opened,) = [effect for effect in effects if isinstance(effect, OpenTicket)]
    assert (opened.category, opened.priority, opened.summary) == (
        "password", "high", "summary.broken",
    )  # fmt: skip
    assert VoidChallenge("c-1") in effects


def test_another_identity_ends_what_the_first_began():
    ended, effects = step(IN_RESET, IdentityChanged())
    assert (ended.active, ended.login) == (None, None)
    assert effects[:2] == (VoidChallenge("c-1"), DropProofs())
    assert keys(effects) == ["broken.identity"]
    known = replace(EMPTY, login="budi", resolved="ITB-2026-000001", changed=True)
    forgotten, effects = step(known, IdentityChanged())
    assert (forgotten, effects) == (replace(EMPTY, turn=1), (DropProofs(),))


@pytest.mark.parametrize(
    ("control", "told"),
    [(Control.WAITING, ["broken.identity_waiting"]), (Control.HUMAN, [])],
)
def test_another_identity_while_a_human_is_asked_keeps_the_ticket(control, told):
    before = replace(EMPTY, control=control, case=Case("ITB-2026-000001"), login="budi")
    after, effects = step(before, IdentityChanged())
    assert DropProofs() in effects
    assert keys(effects) == told
    assert (after.control, after.case, after.login) == (control, before.case, None)


def test_a_group_is_answered_once_in_ten_minutes():
    told, effects = step(EMPTY, UserSpokeInPublic())
    assert keys(effects) == ["public.private_please"]
    assert step(told, UserSpokeInPublic()).effects == ()
    rested, _ = step(told, TimeUp("public.private_please", 1))
    assert keys(step(rested, UserSpokeInPublic()).effects) == ["public.private_please"]
    shown = UserSpokeInPublic(secret=True)
    assert keys(step(EMPTY, shown).effects) == ["secret.redacted", "public.private_please"]
    assert keys(step(told, shown).effects) == ["secret.redacted"], "a warning is never too many"


@pytest.mark.parametrize("control", list(Control))
def test_a_password_shown_by_an_edit_is_spoken_of_whoever_answers(control):
    before = replace(EMPTY, control=control, case=Case("ITB-2026-000001"))
    after, effects = step(before, UserShowedSecret())
    assert keys(effects) == ["secret.redacted"]
    assert after == replace(before, turn=before.turn + 1), "an edit changes nothing else"


def test_filing_that_takes_long_is_said():
    filing = Active(FlowName.REQUEST_GUEST_ACCOUNT, 1, Filing(Draft()))
    assert keys(step(replace(EMPTY, active=filing), TimeUp("filing", 1)).effects) == ["guest.slow"]
    assert step(EMPTY, TimeUp("filing", 1)).effects == ()
    assert step(EMPTY, TimeUp("unheard_of", 1)).effects == ()


# -- several wishes ------------------------------------------------------------------------------
def test_further_wishes_come_in_their_turn():
    both = said("cek lalu petugas", Intent.CHECK_ACCOUNT, login="budi",
                also=[Intent.ESCALATE, Intent.CHECK_ACCOUNT, Intent.GREET])  # fmt: skip
    begun, _ = step(EMPTY, both)
    assert begun.queued == (Intent.ESCALATE,)
    ended, effects = after(begun, replace(SENT, ref=1), said("12345678"), replace(ACCEPTED, ref=1))
    assert ended.control is Control.WAITING
    assert "OpenTicket" in kinds(effects)


def test_one_flow_is_set_aside_and_no_more():
    aside = replace(IN_RESET, suspended=Active(RESET, 0, replace(CODE, challenge="c-0")))
    moved, effects = step(aside, said("minta akun tamu", Intent.REQUEST_GUEST_ACCOUNT))
    assert moved.suspended == IN_RESET.active
    assert VoidChallenge("c-0") in effects


def test_asking_again_for_what_was_set_aside_resumes_it():
    aside = replace(IN_RESET, active=None, suspended=IN_RESET.active)
    resumed, effects = step(aside, said("lupa password", Intent.RESET_PASSWORD))
    assert resumed.active == IN_RESET.active
    assert keys(effects) == ["resume.resumed", "code.ask_code"]


def test_cancelling_with_only_something_set_aside_drops_it():
    aside = replace(IN_RESET, active=None, suspended=IN_RESET.active)
    dropped, effects = step(aside, said("batal", Intent.CANCEL))
    assert (dropped.suspended, effects[0]) == (None, VoidChallenge("c-1"))


# -- saved states --------------------------------------------------------------------------------
def test_a_state_is_read_as_it_was_written():
    saved = msgspec.json.decode(msgspec.json.encode(IN_RESET))
    assert load(saved) == IN_RESET


def test_an_older_state_is_upgraded():
    old = {"version": -1, "tongue": "en"}
    upgrades = {
        -1: lambda saved: {"version": 0, "lang": saved["tongue"]},
        0: lambda saved: {"version": 1, "language": saved["lang"]},
    }
    assert load(old, upgrades) == Conversation(language=Language.EN)


@pytest.mark.parametrize(
    "saved", [{"version": 99}, {"version": 1, "active": {"state": {"type": "gone.flow"}}}]
)
def test_a_state_of_no_known_version_is_not_guessed_at(saved):
    with pytest.raises(Undecodable):
        load(saved)


def test_a_check_needs_a_code():
    _, effects = step(IN_RESET, said("12345678"))
    assert effects[0] == CheckCode("c-1", "12345678", ref=1)
    assert buttons(effects) == []


# -- repeating, correcting ------------------------------------------------------------------------
def test_the_wish_again_is_no_misunderstanding():
    again = said("lupa password", Intent.RESET_PASSWORD)
    state, effects = step(replace(OFFERED, misunderstood=1), again)
    assert (keys(effects), state.misunderstood) == (["reset.confirm"], 0)
    assert keys(step(IN_RESET, again).effects) == ["code.ask_code"]
    unsure = said("lupa", Intent.RESET_PASSWORD, SWITCH - 0.01)
    assert keys(step(OFFERED, unsure).effects) == ["fallback.in_flow", "reset.confirm"]


@pytest.mark.parametrize(
    ("text", "confidence", "comes_back"),
    [
        ("eh bukan itu, maksud saya cek akun aja", 0.97, False),
        ("cek akun dulu aja", 0.97, True),
        ("cek akun saja", SURE - 0.01, True),
        ("cek akun", 0.97, True),
    ],
)
def test_a_flow_begun_by_a_misunderstanding_is_not_come_back_to(text, confidence, comes_back):
    state, effects = step(IN_RESET, said(text, Intent.CHECK_ACCOUNT, confidence))
    assert (state.suspended is not None) is comes_back
    assert (VoidChallenge("c-1") in effects) is not comes_back
    assert state.active.flow is FlowName.CHECK_ACCOUNT


def test_an_account_named_alone_is_remembered():
    named, _ = step(EMPTY, said("budi.s", login="budi.s"))
    asked, _ = step(named, said("lupa password", Intent.RESET_PASSWORD))
    assert asked.active.state == Confirm("budi.s")


def test_advice_about_a_code_is_not_come_back_to():
    missing = said("kodenya tidak masuk", Intent.OTP_PROBLEM)
    advised, _ = step(EMPTY, missing)
    state, _ = step(advised, said("lupa password", Intent.RESET_PASSWORD))
    assert (state.active.flow, state.suspended) == (RESET, None)


@pytest.mark.parametrize(
    ("text", "confidence", "key"),
    [
        ("berapa harga kopi", 0.98, "fallback.elsewhere"),
        ("berapa harga kopi", SURE - 0.01, "fallback.first"),
        ("akun saya yang biasa dipakai rapat", 0.98, "fallback.first"),
        ("kode akunnya yang mana ya", 0.98, "fallback.first"),
    ],
)
def test_only_what_is_surely_foreign_is_sent_elsewhere(text, confidence, key):
    event = said(text, Intent.OUT_OF_SCOPE, confidence)
    assert keys(step(EMPTY, event).effects) == [key]


def test_questions_about_us_are_answered_inside_a_flow():
    assert keys(step(OFFERED, said("siapa kamu")).effects) == ["about.me", "reset.confirm"]
    assert keys(step(EMPTY, said("siapa kamu")).effects) == ["about.me"]


def test_a_code_that_will_not_come_is_no_wish_to_end():
    missing = said("kodenya ga mau masuk", Intent.CANCEL, 0.9)
    assert keys(step(IN_RESET, missing).effects) == ["code.tips"]
    for text in ("batal aja, kodenya ga masuk", "batal"):
        assert step(IN_RESET, said(text, Intent.CANCEL, 0.9)).state.active is None


def test_later_is_not_answered_with_the_question_again():
    later = said("entar dulu", Intent.GOODBYE, 0.68)
    assert keys(step(OFFERED, later).effects) == ["smalltalk.take_your_time"]


# -- files ---------------------------------------------------------------------------------------
GUESTS = FlowName.REQUEST_GUEST_ACCOUNT
FILE = FileFacts("f", "surat.pdf")
STORED = FileStored(Document("a" * 64, "surat.pdf", "application/pdf", 9), ref=4)
CONFIRMING = Conversation(active=Active(GUESTS, 4, Confirming(Draft())), flows=4)


@pytest.mark.parametrize(
    "state",
    [EMPTY, IN_RESET, replace(CONFIRMING, active=Active(GUESTS, 4, ChooseSide()))],
    ids=["nothing", "another flow", "whose side?"],
)
def test_a_file_nobody_asked_for_is_not_fetched(state):
    after_file, effects = step(state, UserSentFile(FILE))
    assert keys(effects) == ["unsupported.file"]
    assert step(after_file, UserSentFile(FILE)).effects[-1:] != (FetchFile(FILE),)
    captioned = step(state, UserSentFile(FILE, captioned=True))
    assert keys(captioned.effects) == ["unsupported.picture"]  # its words were answered
    assert captioned.state.active == state.active


def test_a_file_for_the_request_is_fetched_in_its_name():
    assert step(CONFIRMING, UserSentFile(FILE)).effects[0] == FetchFile(FILE, ref=4)


def test_a_file_that_comes_after_its_request_ended_says_nothing():
    fetching, _ = step(CONFIRMING, UserSentFile(FILE))
    ended, _ = step(fetching, said("batal", Intent.CANCEL))
    assert ended.active is None
    assert step(ended, STORED).effects == ()


def test_a_file_that_comes_while_its_request_is_set_aside_is_kept():
    fetching, _ = step(CONFIRMING, UserSentFile(FILE))
    aside = replace(fetching, active=IN_RESET.active, suspended=fetching.active)
    told, effects = step(aside, STORED)
    assert keys(effects) == ["guest.document", "guest.summary"]
    assert buttons(effects) == []
    assert told.suspended.state.draft.documents == (STORED.document,)


def test_buttons_under_a_summary_die_while_a_file_is_on_its_way():
    offered, _ = step(CONFIRMING, said("hmm"))
    fetching, _ = step(offered, UserSentFile(FILE))
    assert keys(step(fetching, UserChose(offered.offer, "yes")).effects) == [
        "stale.button", "guest.fetching",
    ]  # fmt: skip
    assert "yes" in buttons(step(fetching, STORED).effects)
