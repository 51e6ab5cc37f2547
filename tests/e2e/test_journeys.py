"""The main job, end to end: real processes, real databases, real mail files, the real page."""

import json
import re

import pytest

pytestmark = pytest.mark.slow
GOOD = "Sepeda-Biru77!Kencang"


async def link_for(stack, sender, login, address, opening="halo min, saya lupa password"):
    """Talk until the link is mailed; return the link and the check number."""
    before = len(stack.mails(address))
    await stack.say(sender, opening)
    await stack.say(sender, "ya")
    await stack.say(sender, login)
    code = (await stack.mail(address, "code", before)).code
    said = await stack.texts(sender, code)
    number = re.search(r"nomor ini: (\d+)", said)
    assert number, said
    return (await stack.mail(address, "link", before)).link, number[1]


async def test_a_forgotten_password_is_reset(any_stack):
    stack = any_stack
    link, number = await link_for(stack, "budi", "budi.santoso", "budi@example.net")
    _, answer = await stack.set_password(link, number, "pendek")
    assert answer["state"] == "refused", "a refusal does not burn the link"
    _, answer = await stack.set_password(link, number, GOOD)
    assert answer["state"] == "changed"
    notice = await stack.mail("budi@example.net", "link", after=2)
    assert "/password/freeze#" in notice.link
    assert len(stack.mails("budi@example.net")) == 3, "code, link, notice"
    assert await stack.mail("mahasiswa.kampus.example", "link"), "every address is told"
    _, answer = await stack.set_password(link, number, "Kereta-Malam88?Pagi")
    assert answer["state"] not in {"changed", "refused"}, "a link works once"


async def test_a_locked_account_is_unlocked(stack):
    account = json.loads(await stack.run("accounts", "show", "agus.wijaya", "--json"))
    assert account["status"] == "locked"
    await stack.say("agus", "akun saya kekunci, tolong dibuka")
    await stack.say("agus", "ya")
    await stack.say("agus", "agus.wijaya")
    mails = [mail for mail in stack.mails() if mail.code]
    code = (mails or [await stack.mail("example.net", "code")])[-1].code
    await stack.say("agus", code)
    account = json.loads(await stack.run("accounts", "show", "agus.wijaya", "--json"))
    assert account["status"] == "active"


async def test_an_unknown_login_looks_the_same(stack):
    async def answers(sender, login):
        await stack.say(sender, "lupa password")
        await stack.say(sender, "ya")
        return (await stack.texts(sender, login)).replace(login, "…")

    known = await answers("a", "siti.rahma")
    unknown = await answers("b", "tidak.ada")
    assert known == unknown


async def test_guests_are_requested_approved_and_claimed(stack):
    opening = (
        "mau minta akun tamu untuk 2 auditor, unit Satuan Pengawas Internal, "
        "surat 102/IT1.B01/TU.02/2026 tanggal 8 Maret 2026"
    )
    said = await stack.texts("spi", opening)
    people = (
        "1. Rina Lestari, KAP Contoh, rina@example.net\n"
        "2. Joko Purnomo, KAP Contoh, joko@example.net"
    )
    for message in ("audit keuangan", people, "bulan depan", "Dewi Anggraini 081234567890"):
        said = await stack.texts("spi", message)
    said = await stack.texts("spi", "ya")
    number = re.search(r"[A-Z]+-\d{4}-\d{6}", said)
    assert number, said
    await stack.run("tickets", "approve", number[0])
    for address in ("rina@example.net", "joko@example.net"):
        mail = await stack.mail(address, "link")
        assert "password" not in mail.subject.lower() or mail.link


async def test_an_agent_takes_over_from_the_terminal(stack):
    said = await stack.texts("siti", "saya mau bicara dengan petugas")
    number = re.search(r"[A-Z]+-\d{4}-\d{6}", said) or re.search(
        r"[A-Z]+-\d{4}-\d{6}", await stack.texts("siti", "ya")
    )
    assert number, said
    ticket = number[0]
    found = ["tickets", "list", "--status", "new", "--category", "other", "--json"]
    listed = json.loads(await stack.run(*found))
    assert ticket in [each["number"] for each in listed["tickets"]]
    await stack.run("tickets", "claim", ticket)
    await stack.run("tickets", "reply", ticket, "Selamat pagi, sedang kami periksa.")
    shown = json.loads(await stack.run("tickets", "show", ticket, "--json"))
    assert shown["assignee"] == "rina"
    clock = next(c for c in shown["clocks"] if c["kind"] == "first_response")
    assert clock["state"] == "met"
    assert await stack.say("siti", "terima kasih") == [], "the bot is silent"
    await stack.run("tickets", "resolve", ticket, "--code", "solved")


async def test_the_doctor_is_content(stack):
    findings = json.loads(await stack.run("doctor", "--json"))
    assert [f for f in findings if f["state"] == "fail"] == []
