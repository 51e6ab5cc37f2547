"""Checking and unlocking an account, the status of tickets, and a guest's first password."""

from chat_kit import SILENCE, claim, hand_back, press, sets

from backend_client import wire


async def test_an_account_that_is_fine(chat):
    await chat.plays(
        ("cek akun saya dong, 13519001", "kode 8 digit"),
        ("{code}", "akun bu*** saat ini: aktif. Jenis: Mahasiswa … 1 September 2025 … Ada lagi"),
    )


async def test_checking_in_english(chat):
    await chat.plays(
        ("please check my account", "Which account is it?"),
        ("siti.rahma", "a code of 8 digits"),
        (
            "{code}",
            "account si*** now: active. Type: Lecturer … si***@example.net … 1 September 2025",
        ),
    )


async def test_a_locked_account_is_offered_what_helps(chat, backend):
    await chat.plays(
        ("cek akun 13519002", "kode 8 digit"),
        ("{code}", "terkunci … [Buka kunci akun] [Reset password]"),
        (press("Buka kunci akun"), "akun 13519002"),
        ("{code}", "kunci akun Anda sudah dibuka"),
    )
    assert backend.unlocked == ["andi.wijaya"]


async def test_an_expired_account_hears_the_clause(chat):
    await chat.plays(
        ("cek akun, username rina.lestari", "kode 8 digit"),
        (
            "{code}",
            "masa aktifnya sudah lewat … 31 Desember 2025 … ITB II.B.11 … [Aturan masa aktif]",
        ),
        (press("Aturan masa aktif"), "Akun apa yang Anda maksud? … [KJP]"),
        (press("KJP"), "kontrak berakhir (ITB II.B.7c"),
    )


async def test_a_disabled_account_cannot_be_reset_here(chat, backend):
    await chat.plays(
        ("forgot my password, username joko.susilo", "Go on?"),
        ("yes", "a code of 8 digits"),
        ("{code}", "not active, and only a person … [Talk to a person]"),
        (press("Talk to a person"), "Ticket ITB-2026-000001"),
    )
    assert backend.links == []


async def test_a_privileged_account_sees_its_facts_only(chat):
    await chat.plays(
        ("cek akun admin.sistem", "kode 8 digit"),
        ("{code}", "Akun ad*** … perubahan apa pun harus lewat petugas … [Hubungi petugas]"),
    )


async def test_unlocking(chat, backend):
    await chat.plays(
        ("akun saya terkunci, NIM 13519002", "akun 13519002"),
        ("{code}", "kunci akun Anda sudah dibuka … [Reset password]"),
    )
    assert backend.unlocked == ["andi.wijaya"]


async def test_unlocking_in_english_what_is_not_locked(chat, backend):
    await chat.plays(
        ("my account is locked: siti.rahma", "a code of 8 digits"),
        ("{code}", "not locked … [Reset password] [Talk to a person]"),
    )
    assert backend.unlocked == []


async def test_an_unlock_that_is_refused(chat):
    refused = wire.ChangeResult(wire.ChangeState.REFUSED, "managed_elsewhere")
    await chat.plays(
        (sets(unlock_outcome=refused), SILENCE),
        ("akun saya terkunci, NIM 13519002", "kode"),
        ("{code}", "menolak membuka kunci … [Hubungi petugas]"),
    )


async def test_an_unlock_nobody_is_sure_of(chat):
    unknown = wire.ChangeResult(wire.ChangeState.UNKNOWN)
    await chat.plays(
        (sets(unlock_outcome=unknown), SILENCE),
        ("my account is locked, NIM 13519002", "code"),
        ("{code}", "cannot be sure … [Check account]"),
    )


async def test_the_account_is_remembered_for_the_next_wish(chat):
    await chat.plays(
        ("cek akun 13519001", "kode 8 digit"),
        ("{code}", "aktif"),
        ("sekarang reset password", "akun 13519001 … Lanjut?"),
    )


async def test_tickets_only_after_a_code(chat, backend):
    await chat.plays(
        ("forgot my password, username admin.sistem", "Go on?"),
        ("yes", "a code of 8 digits"),
        ("{code}", "special rights"),
        ("yes", "Ticket ITB-2026-000001"),
        (claim(), "connected with Rina"),
        (hand_back(), "handed the conversation back"),
        ("ticket status please", "Which account is it?"),
        ("admin.sistem", "a code of 8 digits"),
        ("{code}", "Here are your tickets … ITB-2026-000001 · password · new · opened Monday, 2"),
    )


async def test_no_tickets(chat):
    await chat.plays(
        ("status tiket saya dong, NIM 13519001", "kode 8 digit"),
        ("{code}", "Tidak ada tiket … [Hubungi petugas]"),
    )


async def test_a_guest_sets_the_first_password(chat, backend):
    await chat.plays(
        ("saya tamu, mau aktivasi akun tamu saya", "username akun tamu"),
        ("tamu.ulfa", "kode 8 digit"),
        ("{code}", "Kode cocok … tautan untuk membuat password baru"),
    )
    assert backend.links == ["tamu.ulfa"]
    assert backend.challenges["challenge-1"].purpose == "claim_guest"


async def test_a_guest_finds_the_way_through_the_question(chat):
    await chat.plays(
        ("guest account", "asks for guest accounts, or a guest … [I am the guest]"),
        (press("I am the guest"), "username of your guest account"),
    )
