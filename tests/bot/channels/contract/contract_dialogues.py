"""Conversations: what the person does, and what must be found in the answer.

Steps and fragments as in `chat_kit`.
"""

from chat_kit import SILENCE, Step, agent_says, claim, press, resolve, wait

LETTER = """Mohon dibuatkan akun tamu
Unit: Satuan Pengawas Internal
Nomor surat: 102/IT1.B01/TU.02/2026
tanggal surat 27 feb 2026
Keperluan: audit tahunan
Aktif sampai 17 Maret 2026
Kontak: Ibu Yulia 0857-2114-7437
Ulfa Pratiwi, KAP Contoh, ulfa@contoh.com
Wynne Taslim, KAP Contoh, wynne@contoh.com"""
PASSWORD = "Bandung#2024"
MARKED = "1. Buka https://kampus.example/a_b?x=1&y=2*\n\n- pilih *Lupa* & _isi_ <nim> [x](y) `ok`"
LONG = "Bagian pertama sudah saya periksa; mohon dibaca sampai akhir. " * 150

opens = Step("(opens the chat)", lambda person: person.opens())
sticker = Step("(a sticker)", lambda person: person.sends_a_sticker())
letter = Step("(the letter)", lambda person: person.sends_the_letter())
again = Step("(delivered again)", lambda person: person.repeats())


def in_group(text):
    return Step(f"(in a group) {text}", lambda person: person.says_in_group(text))


ASKED = (
    ("lupa password, NIM saya 13519001", "akun 13519001 … Lanjut? [Ya, lanjutkan] [Batal]"),
    ("ya", "kode 8 digit … [Kirim ulang kode] [Kode belum masuk] [Batal]"),
)
HUMAN = (
    ("mau bicara dengan petugas", "Tiket ITB-2026-000001"),
    (claim("Rina"), "terhubung dengan Rina"),
)
DIALOGUES = {
    "opening": (
        (opens, "asisten IT Helpdesk … [Reset password]"),
        ("cek akun 13519001", "kode 8 digit"),
    ),
    "reset with buttons": (
        ("halo min, saya lupa password", "Kalau setuju … [Ya, lanjutkan]"),
        (press("Ya, lanjutkan"), "Akun mana"),
        ("13519001", "akun 13519001 … kode 8 digit"),
        ("{code}", "Kode cocok … bu***@example.net … 42"),
    ),
    "everything at once, then a typed yes": (*ASKED, ("kodenya {code}", "Kode cocok … 42")),
    "unlock": (
        ("akun saya terkunci, NIM 13519002", "akun 13519002"),
        ("{code}", "sudah dibuka … [Reset password]"),
    ),
    "check, then reset": (
        ("cek akun saya dong, 13519001", "kode 8 digit"),
        ("{code}", "aktif … [Reset password]"),
        (press("Reset password"), "akun 13519001 … kode 8 digit"),
        ("{code}", "Kode cocok"),
    ),
    "a wrong code, then the right one": (
        *ASKED,
        ("{wrong}", "tinggal 4; tunggu 5 detik"),
        (wait(seconds=5), SILENCE),
        ("{code}", "Kode cocok"),
    ),
    "another code": (
        *ASKED,
        (press("Kirim ulang kode"), "baru saja dikirim … 1 menit"),
        (wait(seconds=61), SILENCE),
        ("kirim ulang kode", "kode baru 8 digit"),
        ("{code}", "Kode cocok"),
    ),
    "cancelled in the middle": (
        *ASKED,
        (press("Batal"), "reset password dibatalkan"),
        ("makasih ya", "Sama-sama"),
    ),
    "another wish in between": (
        *ASKED,
        ("mau minta akun tamu", "Unit kerja mana"),
        ("batal", "permohonan akun tamu dibatalkan … melanjutkan reset password … [Lanjutkan]"),
        (press("Lanjutkan"), "kita lanjutkan … ketik kode 8 digit"),
        ("{code}", "Kode cocok"),
    ),
    "a human": (
        *HUMAN,
        ("halo kak", SILENCE),
        (agent_says("Selamat pagi, ada yang bisa dibantu?"), "Rina: Selamat pagi"),
        (resolve(), "dinyatakan selesai"),
    ),
    "a human who writes long and with marks": (
        *HUMAN,
        (agent_says(MARKED), "Rina: 1. Buka … ok"),
        (agent_says(LONG), "Rina: Bagian pertama … sampai akhir."),
    ),
    "status of tickets": (
        ("forgot my password, username admin.sistem", "Go on?"),
        ("yes", "a code of 8 digits"),
        ("{code}", "special rights"),
        ("yes", "Ticket ITB-2026-000001"),
        (resolve(), "resolved"),
        ("ticket status please", "Which account is it?"),
        ("admin.sistem", "a code of 8 digits"),
        ("{code}", "ITB-2026-000001 · password"),
    ),
    "a guest request": (
        (LETTER, "Mohon diperiksa … audit tahunan … 1. Ulfa Pratiwi … [Kirim]"),
        (press("Ubah"), "Bagian mana … [Nomor surat] … [Telepon narahubung]"),
        (press("Keperluan"), "keperluan apa"),
        ("audit keuangan", "audit keuangan"),
        (press("Kirim"), "nomor ITB-2026-000001"),
    ),
    "a guest request with its letter": (
        (LETTER, "Mohon diperiksa … Lampiran: - … [Kirim]"),
        (letter, "Surat diterima: surat.pdf. … Lampiran: surat.pdf … [Kirim]"),
        ("ya", "nomor ITB-2026-000001"),
    ),
    "a letter nobody asked for": (
        (letter, "Berkas hanya saya terima"),
        (letter, SILENCE),
        ("cek akun 13519001", "kode 8 digit"),
    ),
    "two wishes": (
        ("cek akun 13519001 dan sekalian berapa lama akun mahasiswa aktif?", "kode 8 digit"),
        ("{code}", "aktif … 30 hari"),
    ),
    "misunderstood twice": (
        ("xyzzy", "belum menangkap"),
        ("plugh", "[Reset password]"),
        (press("Reset password"), "Kalau setuju"),
    ),
    "a stale button": (
        *ASKED[:1],
        (press("Ya, lanjutkan"), "kode 8 digit"),
        (press("Ya, lanjutkan"), "sudah tidak berlaku … ketik kode 8 digit"),
        ("{code}", "Kode cocok"),
    ),
    "a password in the chat": (
        (f"lupa password, password lama saya {PASSWORD}", "password … hapus"),
        ("ya", "Akun mana"),
    ),
    "what cannot be read": (
        (sticker, "hanya bisa membaca teks"),
        (sticker, SILENCE),
        ("cek akun 13519001", "kode 8 digit"),
    ),
    "in a group": (
        (in_group("lupa password, NIM saya 13519001"), "kirim pesan pribadi"),
        (in_group("halo?"), SILENCE),
        *ASKED[:1],
    ),
    "delivered twice": (
        *ASKED[:1],
        (again, SILENCE),
        (press("Ya, lanjutkan"), "kode 8 digit"),
        (again, SILENCE),
        ("{code}", "Kode cocok"),
        (again, SILENCE),
    ),
    "in English": (
        ("hello, I forgot my password", "If you agree … [Yes, go on]"),
        (press("Yes, go on"), "Which account is it?"),
        ("budi.santoso", "account budi.santoso … a code of 8 digits"),
        ("{code}", "The code is right … this number: 42"),
    ),
    "many choices": (
        ("bantuan", "[Reset password] … [Cek akun]"),
        ("akun saya aktif sampai kapan ya? masa aktif", "[Mahasiswa] … [Dosen]"),
        (press("Mahasiswa"), "II.B.7a"),
    ),
    "many choices in English": (
        ("how long do accounts stay valid?", "depends on its type … [Student] … [Guest]"),
        (press("Test/dummy"), "6 months"),
    ),
    "cancelled in English": (
        ("I forgot my password, my NIM is 13519001", "Go on?"),
        ("yes", "code of 8 digits"),
        ("I want to request guest accounts", "Which unit"),
        ("cancel", "cancelled … go on with the password reset … [Continue] [No need]"),
        (press("No need"), "I have closed that"),
    ),
    "a long text": ((f"{'Mohon maaf. ' * 320}Saya lupa password, NIM 13519001", "akun 13519001"),),
}
