"""How days, instants, durations and numbers are shown."""

import pytest

from bot.texts.catalogue import Texts
from bot.texts.template import BadTemplate, parse
from nlu.types import Language

ID, EN = Language.ID, Language.EN


def shown(language, source, **args):
    texts = Texts({ID: {}, EN: {}} | {language: {"k": (parse(source),)}}, "Asia/Jakarta")
    return texts.render(language, "k", args)


@pytest.mark.parametrize(
    ("language", "source", "value", "expected"),
    [
        (ID, "{x:date}", "2026-03-17", "17 Maret 2026"),
        (EN, "{x:date}", "2026-03-17", "17 March 2026"),
        pytest.param(ID, "{x:date}", "2026-03-16T18:00:00+00:00", "17 Maret 2026", id="jakarta"),
        (ID, "{x:datetime}", "2026-03-02T03:00:00+00:00", "Senin, 2 Maret 2026 pukul 10.00 WIB"),
        (EN, "{x:datetime}", "2026-03-02T03:00:00+00:00", "Monday, 2 March 2026, 10:00 WIB"),
        (ID, "{x:duration}", 0, "1 detik"),
        (ID, "{x:duration}", 5, "5 detik"),
        (EN, "{x:duration}", 1, "1 second"),
        (EN, "{x:duration}", 59, "59 seconds"),
        (EN, "{x:duration}", 60, "1 minute"),
        (EN, "{x:duration}", 119, "119 seconds"),
        (EN, "{x:duration}", 120, "2 minutes"),
        (EN, "{x:duration}", 121, "3 minutes"),
        (ID, "{x:duration}", 600, "10 menit"),
        (EN, "{x:duration}", 3600, "1 hour"),
        (EN, "{x:duration}", 3601, "61 minutes"),
        (EN, "{x:duration}", 86_400, "24 hours"),
        (EN, "{x:duration}", 86_401, "25 hours"),
        (EN, "{x:plural one try|# tries}", 1, "one try"),
        (EN, "{x:plural one try|# tries}", 0, "0 tries"),
        (EN, "{x:plural one try|# tries}", 1200, "1,200 tries"),
        (ID, "{x:plural satu|# kali}", 1, "1 kali"),
        (ID, "{x}", "{y}", "{y}"),
        (ID, "{{x}} {x}", "a", "{x} a"),
    ],
)
def test_values(language, source, value, expected):
    assert shown(language, source, x=value) == expected


@pytest.mark.parametrize("source", ["{x:huge}", "{x:plural one}", "{x", "x}"])
def test_a_sentence_that_cannot_be_read_is_found_at_once(source):
    with pytest.raises(BadTemplate):
        parse(source)


def test_a_place_that_is_not_given_is_an_error():
    with pytest.raises(KeyError):
        shown(ID, "{x}")


def test_the_same_sentence_is_never_said_twice_in_a_row():
    again = {"text.again": (parse("Again: {text}"),)}
    texts = Texts({EN: {"k": (parse("a"), parse("b")), "one": (parse("c"),)} | again}, "UTC")
    assert texts.render(EN, "k", {}) == "a"
    assert texts.render(EN, "k", {}, last=("a",)) == "b"
    assert texts.render(EN, "one", {}, last=("c",)) == "Again: c"
    assert texts.render(EN, "one", {}, last=("Again: c",)) == "c"


def test_a_key_that_stands_twice_is_found_when_the_catalogue_loads(tmp_path, monkeypatch):
    for language in Language:
        folder = tmp_path / language
        folder.mkdir()
        (folder / "a.yaml").write_text("k: one")
        (folder / "b.yaml").write_text("k: two")
        (folder / "notes.txt").write_text("not a catalogue")
    monkeypatch.setattr("bot.texts.catalogue.resources.files", lambda _package: tmp_path)
    with pytest.raises(BadTemplate, match="k stands twice"):
        Texts.load()
