"""User names and kinds of accounts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nlu.entities.span import entity
from nlu.ordinary import STOPPERS, is_ordinary
from nlu.tables import pairs, words
from nlu.types import EntityKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlu.types import Entity

_DOTTED = re.compile(
    r"(?<![\w@./:-])[A-Za-z][a-z0-9]{1,30}(?:[._][a-z0-9]{1,30}){1,3}(?![\w@/]|\.\w)", re.ASCII
)
_ALONE = re.compile(
    r"[\s\"']*(?P<login>[A-Za-z]\w{1,30}(?:[._]\w{1,30}){1,3})[\s\"'.]*\Z", re.ASCII
)
_NAMED = re.compile(
    r"\b(?P<word>username|user ?name|user ?id|nama (?:pengguna|akun)|user|login|akun|account|id)"
    r"(?:nya|ku)?\s*(?:(?:saya|aku|gue|my|is|adalah|itu|yaitu|itb|sso|with|dengan|[:=])\s*){0,3}"
    r"(?P<login>[A-Za-z][A-Za-z0-9_-]{1,30}(?:\.[A-Za-z0-9_-]{1,30}){0,3})(?![\w@-]|\.\w)",
    re.IGNORECASE | re.ASCII,
)
_JOINED = re.compile(r"\w[._]\w")
_INITIALS = 3
"""Parts up to this length ("mas", "adi") may be words and still be part of a name."""
_PASSWORD_WORDS = words("pw pwd pass passwd password sandi kunci key")
_TOLD = re.compile(
    r"\b(?:password|pw|sandi|akun|account|username|user|login|untuk|for)(?:nya)?[\s:=]{1,3}"
    r"(?P<login>[a-z]{2,30}[._][a-z]{2,30}\d{0,4})"
    r"(?=[\s.,;!?)]*\Z|[,;!?\n]|\s(?:dong|ya|min|kak|pak|bu|tolong|mohon|please|pls)\b)",
    re.IGNORECASE | re.ASCII,
)
"""A login that may consist of everyday words: it is announced, and the message ends there."""
_SURE = re.compile(r"user ?(?:name|id)|nama", re.IGNORECASE)
_HOST_ENDINGS = words("com net org id edu gov io co ac go sch web info app dev pdf docx xlsx")
_ABBREVIATIONS = re.compile(
    r"(?:[a-z]{1,2}\.)+[a-z]{1,3}\Z|(?:dr|ir|prof|drs|st|mt|no|jl|gd)\.", re.IGNORECASE
)

TYPES = pairs("""
student: mahasiswa student mhs maba
lecturer: dosen lecturer professor profesor
staff: tendik staf staff pegawai karyawan employee
kjp: kjp
outsourced: tad outsourced outsourcing outsource
third_party: vendor rekanan
guest: tamu guest guests visitor visitors auditor auditors
test: dummy testing
""")
_TYPE_WORD = re.compile(r"(?<![\w@.-])[A-Za-z]{3,12}(?![\w@-])", re.ASCII)
_TYPE_PHRASE = re.compile(
    r"\b(?P<third_party>pihak ketiga|third[ -]part(?:y|ies))\b"
    r"|\b(?P<outsourced>(?:tenaga )?alih daya)\b"
    r"|\b(?P<kjp>kontrak jasa perorangan|individual contract)\b"
    r"|\b(?P<test>(?:akun |account )?(?:uji coba|test account))\b",
    re.IGNORECASE,
)
_SPEAKING = (
    STOPPERS
    | _PASSWORD_WORDS
    | words("""
saya aku sy gue gw my me akun account email login masuk terkunci kekunci error eror gagal salah
lagi saja aja terus dulu ini halo hai selamat
""")
)
"""Words with which one sentence ends or the next begins where the blank was left out."""
_IN_LOGINS = TYPES.keys() | {"bukan"}
"""Everyday words that are part of a login when the rest of it is a name."""
TYPE_HINTS = TYPES.keys() | words("pihak third alih kontrak individual uji test")
"""Every kind of account is named with one of these."""


def logins(text: str) -> Iterator[Entity]:
    """Find user names: "budi.santoso" anywhere, plain ones where the message names them."""
    if _JOINED.search(text) is not None:
        yield from _dotted(text)
        yield from _told(text)
    for match in _NAMED.finditer(text):
        word = match["login"]
        if "." in word:
            if _is_login(word.lower()):
                yield entity(EntityKind.LOGIN, match, word.lower(), "login")
            continue
        plain = word.isalpha()
        if is_ordinary(word.lower()) or word.lower() in TYPES or word.lower() in _PASSWORD_WORDS:
            continue
        if not plain or (_SURE.match(match["word"]) and word.islower()):
            yield entity(EntityKind.LOGIN, match, word.lower(), "login")


def _dotted(text: str) -> Iterator[Entity]:
    for match in _DOTTED.finditer(text):
        if _is_login(match.group()):
            yield entity(EntityKind.LOGIN, match, match.group().lower())
    alone = _ALONE.match(text)
    if alone is not None and _is_login(alone["login"].lower()):
        yield entity(EntityKind.LOGIN, alone, alone["login"].lower(), "login")


def _told(text: str) -> Iterator[Entity]:
    # "lupa password bukan.siapa", but not "akun terkunci.tolong" or "password saya.bagaimana".
    for match in _TOLD.finditer(text):
        word = match["login"].lower()
        if _SPEAKING.isdisjoint(_parts(word)) and not _is_foreign(word):
            yield entity(EntityKind.LOGIN, match, word, "login")


def _parts(word: str) -> list[str]:
    return re.split(r"[._]", word.lower())


def _is_foreign(word: str) -> bool:
    return _ABBREVIATIONS.match(word) is not None or _parts(word)[-1] in _HOST_ENDINGS


def _is_login(word: str) -> bool:
    if _is_foreign(word):
        return False
    parts = _parts(word)
    spoken = {part for part in parts if len(part) > _INITIALS and _is_spoken(part)}
    # "tamu.maya", but not "tamu.mohon"
    return not spoken or (
        spoken <= _IN_LOGINS
        and any(part not in _IN_LOGINS and not _is_spoken(part) for part in parts)
    )


def _is_spoken(part: str) -> bool:
    return is_ordinary(part, participles=False)


def account_types(text: str) -> Iterator[Entity]:
    """Find the kind of account a message is about; the value is an `AccountType`'s value."""
    for match in _TYPE_PHRASE.finditer(text):
        yield entity(EntityKind.ACCOUNT_TYPE, match, match.lastgroup or "")
    for match in _TYPE_WORD.finditer(text):
        kind = TYPES.get(match.group().lower())
        if kind is not None:
            yield entity(EntityKind.ACCOUNT_TYPE, match, kind)
