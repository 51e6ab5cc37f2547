"""Interrupting, resuming, cancelling, being misunderstood, silence, and old buttons."""

from chat_kit import SILENCE, press, sends, wait

from bot.channels.port import Attachment, InboundKind

RESET = (
    ("lupa password, NIM saya 13519001", "Lanjut?"),
    ("ya", "kode 8 digit"),
)


async def test_a_question_in_between_does_not_end_the_flow(chat):
    await chat.plays(
        *RESET,
        ("berapa lama akun mahasiswa aktif?", "30 hari … ITB … Silakan ketik kode 8 digit"),
        ("{code}", "Kode cocok"),
    )


async def test_another_wish_in_between_and_back(chat):
    await chat.plays(
        *RESET,
        ("mau minta akun tamu", "Unit kerja mana"),
        ("batal", "permohonan akun tamu dibatalkan … melanjutkan reset password … [Lanjutkan]"),
        (press("Lanjutkan"), "kita lanjutkan … ketik kode 8 digit"),
        ("{code}", "Kode cocok"),
    )


async def test_another_wish_in_between_and_not_back(chat, backend):
    await chat.plays(
        ("I forgot my password, my NIM is 13519001", "Go on?"),
        ("yes", "code of 8 digits"),
        ("I want to request guest accounts", "Which unit"),
        ("cancel", "cancelled … go on with the password reset … [Continue] [No need]"),
        ("no", "I have closed that"),
    )
    assert backend.challenges["challenge-1"].dead == "void"


async def test_a_yes_in_words_resumes_too(chat):
    await chat.plays(
        *RESET,
        ("mau minta akun tamu", "Unit kerja mana"),
        ("batal", "Mau melanjutkan"),
        ("iya", "kita lanjutkan"),
    )


async def test_changing_ones_mind_with_the_same_account(chat):
    await chat.plays(
        ("lupa password, NIM saya 13519001", "Lanjut?"),
        ("eh, cek akun 13519001 saja dulu", "akun 13519001 terdaftar, kode 8 digit"),
        ("{code}", "aktif … Mau melanjutkan reset password"),
    )


async def test_cancel(chat):
    await chat.plays(
        *RESET,
        (press("Batal"), "reset password dibatalkan"),
        ("batal", "tidak ada yang perlu dibatalkan"),
        ("batal", "tidak ada permintaan yang bisa dibatalkan"),
    )


async def test_two_wishes_at_once(plain_chat):
    await plain_chat.plays(
        ("cek akun 13519001 dan sekalian berapa lama akun mahasiswa aktif?", "kode 8 digit"),
        ("{code}", "aktif … Berikutnya: pertanyaan masa aktif akun … 30 hari"),
    )


async def test_two_wishes_at_once_in_english(plain_chat):
    await plain_chat.plays(
        ("my account is locked, NIM 13519002, and also I want guest accounts", "code of 8 digits"),
        ("{code}", "unlocked … Next: the guest account request … Which unit"),
    )


async def test_a_or_b(plain_chat):
    await plain_chat.plays(
        ("ada masalah akun 13519002", "yang mana? … [Buka kunci akun] [Reset password]"),
        (press("Buka kunci akun"), "akun 13519002"),
    )


async def test_a_or_b_in_english_typed(plain_chat):
    await plain_chat.plays(
        ("I have account trouble", "Which one do you mean? … [Unlock account]"),
        ("reset password", "If you agree"),
    )


async def test_an_account_without_a_wish(chat):
    await chat.plays(
        ("13519001", "ingin Anda lakukan dengan akun 13519001? … [Cek akun]"),
        ("2", "akun 13519001"),
    )


async def test_two_misunderstandings_bring_choices_and_a_human(plain_chat):
    await plain_chat.plays(
        ("asdf qwer zxcv", "belum menangkap maksudnya"),
        ("qwer asdf zxcv", "Pilih salah satu … [Reset password] … [Hubungi petugas]"),
        ("blabla", "[Hubungi petugas]"),
        (press("Cek akun"), "Akun mana"),
    )


async def test_two_misunderstandings_inside_a_flow(chat):
    await chat.plays(
        ("forgot my password, NIM 13519001", "Go on?"),
        ("yes", "code of 8 digits"),
        ("what about the weather today", "did not catch … code of 8 digits"),
        ("and tomorrow at the beach", "code of 8 digits … a person can help … [Talk to a person]"),
        ("{code}", "The code is right"),
    )


async def test_one_misunderstanding_is_forgiven(plain_chat):
    await plain_chat.plays(
        ("asdf qwer zxcv", "belum menangkap"),
        ("halo", "[Reset password]"),
        ("zxcv asdf qwer", "belum menangkap"),
    )


async def test_never_the_same_sentence_twice_in_a_row(chat):
    await chat.plays(*RESET)
    for _ in range(6):
        await chat.says("hmm apa ya itu")
        first, second = chat.answers[-2:]
        assert first != second


async def test_silence_ends_a_flow_once(chat, backend):
    await chat.plays(
        *RESET,
        (wait(minutes=9, seconds=59), SILENCE),
        (wait(seconds=1), "10 menit tidak ada kabar"),
        (wait(hours=2), SILENCE),
        ("ya", "belum menangkap"),
    )


async def test_speaking_keeps_a_flow_alive(chat):
    await chat.plays(
        ("forgot my password", "If you agree"),
        (wait(minutes=9), SILENCE),
        ("yes", "Which account"),
        (wait(minutes=9), SILENCE),
        ("13519001", "code of 8 digits"),
    )


async def test_silence_forgets_the_account(chat):
    await chat.plays(
        ("cek akun 13519001", "kode"),
        ("{code}", "aktif"),
        (wait(minutes=11), SILENCE),
        ("reset password", "Saya kirim kode ke email pemulihan Anda"),
    )


async def test_a_stale_button_says_so(chat):
    await chat.plays(
        ("lupa password, NIM saya 13519001", "Lanjut?"),
        (press("Ya, lanjutkan"), "kode 8 digit"),
        (press("Ya, lanjutkan"), "sudah tidak berlaku … ketik kode 8 digit"),
        ("{code}", "Kode cocok"),
        (press("Kirim ulang kode"), "sudah tidak berlaku"),
    )


async def test_titles_and_numbers_can_be_typed(chat):
    await chat.plays(
        ("help", "[Reset password] [Check account]"),
        ("2", "Which account"),
        ("13519001", "[Send the code again] [No code has arrived] [Cancel]"),
        ("no code has arrived!", "spam"),
        ("3", "cancelled"),
    )


async def test_the_language_follows_the_person(plain_chat):
    await plain_chat.plays(
        ("lupa password", "Kalau setuju"),
        ("sorry, can you please speak English?", "did not catch the answer"),
        ("yes", "Which account is it?"),
        ("13519001", "code of 8 digits"),
        ("kodenya {code}", "Kode cocok"),
    )


async def test_small_talk(chat):
    await chat.plays(
        ("halo", "Halo! Saya asisten … [Reset password]"),
        ("makasih ya", "Sama-sama"),
        ("bye", "Sampai jumpa"),
    )


async def test_thanks_inside_a_flow(chat):
    await chat.plays(
        ("forgot my password", "If you agree"),
        ("yes", "Which account"),
        ("thank you so much", "You are welcome … account"),
        ("help", 'type "cancel" to stop … account'),
    )


async def test_the_wish_again(chat):
    await chat.plays(
        ("lupa password", "Kalau setuju"),
        ("lupa password", "tulis username"),
        (sends(InboundKind.JOINED, choice="reset_password"), "Kalau setuju"),
        ("13519001", "kode 8 digit"),
        ("lupa password", "ketik kode 8 digit"),
        (sends(InboundKind.JOINED, choice="reset_password"), "menunggu kode 8 digit"),
    )


async def test_another_wish_instead(embedded_chat):
    await embedded_chat.plays(
        ("reset password 13519001", "Reset password akun 13519001"),
        ("eh bukan itu, maksud saya cek akun aja", "akun 13519001 … kode 8 digit"),
        ("batal", "pemeriksaan akun dibatalkan"),
    )
    assert embedded_chat.state.suspended is None


async def test_two_wishes_that_one_code_serves(embedded_chat):
    await embedded_chat.plays(
        ("mau reset password sama buka kunci akun 13519001", "Reset password akun 13519001"),
    )


async def test_the_account_first_then_the_wish(chat):
    await chat.plays(
        ("13519001", "akun 13519001? [Reset password]"),
        ("lupa password", "Reset password akun 13519001"),
    )


async def test_a_mail_that_does_not_come_and_an_account_that_is_not_mine(embedded_chat, backend):
    await embedded_chat.plays(
        ("cek akun 13519001", "kode 8 digit"),
        ("gak dapet email", "folder spam"),
        ("emailnya ga masuk", "spam"),
        ("itu bukan akun saya", "kode tadi saya batalkan … akun yang benar"),
        ("akun yang benar 13519002", "akun 13519002 terdaftar"),
        ("akun yang benar 13519003", "akun 13519003 terdaftar"),
        ("tidak, saya tidak mau cek akun", "saya hentikan"),
    )
    assert [challenge.tries for challenge in backend.challenges.values()] == [0, 0, 0]
    assert {challenge.dead for challenge in backend.challenges.values()} == {"void"}


async def test_who_forgot_the_username(embedded_chat):
    await embedded_chat.plays(
        ("lupa password", "Kalau setuju"),
        ("lupa NIM juga", "petugas bisa membantu … [Hubungi petugas]"),
        ("entar dulu", "saya tunggu"),
        ("13519001", "kode 8 digit"),
    )


async def test_a_first_name_is_a_login(embedded_chat):
    await embedded_chat.plays(("cek akun", "Akun mana"), ("budi", "akun budi terdaftar"))


async def test_the_old_address_is_forgotten(embedded_chat, backend):
    await embedded_chat.plays(
        ("mau ganti email pemulihan", "Akun mana"),
        ("13519001", "email pemulihan yang lama"),
        ("lupa", "Email baru"),
        ("baru@example.net", "Tiket ITB-2026-000001"),
    )
    assert "baru@example.net" in backend.ticket.summary


async def test_a_picture_of_an_error_mails_no_code(embedded_chat, backend):
    await embedded_chat.plays(
        ("cek akun 13519001", "kode 8 digit"),
        ("{code}", "aktif"),
        (
            sends(
                InboundKind.ATTACHMENT,
                attachments=(Attachment("p", "photo.jpg", "image/jpeg"),),
                text="ini error saya saat login",
            ),
            "tentang akun 13519001? … tidak dapat saya baca … [Ya, lanjutkan] [Akun lain]",
        ),
        ("ya", "akun 13519001 terdaftar"),
    )
    assert len(backend.challenges) == 2


async def test_questions_about_the_helpdesk(embedded_chat):
    await embedded_chat.plays(
        ("helpdesk buka hari sabtu?", "jam layanan … [Hubungi petugas]"),
        ("kamu robot ya?", "asisten otomatis"),
    )
