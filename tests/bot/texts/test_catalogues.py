"""Both catalogues hold every text the assistant can say, and nothing else."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from backend_client import wire
from bot.texts.catalogue import Texts
from handlers.account_lifecycle_question import ACCOUNT_TYPES, Topic
from handlers.flow import FlowName
from handlers.gate import REASONS
from handlers.guest_draft import Field
from handlers.kernel import FileProblem
from nlu.types import Language

ROOT = Path(__file__).resolve().parents[3]
SOURCES = [
    *sorted((ROOT / "handlers").glob("*.py")),
    ROOT / "bot/dialogue.py",
    ROOT / "bot/channels/whatsapp.py",
]
TEXTS = Texts.load()
KEYS = {language: set(TEXTS.catalogues[language]) for language in Language}
BY_LOADER = {"text.again"}
TOPICS = [topic for topic in Topic if topic is not Topic.PASSWORD]
FAMILIES = {
    *(f"lifecycle.{topic}.{name}" for topic in TOPICS for name in ACCOUNT_TYPES),
    *(f"lifecycle.ask_type.{topic}" for topic in TOPICS),
    *(f"gate.{reason}" for reason in (*REASONS, "other")),
    *(f"gate.{reason}" for reason in wire.HumanReason),
    *(f"account.advice.{status}" for status in ("disabled", "expired", "not_yet_valid")),
    *(f"guest.ask_{field}" for field in Field),
    *(f"button.field.{field}" for field in Field),
    *(f"button.flow.{flow}" for flow in FlowName),
    *(f"name.flow.{flow}" for flow in FlowName),
    *(f"name.account_type.{name}" for name in ACCOUNT_TYPES),
    *(f"name.status.{status}" for status in wire.AccountStatus),
    *(f"name.category.{category}" for category in wire.TicketCategory),
    *(f"name.ticket_status.{status}" for status in wire.TicketStatus),
    *(f"guest.file_{problem}" for problem in FileProblem),
    "code.too_many_later",
    "code.paused_later",
    "code.expired",
    "code.exhausted",
}
"""Keys that are put together at run time, by everything they can be put together from."""


@cache
def trees():
    return [ast.parse(path.read_text()) for path in SOURCES]


def written_keys():
    """String constants that look like keys, but for the tags of states and events."""
    found = set()
    for tree in trees():
        tags = {
            id(keyword.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef)
            for keyword in node.keywords
        }
        inside = {id(v) for n in ast.walk(tree) if isinstance(n, ast.JoinedStr) for v in n.values}
        for node in ast.walk(tree):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
                continue
            if id(node) not in tags | inside and re.fullmatch(r"[a-z]+(\.[a-z_]+)+", node.value):
                found.add(node.value)
    return found


def test_every_key_in_the_code_has_a_text():
    assert (written_keys() | FAMILIES) - KEYS[Language.ID] == set()


def test_no_text_is_left_over():
    assert KEYS[Language.ID] - written_keys() - FAMILIES - BY_LOADER == set()


def test_both_languages_have_the_same_keys():
    assert KEYS[Language.ID] == KEYS[Language.EN]


def places(language, key):
    return frozenset().union(*(v.places for v in TEXTS.catalogues[language][key]))


def test_both_languages_are_filled_with_the_same():
    different = {
        key for key in KEYS[Language.ID] if places(Language.ID, key) != places(Language.EN, key)
    }
    assert different == set()


def calls():
    """(key, names given) of every `Say` and `OfferChoices` whose key and args are literal."""
    for tree in trees():
        for node in ast.walk(tree):
            name = isinstance(node, ast.Call) and getattr(node.func, "id", "")
            if name not in {"Say", "OfferChoices"} or not isinstance(node.args[0], ast.Constant):
                continue
            args = node.args[2:] if name == "OfferChoices" else node.args[1:]
            if not args:
                yield node.args[0].value, set()
            elif isinstance(args[0], ast.Dict):
                yield node.args[0].value, {key.value for key in args[0].keys}


def test_every_place_is_filled_where_the_text_is_used():
    wrong = {(key, *given) for key, given in calls() if places(Language.ID, key) - given}
    assert len(list(calls())) > 60
    assert wrong == set()


@pytest.mark.parametrize("language", Language)
def test_titles_of_buttons_are_short(language):
    titles = {k: TEXTS.render(language, k, {}) for k in KEYS[language] if k.startswith("button.")}
    assert {key: title for key, title in titles.items() if len(title) > 24} == {}


@pytest.mark.parametrize("language", Language)
def test_titles_of_one_offer_differ(language):
    titles = [TEXTS.render(language, k, {}).casefold() for k in KEYS[language] if "button.f" in k]
    assert len(titles) == len(set(titles))


RUDE = r"\b(kamu|kmu|lo|lu|gue|gua|aku|nggak|gak|banget|dong|nih|sih|deh|yuk)\b"


def test_we_speak_politely():
    rude = {
        key
        for key, variants in TEXTS.catalogues[Language.ID].items()
        for variant in variants
        for text, *_ in variant.parts
        if re.search(RUDE, text, re.IGNORECASE)
    }
    assert rude == set()


@pytest.mark.parametrize("language", Language)
def test_sentences_are_clean(language):
    for key, variants in TEXTS.catalogues[language].items():
        for variant in variants:
            text = "".join(part + ("x" if name else "") for part, name, *_ in variant.parts)
            assert "  " not in text.replace("\n  ", ""), key
            assert text == text.strip(), key
            assert not re.search(r"\s[,.;:!?]", text), key


@pytest.mark.parametrize("language", Language)
def test_variants_differ(language):
    for key, variants in TEXTS.catalogues[language].items():
        assert len({variant.parts for variant in variants}) == len(variants), key


@pytest.mark.parametrize("language", Language)
def test_what_an_account_is_like_is_told_without_nested_brackets(language):
    for name in ACCOUNT_TYPES:
        args = {"username": "bu***", "type": name, "status": "active", "recovery_email": "x"}
        told = TEXTS.render(language, "account.facts", args)
        assert "(" not in told


@pytest.mark.parametrize("language", Language)
def test_what_was_said_just_before_is_said_to_be_the_same(language):
    """A repeated complaint must not read like an order ("once more: the file …")."""
    args = {"name": "surat.pdf"}
    once = TEXTS.render(language, "guest.file_unavailable", args)
    again = TEXTS.render(language, "guest.file_unavailable", args, last=(once,))
    assert again.endswith(once)
    assert re.match(r"Masih sama: |Still the same: ", again)


def test_tips_name_only_buttons_that_are_there():
    tips = TEXTS.catalogues[Language.ID]["otp.tips"]
    assert not any("kode baru" in text for variant in tips for text, *_ in variant.parts)
