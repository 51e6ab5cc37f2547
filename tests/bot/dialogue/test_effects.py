"""From effects to calls and back, one row at a time."""

import asyncio
from datetime import UTC, date, datetime

import msgspec
import pytest

from backend_client import wire
from backend_client.errors import Refused, Unavailable
from bot.calls import CASE, QUICK, BackendCall, decode, encode, kind_of
from bot.effects import CASE_TRIES, QUICK_TRIES, Effects
from bot.envelope import decode as decode_envelope
from bot.memory import Line, Person
from bot.runtime.port import Delivery, RetryLater
from handlers import kernel
from nlu.types import Language
from nlu.types import Person as Guest

NOON = datetime(2026, 3, 2, 5, tzinfo=UTC)
VIEW = wire.TicketView(
    "ITB-2026-000001", wire.TicketStatus.NEW, wire.TicketCategory.OTHER, NOON, NOON, True
)
ACCOUNT = wire.AccountView("bu***", "student", wire.AccountStatus.ACTIVE, "bu***@example.net")
FACTS = kernel.AccountFacts("bu***", "student", "active", "bu***@example.net")


class Scripted:
    """A backend whose every call is answered by the next thing of a script."""

    def __init__(self, *script):
        self.script, self.calls = list(script), []

    def __getattr__(self, name):
        async def call(*args, **kwargs):
            self.calls.append((name, args, kwargs))
            answer = self.script.pop(0)
            if answer == "hang":
                await asyncio.Event().wait()
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def row(effect, *, attempts=0, transcript=(), key="key-7"):
    person = Person("web", "visitor-1", "203.0.113.9")
    call = BackendCall(effect, person, Language.EN, transcript, "corr-1")
    return Delivery(7, key, "web:c", kind_of(effect), encode(call), attempts)


async def sent(backend, effect, **kwargs):
    effects = Effects(backend)
    delivery = row(effect, **kwargs)
    policy = effects.policies()[delivery.kind]
    return [decode_envelope(payload).event for payload in await policy.send(delivery)]


ANSWERS = [
    (
        kernel.SendCode(kernel.Purpose.RESET_PASSWORD, "budi", ref=3),
        wire.ChallengeStarted("c", 8, 600, 60),
        kernel.CodeSent("c", 8, 600, 60, ref=3),
    ),
    (
        kernel.ResendCode("c", ref=3),
        wire.ChallengeStarted("c", 8, 600, 60),
        kernel.CodeSent("c", 8, 600, 60, resent=True, ref=3),
    ),
    (
        kernel.CheckCode("c", "12345678", ref=3),
        wire.CodeAccepted("g", 900, ACCOUNT, wire.HumanReason.FROZEN),
        kernel.CodeAccepted("g", FACTS, "frozen", ref=3),
    ),
    (
        kernel.CheckCode("c", "12345678", ref=3),
        wire.CodeAccepted("g", 900, ACCOUNT),
        kernel.CodeAccepted("g", FACTS, ref=3),
    ),
    (
        kernel.CheckCode("c", "1", ref=3),
        wire.CodeRejected(4, 5),
        kernel.CodeRejected(4, 5, ref=3),
    ),
    (kernel.CheckCode("c", "1", ref=3), wire.CodeTooSoon(4), kernel.CodeTooSoon(4, ref=3)),
    (
        kernel.CheckCode("c", "1", ref=3),
        wire.CodeDead(wire.DeadReason.EXPIRED),
        kernel.CodeDead("expired", ref=3),
    ),
    (kernel.VoidChallenge("c"), None, None),
    (
        kernel.IssueResetLink("g", ref=3),
        wire.LinkIssued("bu***", "42", 900),
        kernel.LinkSent("bu***", "42", 900, ref=3),
    ),
    (
        kernel.UnlockAccount("g", ref=3),
        wire.ChangeResult(wire.ChangeState.REFUSED, "no"),
        kernel.Unlocked("refused", "no", ref=3),
    ),
    (
        kernel.ListTickets("g", ref=3),
        wire.TicketList((VIEW,)),
        kernel.TicketsListed(
            (kernel.TicketFacts("ITB-2026-000001", "new", "other", NOON, NOON),), ref=3
        ),
    ),
    (
        kernel.OpenTicket("other", "help"),
        VIEW,
        kernel.TicketOpened("ITB-2026-000001", "other", True, NOON),
    ),
    (kernel.AppendToTicket("ITB-2026-000001", "more"), VIEW, None),
    (
        kernel.CancelTicket("ITB-2026-000001"),
        VIEW,
        kernel.TicketCancelled("ITB-2026-000001"),
    ),
    (
        kernel.FileGuestRequest(
            "SPI", "1/A", date(2026, 3, 1), "audit", date(2026, 3, 17), "Yulia", "+62857",
            (Guest("Ulfa", "KAP", "u@example.com"),), ref=3,
        ),
        VIEW,
        kernel.TicketOpened("ITB-2026-000001", "other", True, NOON, ref=3),
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("effect", "answer", "event"), ANSWERS, ids=lambda value: type(value).__name__
)
async def test_every_effect_is_one_call_with_the_rows_key(effect, answer, event):
    backend = Scripted(answer)
    assert await sent(backend, effect) == ([] if event is None else [event])
    ((_, _, kwargs),) = backend.calls
    if not isinstance(effect, kernel.IssueResetLink):
        assert kwargs == {"key": "key-7"}


async def test_a_link_asked_for_again_is_the_same_call():
    issued = wire.LinkIssued("bu***", "42", 900)
    backend = Scripted(issued, issued, issued)
    for grant, row in (("g", "key-7"), ("g", "key-8"), ("h", "key-9")):
        await sent(backend, kernel.IssueResetLink(grant), key=row)
    first, again, other = (kwargs["key"] for *_, kwargs in backend.calls)
    assert first == again != other


@pytest.mark.parametrize(
    "effect", [effect for effect, *_ in ANSWERS], ids=lambda e: type(e).__name__
)
async def test_a_refusal_is_an_answer(effect):
    backend = Scripted(Refused("state_conflict", 409))
    tag = effect.__struct_config__.tag
    assert await sent(backend, effect) == [kernel.Refused(tag, "state_conflict", ref=effect.ref)]


async def test_who_asks_goes_with_the_call():
    backend = Scripted(wire.ChallengeStarted("c", 8, 600, 60))
    await sent(backend, kernel.SendCode(kernel.Purpose.UNLOCK_ACCOUNT, "budi"))
    ((_, (message,), _),) = backend.calls
    assert message == wire.StartChallenge(
        wire.Purpose.UNLOCK_ACCOUNT,
        "budi",
        "web:c",
        wire.ChatIdentity("web", "visitor-1"),
        wire.Language.EN,
        "203.0.113.9",
    )


async def test_a_ticket_takes_the_transcript_along():
    backend = Scripted(VIEW)
    lines = (Line("user", "halo", NOON), Line("bot", "Halo!", NOON))
    opened = kernel.OpenTicket("password", "help", "high", "budi", "g")
    await sent(backend, opened, transcript=lines)
    ((_, (message,), _),) = backend.calls
    assert [(line.author, line.text) for line in message.transcript] == [
        ("user", "halo"),
        ("bot", "Halo!"),
    ]
    assert (message.claimed_login, message.grant, message.priority) == ("budi", "g", "high")


async def test_a_ticket_stands_even_when_its_proof_aged():
    backend = Scripted(Refused("grant_invalid", 403), VIEW)
    (event,) = await sent(backend, kernel.OpenTicket("password", "help", grant="g"))
    assert event.number == "ITB-2026-000001"
    first, second = backend.calls
    assert (first[1][0].grant, second[1][0].grant) == ("g", None)
    assert (first[2], second[2]) == ({"key": "key-7"}, {"key": "key-7.bare"})


# -- a backend that is away -------------------------------------------------------------------
CHECK = kernel.CheckCode("c", "12345678", ref=3)
GONE = kernel.BackendFailed("check_code", ref=3)


async def test_a_quick_effect_tries_again():
    with pytest.raises(RetryLater):
        await sent(Scripted(Unavailable("refused")), CHECK)


async def test_a_quick_effect_gives_up_after_its_tries():
    backend = Scripted(Unavailable("refused"))
    assert await sent(backend, CHECK, attempts=QUICK_TRIES - 1) == [GONE]


async def test_a_quick_effect_does_not_wait_long_because_it_is_asked_to():
    assert await sent(Scripted(Unavailable("busy", 30)), CHECK) == [GONE]
    with pytest.raises(RetryLater) as soon:
        await sent(Scripted(Unavailable("busy", 2)), CHECK)
    assert soon.value.after == 2


async def test_a_backend_that_hangs_is_given_up_on_at_the_second_try(monkeypatch):
    monkeypatch.setattr("bot.effects.QUICK_SECONDS", 0.01)
    with pytest.raises(RetryLater):
        await sent(Scripted("hang"), CHECK)
    assert await sent(Scripted("hang"), CHECK, attempts=1) == [GONE]


async def test_a_process_that_died_at_every_try_is_told_as_a_failure():
    policy = Effects(Scripted()).policies()[QUICK]
    (payload,) = await policy.on_give_up(row(CHECK), "every try ended with the process")
    assert decode_envelope(payload).event == GONE


@pytest.mark.parametrize("attempts", [0, 100, CASE_TRIES - 2])
async def test_a_case_is_never_given_up_on(attempts):
    with pytest.raises(RetryLater):
        await sent(
            Scripted(Unavailable("refused")), kernel.OpenTicket("other", "x"), attempts=attempts
        )


async def test_a_case_waits_for_a_refusal_that_passes():
    with pytest.raises(RetryLater) as later:
        await sent(Scripted(Refused("too_many", 429, 90)), kernel.OpenTicket("other", "x"))
    assert later.value.after == 90


def test_a_case_is_tried_for_days():
    policy = Effects(Scripted()).policies()[CASE]
    assert policy.tries * policy.max_delay > 3 * 86_400
    assert policy.lane != Effects(Scripted()).policies()[QUICK].lane


@pytest.mark.parametrize(
    "effect", [effect for effect, *_ in ANSWERS], ids=lambda e: type(e).__name__
)
def test_calls_survive_the_database(effect):
    call = decode(row(effect).payload)
    assert call.effect == effect
    assert msgspec.json.decode(encode(call)) == msgspec.json.decode(row(effect).payload)
