"""Asking for a human, waiting, being answered, coming back (agents.md)."""

from datetime import UTC, datetime

import pytest
from chat_kit import (
    SILENCE,
    agent_says,
    claim,
    feed,
    hand_back,
    press,
    release,
    resolve,
    sets,
    wait,
)

from backend_client import wire
from handlers.model import Control


async def test_asking_for_a_human(chat, backend):
    await chat.plays(
        ("mau bicara dengan petugas", "Tiket ITB-2026-000001 … 10.15 WIB (15 menit"),
        ("laptop saya juga rusak", "sudah saya teruskan"),
        ("yang warna hitam", SILENCE),
        (wait(minutes=10), SILENCE),
        ("halo?", "sudah saya tambahkan"),
        (claim("Rina"), "terhubung dengan Rina"),
        ("halo kak", SILENCE),
        (agent_says("Selamat pagi, ada yang bisa dibantu?"), "Rina: Selamat pagi"),
        ("lupa password", SILENCE),
        (resolve(), "dinyatakan selesai"),
        ("lupa password", "Kalau setuju"),
    )
    assert backend.ticket.messages == [
        "laptop saya juga rusak",
        "yang warna hitam",
        "halo?",
        "halo kak",
        "lupa password",
    ]


async def test_asking_for_a_human_in_english(chat):
    await chat.plays(
        ("I want to talk to a person", "Ticket ITB-2026-000001 … 10:15 WIB … (15 minutes"),
        (claim(), "connected with Rina"),
        (agent_says("Good morning"), "Rina: Good morning"),
        (hand_back(), "handed the conversation back"),
    )


async def test_the_human_gets_the_conversation(chat, backend):
    await chat.plays(
        ("lupa password, NIM saya 13519001", "Lanjut?"),
        ("ya", "kode 8 digit"),
        ("{wrong}", "belum cocok"),
        ("petugas aja", "Tiket ITB-2026-000001"),
    )
    ticket = backend.ticket
    assert (ticket.category, ticket.claimed_login, ticket.owner) == ("password", "13519001", None)
    lines = [(line.author.value, line.text) for line in ticket.transcript]
    assert ("user", "lupa password, NIM saya 13519001") in lines
    assert ("user", "••••••") in lines
    assert not any("00000000" in text for _, text in lines)
    assert ticket.summary == "Meminta petugas. Pesan: petugas aja"
    assert backend.challenges["challenge-1"].dead == "void"


async def test_cancelling_while_waiting(chat, backend):
    await chat.plays(
        ("petugas dong", "ITB-2026-000001"),
        ("batal", "dibatalkan"),
        ("cek akun 13519001", "kode 8 digit"),
    )
    assert backend.ticket.status == "cancelled"


@pytest.mark.parametrize(
    "text",
    [
        "jangan dibatalkan ya", "sudah cukup lama saya menunggu", "tugas saya batal terkirim",
        "saya batal login terus", "ganti jadi yang lain aja", "apakah sudah cukup?",
        "tidak usah dibatalkan", "don't cancel", "please don't cancel my ticket",
    ],
)  # fmt: skip
async def test_a_complaint_cancels_nothing(chat, backend, text):
    await chat.plays(("petugas dong", "ITB-2026-000001"))
    await chat.says(text)
    assert chat.state.control is Control.WAITING
    assert (backend.ticket.status, backend.ticket.messages) == ("new", [text])


async def test_an_account_taken_over_while_waiting(chat, backend):
    await chat.plays(
        ("petugas dong", "ITB-2026-000001"),
        ("akun dibajak orang", "ITB-2026-000002"),
        ("batal", "dibatalkan"),
    )
    assert (backend.ticket.category, backend.ticket.priority) == ("security", "urgent")
    assert {ticket.status for ticket in backend.tickets.values()} == {"cancelled"}


async def test_a_change_that_was_not_theirs(chat, backend):
    applied = {"account": "bu***", "state": wire.ChangeState.APPLIED}
    await chat.plays(
        (feed(wire.PasswordChanged, **applied), "Bukan Anda yang menggantinya?"),
        ("itu bukan saya!", "ITB-2026-000001"),
    )
    assert (backend.ticket.category, backend.ticket.priority) == ("security", "urgent")


async def test_somebody_else_changed_the_password(chat, backend):
    await chat.plays(("ada yang ganti password saya, tolong panggil petugas", "ITB-2026-000001"))
    assert (backend.ticket.category, backend.ticket.priority) == ("security", "urgent")


async def test_cancelling_by_button_in_english(chat):
    await chat.plays(
        ("agent please", "Ticket ITB-2026-000001"),
        (press("Cancel the ticket"), "is cancelled"),
    )


async def test_too_late_to_cancel(chat):
    await chat.plays(
        ("petugas dong", "ITB-2026-000001"),
        (claim(), "Rina"),
        (agent_says("Sebentar ya"), "Rina: Sebentar"),
        (release(), SILENCE),
        ("batal", "sudah dijawab petugas"),
    )


async def test_the_status_while_waiting(plain_chat):
    await plain_chat.plays(
        ("petugas dong", "ITB-2026-000001"),
        ("sudah sampai mana?", "menunggu petugas … 10.15 WIB"),
        ("status tiket saya?", "masih dalam antrean"),
    )


async def test_the_agent_leaves_and_another_comes(chat):
    await chat.plays(
        ("petugas dong", "ITB"),
        (claim("Rina"), "terhubung dengan Rina"),
        (release(), SILENCE),
        (wait(minutes=2), "kembali ke antrean"),
        (claim("Doni"), "terhubung dengan Doni"),
    )


async def test_an_agent_who_leaves_after_hours(chat):
    monday = datetime(2026, 3, 9, 1, tzinfo=UTC)
    await chat.plays(
        ("petugas dong", "ITB"),
        (claim("rina.kusuma"), "terhubung dengan Rina Kusuma"),
        (release(next_opening=monday), SILENCE),
        (wait(minutes=2), "bertugas lagi Senin, 9 Maret 2026 pukul 08.00 WIB"),
    )


@pytest.mark.parametrize("again", ["petugas", "belum beres kok", "petugas, masih error"])
async def test_what_was_resolved_comes_back(chat, backend, again):
    await chat.plays(
        ("petugas dong", "ITB-2026-000001"),
        (claim("rina"), "terhubung dengan Rina"),
        (resolve(), "dinyatakan selesai … dibuka kembali"),
        (again, "Tiket ITB-2026-000001 dibuka kembali … menjawab di sini paling lambat"),
        (claim("rina"), "terhubung dengan Rina"),
    )
    assert backend.ticket.messages == [f"Meminta petugas. Pesan: {again}"]


async def test_what_was_resolved_comes_back_in_english(chat, backend):
    await chat.plays(
        ("agent please", "Ticket ITB-2026-000001"),
        (claim(), "connected with Rina"),
        (resolve(), "is resolved … opened again"),
        ("I want a person again, it is still not working", "ITB-2026-000001 is open again"),
    )


async def test_after_a_week_a_human_opens_a_new_ticket(plain_chat, backend):
    await plain_chat.plays(
        ("petugas dong", "ITB-2026-000001"),
        (claim(), "Rina"),
        (resolve(), "dinyatakan selesai"),
        (wait(days=7), SILENCE),
        ("masih error", "belum menangkap"),
        ("petugas", "ITB-2026-000002 sudah dibuat"),
    )


async def test_another_wish_after_a_resolution_is_another_ticket(plain_chat, backend):
    await plain_chat.plays(
        ("petugas dong", "ITB-2026-000001"),
        (claim(), "Rina"),
        (resolve(), "dinyatakan selesai"),
        ("lupa password 13519001", "Lanjut?"),
        ("petugas aja", "ITB-2026-000002 sudah dibuat"),
    )
    assert backend.ticket.category == "password"


async def test_a_quick_takeover_after_a_release_is_not_mentioned(chat):
    await chat.plays(
        ("petugas dong", "ITB"),
        (claim("Rina"), "Rina"),
        (release(), SILENCE),
        (wait(minutes=1), SILENCE),
        (claim("Doni"), "Doni"),
        (wait(minutes=5), SILENCE),
    )


async def test_a_transfer(chat):
    await chat.plays(
        ("agent please", "Ticket"),
        (claim("Rina"), "connected with Rina"),
        (claim("Doni"), "is now with Doni"),
    )


async def test_an_agent_who_takes_over_voids_the_open_code(chat, backend):
    await chat.plays(
        ("petugas dong", "ITB"),
        (hand_back(), "mengembalikan percakapan"),
        ("lupa password, NIM saya 13519001", "Lanjut?"),
        ("ya", "kode 8 digit"),
        (claim("Rina"), "terhubung dengan Rina"),
        ("{code}", SILENCE),
    )
    assert backend.challenges["challenge-1"].dead == "void"
    assert backend.links == []


async def test_out_of_hours_is_said_once_per_closed_period(chat, clock):
    clock.forward(hours=9)  # 19:00 in Jakarta
    await chat.plays(
        ("petugas dong", "di luar jam layanan … Selasa, 3 Maret 2026 pukul 08.00 WIB"),
        ("batal", "dibatalkan"),
        ("petugas dong", "menunggu jam layanan"),
        ("batal", "dibatalkan"),
        (wait(days=1), SILENCE),
        ("petugas dong", "di luar jam layanan … Rabu, 4 Maret"),
    )


async def test_asking_while_the_ticket_system_is_down(chat, backend):
    await chat.plays(
        (sets(down=True), SILENCE),
        ("petugas dong", SILENCE),
        (wait(seconds=8), "sudah saya simpan … tidak perlu mengulang"),
        ("email saya tidak bisa dibuka", "teruskan"),
        ("status tiket?", "sedang diteruskan"),
        (sets(down=False), "ITB-2026-000001"),
    )
    assert backend.ticket.messages == ["email saya tidak bisa dibuka", "status tiket?"]


async def test_changing_ones_mind_before_the_ticket_has_a_number(chat, backend):
    await chat.plays(
        (sets(down=True), SILENCE),
        ("agent please", SILENCE),
        ("cancel", "request for a person is cancelled"),
        (sets(down=False), SILENCE),
        ("hello", "Hello"),
    )
    assert backend.ticket.status == "cancelled"


async def test_a_hacked_account_goes_first(chat, backend):
    await chat.plays(("tolong akun saya dihack orang", "ITB-2026-000001"))
    assert (backend.ticket.category, backend.ticket.priority) == ("security", "urgent")


async def test_another_recovery_email_is_always_a_human(chat, backend):
    await chat.plays(
        ("mau ganti email pemulihan", "selalu ditangani petugas … Akun mana"),
        ("13519001", "yang lama … [Tidak ingat]"),
        ("budi sekian di example", "Email baru"),
        ("budi.baru@example.net", "ITB-2026-000001"),
    )
    ticket = backend.ticket
    assert (ticket.category, ticket.claimed_login) == ("recovery_email", "13519001")
    assert "budi.baru@example.net" in ticket.summary
    assert "bukan bukti" in ticket.summary


async def test_another_recovery_email_in_english_without_remembering(chat, backend):
    await chat.plays(
        ("please change my recovery e-mail", "always done by a person … Which account"),
        ("siti.rahma", "old recovery e-mail"),
        (press("I do not remember"), "Which new e-mail"),
        ("the one of my new company", "no e-mail address … Example: name@example.net"),
        ("siti.baru@example.net", "Ticket ITB-2026-000001"),
    )


async def test_codes_that_do_not_arrive(chat, backend):
    await chat.plays(
        ("kode otp saya belum masuk", "folder spam … [Reset password] … [Hubungi petugas]"),
        (press("Hubungi petugas"), "Akun mana yang kodenya"),
        ("13519001", "ITB-2026-000001"),
    )
    assert (backend.ticket.category, backend.ticket.claimed_login) == ("code_delivery", "13519001")


async def test_a_new_code_instead_of_a_human(chat):
    await chat.plays(
        ("the code never arrived", "spam or promotions … [Reset password]"),
        ("resend", "What is the new code for? … [Unlock account]"),
        (press("Unlock account"), "Which account"),
    )
