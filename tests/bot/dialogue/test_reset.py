"""Resetting a password, from the first word to the link, in both languages."""

from chat_kit import SILENCE, feed, press, sets, wait

from backend_client import wire

ASKED = (
    ("lupa password, NIM saya 13519001", "akun 13519001 … Lanjut? [Ya, lanjutkan] [Batal]"),
    ("ya", "kode 8 digit sedang dikirim … [Kirim ulang kode] [Kode belum masuk] [Batal]"),
)
ASKED_EN = (
    ("I forgot my password, my NIM is 13519001", "account 13519001 … Go on? [Yes, go on]"),
    ("yes please", "a code of 8 digits is on its way … [Send the code again]"),
)


async def test_the_way_people_write(chat, backend):
    await chat.plays(
        ("halo min, saya lupa password", "Saya kirim kode ke email pemulihan … Kalau setuju"),
        (press("Ya, lanjutkan"), "Akun mana"),
        ("13519001", "Bila akun 13519001 terdaftar, kode 8 digit … berlaku 10 menit"),
        ("{code}", "Kode cocok … bu***@example.net … 15 menit … nomor ini: 42"),
        (
            feed(wire.PasswordChanged, account="bu***", state=wire.ChangeState.APPLIED),
            "Password akun bu*** sudah diganti",
        ),
    )
    assert backend.links == ["budi.santoso"]


async def test_in_english(chat, backend):
    await chat.plays(
        ("hello, I forgot my password", "I send a code to your recovery e-mail … If you agree"),
        ("yes", "Which account is it?"),
        ("budi.santoso", "If account budi.santoso exists, a code of 8 digits"),
        ("{code}", "The code is right … bu***@example.net … 15 minutes … this number: 42"),
        (
            feed(wire.PasswordChanged, account="bu***", state=wire.ChangeState.APPLIED),
            "The password of account bu*** has been changed",
        ),
    )
    assert backend.links == ["budi.santoso"]


async def test_everything_at_once_is_not_asked_again(chat):
    await chat.plays(*ASKED, ("kodenya {code}", "Kode cocok … 42"))


async def test_everything_at_once_in_english(chat):
    await chat.plays(*ASKED_EN, ("the code is {code}", "The code is right"))


async def test_who_is_asked_for_the_account_names_it_and_is_not_asked_again(chat, backend):
    await chat.plays(
        ("lupa password", "Kalau setuju, tulis username … [Ya, lanjutkan]"),
        ("username saya budi.santoso", "Bila akun budi.santoso terdaftar, kode 8 digit"),
        ("{code}", "Kode cocok"),
    )
    assert backend.links == ["budi.santoso"]


async def test_a_check_leads_to_a_reset_without_another_question(chat, backend):
    await chat.plays(
        ("cek akun saya dong, 13519001", "kode 8 digit"),
        ("{code}", "aktif … Kalau tetap tidak bisa masuk … [Reset password]"),
        (press("Reset password"), "akun 13519001 … kode 8 digit"),
        ("{code}", "Kode cocok"),
    )
    assert backend.links == ["budi.santoso"]


async def test_nothing_happens_without_a_yes(chat, backend):
    await chat.plays(
        ("lupa password, NIM saya 13519001", "Lanjut?"),
        ("tidak", "tidak ada yang diubah"),
    )
    assert backend.calls == []


async def test_the_account_is_corrected_before_the_yes(chat):
    await chat.plays(
        ("lupa password, NIM saya 13519001", "akun 13519001"),
        ("eh NIM saya 13519002", "akun 13519002"),
        ("ya", "akun 13519002"),
    )


async def test_the_account_is_corrected_after_the_code_was_sent(chat, backend):
    await chat.plays(*ASKED, ("maaf, username saya siti.rahma", "akun siti.rahma"))
    assert backend.challenges["challenge-1"].dead == "void"
    await chat.plays(("{code}", "si***@example.net"))


async def test_wrong_codes_count_down_and_slow_down(chat, backend):
    await chat.plays(
        *ASKED,
        ("{wrong}", "belum cocok … tinggal 4; tunggu 5 detik"),
        ("{wrong}", "belum saya periksa … Tunggu 5 detik … tidak berkurang"),
        (wait(seconds=5), SILENCE),
        ("{wrong}", "tinggal 3; tunggu 10 detik"),
        (wait(seconds=10), SILENCE),
        ("{wrong}", "2; tunggu 20 detik"),
        (wait(seconds=20), SILENCE),
        ("{wrong}", "tinggal 1; tunggu 40 detik"),
        (wait(seconds=40), SILENCE),
        ("{wrong}", "sudah habis … tidak dikunci … [Kirim kode baru] [Hubungi petugas]"),
        (press("Kirim kode baru"), "kode 8 digit"),
        ("{code}", "Kode cocok"),
    )


async def test_one_try_left_in_english(chat):
    await chat.plays(*ASKED_EN)
    for seconds in (5, 10, 20):
        await chat.plays(("{wrong}", "tries"), (wait(seconds=seconds), SILENCE))
    await chat.plays(("{wrong}", "one try left; please wait 40 seconds"))


async def test_a_code_of_the_wrong_length_costs_nothing(chat, backend):
    await chat.plays(*ASKED, ("1234567", "8 digit … tidak berkurang"))
    assert "check" not in backend.calls


async def test_a_code_written_with_spaces(chat, backend):
    await chat.plays(*ASKED)
    code = backend.code
    await chat.plays((f"{code[:4]} {code[4:]}", "Kode cocok"))


async def test_a_code_that_expired_while_they_talked(chat):
    await chat.plays(
        *ASKED,
        (wait(minutes=9), SILENCE),
        ("sebentar ya", "ketik kode 8 digit"),
        (wait(minutes=2), SILENCE),
        ("{code}", "lewat masa berlakunya … [Kirim kode baru]"),
        ("kirim kode baru", "kode 8 digit"),
        ("{code}", "Kode cocok"),
    )


async def test_a_code_that_comes_after_the_silence(chat, backend):
    await chat.plays(
        *ASKED,
        (wait(minutes=11), "10 menit tidak ada kabar"),
        ("{code}", "sudah berakhir … [Kirim kode baru]"),
    )
    assert backend.challenges["challenge-1"].dead == "void"


async def test_resending(chat, backend):
    await chat.plays(
        *ASKED,
        (press("Kirim ulang kode"), "baru bisa diminta lagi dalam 1 menit"),
        (wait(seconds=60), SILENCE),
        ("kirim ulang dong kodenya", "kode baru 8 digit … kode lama tidak berlaku"),
        ("48210007", "belum cocok"),
        (wait(seconds=5), SILENCE),
        ("{code}", "Kode cocok"),
    )


async def test_resending_in_english_until_the_cap(chat):
    await chat.plays(*ASKED_EN)
    for _ in range(3):
        await chat.plays((wait(seconds=61), SILENCE), ("resend", "a new code of 8 digits"))
    await chat.plays(
        (wait(seconds=61), SILENCE),
        (press("Send the code again"), "cannot be sent again"),
        ("{code}", "The code is right"),
    )


async def test_an_unknown_account_hears_the_same_words(chat, backend):
    known, unknown = [], []
    for login, answers in (("budi.santoso", known), ("hantu.kampus", unknown)):
        await chat.plays(
            (f"lupa password, username saya {login}", "Lanjut?"),
            ("ya", "kode 8 digit"),
            ("{wrong}", "belum cocok"),
            ("batal", "batal"),
        )
        answers += [text.replace(login, "X") for text in chat.answers[-4:]]
    assert known[1:] == unknown[1:]
    assert backend.links == []


async def test_without_a_recovery_email_it_is_as_if_unknown(chat, backend):
    await chat.plays(
        ("lupa password, username saya dewi.kusuma", "Lanjut?"),
        ("ya", "Bila akun dewi.kusuma terdaftar"),
        ("kodenya belum masuk", "folder spam … [Kirim ulang kode] [Hubungi petugas]"),
        (press("Hubungi petugas"), "Tiket ITB-2026-000001"),
    )
    assert (backend.ticket.category, backend.ticket.claimed_login) == (
        "code_delivery",
        "dewi.kusuma",
    )


async def test_a_privileged_account_meets_the_human_gate_after_the_code(chat, backend):
    await chat.plays(
        ("lupa password, username saya admin.sistem", "Lanjut?"),
        ("ya", "kode 8 digit"),
        ("{code}", "hak khusus … petugas … [Hubungi petugas] [Tidak]"),
        ("ya", "Tiket ITB-2026-000001"),
    )
    assert (backend.links, backend.ticket.owner) == ([], "admin.sistem")
    assert backend.ticket.category == "password"


async def test_the_human_gate_can_be_declined(chat, backend):
    await chat.plays(
        ("I forgot my password, username admin.sistem", "Go on?"),
        ("yes", "code of 8 digits"),
        ("{code}", "special rights … [Talk to a person] [No]"),
        (press("No"), "nothing was changed"),
    )
    assert backend.tickets == {}


async def test_too_many_accounts_from_one_chat(chat):
    for login in ("satu.satu", "dua.dua", "tiga.tiga"):
        await chat.plays(
            (f"lupa password, username {login}", "Lanjut?"), ("ya", "kode"), ("batal", "batal")
        )
    await chat.plays(
        ("lupa password, username empat.empat", "Lanjut?"),
        ("ya", "batasnya sudah tercapai … 24 jam … [Hubungi petugas]"),
    )


async def test_recovery_is_paused_for_everybody(chat):
    await chat.plays(
        (sets(paused=True), SILENCE),
        ("lupa password, NIM saya 13519001", "Lanjut?"),
        ("ya", "dijeda untuk semua pengguna … 15 menit … [Hubungi petugas]"),
    )


async def test_the_backend_is_down_when_the_code_is_wanted(chat):
    await chat.plays(
        (sets(down=True), SILENCE),
        ("lupa password, NIM saya 13519001", "Lanjut?"),
        ("ya", "tidak dapat dihubungi … belum terkirim … [Coba lagi] [Hubungi petugas]"),
        (sets(down=False), SILENCE),
        (press("Coba lagi"), "kode 8 digit"),
        ("{code}", "Kode cocok"),
    )


async def test_the_backend_is_down_when_the_code_is_checked(chat, backend):
    await chat.plays(
        *ASKED,
        (sets(down=True), SILENCE),
        ("{code}", "belum bisa diperiksa"),
        (sets(down=False), SILENCE),
        ("{code}", "Kode cocok"),
    )


async def test_mail_is_late(chat):
    await chat.plays(
        *ASKED,
        (feed(wire.MailDelayed), "Server email sedang terganggu"),
        ("{code}", "Kode cocok"),
    )


async def test_the_link_runs_out(chat):
    await chat.plays(
        *ASKED,
        ("{code}", "Kode cocok"),
        (feed(wire.LinkEnded, reason="expired"), "lewat waktunya … reset password"),
    )


async def test_the_result_is_not_certain(chat):
    await chat.plays(
        *ASKED_EN,
        ("{code}", "The code is right"),
        (
            feed(wire.PasswordChanged, account="bu***", state=wire.ChangeState.UNKNOWN),
            "not certain yet",
        ),
    )


async def test_questions_about_the_link_that_was_mailed(chat, backend):
    """One proof mails one link; another one needs another code, and kills the first."""
    await chat.plays(
        *ASKED,
        ("{code}", "Kode cocok"),
        ("linknya belum masuk", "folder spam … tautan baru perlu kode baru … [Minta tautan baru]"),
        ("nomornya berapa tadi?", "di pesan saya tadi"),
        ("batalkan resetnya", "Tidak perlu dibatalkan"),
        ("tautannya tetap tidak ada", "satu kode hanya untuk satu tautan … [Hubungi petugas]"),
        ("kirim ulang linknya", "kode 8 digit"),
        ("{code}", "Kode cocok"),
    )
    assert backend.links == ["budi.santoso", "budi.santoso"]


async def test_questions_about_the_link_in_english(chat):
    await chat.plays(
        *ASKED_EN,
        ("the code is {code}", "The code is right"),
        ("the link has not arrived", "a new link needs a new code … [Get a new link]"),
        ("what was the number?", "in my message above"),
        ("cancel the reset", "Nothing needs to be cancelled"),
        (press("Get a new link"), "a code of 8 digits"),
    )
