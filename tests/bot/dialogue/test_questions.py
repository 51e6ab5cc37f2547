"""Questions about an account's life, answered with the clause (domain.md)."""

import pytest
from chat_kit import press


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("sampai kapan akun mahasiswa aktif setelah lulus?", "30 hari … II.B.8a … alumni … c.1"),
        ("masa aktif akun dosen sampai kapan", "usia pensiun (ITB II.B.7b) … II.B.7g … c.2"),
        ("masa aktif akun tendik?", "tanggal pensiun (II.B.8b)"),
        ("masa aktif akun KJP", "yang terpanjang (II.B.7d) … c.3"),
        ("masa aktif akun TAD", "memo (c.4)"),
        ("masa aktif akun pihak ketiga", "surat permohonan unit (ITB II.B.7e)"),
        ("masa aktif akun tamu", "tanggal pada surat"),
        ("masa aktif akun dummy", "6 bulan … ITB a.5"),
        (
            "perpanjang akun TAD gimana",
            "satu bulan, dan hanya satu kali … b.4 … [Hubungi petugas]",
        ),
        ("perpanjang akun tamu", "surat permohonan baru … [Ajukan akun tamu]"),
        ("how long is a student account valid", "30 days after … II.B.8a"),
        ("can you extend a KJP account", "longest contract … b.3"),
        ("when does a lecturer account expire", "retirement age"),
        ("password rules please", "at least 10 characters … II.B.6a"),
        ("syarat password apa saja?", "10 karakter … huruf besar … simbol"),
    ],
)
async def test_the_rule_with_its_clause(chat, question, answer):
    await chat.plays((question, answer))


async def test_the_type_is_asked_when_unknown(plain_chat):
    await plain_chat.plays(
        ("akun saya aktif sampai kapan ya?", "Akun apa yang Anda maksud? … [Mahasiswa] [Dosen]"),
        ("saya mahasiswa", "II.B.7a"),
    )


async def test_the_type_is_asked_in_english(chat):
    await chat.plays(
        ("how long do accounts stay valid?", "depends on its type … [Student] … [Guest]"),
        (press("Test/dummy"), "6 months"),
    )


async def test_an_extension_goes_on_with_a_human(chat, backend):
    await chat.plays(
        ("perpanjang akun dosen", "II.B.7f … [Hubungi petugas]"),
        (press("Hubungi petugas"), "ITB-2026-000001"),
    )


async def test_the_same_rule_for_another_type(chat):
    await chat.plays(
        ("akun mahasiswa aktif sampai kapan?", "ITB II.B.7a"),
        ("kalau KJP?", "Akun KJP aktif sampai kontrak berakhir"),
        ("dosen kapan?", "Akun dosen tetap aktif sampai batas usia pensiun"),
    )
