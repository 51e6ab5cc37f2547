"""What every engine of `nlu.port` keeps, whoever names the intent."""

import asyncio

import pytest
from fake_rasa import FakeRasa
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.engines.rasa import RasaEngine
from nlu.evaluate import TODAY
from nlu.types import EntityKind, Intent, Language

TEXTS = [
    "lupa password, NIM saya 13519001",
    "akun saya terkunci",
    "kode saya 12345678 kok salah",
    "tolong buatkan 5 akun tamu sampai akhir bulan depan",
    "resep rendang dong",
]
STRANGE = ["", "   ", "\0", "\U0001f602\U0001f602", "/", "/affirm", "13519001", "a" * 20_000]
STRANGE += ["lupa password " * 5_000, "\u200f\u202e halo", '{"text": "halo"}', "\ud800 halo"]


def check(meaning):
    ranked = [each.confidence for each in meaning.ranking]
    assert ranked == sorted(ranked, reverse=True)
    assert all(0.0 <= each <= 1.0 for each in [*ranked, meaning.confidence])
    assert sum(ranked) <= 1.0 + 1e-6
    assert len({each.intent for each in meaning.ranking}) == len(meaning.ranking)
    assert meaning.intent not in meaning.also


@pytest.mark.parametrize("text", [*TEXTS, *STRANGE], ids=lambda text: ascii(text[:20]))
async def test_no_text_is_too_strange(either, text):
    check(await either.parse(text, today=TODAY))


@pytest.mark.parametrize("name", ["embedded", "rasa"])
def test_any_text_is_answered(engine, name):
    with asyncio.Runner() as runner:
        server = FakeRasa()
        url = runner.run(server.start())
        subject = engine if name == "embedded" else RasaEngine(url, fallback=engine, timeout=5)

        @settings(deadline=None, max_examples=60)
        @given(st.text(max_size=300))
        def answered(text):
            check(runner.run(subject.parse(text, today=TODAY)))

        answered()
        runner.run(subject.close())
        runner.run(server.stop())


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("saya lupa password", Intent.RESET_PASSWORD),
        ("akun saya terkunci", Intent.UNLOCK_ACCOUNT),
        ("halo", Intent.GREET),
    ],
)
async def test_a_plain_wish_is_understood(either, text, intent):
    meaning = await either.parse(text, today=TODAY)

    assert (meaning.intent, meaning.ranking[0].intent) == (intent, intent)
    assert meaning.confidence == meaning.ranking[0].confidence >= 0.4


@pytest.mark.parametrize("text", ["", "13519001", "...", "\U0001f602"])
async def test_without_words_nothing_is_concluded(either, text):
    meaning = await either.parse(text, today=TODAY)
    assert (meaning.intent, meaning.confidence) == (Intent.OUT_OF_SCOPE, 0.0)


@pytest.mark.parametrize("text", ["/affirm", " /affirm", "\u3000//affirm", '/cancel{"a": "b"}'])
async def test_nobody_orders_an_intent(either, text):
    meaning = await either.parse(text, today=TODAY)
    assert meaning.confidence < 1.0


@pytest.mark.parametrize("text", TEXTS)
async def test_facts_are_the_same_whoever_names_the_intent(either, engine, text):
    meaning = await either.parse(text, today=TODAY)
    alone = engine.understand(text, today=TODAY)

    assert (meaning.entities, meaning.people) == (alone.entities, alone.people)
    assert (meaning.text, meaning.language) == (alone.text, alone.language)


async def test_relative_dates_and_logins(either):
    meaning = await either.parse("akun tamu sampai besok untuk NIM 13519001", today=TODAY)

    assert meaning.first(EntityKind.DATE) == "2026-03-03"
    assert meaning.login() == "13519001"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("lupa password nih gimana", Language.ID),
        ("i forgot my password", Language.EN),
        ("12345678", None),
    ],
)
async def test_the_language(either, text, language):
    assert (await either.parse(text, today=TODAY)).language is language


async def test_a_password_is_taken_out_and_flagged(either):
    meaning = await either.parse("password saya Bandung#2024 kok salah", today=TODAY)

    assert meaning.secret
    assert "Bandung" not in meaning.text
    assert not (await either.parse("password saya salah", today=TODAY)).secret


async def test_a_very_long_text_is_read_in_part(either):
    meaning = await either.parse("lupa password " * 5_000, today=TODAY)
    assert len(meaning.text) <= 10_000


async def test_several_wishes_at_once(either):
    meaning = await either.parse("lupa password dan mau cek tiket saya", today=TODAY)
    assert {meaning.intent, *meaning.also} == {Intent.RESET_PASSWORD, Intent.TICKET_STATUS}


async def test_two_hundred_at_once_do_not_get_mixed_up(either):
    texts = [f"lupa password, NIM 1351{number:04}" for number in range(200)]
    meanings = await asyncio.gather(*(either.parse(text, today=TODAY) for text in texts))

    assert [each.text for each in meanings] == texts
    assert {each.intent for each in meanings} == {Intent.RESET_PASSWORD}
    assert [each.login() for each in meanings] == [text[-8:] for text in texts]


async def test_closing_twice_is_harmless(either):
    await either.parse("halo", today=TODAY)
    await either.close()
    await either.close()
