"""Passwords in the chat, groups, things that cannot be read, lost states, failures."""

import msgspec
import pytest
from chat_kit import NAME, SILENCE, claim, hand_back, in_group, sends, sets, wait

from bot.calls import BackendCall
from bot.calls import encode as encode_calls
from bot.channels.port import InboundEvent, InboundKind
from bot.envelope import FromBackend, encode, inbound
from bot.memory import Person, recall, without_codes
from bot.runtime.port import Inbound
from handlers.kernel import CancelTicket, TurnFailed, VoidChallenge
from handlers.model import Conversation
from nlu.types import Language

HELLO = InboundEvent("web", "x", NAME, "visitor-1", text="halo")


def encode_call(effect):
    return encode_calls(BackendCall(effect, Person("web", "visitor-1")))


secret = {"text": "password saya [redacted]", "secret": True}


async def test_a_password_typed_into_the_chat(plain_chat):
    await plain_chat.plays(
        (
            sends(InboundKind.TEXT, **secret),
            "memuat password … tidak saya simpan … hapus pesan … [Reset password]",
        ),
    )


async def test_a_password_typed_inside_a_flow(chat):
    await chat.plays(
        ("lupa password, NIM saya 13519001", "Lanjut?"),
        (sends(InboundKind.TEXT, **secret), "hapus … reset password akun 13519001"),
        ("ya", "kode 8 digit"),
    )


async def test_a_password_beside_a_wish(chat):
    message = {"text": "I forgot my password, it was [redacted], NIM 13519001", "secret": True}
    await chat.plays(
        (sends(InboundKind.TEXT, **message), "contain a password … account 13519001: … Go on?"),
    )


async def test_a_group_hears_nothing_about_accounts(chat, backend):
    await chat.plays(
        (in_group("lupa password, NIM saya 13519001"), "kirim pesan pribadi"),
        (in_group("halo?"), SILENCE),
        (wait(minutes=10), SILENCE),
        (in_group("halo?"), "kirim pesan pribadi"),
    )
    assert backend.calls == []
    assert "13519001" not in chat.box.states[NAME]


async def test_stickers_get_one_polite_answer(chat):
    await chat.plays(
        (sends(InboundKind.UNSUPPORTED), "hanya bisa membaca teks"),
        (sends(InboundKind.ATTACHMENT), SILENCE),
        ("   ", "Pesan Anda kosong"),
        ("", SILENCE),
    )


async def test_a_caption_is_read(chat):
    await chat.plays((sends(InboundKind.ATTACHMENT, text="lupa password"), "Kalau setuju"))


async def test_edits_and_deletions_run_nothing(chat):
    await chat.plays(
        (sends(InboundKind.EDIT, text="lupa password"), SILENCE),
        (sends(InboundKind.DELETE), SILENCE),
        (sends(InboundKind.BLOCKED), SILENCE),
    )


async def test_opening_the_chat_is_greeted_once(chat):
    await chat.plays(
        (sends(InboundKind.JOINED), "saya asisten IT Helpdesk … [Reset password]"),
        (sends(InboundKind.JOINED), SILENCE),
    )


async def test_a_changed_identity_ends_the_flow(chat, backend):
    await chat.plays(
        ("lupa password, NIM saya 13519001", "Lanjut?"),
        ("ya", "kode 8 digit"),
        (sends(InboundKind.IDENTITY_CHANGED), "Identitas chat ini berubah"),
    )
    assert backend.challenges["challenge-1"].dead == "void"
    assert backend.moved == ["visitor-1"]


async def test_a_changed_identity_while_waiting_is_told(chat, backend):
    await chat.plays(
        ("petugas dong", "ITB-2026-000001"),
        (sends(InboundKind.IDENTITY_CHANGED), "Identitas chat ini berubah … tetap menunggu"),
    )
    assert backend.moved == ["visitor-1"]


async def test_a_changed_identity_of_a_silent_chat_is_told_to_the_backend_alone(chat, backend):
    await chat.plays((sends(InboundKind.IDENTITY_CHANGED), SILENCE))
    assert backend.moved == ["visitor-1"]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("ini kodenya 79170224", "ini kodenya ••••••"),
        ("NIM saya 13519001", "NIM saya 13519001"),
    ],
)
async def test_a_code_is_hidden_from_the_human_who_answers(chat, backend, text, seen):
    await chat.plays(("petugas dong", "ITB"), (claim(), "Rina"), (text, SILENCE))
    assert backend.ticket.messages == [seen]
    assert "79170224" not in chat.box.states[NAME]


@pytest.mark.parametrize("wish", ["cek akun 13519001", "buka kunci andi.wijaya"])
async def test_a_code_sent_twice_is_no_login(chat, wish):
    await chat.plays(
        (wish, "kode 8 digit"),
        ("{code}", "akun"),
        ("{code}", "tidak dapat dipakai lagi … [Kirim kode baru]"),
    )
    assert_unknown(chat, chat.backend.code)


async def test_a_code_for_the_request_before_is_no_login(chat, backend):
    await chat.plays(
        ("buka kunci andi.wijaya", "kode 8 digit"),
        ("lupa password", "reset password akun andi.wijaya"),
        ("{code}", "milik permintaan yang tadi … reset password akun andi.wijaya"),
        ("batal", "dibatalkan … pembukaan kunci akun"),
        ("{code}", "sudah dibuka"),
    )
    assert_unknown(chat, backend.code)


async def test_a_code_after_a_human_was_there_is_no_login(chat, backend):
    await chat.plays(
        ("cek akun 13519001", "kode 8 digit"),
        ("petugas aja", "ITB-2026-000001"),
        (claim(), "Rina"),
        ("{code}", SILENCE),
        (hand_back(), "mengembalikan percakapan"),
        ("{code}", "tidak dapat dipakai lagi"),
        ("lupa password", "username, NIM"),
        ("{code}", "milik permintaan yang tadi"),
        ("13519001", "akun 13519001 … kode 8 digit"),
    )
    assert_unknown(chat, "48210007")
    assert backend.ticket.messages == ["••••••"]


async def test_a_code_after_the_number_changed_is_no_login(chat, backend):
    await chat.plays(
        ("cek akun 13519001", "kode 8 digit"),
        (sends(InboundKind.IDENTITY_CHANGED), "Identitas chat ini berubah"),
        ("{code}", "tidak dapat dipakai lagi"),
    )
    assert_unknown(chat, backend.code)


async def test_a_number_is_an_account_again_after_a_quarter_of_an_hour(plain_chat):
    await plain_chat.plays(
        ("cek akun 13519001", "kode 8 digit"),
        ("{code}", "aktif"),
        ("13519002", "tidak dapat dipakai lagi"),
        (wait(minutes=25), SILENCE),
        ("13519002", "akun 13519002"),
    )


def assert_unknown(chat, code):
    """The code stands in no answer, no button and no state."""
    assert code not in chat.box.states[NAME]
    assert not any(code in answer for answer in chat.answers)


async def test_a_password_in_a_group_is_always_warned_of(chat):
    group = {**secret, "private": False}
    await chat.plays(
        (in_group("halo?"), "kirim pesan pribadi"),
        (sends(InboundKind.TEXT, **group), "memuat password … hapus pesan"),
        (sends(InboundKind.EDIT, **group), "password"),
    )


async def test_a_foreign_button_is_stale(chat):
    await chat.plays((sends(InboundKind.CHOICE, choice="/deny"), "tidak berlaku"))


async def test_a_state_nobody_can_read_starts_afresh(chat):
    chat.box.states[NAME] = '{"conversation": {"version": 999}}'
    await chat.plays(
        ("lupa password", "kehilangan catatan … Kalau setuju"),
        ("ya", "Akun mana"),
    )


async def test_a_state_that_is_no_json_starts_afresh(chat):
    chat.box.states[NAME] = "not json"
    await chat.plays(("halo", "mulai dari awal"))


async def test_a_failed_turn_is_handed_to_a_human(chat, backend):
    await chat.plays(("lupa password", "Kalau setuju"))
    poison = encode(FromBackend(TurnFailed())).replace("turn_failed", "no_such_event")
    await chat.box.dialogue.on_dead_letter(NAME, poison, "boom")
    assert chat.box.inbox == []  # a payload nobody can read says nothing of a person's wish

    message = inbound(HELLO).payload
    for _ in range(2):
        await chat.box.dialogue.on_dead_letter(NAME, message, "boom")
    await chat.box.settle()
    assert "gangguan di pihak kami" in chat.answers[-2]
    assert "ITB-2026-000001" in chat.answers[-1]
    assert backend.ticket.priority == "high"
    assert len(backend.tickets) == 1


@pytest.mark.parametrize(
    ("effect", "told"),
    [(CancelTicket("ITB-2026-000001"), True), (VoidChallenge("c"), False)],
    ids=["a case is told", "a quick effect was told already"],
)
async def test_an_effect_that_was_given_up_on(plain_chat, effect, told):
    await plain_chat.box.dialogue.on_dead_letter(NAME, encode_call(effect), "boom")
    assert (plain_chat.box.inbox != []) is told


async def test_without_an_inbox_a_failure_is_only_logged(plain_chat):
    plain_chat.box.dialogue.connect(None)
    await plain_chat.box.dialogue.on_dead_letter(NAME, inbound(HELLO).payload, "boom")
    assert plain_chat.box.inbox == []


async def test_the_page_tells_the_language_before_anything_was_said(plain_chat):
    await plain_chat.plays(
        (sends(InboundKind.JOINED, locale="en"), "Hello, I am the IT Helpdesk assistant"),
        ("halo", "Halo!"),
    )


async def test_a_state_of_an_older_version_is_upgraded(plain_chat, monkeypatch):
    monkeypatch.setattr("bot.memory.load", lambda _saved: Conversation(language=Language.EN))
    plain_chat.box.states[NAME] = '{"conversation": {"version": 0}, "last": ["Hello!"]}'
    await plain_chat.plays(("xyzzy", "Sorry, I did not get that"))


async def test_the_transcript_holds_no_codes_and_no_check_number(chat):
    await chat.plays(
        ("lupa password, NIM saya 13519001", "Lanjut?"),
        ("ya", "kode 8 digit"),
        ("{code}", "nomor ini: 42"),
    )
    lines = " ".join(line.text for line in recall(chat.box.states[NAME]).lines)
    assert "nomor ini: ••••••" in lines
    assert chat.backend.code not in lines


@pytest.mark.parametrize(
    "asked",
    [
        "{code} tidak bisa, tolong petugas saja",
        "{spaced} tidak bisa, tolong petugas saja",
        "tolong petugas saja, sudah saya coba {code}",
    ],
    ids=["bare", "spaced", "last"],
)
async def test_no_code_reaches_the_ticket_of_who_asks_for_a_human(chat, backend, asked):
    await chat.plays(
        ("lupa password, NIM saya 13519001", "Lanjut?"),
        ("ya", "kode 8 digit"),
    )
    code = backend.code
    spaced = f"{code[:4]} {code[4:]}"
    await chat.says(asked.replace("{spaced}", spaced))
    (ticket,) = backend.tickets.values()
    lines = " ".join(line.text for line in recall(chat.box.states[NAME]).lines)
    for kept in (ticket.summary, lines):
        assert "petugas" in kept
        assert code not in kept
        assert spaced not in kept


@pytest.mark.parametrize("down", [False, True], ids=["numbered", "not yet numbered"])
async def test_no_code_is_passed_on_to_a_waiting_ticket(chat, backend, down):
    await chat.plays(
        ("lupa password, NIM saya 13519001", "Lanjut?"),
        ("ya", "kode 8 digit"),
    )
    await sets(down=down)(chat)
    await chat.says("tolong petugas")
    await chat.says("kodenya {code}")
    await sets(down=False)(chat)
    (ticket,) = backend.tickets.values()
    assert ticket.messages == ["kodenya ••••••"]


async def test_a_student_number_is_passed_on_to_a_waiting_ticket(chat, backend):
    await chat.plays(("tolong petugas", "ITB-2026"))
    await chat.says("akun saya 13519001 ya")
    (ticket,) = backend.tickets.values()
    assert ticket.messages == ["akun saya 13519001 ya"]


async def test_a_failed_failure_is_only_logged(chat):
    await chat.box.dialogue.on_dead_letter(NAME, encode(FromBackend(TurnFailed())), "boom")
    assert chat.box.inbox == []


async def test_the_transcript_stays_small(chat):
    for number in range(80):
        await chat.says(f"pertanyaan nomor {number} " + "x" * 2000)
    memory = recall(chat.box.states[NAME])
    assert len(memory.lines) == 50
    assert max(len(line.text) for line in memory.lines) == 500
    assert len(msgspec.json.encode(memory)) < 40_000


async def test_a_redelivered_message_is_heard_once(chat):
    row = Inbound("web::e1", NAME, "")
    await chat.says("halo")
    before = len(chat.answers)
    await chat.box.ingest([row])
    await chat.box.settle()
    assert len(chat.answers) == before


@pytest.mark.parametrize(
    "written",
    ["1234  5678", "satu dua tiga empat lima enam tujuh delapan", "double five one two 3478"],
)
def test_a_code_is_unreadable_in_a_transcript_however_it_is_written(written):
    assert without_codes(f"kodenya {written} ya") == "kodenya •••••• ya"
