"""Passwords and the sentences people put them in, generated for the redaction tests."""

from __future__ import annotations

import random
import string
from typing import NamedTuple

from nlu.tables import words

SYMBOLS = "!@#$%^&*()-_=+?/.,:;~"
WORDS = sorted(
    words(
        "Bandung kucing merdeka Persib rendang Garuda melati Jakarta kopi gunung pelangi durian "
        "bakso Ganesha sepatu harimau Rinjani sunshine dragon monkey Liverpool coffee guitar"
    )
)
LEET = str.maketrans("aeiost", "4310$7")

CONTEXTS = (
    "password saya {}",
    "passwordnya {} min, kok ga bisa masuk",
    "pw: {}",
    "pw gue {} tapi ditolak terus",
    "sandi saya adalah {} tolong dicek",
    "kata sandi akun saya yaitu {}",
    "pass baru: {}",
    "halo min saya budi, password lama saya {} udah ga bisa dipake",
    "username budi.santoso password {}",
    "user: budi.santoso\npassword: {}\nmohon dibantu",
    "saya udah masukin password {} tapi salah terus",
    'password saya "{}" kenapa ditolak ya',
    "{} itu password saya",
    "my password is {}",
    "my password is {} but it does not work",
    "the password for my account is {}, please check",
    "i changed my password to {} and now i cannot log in",
    "pwd={}",
    "current password: {} new one please",
    "hi, user siti.rahma pass {} thanks",
)
BOUND = (
    "password saya adalah {}",
    "sandi saya: {}, tolong direset",
    "my passphrase is {}",
    "passwordnya yaitu {} tapi ga bisa masuk",
    'my password is "{}" please help',
    "pw = {}",
)
BARE = (
    "{}",
    "udah coba {} tetep ga bisa",
    "ini ya min {} tolong dicek",
    "i typed {} and nothing happened",
    "saya pakai {}, kenapa ditolak?",
)


class Typed(NamedTuple):
    text: str
    password: str


def _compliant(rng: random.Random) -> str:
    """At least 10 characters of all four classes (ITB II.B.6), in any order."""
    classes = (string.ascii_lowercase, string.ascii_uppercase, string.digits, SYMBOLS)
    letters = [rng.choice(each) for each in classes]
    letters += [rng.choice("".join(classes)) for _ in range(rng.randint(6, 14))]
    rng.shuffle(letters)
    return "".join(letters)


def _word_symbol_digits(rng: random.Random) -> str:
    return f"{rng.choice(WORDS)}{rng.choice('#!@_-.*$')}{rng.randint(1, 9999)}"


def _leet(rng: random.Random) -> str:
    word = f"{rng.choice(WORDS)}{rng.choice(WORDS)}".lower().translate(LEET)
    return f"{word}{rng.randint(0, 99)}"


def _word_digits(rng: random.Random) -> str:
    return f"{rng.choice(WORDS)}{rng.randint(10, 2030)}"


def _phrase(rng: random.Random) -> str:
    return rng.choice((" ", "-")).join(rng.sample([w.lower() for w in WORDS], rng.randint(3, 5)))


def generated(count: int, seed: int = 20) -> list[Typed]:
    rng = random.Random(seed)
    in_context = (_compliant, _word_symbol_digits, _leet, _word_digits)
    typed: list[Typed] = []
    for index in range(count):
        kind = index % 6
        if kind < 4:
            make, context = in_context[kind], rng.choice(CONTEXTS)
        elif kind == 4:
            make, context = _phrase, rng.choice(BOUND)
        else:
            make, context = _compliant, rng.choice(BARE)
        password = make(rng)
        typed.append(Typed(context.format(password), password))
    return typed
