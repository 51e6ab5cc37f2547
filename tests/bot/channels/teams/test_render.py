"""What people see: golden activities, escapes, and every sentence of the catalogues."""

import pytest
from card_schema import ACTIVITY
from every_message import LINK, NO, YES, messages, payloads
from hypothesis import given
from hypothesis import strategies as st
from microsoft_agents.activity import Activity as TheirActivity

from bot.channels.capabilities import TEAMS
from bot.channels.port import Button, OutboundMessage
from bot.channels.teams_render import card as closed
from bot.channels.teams_render import escape
from bot.envelope import press_payload


def submit(title, press):
    action = {"type": "Action.Submit", "title": title, "data": {"press": press}}
    return {"type": "ActionSet", "actions": [action]}


def line(text, **looks):
    return {
        "type": "RichTextBlock",
        "inlines": [{"type": "TextRun", "text": text, **looks}],
    }


def open_url(title, url):
    action = {"type": "Action.OpenUrl", "title": title, "url": url}
    return {"type": "ActionSet", "actions": [action]}


def card(summary, *body):
    content = {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.5",
        "body": [*body],
    }
    return {
        "type": "message",
        "summary": summary,
        "attachments": [
            {"contentType": "application/vnd.microsoft.card.adaptive", "content": content}
        ],
    }


def said(text):
    return {"type": "message", "textFormat": "markdown", "text": text}


def test_a_text_alone_is_a_message():
    message = OutboundMessage("Halo.\n\nAda *apa*?\n1. Ini")
    assert payloads(message) == [said("Halo.\n\nAda \\*apa\\*?\n\n1\\. Ini")]


def test_a_text_with_buttons_is_one_card():
    message = OutboundMessage("Reset akun *x*?\nLanjut?", (YES, NO, LINK))
    assert payloads(message) == [
        card(
            "Reset akun *x*?\nLanjut?",
            line("Reset akun *x*?"),
            line("Lanjut?"),
            submit("Ya, lanjutkan", "/choose:1:yes"),
            submit("Batal", "/choose:1:cancel"),
            open_url("Buka halaman", LINK.url),
        )
    ]


def test_an_agent_is_named():
    assert payloads(OutboundMessage("Halo", author="Rina_T")) == [said("**Rina\\_T**\n\nHalo")]
    (shown,) = payloads(OutboundMessage("Halo", (YES,), author="Rina_T"))
    assert shown == card(
        "Halo", line("Rina_T", weight="Bolder"), line("Halo"), submit(YES.title, YES.payload)
    )


def test_a_card_without_its_buttons_is_a_card_still():
    assert closed(OutboundMessage("Reset *x*?\nLanjut?")) == card(
        "Reset *x*?\nLanjut?", line("Reset *x*?"), line("Lanjut?")
    )
    assert closed(OutboundMessage("Lanjut?", (LINK,))) == card(
        "Lanjut?", line("Lanjut?"), open_url("Buka halaman", LINK.url)
    )


def test_a_long_text_is_split_and_the_buttons_come_last():
    first, last = payloads(OutboundMessage("kata " * 1500, (YES,)))
    assert first["textFormat"] == "markdown"
    assert last["attachments"]


def test_many_choices_become_a_numbered_list():
    many = tuple(Button(f"Pilihan {n}", press_payload(1, f"v{n}")) for n in range(13))
    (only,) = payloads(OutboundMessage("Pilih:", many))
    assert "13\\. Pilihan 12" in only["text"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a_b *c* `d` [e](f) ~g~ h\\i", "a\\_b \\*c\\* \\`d\\` \\[e\\](f) \\~g\\~ h\\\\i"),
        ("# judul", "\\# judul"),
        ("- satu\n+ dua\n3) tiga\n4. empat", "\\- satu\n\\+ dua\n3\\) tiga\n4\\. empat"),
        ("a - b, pukul 07.30", "a - b, pukul 07.30"),
        ("judul\n===", "judul\n\\==="),
        ("<b>x</b> & y > z", "&lt;b&gt;x&lt;/b&gt; &amp; y &gt; z"),
        ("a|b", "a\\|b"),
        (
            "lihat https://x.example/a_b*c?d=1&e=2 ya *",
            "lihat https://x.example/a_b*c?d=1&e=2 ya \\*",
        ),
    ],
)
def test_marks_of_markdown_are_shown_as_they_are(text, expected):
    assert escape(text) == expected


MARKS = "\\`*_[]()~#|<>&-+=.1) \nabchttps://"


@given(st.text(MARKS, max_size=60))
def test_no_text_brings_markup_of_its_own(text):
    """Whatever stands outside of addresses, an opening mark is always escaped."""
    shown = escape(text)
    plain = " ".join(part for part in shown.split() if "http" not in part)
    assert "<" not in plain
    for position, mark in enumerate(plain):
        if mark in "*_`[]~#|":
            before = plain[:position]
            assert (len(before) - len(before.rstrip("\\"))) % 2 == 1, (text, shown)


@given(
    st.text(min_size=1, max_size=12_000).filter(str.strip),
    st.lists(st.text(min_size=1, max_size=100), max_size=14),
)
def test_nothing_is_too_large_for_teams(text, titles):
    buttons = tuple(Button(t, press_payload(n, "v" * 100)) for n, t in enumerate(titles))
    for activity in payloads(OutboundMessage(text, buttons)):
        assert len(str(activity).encode("utf-16-le")) < 80_000


def test_the_widest_message_is_within_the_documented_sizes():
    """A message: 40 KB in UTF-16. A card: 28 KB."""
    wide = tuple(Button("\U0001f510" * 60, press_payload(n, "v" * 180)) for n in range(12))
    for text in ("\U0001f510" * TEAMS.max_text, "*" * TEAMS.max_text):
        for buttons in ((), wide):
            for activity in payloads(OutboundMessage(text, buttons)):
                assert len(str(activity).encode("utf-16-le")) < 40_000
                assert len(str(activity).encode()) < 28_000


# -- every sentence the assistant has ------------------------------------------------------------
def test_every_sentence_and_offer_is_valid_and_is_read_by_microsofts_models():
    seen = 0
    for message in messages():
        for activity in payloads(message):
            ACTIVITY.validate(activity)
            assert TheirActivity.model_validate(activity).type == "message"
            seen += 1
    assert seen > 1000, "the catalogues were read"
