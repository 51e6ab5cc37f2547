"""What is only thanks, and what looks like a secret."""

import pytest

from backend.domain.secret_text import MASK, looks_secret, redact, secret_detail
from backend.domain.thanks import is_thanks


@pytest.mark.parametrize(
    "text",
    [
        "Terima kasih",
        "terima kasih banyak ya min 🙏",
        "makasih kak",
        "trims pak, sudah bisa",
        "hatur nuhun",
        "oke siap, terima kasih atas bantuannya",
        "Thanks!",
        "thank you so much for your help",
        "ok thx, it works now",
        "🙏🙏",
    ],
)
def test_thanks(text):
    assert is_thanks(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "???",
        "ok",
        "sudah bisa",
        "makasih, tapi masih belum bisa",
        "terima kasih, kapan selesai?",
        "thanks but it still fails",
        "saya terima email lagi",
        "makasih " * 17,
    ],
)
def test_more_or_less_than_thanks(text):
    assert not is_thanks(text)


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("password: Rahasia", f"password: {MASK}"),
        ("kata sandi baru = ab12", f"kata sandi baru = {MASK}"),
        ("sandinya adalah kucing", f"sandinya adalah {MASK}"),
        ("Your new password is hunter2 ok", f"Your new password is {MASK} ok"),
        ("coba Bandung#2026 ya", f"coba {MASK} ya"),
        ("token " + "aB3-" * 11, f"token {MASK}"),
        ("lupa password saya", "lupa password saya"),
        ("password baru saya belum bisa", "password baru saya belum bisa"),
        ("tiket ITB-2026-000123 sudah selesai", "tiket ITB-2026-000123 sudah selesai"),
        ("surel Budi.Santoso1@example.net.", "surel Budi.Santoso1@example.net."),
        ("buka https://Portal.example/Aktif?x=1 ya", "buka https://Portal.example/Aktif?x=1 ya"),
        ("surat 102/IT1.B01/TU.02/2023", "surat 102/IT1.B01/TU.02/2023"),
    ],
)
def test_redaction(text, redacted):
    assert redact(text) == redacted
    assert redact(redacted) == redacted


@pytest.mark.parametrize(
    ("word", "secret"),
    [
        ("Aa1!aaaaa", False),  # 9 characters
        ("Aa1!aaaaaa", True),
        ("aa1!aaaaaa", False),  # no upper case
        ("AA1!AAAAAA", False),  # no lower case
        ("Aaa!aaaaaa", False),  # no digit
        ("Aa1aaaaaaa", False),  # no symbol
        ("f" * 64, False),  # a digest
        ("aB3" + "x" * 36, False),  # 39 characters
        ("aB3" + "x" * 37, True),
        ("AB3" + "X" * 37, False),
        ("abc" + "x" * 37, False),
        ("aBc" + "x" * 37, False),
    ],
)
def test_shape_of_a_secret(word, secret):
    assert looks_secret(word) is secret


@pytest.mark.parametrize(
    ("name", "value", "refused"),
    [
        ("code", "12345678", True),
        ("code", "too_many", False),
        ("code_length", 8, False),
        ("password_version", 3, False),
        ("grant", "abc123", True),
        ("used", True, False),
        ("address", None, False),
        ("note", "ditulis Bandung#2026 kemarin", True),
        ("reason", "recovery_email_changed", False),
        ("ticket", "ITB-2026-000123", False),
    ],
)
def test_refused_audit_details(name, value, refused):
    assert secret_detail(name, value) is refused
