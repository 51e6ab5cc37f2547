"""Every kind of message as the Cloud API gets it, and as Meta's schema wants it."""

import pytest
from meta_schema import objections
from whatsapp_kit import payloads

from bot.channels.port import Button, OutboundMessage
from bot.channels.whatsapp_render import seen, template

PHONE = "6281210000001"
BSUID = "ID.13491208655302741918"
TO = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": PHONE}


def say(text, *buttons, to=PHONE):
    found = payloads(OutboundMessage(text, buttons), to, "Pilih")
    assert [complaint for body in found for complaint in objections(body)] == []
    return found


def choices(*titles):
    return [Button(title, f"/choose:1:{number}") for number, title in enumerate(titles)]


def test_a_text_is_a_text_without_a_preview_of_its_links():
    assert say("Halo *Budi* _x_") == [
        {**TO, "type": "text", "text": {"body": "Halo *Budi* _x_", "preview_url": False}}
    ]


def test_who_has_an_id_is_written_to_by_it():
    (body,) = say("Halo", to=BSUID)
    assert body["recipient"] == BSUID
    assert "to" not in body


def test_a_group_gets_text_only():
    (body,) = say("Kirim pesan pribadi", *choices("Ya"), to="group:ABC=")
    assert (body["recipient_type"], body["to"]) == ("group", "ABC=")
    assert body["text"]["body"] == "Kirim pesan pribadi\n1. Ya"


def test_three_short_choices_are_buttons():
    (body,) = say("Lanjut?", *choices("Ya, lanjutkan", "Batal"))
    assert body["interactive"] == {
        "type": "button",
        "body": {"text": "Lanjut?"},
        "action": {
            "buttons": [
                {"type": "reply", "reply": {"id": "/choose:1:0", "title": "Ya, lanjutkan"}},
                {"type": "reply", "reply": {"id": "/choose:1:1", "title": "Batal"}},
            ]
        },
    }


def test_four_choices_or_a_longer_title_are_a_list():
    (four,) = say("Apa?", *choices("A", "B", "C", "D"))
    assert [row["title"] for row in rows(four)] == ["A", "B", "C", "D"]
    (long,) = say("Apa?", *choices("Reset kata sandi akun saya", "Batal"))
    assert four["interactive"]["action"]["button"] == "Pilih"
    assert rows(long)[0] == {
        "id": "/choose:1:0",
        "title": "Reset kata sandi akun s…",
        "description": "Reset kata sandi akun saya",
    }


def rows(body):
    return body["interactive"]["action"]["sections"][0]["rows"]


def test_titles_that_begin_alike_are_told_apart_by_numbers():
    (body,) = say(
        "Apa?", *choices("Akun mahasiswa aktif kampus A", "Akun mahasiswa aktif kampus B")
    )
    assert [row["title"][:2] for row in rows(body)] == ["1.", "2."]
    assert "2. Akun mahasiswa aktif kampus B" in body["interactive"]["body"]["text"]


def test_too_many_choices_stand_in_the_text():
    (body,) = say("Apa?", *choices(*(f"Pilihan {n}" for n in range(11))))
    assert body["type"] == "text"
    assert body["text"]["body"].endswith("11. Pilihan 10")


@pytest.mark.parametrize("length", [256, 257])
def test_a_payload_no_button_can_carry_is_typed_instead(length):
    (body,) = say("Apa?", Button("A", "x" * length), Button("B", "y"))
    assert body["type"] == ("interactive" if length == 256 else "text")


def test_a_lone_link_is_a_button():
    (body,) = say("Buka:", Button("Buka halaman ganti kata sandi", url="https://x.example/#a"))
    assert body["interactive"]["action"] == {
        "name": "cta_url",
        "parameters": {"display_text": "Buka halaman ganti…", "url": "https://x.example/#a"},
    }


def test_a_link_beside_choices_stands_in_the_text():
    (body,) = say("Buka:", *choices("Batal"), Button("Halaman", url="https://x.example/"))
    assert body["interactive"]["body"]["text"] == "Buka:\nHalaman: https://x.example/"
    assert len(body["interactive"]["action"]["buttons"]) == 1


def test_two_links_stand_in_the_text():
    links = [Button("A", url="https://a.example/"), Button("B", url="https://b.example/")]
    (body,) = say("Buka:", *links)
    assert body["text"]["body"] == "Buka:\nA: https://a.example/\nB: https://b.example/"


@pytest.mark.parametrize(("length", "count"), [(4096, 1), (4097, 2), (9000, 3)])
def test_a_long_text_is_split(length, count):
    assert len(say("a" * length)) == count


def test_a_long_text_with_buttons_has_them_under_its_end():
    first, last = say(f"{'a' * 1000}\n\n{'b' * 1000}", *choices("Ya"))
    assert (first["type"], last["type"]) == ("text", "interactive")


def test_nothing_to_say_is_not_sent():
    assert say("  ") == []


def test_a_template_is_named_in_the_language():
    body = template("ada_pesan", "en", PHONE)
    assert objections(body) == []
    assert body["template"]["language"]["code"] == "en"


def test_seen_and_typing_are_one_request():
    assert objections(seen("wamid.1")) == []
    assert seen("wamid.1") == {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": "wamid.1",
        "typing_indicator": {"type": "text"},
    }
