"""A unit asks for guest accounts (ITB, last two letters)."""

from datetime import date

from chat_kit import SILENCE, Chat, feed, press, sets, wait

from backend_client import wire

LIST = """Ulfa Pratiwi, KAP Contoh, ulfa@contoh.com
Wynne Taslim, KAP Contoh, wynne@contoh.com"""

LETTER = (
    """Mohon dibuatkan akun tamu
Unit: Satuan Pengawas Internal
Nomor surat: 102/IT1.B01/TU.02/2026
tanggal surat 27 feb 2026
Keperluan: audit tahunan
Aktif sampai 17 Maret 2026
Kontak: Ibu Yulia 0857-2114-7437
"""
    + LIST
)


async def asked_everything(chat):
    await chat.plays(
        ("mau minta akun tamu", "Petugas yang memutuskan … Unit kerja mana"),
        ("Satuan Pengawas Internal", "nomor surat"),
        ("102/IT1.B01/TU.02/2026", "bertanggal berapa"),
        ("27 feb 2026", "keperluan apa"),
        ("audit tahunan", "Tempel daftarnya"),
        (LIST, "sampai tanggal berapa"),
        ("17 Maret 2026", "narahubung"),
        ("Ibu Yulia 0857-2114-7437", "Mohon diperiksa"),
    )


async def test_one_question_at_a_time(chat, backend):
    await asked_everything(chat)
    await chat.plays(
        (press("Kirim"), "nomor ITB-2026-000001"),
        (
            feed(wire.GuestsDecided, ticket="ITB-2026-000001", approved=True, count=2),
            "disetujui: 2 akun",
        ),
    )
    (request,) = backend.guest_requests
    assert (request.unit, request.letter_number) == (
        "Satuan Pengawas Internal",
        "102/IT1.B01/TU.02/2026",
    )
    assert (request.letter_date, request.active_until) == (date(2026, 2, 27), date(2026, 3, 17))
    assert (request.purpose, request.contact_name) == ("audit tahunan", "Ibu Yulia")
    assert [person.email for person in request.people] == ["ulfa@contoh.com", "wynne@contoh.com"]


async def test_the_whole_letter_in_one_message(chat, backend):
    await chat.plays(
        (
            LETTER,
            (
                "Mohon diperiksa … Satuan Pengawas Internal … 27 Februari 2026 … audit tahunan"
                " … 17 Maret 2026 … Ibu Yulia … 2 orang … 1. Ulfa Pratiwi"
            ),
        ),
        ("ya", "nomor ITB-2026-000001"),
    )
    assert len(backend.guest_requests) == 1


async def test_in_english_with_institutions_and_emails_missing(chat, backend):
    await chat.plays(
        ("I want to request guest accounts for 3 people", "Which unit"),
        ("Direktorat Pendidikan", "number of the request letter"),
        ("55/IT1.C02/TU/2026", "date of that letter"),
        ("2 March 2026", "What are the guest accounts for"),
        ("a workshop on statistics", "Who are the guests?"),
        ("1. Ulfa Pratiwi,\n2. Wynne Taslim,", "2 of 3 guests … [That is all]"),
        ("Naufal Satira,", "institution of 3 guests is missing (Ulfa Pratiwi, Wynne"),
        ("Example Auditors", "e-mail of 3 guests: Ulfa Pratiwi"),
        ("ulfa@example.com wynne@example.com naufal@example.com", "Until which date"),
        ("17 March 2026", "contact person"),
        ("Ms Yulia", "phone number"),
        ("0812 3456 7890", "3 guests: … Naufal Satira · Example Auditors · naufal@example.com"),
        ("yes", "filed under number ITB-2026-000001"),
    )
    assert {person.institution for person in backend.guest_requests[0].people} == {
        "Example Auditors"
    }


async def test_correcting_a_field_before_filing(chat, backend):
    await chat.plays(
        (LETTER, "Mohon diperiksa"),
        (press("Ubah"), "Bagian mana … [Nomor surat] … [Telepon narahubung]"),
        ("keperluan", "keperluan apa"),
        ("audit keuangan", "audit keuangan"),
        ("nomor suratnya 103/IT1.B01/TU.02/2026", "103/IT1.B01/TU.02/2026"),
        ("ya", "ITB-2026-000001"),
    )
    assert backend.guest_requests[0].letter_number == "103/IT1.B01/TU.02/2026"


async def test_dates_that_cannot_be(chat):
    await chat.plays(
        (
            LETTER.replace("17 Maret 2026", "1 jan 2026"),
            "1 Januari 2026 sudah lewat … aktif sampai",
        ),
        ("17 Maret 2026", "Mohon diperiksa"),
    )


async def test_too_many_people(chat):
    many = "\n".join(
        f"Ulfa {chr(65 + n // 26)}{chr(97 + n % 26)}ri, KAP, t{n}@contoh.com" for n in range(301)
    )
    await chat.plays((LETTER.replace(LIST, many), "paling banyak 300 … 300 orang … (+290)"))


async def test_a_refused_request_is_told_with_its_reason(chat):
    await chat.plays(
        (LETTER, "Mohon diperiksa"),
        (press("Kirim"), "ITB-2026-000001"),
        (
            feed(
                wire.GuestsDecided,
                ticket="ITB-2026-000001",
                approved=False,
                count=0,
                reason="surat belum ditandatangani",
            ),
            "tidak disetujui … belum ditandatangani",
        ),
    )


async def test_filing_while_the_backend_is_down_loses_nothing(chat, backend):
    await chat.plays(
        (LETTER, "Mohon diperiksa"),
        (sets(down=True), SILENCE),
        (press("Kirim"), SILENCE),
        (wait(seconds=9), "sudah saya simpan … tidak perlu mengirim ulang"),
        (wait(minutes=20), SILENCE),
        (sets(down=False), "ITB-2026-000001"),
    )
    assert len(backend.guest_requests) == 1


OPENING = (
    "mau minta akun tamu untuk 2 auditor, surat 102/IT1.B01/TU.02/2026 tanggal 8 Januari 2026"
)
PASTED = """1. Rina Lestari - KAP Contoh - rina@example.net
2. Joko Purnomo, KAP Contoh, joko@example.net"""


async def test_the_tutorial_s_steps_with_answers_in_any_order(backend, clock, embedded):
    """What one field took does not fill the asked one, too (docs/tutorials)."""
    await Chat(backend, clock, embedded).plays(
        (OPENING, "Unit kerja mana"),
        (PASTED, "nama unit kerja pengaju"),
        ("Satuan Pengawas Internal", "keperluan apa"),
        ("sampai 31 Desember 2026", "Apa keperluan"),
        ("audit laporan keuangan", "Siapa narahubung"),
        ("Ibu Yulia 0812-3456-7890", "Unit: Satuan Pengawas Internal\n"),
        ("unitnya Direktorat Pendidikan", "Unit: Direktorat Pendidikan\n"),
        (press("Kirim"), "ITB-2026-000001"),
    )
    (request,) = backend.guest_requests
    assert (request.unit, request.purpose) == ("Direktorat Pendidikan", "audit laporan keuangan")
    assert (request.contact_name, request.contact_phone) == ("Ibu Yulia", "+6281234567890")
    assert request.active_until == date(2026, 12, 31)
    assert [person.name for person in request.people] == ["Rina Lestari", "Joko Purnomo"]


async def test_a_contact_of_the_opening_and_the_day_of_a_purpose(backend, clock, embedded):
    await Chat(backend, clock, embedded).plays(
        (OPENING + ", cp Ibu Yulia 0812-3456-7890", "Unit kerja mana"),
        ("Satuan Pengawas Internal", "keperluan apa"),
        ("workshop 12-14 Maret 2026", "Tempel daftarnya"),
        (PASTED, "sampai tanggal berapa"),
        ("31 Desember 2026", "Keperluan: workshop 12-14 Maret 2026 … Narahubung: Ibu Yulia, +62"),
    )


async def test_no_letter_yet(chat):
    await chat.plays(
        ("I want to request guest accounts", "Which unit"),
        ("Direktorat Pendidikan", "number of the request letter"),
        ("no letter yet", "needs a letter … [Talk to a person]"),
        ("102/IT1.B01/TU.02/2026", "date of that letter"),
    )
