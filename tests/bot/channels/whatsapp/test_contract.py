"""What the vendor publishes: its schema of requests, webhooks it sent."""

import json
import re
from datetime import UTC, datetime

import pytest
from meta_schema import FILE, objections, webhook_objections
from whatsapp_kit import ACCOUNT, PHONE, TEXTS, payloads

from bot.channels.port import Button, InboundKind, OutboundMessage
from bot.channels.whatsapp_inbound import read
from bot.envelope import press_payload
from nlu.types import Language

WEBHOOKS = FILE.parent / "whatsapp-webhooks"
NOW = datetime(2026, 11, 21, tzinfo=UTC)
SENDER = "16505551234"
pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the vendor's data is not at hand")
MARKUP = re.compile(
    r"(?<![\w*_~`])([*_~]|```)(?=\S)[^*_~`]+(?<=\S)\1(?!\w)|^(> |[*-] )", re.MULTILINE
)
EXPECTED = {
    "text-message": [(InboundKind.TEXT, "Does it come in another color?", SENDER)],
    "image-message": [(InboundKind.ATTACHMENT, "Is this the one?", SENDER)],
    "unsupported-message": [(InboundKind.UNSUPPORTED, "", SENDER)],
    "system-user-changed-number": [
        (InboundKind.IDENTITY_CHANGED, "", SENDER),
        (InboundKind.IDENTITY_CHANGED, "", "12195555358"),
    ],
    "status-sent": [],
    "status-failed": [],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_every_captured_webhook_is_understood(name):
    body = (WEBHOOKS / f"{name}.json").read_bytes()
    batch = read(body, ACCOUNT, NOW)
    assert [(e.kind, e.text, e.user) for e in batch.events] == EXPECTED[name]
    assert (batch.broken, batch.foreign, batch.notices) == ([], 0, [])
    assert len(batch.statuses) == name.startswith("status")
    assert all(event.sent_at < NOW for event in batch.events)


def test_there_is_an_expectation_for_every_captured_webhook():
    assert {path.stem for path in WEBHOOKS.glob("*.json")} == set(EXPECTED)


def test_the_captured_failure_is_one_of_a_template():
    body = (WEBHOOKS / "status-failed.json").read_bytes()
    (failed,) = read(body, ACCOUNT, NOW).statuses
    assert (failed.status, failed.code, failed.recipient_id) == ("failed", 131049, SENDER)


def test_a_captured_image_can_be_fetched_by_its_id():
    (event,) = read((WEBHOOKS / "image-message.json").read_bytes(), ACCOUNT, NOW).events
    (file,) = event.attachments
    assert (file.id, file.mime) == ("1234567890", "image/jpeg")


@pytest.mark.parametrize("name", ["text-message", "image-message", "status-sent"])
def test_the_schema_knows_the_captured_webhooks(name):
    webhook = json.loads((WEBHOOKS / f"{name}.json").read_bytes())
    assert webhook_objections(webhook["entry"][0]["changes"][0]["value"]) == []


@pytest.mark.parametrize(
    "broken",
    [
        {"type": "text", "text": {"body": "x", "colour": "red"}},
        {"type": "text", "txt": {"body": "x"}},
        {"type": "text", "text": {"body": "x" * 4097}},
        {"type": "interactive", "interactive": {"type": "button", "body": {"text": "x"}}},
        {"type": "template", "template": {"name": "x"}},
    ],
    ids=["unknown field", "misspelt", "long", "no action", "no language"],
)
def test_the_judge_objects(broken):
    to = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": PHONE}
    assert objections({**to, **broken}) != []


def spoken(template):
    """Return a sentence of the catalogue with something in its places."""
    return "".join(words + ("13519001" if place else "") for words, place, *_ in template.parts)


def sentences(language):
    for key, variants in TEXTS.catalogues[language].items():
        yield from ((key, spoken(variant)) for variant in variants)


@pytest.mark.parametrize("language", Language)
def test_every_text_of_the_catalogues_can_be_sent(language):
    for key, sentence in sentences(language):
        bodies = payloads(OutboundMessage(sentence), PHONE, "Pilih")
        assert [objections(body) for body in bodies] == [[]], key


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 10, 11])
def test_buttons_of_the_catalogues_can_be_offered_in_any_number(language, size):
    titles = [words for key, words in sentences(language) if key.startswith("button.")]
    list_title = TEXTS.render(language, "list.open", {})
    for start in range(0, len(titles), size):
        offer = [
            Button(title, press_payload(7, f"value-{number}"))
            for number, title in enumerate(titles[start : start + size])
        ]
        (body,) = payloads(OutboundMessage("Mau apa?", tuple(offer)), PHONE, list_title)
        assert objections(body) == []
        assert body["type"] == ("interactive" if len(offer) <= 10 else "text")


@pytest.mark.parametrize("language", Language)
def test_our_texts_are_plain(language):
    """WhatsApp's markup cannot be escaped: no text of ours may be taken for it."""
    for key, sentence in sentences(language):
        assert not MARKUP.search(sentence), key
