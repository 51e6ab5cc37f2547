"""Which turns put which message on the list, read like a chat."""

import pytest
from chat_kit import press, wait


async def test_what_was_not_understood(chat):
    await chat.plays(("parkiran penuh mulu", "belum"), ("lupa password", "Kalau setuju"))
    assert chat.noted == [("parkiran penuh mulu", "misunderstood", None)]


@pytest.mark.parametrize(
    ("away", "chosen"),
    [
        (press("Batal"), None),
        ("batal", None),
        ("tidak", None),
        ("bukan itu", None),
        ("cek akun saya", "check_account"),
        ("mau ngomong sama petugas", "escalate"),
    ],
)
async def test_turning_away_at_the_first_question(chat, away, chosen):
    await chat.says("lupa password")
    await (chat.says(away) if isinstance(away, str) else away(chat))
    assert chat.noted == [("lupa password", "corrected", chosen)]


@pytest.mark.parametrize("on", ["ya", "akun saya 13519001"])
async def test_who_goes_on_was_understood(chat, on):
    await chat.plays(("lupa password", "Kalau setuju"), (on, "akun"), ("batal", "batal"))
    assert chat.noted == []


async def test_silence_says_nothing(chat):
    await chat.plays(
        ("lupa password", "Kalau setuju"),
        (wait(minutes=11), "10 menit"),
        ("batal", "tidak ada"),
    )
    assert chat.noted == []


@pytest.mark.parametrize(
    ("then", "happened", "chosen"),
    [
        (press("Buka kunci akun"), "ambiguous", "unlock_account"),
        (press("Reset password"), "corrected", "reset_password"),
        ("halo", "ambiguous", None),
    ],
)
async def test_what_was_chosen_of_two(chat, then, happened, chosen):
    await chat.plays(("ada masalah akun nih", "[Buka kunci akun]"))
    await (chat.says(then) if isinstance(then, str) else then(chat))
    assert chat.noted == [("ada masalah akun nih", happened, chosen)]


async def test_an_answer_with_a_name_in_it_is_not_kept(chat):
    await chat.plays(
        ("lupa password", "Kalau setuju"),
        ("ya", "Akun mana"),
        ("joko widagdo", "username"),
        ("apa itu username", "username"),
    )
    assert chat.noted == [("apa itu username", "misunderstood", None)]


async def test_what_a_human_is_told_is_not_kept(chat):
    await chat.plays(("petugas dong", "Tiket"), ("parkiran penuh mulu", "petugas"))
    assert chat.noted == []


async def test_a_stale_button_is_no_verdict(chat):
    await chat.plays(
        ("lupa password", "[Batal]"),
        (press("Batal"), "batal"),
        ("mau reset password", "[Batal]"),
        (press("Batal", older=1), "sudah tidak berlaku"),
    )
    assert chat.noted == [("lupa password", "corrected", None)]


async def test_nothing_is_noted_without_consent(chat, clock):
    chat.box.dialogue._reviewed = False
    await chat.plays(
        ("parkiran penuh mulu", "belum"), ("lupa password", "Kalau setuju"), ("batal", "batal")
    )
    assert (chat.noted, "watched" in chat.box.states["web:visitor-1"]) == ([], False)
