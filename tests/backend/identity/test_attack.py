"""Many at once: counting and charging hold under parallel calls, on both databases."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from identity_world import NO_DELAYS, opened, wrong

from backend.domain.codes import Cap, CodeRules
from backend.service.errors import Refusal
from backend.store.verification import challenges, grants
from backend_client import wire

PARALLEL = 64


async def at_once(*calls):
    """Run the calls at the same moment; return how often each kind of answer came."""
    answers = await asyncio.gather(*calls, return_exceptions=True)
    unexpected = [a for a in answers if isinstance(a, Exception) and not isinstance(a, Refusal)]
    assert unexpected == []
    return Counter(type(answer).__name__ for answer in answers)


async def test_64_parallel_guesses_spend_at_most_five_tries(quick):
    challenge = await quick.start()
    code = await quick.code()
    seen = await at_once(*(quick.check(challenge, wrong(code, by + 1)) for by in range(PARALLEL)))
    assert seen == {"CodeRejected": 5, "CodeDead": PARALLEL - 5}
    assert [row["attempts"] for row in await quick.rows(challenges)] == [5]
    assert await quick.check(challenge, code) == wire.CodeDead(wire.DeadReason.EXHAUSTED)


async def test_with_delays_64_parallel_guesses_spend_one(world):
    challenge = await world.start()
    code = await world.code()
    seen = await at_once(*(world.check(challenge, wrong(code, by + 1)) for by in range(PARALLEL)))
    assert seen == {"CodeRejected": 1, "CodeTooSoon": PARALLEL - 1}


async def test_64_parallel_right_codes_earn_one_grant(quick):
    challenge = await quick.start()
    code = await quick.code()
    seen = await at_once(*(quick.check(challenge, code) for _ in range(PARALLEL)))
    assert seen == {"CodeAccepted": 1, "CodeDead": PARALLEL - 1}
    assert len(await quick.rows(grants)) == 1


async def test_parallel_guesses_at_many_challenges_share_the_days_ten(quick):
    """One login, a challenge in each of 16 chats: the login's cap holds over all of them."""
    asked = []
    for number in range(16):
        chat = f"c{number}"
        asked.append((await quick.start(user=chat, conversation=chat), chat))
    seen = await at_once(
        *(quick.check(challenge, "0", chat) for challenge, chat in asked for _ in range(4))
    )
    assert seen == {"CodeRejected": 10, "CodeDead": PARALLEL - 10}


@pytest.mark.parametrize("login", ["budi.santoso", "nobody"])
async def test_64_parallel_starts_of_one_identity_make_ten_challenges(world, login):
    seen = await at_once(*(world.start(login, conversation=f"c{n}") for n in range(PARALLEL)))
    assert seen == {"str": 10, "TooMany": PARALLEL - 10}


async def test_64_parallel_starts_mail_a_mailbox_five_times(world):
    seen = await at_once(
        *(world.start(user=f"u{n}", conversation=f"c{n}") for n in range(PARALLEL))
    )
    assert seen == {"str": PARALLEL}
    assert len(await world.mails()) == 5


async def test_64_parallel_starts_of_one_network_make_thirty_challenges(world):
    seen = await at_once(
        *(
            world.start(f"x{n}", user=f"u{n}", conversation=f"c{n}", address="192.0.2.1")
            for n in range(PARALLEL)
        )
    )
    assert seen == {"str": 30, "TooMany": PARALLEL - 30}


async def test_64_parallel_resends_make_one(world, clock):
    challenge = await world.start()
    await world.mails()
    clock.forward(seconds=60)
    seen = await at_once(*(world.resend(challenge) for _ in range(PARALLEL)))
    assert seen == {"ChallengeStarted": 1, "TooSoon": PARALLEL - 1}
    assert len(await world.mails()) == 1


async def test_everything_at_once_ends_and_nobody_waits_in_a_ring(database_url, clock):
    rules = replace(
        CodeRules(),
        delays=NO_DELAYS,
        resend_after=timedelta(0),
        identity_challenges=Cap(1000, timedelta(days=1)),
        identity_logins=Cap(1000, timedelta(days=1)),
        account_failures=Cap(1000, timedelta(days=1)),
    )
    async with opened(database_url, clock, rules=rules) as world:
        asked = [
            (await world.start(login, user=f"u{n % 3}", conversation=f"c{n % 4}"), f"c{n % 4}")
            for n, login in enumerate(["budi.santoso", "siti.rahma", "13519001", "nobody"] * 4)
        ]
        calls = []
        for number, (challenge, chat) in enumerate(asked):
            calls += [
                world.check(challenge, "0", chat),
                world.resend(challenge, chat),
                world.start("budi.santoso", user="u0", conversation=chat),
                world.void(challenge, chat) if number % 5 == 0 else world.verification.purge(),
            ]
        seen = await at_once(*calls)
        assert seen["str"] == len(asked)
