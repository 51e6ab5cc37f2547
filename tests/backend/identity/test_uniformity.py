"""Nobody learns whether an account exists: same answers, same statements, same caps, same work.

Every story is played for each login in a fresh world; what the caller sees and what the database
is asked must be equal word for word. Random tokens are the only thing left out.
"""

import re
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from identity_world import BUDI, MAILLESS, NO_DELAYS, SITI, FakeDirectory, opened

from backend.adapters.directory.sql import SqlDirectory
from backend.domain import codes
from backend.domain.codes import BreakerRules, Cap, CodeRules
from backend.service.addresses import seal_address
from backend.service.errors import Refusal
from backend.service.ports import Unavailable
from backend.store.accounts import accounts
from backend_client import wire

FROZEN = replace(
    SITI, id="acc-frozen", username="frozen", employee_number="2", recovery_email="f@example.net"
)
TWINS = [replace(SITI, id=f"acc-twin{n}", username=f"t{n}", employee_number="7") for n in (1, 2)]
LOGINS = ["budi.santoso", "nobody", "tono", "frozen", "7", "nobody\x07", "n" * 200]
IDS = ["known", "unknown", "no recovery e-mail", "frozen", "ambiguous", "impossible", "endless"]


def directory(clock):
    frozen = replace(FROZEN, frozen_until=clock.now() + timedelta(days=30))
    return FakeDirectory(BUDI, SITI, MAILLESS, frozen, *TWINS)


class Caller:
    """Does what an attacker can do and notes everything that comes back."""

    def __init__(self, world, login):
        self.world, self.login = world, login
        self.seen = []
        self.challenges = []

    async def do(self, name, call):
        try:
            answer = await call
        except Refusal as refusal:
            self.seen.append((name, type(refusal).__name__, refusal.detail, refusal.retry_after))
            return
        if isinstance(answer, str):
            self.challenges.append(answer)
            answer = "challenge"
        shown = msgspec.to_builtins(answer)
        if isinstance(shown, dict):
            shown.pop("challenge", None)
        self.seen.append((name, shown))

    async def start(self, **more):
        await self.do("start", self.world.start(self.login, **more))

    async def check(self, code="00000000", number=-1, conversation="c1"):
        await self.do(
            "check", self.world.check(self.challenges[number], code, conversation=conversation)
        )

    async def resend(self):
        await self.do("resend", self.world.resend(self.challenges[-1]))


async def tries_until_dead(caller):
    await caller.start(address="192.0.2.1")
    for seconds in (0, 1, 4, 10, 20, 40, 0, 60):
        caller.world.clock.forward(seconds=seconds)
        await caller.check("halo" if seconds == 10 else "00000000")
    await caller.resend()


async def resends_until_refused(caller):
    await caller.start(language=wire.Language.EN)
    for _ in range(5):
        await caller.resend()
        caller.world.clock.forward(seconds=60)
    caller.world.clock.forward(minutes=10)
    await caller.check()
    await caller.resend()


async def starts_until_refused(caller):
    for number in range(12):
        await caller.start(conversation=f"c{number}", address="2001:db8::1")
    await caller.start(user="other", purpose=wire.Purpose.UNLOCK_ACCOUNT)
    await caller.check()


async def failures_until_refused(caller):
    for number in range(4):
        await caller.start(user=f"u{number}")
        for _ in range(4):
            await caller.check()
            caller.world.clock.forward(seconds=60)
    await caller.resend()
    await caller.start(user="other")


async def a_day_of_guessing(caller):
    for day in range(3):
        for number in range(3):
            await caller.start(user=f"u{day}{number}")
            for _ in range(5):
                await caller.check()
                caller.world.clock.forward(seconds=60)
        caller.world.clock.forward(hours=25)


async def voids_and_replaces(caller):
    await caller.start()
    await caller.start()
    await caller.check(number=0)
    await caller.do("void", caller.world.void(caller.challenges[1]))
    await caller.check()
    await caller.resend()
    await caller.check(conversation="elsewhere")


async def outage(caller):
    await caller.start()
    caller.world.clock.forward(seconds=60)
    caller.world.directory.error = Unavailable()
    await caller.start()
    await caller.check()
    await caller.resend()


STORIES = [
    tries_until_dead,
    resends_until_refused,
    starts_until_refused,
    failures_until_refused,
    a_day_of_guessing,
    voids_and_replaces,
    outage,
]


async def play(url, clock, story, login, rules):
    """Return what the caller saw, what the database and the directory were asked."""
    start = clock.now()
    async with opened(url, clock, rules=rules, directory=directory(clock)) as world:
        await world.forget_everything()
        caller = Caller(world, login)
        with world.recorded() as statements:
            await story(caller)
        asked = [name for name, _ in world.directory.calls]
    clock.instant = start
    return caller.seen, statements, asked


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
async def test_every_login_fares_the_same(database_url, clock, story):
    await assert_alike(database_url, clock, story, CodeRules())


async def test_the_breaker_opens_for_every_login_alike(database_url, clock):
    rules = replace(CodeRules(), breaker=BreakerRules(min_failures=12))
    await assert_alike(database_url, clock, a_day_of_guessing, rules)


async def test_recovery_that_was_switched_off_shows_in_nothing(database_url, clock):
    rules = replace(CodeRules(), consecutive_failures=3, account_failures=Cap(50, timedelta(1)))
    await assert_alike(database_url, clock, a_day_of_guessing, rules)


async def assert_alike(url, clock, story, rules):
    known, *others = [await play(url, clock, story, login, rules) for login in LOGINS]
    assert known[0], "the story told nothing"
    assert known[1], "no statement was recorded"
    for name, other in zip(IDS[1:], others, strict=True):
        assert other[0] == known[0], name
        assert other[1] == known[1], name
        assert other[2] == known[2], name


@pytest.mark.parametrize("login", ["13519001", "nobody else"])
async def test_another_name_of_the_same_account_shows_in_nothing(database_url, clock, login):
    """The account's own caps are full, or there is no account: the caller cannot tell."""
    rules = replace(CodeRules(), delays=NO_DELAYS)
    async with opened(database_url, clock, rules=rules) as world:
        caller = Caller(world, BUDI.username)
        await failures_until_refused(caller)
        second = Caller(world, login)
        await failures_until_refused(second)
        assert second.seen == caller.seen


async def test_the_same_codes_are_worked_out_for_nobody(world, monkeypatch):
    keys = []
    original = codes.HOTP

    def counted(secret, **options):
        keys.append(secret)
        return original(secret, **options)

    monkeypatch.setattr(codes, "HOTP", counted)
    worked = []
    for number, login in enumerate(["budi.santoso", "nobody", "tono"]):
        challenge = await world.start(login, conversation=f"w{number}")
        await world.check(challenge, "00000000", f"w{number}")
        await world.verification.code_for(challenge, 0)
        worked.append(len(keys))
        keys.clear()
    assert worked == [2, 2, 2]


@pytest.mark.parametrize("login", ["budi.santoso", "13519001", "nobody", "tono"])
async def test_the_mail_queue_treats_every_login_alike(world, login):
    await world.start("budi.santoso", user="a", conversation="a")
    await world.mailer.run_due()
    with world.recorded() as first:
        await world.start("budi.santoso", user="b", conversation="b")
    with world.recorded() as second:
        await world.start(login, user="c", conversation="c")
    assert second == first


async def test_a_real_directory_is_asked_the_same(database_url, clock):
    """The statements of the SQL directory itself are part of what must not differ."""
    async with opened(database_url, clock) as world:
        real = SqlDirectory(world.db, world.vault, clock)
        world.verification._subjects._directory = real
        async with world.db.begin() as tx:
            for one in (BUDI, MAILLESS):
                await tx.execute(accounts.insert().values(**row_of(world, one)))
        seen = []
        for number, login in enumerate(["budi.santoso", "nobody", "tono"]):
            caller = Caller(world, login)
            with world.recorded() as statements:
                await caller.start(user=f"u{number}", conversation=f"c{number}")
                await caller.check(conversation=f"c{number}")
            seen.append((caller.seen, statements))
        assert len(await world.mails()) == 1
        assert any(re.search(r"\bFROM accounts\b", one) for one in seen[0][1])
        assert seen[1] == seen[0]
        assert seen[2] == seen[0]


def row_of(world, account):
    return {
        **seal_address(world.vault, account.id, account.recovery_email),
        "id": account.id,
        "username": account.username,
        "account_type": account.account_type.value,
        "display_name": account.display_name,
        "student_number": account.student_number,
        "created_at": world.clock.now(),
        "updated_at": world.clock.now(),
    }
