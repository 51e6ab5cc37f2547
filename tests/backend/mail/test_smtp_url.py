"""SMTP URLs: how to connect, and nothing shown of a broken one."""

import pytest

from backend.adapters.mail.smtp import BadSmtpUrl, SmtpServer


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.kampus.example", ("mail.kampus.example", 25, False, True)),
        ("smtp://mail.kampus.example:587/", ("mail.kampus.example", 587, False, True)),
        ("smtps://mail.kampus.example", ("mail.kampus.example", 465, True, False)),
        ("smtp://127.0.0.1:1025", ("127.0.0.1", 1025, False, False)),
        ("smtp://localhost", ("localhost", 25, False, False)),
        ("smtp://[::1]:25", ("::1", 25, False, False)),
        ("smtp://10.0.0.1", ("10.0.0.1", 25, False, True)),
    ],
)
def test_urls_say_how_to_connect(url, expected):
    server = SmtpServer.from_url(url)
    assert (server.host, server.port, server.use_tls, server.start_tls) == expected


@pytest.mark.parametrize(
    "url",
    ["", "mail.x.id", "http://mail.x.id", "smtp://", "smtp://h:x", "smtp://u:geheim@h:99999",
     "smtp://u:geheim@h/path", "smtp://h?a=b"],
)  # fmt: skip
def test_a_broken_url_is_refused_without_being_shown(url):
    with pytest.raises(BadSmtpUrl) as caught:
        SmtpServer.from_url(url)
    assert "geheim" not in str(caught.value) + repr(caught.value.__cause__)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_password_is_not_in_the_servers_repr():
    assert "geheim" not in repr(SmtpServer.from_url("smtp://u:geheim@h"))
