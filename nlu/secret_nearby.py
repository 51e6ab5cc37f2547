"""Passwords by what stands around them: beside a login, or near a word for password.

Weaker signs than those in `nlu.secrets`, so the word itself must look like a password: letters
mixed with digits or symbols, and no number, address, login, product or room.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nlu.ordinary import is_ordinary
from nlu.secret_words import REQUESTS
from nlu.shapes import is_identifier, is_weak_shape
from nlu.tables import words

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from nlu.secret_words import Word

_LOGIN = re.compile(
    r"[a-z]+(?:[._][a-z]+)+\d*|\d{8}|\d{9}|\d{18}|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}",
    re.IGNORECASE | re.ASCII,
)
_HOST = re.compile(r".*\.(?:com|net|org|id|edu|gov|io|co|web|info|app|dev)", re.IGNORECASE)
_JOINED = re.compile(r"(?P<login>[^\s:/|]{4,64})[:/|](?P<value>\S{4,64})")
_JOINS = frozenset({"/", ":", "|", "-", "//", "&", "+", "dan", "and"})
_BACK = 9
_AHEAD = 10
_SHORTEST = 5
_MOST_OWN = 4
_NAMES = words("""
akun akunnya account username user userid id login nama name ruang ruangan gedung gd kelas class
room lab matkul kode course email hp laptop tipe type nim nip wa telp mhs angkatan versi version
""")
"""Words after which something else than a password is named."""
_OWN = words("saya sy aku ku my is adalah itu yaitu : =")
"""Words between a name and what it names ("username saya bsantoso99")."""
_OF_A_USER = words("username user userid")
_OF_A_DEVICE = words("hp laptop tipe")
_LEADING_IN = _NAMES | words("pakai pake pakek dengan dgn with using coba as credentials")
"""Words before a login whose password follows."""
_TYPING = words("i we you to saya aku")
_ERROR_OR_COURSE = re.compile(
    r"[A-Z]{2,4}-?\d{3,4}\Z|[A-Z]{2,8}[-_]\d{2,5}\Z|[A-Z][a-z]{2,}\d\.\d{1,2}\Z|AADSTS\d+\Z"
    r"|0x[0-9a-fA-F]+\Z|[Ee]rr?or\d+\Z|[A-Za-z]+[/:]\d{8,18}\Z",
    re.ASCII,
)
_ALSO_SECRET = words("pin pinku pinnya secret")
_ASKS = REQUESTS - {"help"}
_SPEAKERS = words("saya aku gue i'm am sy")


def beside_logins(line: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Find "budi.santoso:kucing123", "13519001 / kucing123" and "budi.santoso kucing123"."""
    for index, word in enumerate(line):
        joined = None if word.raw.isalnum() else _JOINED.match(word.raw)
        if joined and _is_login(joined["login"]) and is_weak_shape(joined["value"]):
            yield word.start + joined.start("value"), word.end
        elif index + 2 < len(line) and line[index + 1].raw in _JOINS and _is_login(word.bare):
            value = line[index + 2]
            if _is_candidate(value):
                yield value.start, value.end
        elif index + 1 < len(line) and _is_followed(line, index):
            yield line[index + 1].start, line[index + 1].end


def _is_followed(line: Sequence[Word], at: int) -> bool:
    login, value = line[at], line[at + 1]
    led = at == 0 or line[at - 1].bare.rstrip(":") in _LEADING_IN or line[at - 1].closes
    if not (led and _is_login(login.bare) and _is_candidate(value)):
        return False
    if login.bare.isdigit():  # "NIM 13519001 bsantoso12, lupa password": another name
        return at + 2 == len(line) and at <= 1
    return at + 2 == len(line) or value.closes or is_ordinary(line[at + 2].bare)


def _is_login(text: str) -> bool:
    return _LOGIN.fullmatch(text) is not None and ("@" in text or not _HOST.fullmatch(text))


def near_cues(line: Sequence[Word], cues: Container[int]) -> Iterator[tuple[int, int]]:
    """Find words that look like a password up to some words away from one that means it."""
    for index, word in enumerate(line):
        if index in cues or word.bare in _ALSO_SECRET:
            yield from _back(line, index)
            yield from _ahead(line, index)


def _back(line: Sequence[Word], cue: int) -> Iterator[tuple[int, int]]:
    for at in range(cue - 1, max(-1, cue - 1 - _BACK), -1):
        word = line[at]
        if word.raw[-1] in ".?!":
            return
        presents = at > 0 and line[at - 1].bare in _SPEAKERS  # "saya budi123, lupa password"
        if _is_candidate(word) and not presents and not _is_named(line, at):
            yield word.start, word.end


def _ahead(line: Sequence[Word], cue: int) -> Iterator[tuple[int, int]]:
    asked = any(word.bare in _ASKS for word in line[max(0, cue - 3) : cue])
    for at in range(cue + 1, min(len(line), cue + 1 + _AHEAD)):
        word = line[at]
        follows = at == cue + 1 and asked  # "lupa password kucing99": whose?
        if _is_candidate(word) and not follows and not _is_named(line, at):
            yield word.start, word.end
        if word.raw[-1] in ".?!":
            return


def _is_named(line: Sequence[Word], at: int) -> bool:
    if at and line[at - 1].bare in _NAMES:
        return line[at - 1].bare != "type" or line[max(at - 2, 0)].bare not in _TYPING
    return _named_by(line, at) in _OF_A_DEVICE or is_user_name(line, at)


def is_user_name(line: Sequence[Word], at: int) -> bool:
    """Say whether the word at `at` is announced as a user name ("usernamenya bsantoso99")."""
    return _named_by(line, at) in _OF_A_USER


def _named_by(line: Sequence[Word], at: int) -> str:
    for word in reversed(line[max(0, at - _MOST_OWN) : at]):
        if word.bare not in _OWN:
            return word.bare.removesuffix("nya")
    return ""


def _is_candidate(word: Word) -> bool:
    bare = word.bare
    if len(bare) < _SHORTEST or bare.isalpha():
        return False
    if is_identifier(word.raw) or is_ordinary(bare):
        return False
    if not any(char.isalpha() for char in bare) or _ERROR_OR_COURSE.match(
        word.raw.rstrip(".,;:!?)")
    ):
        return False
    return any(char.isdigit() for char in bare[1:]) and is_weak_shape(word.raw)
