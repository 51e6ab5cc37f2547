"""Whatever arrives, in whatever order, the promises of the whole conversation hold.

One machine for the root from an empty conversation, and one for every flow from its beginning.
The promises themselves are checked by `worlds.World` at every step.
"""

from datetime import timedelta

import pytest
from builders import NOON, TICKET, TODAY, meaning
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace
from worlds import World

from handlers.flow import FlowName, Wish
from handlers.kernel import (
    AccountFacts,
    AgentJoined,
    AgentLeft,
    AgentSaid,
    BackendFailed,
    CancelTicket,
    CheckCode,
    Document,
    FetchFile,
    FileFacts,
    FileGuestRequest,
    FileProblem,
    FileRefused,
    FileStored,
    GuestsDecided,
    HandedBack,
    IdentityChanged,
    IssueResetLink,
    LinkEnded,
    LinkSent,
    ListTickets,
    MailDelayed,
    OpenTicket,
    PasswordChanged,
    Refused,
    ResendCode,
    SendCode,
    TicketCancelled,
    TicketOpened,
    TicketsListed,
    TimeUp,
    TurnFailed,
    UnlockAccount,
    Unlocked,
    UserChose,
    UserJoined,
    UserSaid,
    UserSentFile,
    UserSentUnsupported,
    UserShowedSecret,
    UserSpokeInPublic,
)
from handlers.routing import start
from nlu.types import EntityKind, Intent, Language, Person, Ranked

REASONS = (
    "too_many", "too_soon", "paused", "invalid", "grant_invalid", "human_needed",
    "challenge_dead", "state_conflict", "not_found", "busy",
)  # fmt: skip
HUMANS = (
    None, None, None, "privileged", "frozen", "account_not_usable", "something_new",
)  # fmt: skip
STATUSES = ("active", "locked", "disabled", "expired", "not_yet_valid")
NUMBERS = ("ITB-2026-000001", "ITB-2026-000002")
WORDS = (
    "hmm", "ya", "tidak", "12345678", "1234567", "13519001", "kirim ulang kodenya", "budi",
    "saya tamu mau aktivasi akun tamu", "minta akun tamu", "perpanjang akun dosen",
    "mahasiswa", "akun saya dihack", "ganti saja", "", "Satuan Pengawas Internal",
    "102/IT1/2026", "Ibu Yulia 0857-2114-7437", "KAP Contoh", "keperluan: audit",
)  # fmt: skip
ENTITIES = {
    EntityKind.LOGIN: ("budi.santoso", "siti.rahma"),
    EntityKind.STUDENT_NUMBER: ("13519001",),
    EntityKind.EMAIL: ("a@example.net", "b@example.net"),
    EntityKind.CODE: ("12345678", "123456"),
    EntityKind.DATE: ("2026-03-01", "2026-03-17", "2026-01-01", "someday"),
    EntityKind.COUNT: ("2", "301", "many"),
    EntityKind.UNIT: ("SPI",),
    EntityKind.LETTER_NUMBER: ("1/A",),
    EntityKind.PHONE: ("+6285721147437",),
    EntityKind.ACCOUNT_TYPE: ("student", "guest", "unheard_of"),
}
people = st.builds(
    Person,
    st.sampled_from(["Ulfa", "Wynne", "Naufal"]),
    st.sampled_from(["", "KAP"]),
    st.sampled_from(["", "u@example.com"]),
)
confidences = st.sampled_from([0.0, 0.3, 0.41, 0.6, 0.9])
facts = st.builds(
    AccountFacts,
    st.just("bu***"),
    st.sampled_from(["student", "guest"]),
    st.sampled_from(STATUSES),
    st.just("bu***@example.net"),
    st.sampled_from([None, TODAY]),
    st.sampled_from([None, NOON]),
    st.booleans(),
)


@st.composite
def messages(draw):
    chosen = draw(st.lists(st.sampled_from(list(ENTITIES)), max_size=3, unique=True))
    entities = {kind.value: draw(st.sampled_from(ENTITIES[kind])) for kind in chosen}
    text = " ".join([draw(st.sampled_from(WORDS)), *entities.values()])
    intent, confidence = draw(st.sampled_from(Intent)), draw(confidences)
    second = Ranked(draw(st.sampled_from(Intent)), max(0.0, confidence - draw(confidences)))
    understood = meaning(
        text,
        intent,
        confidence,
        also=draw(st.lists(st.sampled_from(Intent), max_size=2)),
        people=draw(st.lists(people, max_size=2)),
        language=draw(st.sampled_from([None, *Language])),
        secret=draw(st.integers(0, 9)) == 0,
        ranking=(Ranked(intent, confidence), second),
        **entities,
    )
    return UserSaid(understood, draw(st.sampled_from([None, TODAY])))


def answers_of(request, world, draw):
    if isinstance(request, FetchFile):
        return _fetched(request.file, draw)
    return _of_backend(request, world, draw)


def _of_backend(request, world, draw):  # noqa: PLR0911 - one return per request
    """One of the answers the backend may give to `request`."""
    tag = request.__struct_config__.tag
    refused = Refused(tag, draw(st.sampled_from(REASONS)), draw(st.sampled_from([None, 0, 60])))
    if draw(st.integers(0, 5)) == 0:
        return refused
    match request:
        case SendCode() | ResendCode() if draw(st.integers(0, 5)) > 0:
            return world.code_sent(request)
        case CheckCode():
            return _checked(request, world, draw)
        case IssueResetLink() if draw(st.booleans()):
            return LinkSent("bu***@example.net", "42", 900)
        case UnlockAccount() if draw(st.booleans()):
            return Unlocked(draw(st.sampled_from(["applied", "refused", "unknown"])))
        case ListTickets() if draw(st.booleans()):
            replied = replace(TICKET, last_public_reply="Sudah kami proses.")
            return TicketsListed(draw(st.sampled_from([(), (TICKET, replied)])))
        case OpenTicket() | FileGuestRequest():
            return _opened(draw)
        case CancelTicket(number):
            return TicketCancelled(number)
        case SendCode() | ResendCode() | IssueResetLink() | UnlockAccount() | ListTickets():
            return BackendFailed(tag)
        case _:
            return None


def _fetched(file, draw):
    digest = draw(st.sampled_from("abc")) * 64
    document = Document(digest, file.name, "application/pdf", 9)
    problems = [FileRefused(file.name, problem) for problem in FileProblem]
    return draw(st.sampled_from([FileStored(document), *problems]))


def _checked(request, world, draw):
    match draw(st.integers(0, 5)):
        case 0:
            return world.rejected(request, draw(st.integers(0, 4)), draw(st.sampled_from([0, 5])))
        case 1:
            return world.too_soon(request, 4)
        case 2:
            return world.dead(request, draw(st.sampled_from(["expired", "exhausted", "void"])))
        case 3:
            return BackendFailed("check_code")
        case _:
            return world.accepted(request, draw(facts), draw(st.sampled_from(HUMANS)))


def _opened(draw):
    open_now = draw(st.booleans())
    opening = None if open_now else NOON + timedelta(days=draw(st.integers(0, 1)))
    number = draw(st.sampled_from(NUMBERS))
    return TicketOpened(number, "other", open_now, NOON, opening, draw(st.booleans()))


class AnyOrder(RuleBasedStateMachine):
    """The root, from an empty conversation."""

    def __init__(self):
        super().__init__()
        self.world = World()

    @rule(event=messages())
    def says(self, event):
        self.world.feed(event)

    @precondition(lambda self: self.world.state.choices)
    @rule(data=st.data(), old=st.integers(0, 4))
    def presses(self, data, old):
        choice = data.draw(st.sampled_from(self.world.state.choices))
        number = self.world.state.offer - (1 if old == 0 else 0)
        self.world.feed(UserChose(number, choice.value))

    @precondition(lambda self: self.world.pending)
    @rule(data=st.data())
    def backend_answers(self, data):
        # In order within a lane is what the runtime promises; the oldest comes first.
        request = self.world.pending[0]
        self.world.answer(request, lambda r, world: answers_of(r, world, data.draw))

    @precondition(lambda self: self.world.pending)
    @rule(data=st.data())
    def backend_answers_at_once(self, data):
        """What people meet most: the answer is there before they write again."""
        for request in list(self.world.pending):
            self.world.answer(request, lambda r, world: answers_of(r, world, data.draw))

    @rule(data=st.data())
    def a_timer_comes_due(self, data):
        state = self.world.state
        tokens = [state.idle_token, state.control_version, state.turn, 0]
        names = [
            "idle",
            "ack",
            "case",
            "released",
            "filing",
            "changed",
            "resolved",
            "late",
            *state.quiet,
            "unheard_of",
        ]
        name, token = data.draw(st.sampled_from(names)), data.draw(st.sampled_from(tokens))
        self.world.feed(TimeUp(name, token))

    @rule(
        event=st.sampled_from(
            [
                UserSentUnsupported(),
                UserSentFile(FileFacts("f", "surat.pdf")),
                UserSentFile(FileFacts("g", "surat 2.pdf"), captioned=True),
                UserShowedSecret(),
                UserSpokeInPublic(),
                UserSpokeInPublic(secret=True),
                UserJoined(),
                PasswordChanged("bu***", "applied"),
                PasswordChanged("bu***", "unknown"),
                PasswordChanged("bu***", "refused"),
                LinkEnded("expired"),
                LinkEnded("exhausted"),
                LinkEnded("identity_changed"),
                MailDelayed(),
                GuestsDecided("ITB-2026-000001", True, 5),
                GuestsDecided("ITB-2026-000001", False, 0, "no letter"),
            ]
        )
    )
    def something_happens(self, event):
        self.world.feed(event)

    @rule(
        event=st.sampled_from(
            [
                AgentJoined(NUMBERS[0], "Rina"),
                AgentSaid(NUMBERS[0], "Rina", "halo"),
                AgentLeft(NUMBERS[0]),
                HandedBack(NUMBERS[0]),
                HandedBack(NUMBERS[1], "solved"),
                IdentityChanged(),
                TurnFailed(),
            ]
        ),
        rare=st.integers(0, 3),
    )
    def someone_steps_in(self, event, rare):
        if rare == 0:
            self.world.feed(event)

    @rule(answer=st.sampled_from([LinkSent("x", "1", 9), Unlocked("applied"), TicketsListed(())]))
    def an_answer_nobody_asked_for(self, answer):
        self.world.feed(replace(answer, ref=99_999))


def machine_for(flow):
    """The same world, with `flow` begun."""

    class FromTheBeginning(AnyOrder):
        @initialize(event=messages())
        def begin(self, event):
            begun = start(
                self.world.state, flow, Wish(event.meaning, event.meaning.login(), TODAY)
            )
            self.world.state = begun.state
            self.world.pending += [e for e in begun.effects if isinstance(e, SendCode)]

    return FromTheBeginning


LIMITS = settings(
    max_examples=30,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def test_any_order_of_events():
    run_state_machine_as_test(AnyOrder, settings=settings(LIMITS, max_examples=100))


@pytest.mark.parametrize("flow", FlowName)
def test_any_order_of_events_in(flow):
    run_state_machine_as_test(machine_for(flow), settings=LIMITS)
