"""Every mail, both languages, text and HTML."""

import re
from html.parser import HTMLParser

import pytest
from jinja2 import UndefinedError

from backend.adapters.mail.rendering import FOLDER, PURPOSES, JinjaTemplates
from backend_client.wire import Purpose

LINK = "https://akun.kampus.example/password#Tok_en-1"
EXAMPLES = {
    "code": {"code": "12345678", "minutes": 10, "purpose": "reset_password"},
    "reset_link": {"link": LINK, "minutes": 15},
    "claim_link": {"link": LINK, "username": "tamu.satu", "hours": 24},
    "claim_code": {"number": "4821", "username": "tamu.satu"},
    "password_changed": {
        "username": "budi.santoso",
        "at": "2026-03-02T03:00:00+00:00",
        "freeze_link": LINK,
    },
    "recovery_frozen": {"username": "budi.santoso", "until": "2026-03-05T03:00:00+00:00"},
    "guest_warning": {"username": "tamu.satu", "until": "2026-03-17", "days": 3},
}
EVERY = [(name, language) for name in EXAMPLES for language in ("id", "en")]
templates = JinjaTemplates()


def render(name, language="id", **changes):
    return templates.render(name, language, {**EXAMPLES[name], **changes})


class Page(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags, self.open, self.words, self.links = [], [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "a":
            self.links.append(dict(attrs)["href"])
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def test_every_template_has_an_example_and_four_files():
    names = {path.name.split(".")[0] for path in FOLDER.iterdir()}
    assert {name for name in names if not name.startswith("_")} == set(EXAMPLES)
    for name in EXAMPLES:
        for ending in ("id.txt", "en.txt", "id.html", "en.html"):
            assert (FOLDER / f"{name}.{ending}").is_file()


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_every_mail_says_everything_in_text_and_in_html(name, language):
    mail = render(name, language)
    page = Page(mail.html)
    words = " ".join(page.words)
    links = [value for key, value in EXAMPLES[name].items() if "link" in key]
    assert page.links == links
    assert all(link in mail.text for link in links)
    for key in {"code", "number", "username"} & EXAMPLES[name].keys():
        assert EXAMPLES[name][key] in mail.text
        assert EXAMPLES[name][key] in words
    assert page.open == []
    assert "{" not in mail.subject + mail.text + words
    assert "\n" not in mail.subject


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_a_mail_loads_nothing_and_sends_nothing(name, language):
    tags = {tag for tag, _ in Page(render(name, language).html).tags}
    assert tags.isdisjoint({"img", "script", "link", "iframe", "form", "input", "object", "style"})
    assert "url(" not in render(name, language).html


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_every_mail_says_that_we_never_ask_for_the_password(name, language):
    mail = render(name, language)
    sentence = {"id": "tidak pernah meminta password", "en": "never ask for your password"}
    assert sentence[language] in mail.text
    assert sentence[language] in mail.html


@pytest.mark.parametrize("name", EXAMPLES)
def test_mails_use_the_words_of_the_chat(name):
    """The chat says password, email, chat and username; one thing has one name."""
    mail = render(name, "id")
    for text in (mail.subject, mail.text, mail.html):
        assert re.findall(r"(?i)kata sandi|e-mail|percakapan|nama pengguna", text) == []


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_nothing_may_be_left_out(name, language):
    for key in EXAMPLES[name]:
        rest = {other: value for other, value in EXAMPLES[name].items() if other != key}
        with pytest.raises(UndefinedError):
            templates.render(name, language, rest)


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_the_words_are_of_one_language(name, language):
    """Words that only one of the two languages has, as a rough guard against a mixed-up file."""
    foreign = {"id": r"\b(the|your|and|you)\b", "en": r"\b(Anda|yang|dan|untuk|akun)\b"}
    text = render(name, language).text.replace(LINK, "")
    assert re.findall(foreign[language], text) == []


@pytest.mark.parametrize("name", [name for name in EXAMPLES if "username" in EXAMPLES[name]])
def test_what_a_mail_is_given_cannot_become_markup(name):
    mail = render(name, username="<b>x</b>&")
    assert "<b>x</b>" not in mail.html
    assert "&lt;b&gt;x&lt;/b&gt;&amp;" in mail.html
    assert "<b>x</b>&" in mail.text


def test_a_subject_stays_one_line():
    mail = render("guest_warning", days="3\r\nBcc: all@x.id")
    assert "\n" not in mail.subject
    assert "\r" not in mail.subject


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("purpose", Purpose)
def test_a_code_says_what_it_is_for(language, purpose):
    assert PURPOSES[language][purpose] in render("code", language, purpose=purpose.value).text


@pytest.mark.parametrize(
    ("value", "language", "shown"),
    [
        ("2026-03-02T03:00:00+00:00", "id", "2 Maret 2026 10.00 WIB"),
        ("2026-03-02T03:00:00+00:00", "en", "2 March 2026, 10:00 WIB"),
        ("2026-03-02T03:00:00", "id", "2 Maret 2026 10.00 WIB"),
        ("2026-03-02T03:00:00Z", "id", "2 Maret 2026 10.00 WIB"),
        ("2026-12-31T20:00:00+00:00", "id", "1 Januari 2027 03.00 WIB"),
        ("2026-03-17", "id", "17 Maret 2026"),
        ("besok pagi", "id", "besok pagi"),
        ("2026-13-99", "id", "2026-13-99"),
    ],
)
def test_dates_are_written_as_people_read_them(value, language, shown):
    assert f" {shown}" in render("recovery_frozen", language, until=value).text.replace("\n", " ")


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Asia/Makassar", "11.00 WITA"),
        ("Asia/Jayapura", "12.00 WIT"),
        ("Asia/Dubai", "07.00 UTC+0400"),
    ],
)
def test_dates_are_shown_in_the_zone_of_the_settings(zone, shown):
    local = JinjaTemplates(time_zone=zone, organisation="Pusat TI")
    text = local.render("recovery_frozen", "id", EXAMPLES["recovery_frozen"]).text
    assert shown in text
    assert "Pusat TI" in text


@pytest.mark.parametrize(("minutes", "shown"), [(1, "within 1 minute."), (2, "within 2 minutes.")])
def test_english_knows_one_and_many(minutes, shown):
    assert shown in render("code", "en", minutes=minutes).text
