"""Questions about the helpdesk itself: no intent tells them, their words do."""

import pytest
from builders import Intent, buttons, keys, meaning

from handlers.small_talk import about_us, reply


@pytest.mark.parametrize(
    ("message", "texts"),
    [
        (meaning("jam layanan jam berapa?"), ["about.hours"]),
        (meaning("helpdesk buka hari sabtu?", Intent.ESCALATE, 0.98), ["about.hours"]),
        (meaning("what are your opening hours"), ["about.hours"]),
        (meaning("siapa kamu"), ["about.me"]),
        (meaning("kamu robot ya?"), ["about.me"]),
        (meaning("are you a bot?"), ["about.me"]),
        (meaning("halo"), []),
        (meaning("cek akun, kamu siapa", Intent.CHECK_ACCOUNT), []),
        (meaning("petugas kemarin bilang jam kerja beda tapi saya tetap tidak bisa masuk"), []),
    ],
)
def test_about_us(message, texts):
    effects = about_us(message)
    assert keys(effects) == texts
    assert buttons(effects) == (["human"] if texts == ["about.hours"] else [])


def test_later_is_no_goodbye_while_a_question_is_open():
    assert keys(reply(Intent.GOODBYE, busy=True)) == ["smalltalk.take_your_time"]
    assert keys(reply(Intent.GOODBYE, busy=False)) == ["smalltalk.goodbye"]
