"""What is taken out of words and names before anything is stored."""

import pytest

from bot.channels.inbound import clean, clean_file_name


def test_controls_and_passwords_are_taken_out_of_words():
    text, found = clean("password saya \x00Bandung#2024\u202e ya")
    assert found
    assert "Bandung" not in text
    assert clean("lupa\u0000 password") == ("lupa password", False)


@pytest.mark.parametrize(
    "name",
    [
        "IMG_20260302_101010.jpg",
        "Surat_Permohonan_2026.pdf",
        "surat-permohonan-001_UN3_2026.pdf",
        "B-012_IT1.C05_TU_2026.pdf",
        "WhatsApp Image 2026-03-02 at 10.10.10.jpeg",
        "Memo No.15-DSTI-2026 (signed).pdf",
        "surat",
        "",
    ],
)
def test_names_as_cameras_and_offices_give_them_stay(name):
    assert clean_file_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "password saya Rahasia#12.pdf",
        "sandi_Bandung#2024.png",
        "kata-sandi-baru-Kucing88!.jpg",
        "Kucing#1234.pdf",
        "password saya Bandung#2024",
    ],
)
def test_nothing_is_left_of_a_name_with_a_password(name):
    assert clean_file_name(name) == ""


def test_a_names_controls_and_folders_are_taken_out():
    assert clean_file_name("C:\\Surat\\surat\u202efdp.exe\x00") == "surat fdp.exe"
