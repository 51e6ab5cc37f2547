"""kill -9 at random moments, both services, both databases: nothing lost, doubled, out of order.

Visitors behave like a channel that delivers at least once: what was not acknowledged is sent again
under its id.
"""

import asyncio
import json
import random
import re
from collections import Counter

import aiohttp
import pytest
from chatter import Chatter
from servers import Postgres
from stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]
CHATS = 25
MESSAGES = 36
RESETS = 15
KILLS = 10
# What is said when the backend was away, and in its other words when it was away twice.
TRY_AGAIN = "Mau dicoba lagi|Coba lagi, atau minta|Coba lagi sebentar lagi, atau"
CODE_AGAIN = "Kirim kodenya lagi|Mohon kirim ulang kode"
# A code was judged, or replaced, by a call whose answer was lost.
WRONG = "belum cocok|masih keliru|terlalu cepat|lalu kirim kodenya sekali lagi"
NEW_CODE = "Mau saya kirimkan kode baru|bisa saya kirim sekarang"
CHANGED = "sudah diganti"
TICKET = r"[A-Z]+-\d{4}-\d{6}"


@pytest.fixture(params=["sqlite", "postgresql"])
def storage(request):
    """A PostgreSQL of this test's own: it is crashed too."""
    if request.param == "sqlite":
        yield None
        return
    server = Postgres()
    try:
        server.start()
        for name in ("bot", "backend"):
            server.sql(f"CREATE DATABASE {name}")
        yield server
    finally:
        server.stop()


def settings(server):
    common = {"HELPDESK_WEBCHAT_PER_MINUTE": "10000", "HELPDESK_WEBCHAT_NEW_PER_MINUTE": "10000"}
    if server is None:
        return common
    return common | {
        "HELPDESK_DATABASE_URL": server.url("bot"),
        "HELPDESK_BACKEND_DATABASE_URL": server.url("backend"),
    }


async def write_to_a_ticket(stack, number):
    """Ask for a human, then go on writing numbered messages to the waiting ticket."""
    pick = random.Random(number)
    async with Chatter(lambda: stack.url("bot0")) as chat:
        await chat.send("open", "mau bicara dengan petugas")
        await chat.send("yes", "ya")
        ticket = (await chat.until(TICKET))[0]
        for count in range(MESSAGES):
            for _ in range(1 + (pick.random() < 0.1)):  # a channel may deliver twice
                await chat.send(f"m{count}", f"pesan nomor {count} untuk petugas")
            await asyncio.sleep(pick.random() * 0.6)
    return ticket


async def reset_a_password(stack, number):
    """Go from a forgotten password to a new one.

    Return how often the assistant had to give up: a call the backend does not answer for eight
    seconds is given up on, and the person is told.
    """
    address, given_up = f"owner{number}@example.net", 0

    async def ask(chat, message, expected):
        """Say `message`, and again what the assistant asks for when it had to give up."""
        nonlocal given_up
        await chat.send(f"s{len(chat.log)}-{given_up}-{message[:4]}", message)
        while True:
            said = (await chat.until(f"{expected}|{TRY_AGAIN}|{CODE_AGAIN}"))[0]
            if not re.fullmatch(f"{TRY_AGAIN}|{CODE_AGAIN}", said):
                return said
            given_up += 1
            await asyncio.sleep(1)
            await chat.send(
                f"again-{given_up}", "ya" if re.fullmatch(TRY_AGAIN, said) else message
            )

    async with Chatter(lambda: stack.url("bot0")) as chat:
        await ask(chat, "lupa password", "Kalau setuju")
        await ask(chat, "ya", "username")
        await ask(chat, f"crash.user{number}", "sedang dikirim")
        old = set()
        while True:
            code = (await mail(stack, address, "code", but=old)).code
            said = await ask(chat, code, rf"nomor ini: \d+|{WRONG}|{NEW_CODE}")
            shown = re.search(r"\d+", said)
            if shown is not None:
                break
            old.add(code)
            given_up += 1
            await asyncio.sleep(6)  # longer than the delay after a first wrong code
            if re.fullmatch(NEW_CODE, said):
                await ask(chat, "ya", "sedang dikirim")
        link = (await mail(stack, address, "link")).link
        await submit(stack, link, shown[0], f"Kereta-Malam{number}?xQ")
        await chat.until(CHANGED)
    return given_up


async def submit(stack, link, number, password):
    """Submit on the page until the password is changed, as a person would who sees an error page.

    A change whose sender was killed is decided by the backend within two minutes; until then the
    page is busy. When it came to nothing the page may be used again; when it was done, the page
    says that the link is used up.
    """
    async with asyncio.timeout(400):
        while True:
            try:
                _, answer = await stack.set_password(link, number, password)
            except (aiohttp.ClientError, OSError):
                answer = {"state": "away"}
            match answer:
                case {"state": "changed"} | {"state": "over", "end": "used" | "account_changed"}:
                    return
                case {"state": "away" | "busy" | "uncertain"} | {"end": "session_over"}:
                    pass
                case _:
                    assert "state" not in answer, answer  # an error page
            await asyncio.sleep(0.5)


async def mail(stack, address, what, but=()):
    """Wait for a mail with a `what` that is none of `but`; of several, take the newest."""
    async with asyncio.timeout(120):
        while True:
            unwanted = {None, "", *but}
            fitting = [m for m in stack.mails(address) if getattr(m, what) not in unwanted]
            if fitting:
                return fitting[-1]
            await asyncio.sleep(0.2)


async def kill_at_random(stack, server, until):
    """Kill a service (or the database) every now and then until the work is done."""
    pick = random.Random(11)
    for _ in range(KILLS):
        await asyncio.sleep(1.0 + 2.0 * pick.random())
        if until.is_set():
            return
        if server is not None and pick.random() < 0.2:
            await asyncio.to_thread(server.crash_and_restart)
        else:
            await stack.restart(pick.choice(stack.names))


async def import_owners(stack):
    rows = [
        f"crash.user{n},staff,Crash User {n},{100000000 + n},owner{n}@example.net"
        for n in range(RESETS)
    ]
    file = stack.folder / "owners.csv"
    file.write_text("username,type,name,employee_number,recovery_email\n" + "\n".join(rows) + "\n")
    report = json.loads(await stack.run("accounts", "import", str(file), "--json"))
    assert (report["added"], report["bad"]) == (RESETS, [])


async def test_a_thousand_messages_under_kills(tmp_path, storage):
    async with Stack(tmp_path / "state", environment=settings(storage)) as stack:
        await import_owners(stack)
        done = asyncio.Event()
        killing = asyncio.create_task(kill_at_random(stack, storage, done))
        writing = [write_to_a_ticket(stack, number) for number in range(CHATS)]
        resetting = [reset_a_password(stack, number) for number in range(RESETS)]
        try:
            results = await asyncio.gather(*writing, *resetting)
        finally:
            done.set()
            await killing
        tickets = results[:CHATS]
        assert len(set(tickets)) == CHATS, "one ticket a person"
        for ticket in tickets:
            await check_ticket(stack, ticket)
        await check_nothing_doubled(stack, results[CHATS:])
        findings = json.loads(await stack.run("doctor", "--json"))
        assert [f for f in findings if f["state"] == "fail"] == [], "the audit chain is whole"


async def check_ticket(stack, ticket):
    """Every message is there, once, in the order in which it was written."""
    expected = list(range(MESSAGES))
    async with asyncio.timeout(60):
        while True:
            shown = json.loads(await stack.run("tickets", "show", ticket, "--json"))
            texts = [m["text"] for m in shown["messages"] if m["author"] == "user"]
            numbers = [int(n) for text in texts for n in re.findall(r"pesan nomor (\d+)", text)]
            if len(numbers) >= len(expected):
                break
            await asyncio.sleep(0.5)
    assert numbers == expected


async def check_nothing_doubled(stack, given_up):
    """One ticket, one code, one link and one change for each that was asked for."""
    listed = json.loads(await stack.run("tickets", "list", "--limit", "200", "--json"))
    assert len(listed["tickets"]) == CHATS
    for number, again in enumerate(given_up):
        found = stack.mails(f"owner{number}@example.net")
        # A mail may leave twice around a kill; it is the same message then, under one id.
        kinds = Counter(map(kind_of, {item.message_id: item for item in found}.values()))
        assert kinds.pop("notice") == 1, "every change is told once"
        assert all(1 <= count <= 1 + again for count in kinds.values()), (number, kinds, again)


def kind_of(item):
    if item.code:
        return "code"
    return "link" if item.link and "freeze" not in item.link else "notice"
